// <section data-behaviour="guest" data-url="…">: what an upper floor shows in this page, fetched when the page is there.
// data-every="2000" asks again so often while its answer says data-again; data-failed are the words for when it does not come.

import { start as localTime } from "ui/local-time.js";

/** @param {HTMLElement} section */
export function start(section) {
  const place = section.querySelector("[data-guest]") ?? section.appendChild(document.createElement("div"));
  place.setAttribute("data-guest", "");

  async function load() {
    try {
      const answer = await fetch(section.dataset.url ?? "", { headers: { Accept: "text/html", "X-Fragment": "1" } });
      // Not for this reader: the slot stays empty, and says nothing of what it would hold.
      if (answer.status === 403 || answer.status === 404) return section.remove();
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const before = place.innerHTML;
      const after = await answer.text();
      if (before !== after) {
        place.innerHTML = after;
        for (const each of place.querySelectorAll("[data-behaviour~='local-time']")) localTime(/** @type {any} */ (each));
      }
    } catch {
      if (!place.innerHTML) place.textContent = section.dataset.failed ?? "";
    }
    const every = Number(section.dataset.every ?? 0);
    if (every && (place.querySelector("[data-again]") || !place.innerHTML)) setTimeout(load, every);
  }
  load();
}
