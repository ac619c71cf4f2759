// <div data-behaviour="rule-count" data-url>: how many meet the rule of the form around it, said as it is put together. Without script
// its button sends the form to be counted.

import { debounce } from "lib/timing.js";

/** @param {HTMLElement} element */
export function start(element) {
  const form = element.closest("form");
  const place = /** @type {Element} */ (element.querySelector("[data-counted]"));
  const button = /** @type {HTMLButtonElement | null} */ (element.querySelector("[data-count]"));
  if (!form) return;
  let turn = 0;

  async function count() {
    const section = element.closest("section");
    if (section?.hidden) return;
    const mine = ++turn;
    try {
      const answer = await fetch(element.dataset.url ?? "", { method: "POST", body: new FormData(/** @type {HTMLFormElement} */ (form)) });
      if (!answer.ok) return;
      const said = await answer.json();
      if (mine === turn) place.textContent = said.words;
    } catch {
      // The line is down: what was counted before stays.
    }
  }

  const soon = debounce(count, 400);
  form.addEventListener("change", soon);
  form.addEventListener("input", soon);
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    void count();
  });
  void count();
}
