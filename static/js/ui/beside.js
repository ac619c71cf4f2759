// <button popovertarget="id" data-behaviour="beside">: its popover opens under it, within the window. On a phone the sheet's own place stands.

const NARROW = "(width < 900px)";
const GAP = 4;

/** @param {HTMLButtonElement} button */
export function start(button) {
  const popover = document.getElementById(button.getAttribute("popovertarget") ?? "");
  if (!popover) return console.error("There is no popover", button);
  popover.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    if (matchMedia(NARROW).matches) return place(popover, null);
    place(popover, placeOf(button.getBoundingClientRect(), popover.getBoundingClientRect(), { width: innerWidth, height: innerHeight }));
  });
}

/**
 * Under the button and beginning with it; moved to the side where the window ends.
 * @param {{left: number, bottom: number}} button @param {{width: number}} popover @param {{width: number, height: number}} page
 */
export function placeOf(button, popover, page) {
  return { left: Math.max(GAP, Math.min(button.left, page.width - popover.width - 2 * GAP)), top: button.bottom + GAP, height: page.height - button.bottom - 4 * GAP };
}

/** @param {HTMLElement} popover @param {{left: number, top: number, height: number} | null} where */
function place(popover, where) {
  for (const [name, value] of [["--beside-left", where?.left], ["--beside-top", where?.top], ["--beside-height", where?.height]]) {
    if (value === undefined) popover.style.removeProperty(String(name));
    else popover.style.setProperty(String(name), `${value}px`);
  }
}
