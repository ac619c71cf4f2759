// A row of tabs wider than a phone, or a list longer than the screen: the current one is scrolled into sight.

/** @param {HTMLElement} box */
export function start(box) {
  const current = box.querySelector("[aria-current]");
  if (!(current instanceof HTMLElement)) return;
  const place = current.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (box.scrollWidth > box.clientWidth) box.scrollLeft += place.left - frame.left - (box.clientWidth - place.width) / 2;
  if (place.bottom > frame.bottom) box.scrollTop += place.top - frame.top - (box.clientHeight - place.height) / 2;
}
