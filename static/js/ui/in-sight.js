// A row of tabs wider than a phone: the current one is scrolled into sight.

/** @param {HTMLElement} tabs */
export function start(tabs) {
  const current = tabs.querySelector("[aria-current]");
  if (!(current instanceof HTMLElement) || tabs.scrollWidth <= tabs.clientWidth) return;
  tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}
