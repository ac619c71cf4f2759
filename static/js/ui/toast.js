// <div data-behaviour="toast">: what was done, with a way back, for six seconds; it waits while somebody is on it.

const SHOWN_FOR = 6000;

/** @param {HTMLElement} element */
export function start(element) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => element.remove(), SHOWN_FOR);
  };
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, wait);
  element.querySelector("[data-close]")?.addEventListener("click", () => element.remove());
  wait();
}
