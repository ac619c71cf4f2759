// <section data-behaviour="guest" data-url="…">: what an upper floor shows in this page, fetched when it is to be seen: at once, or when
// the tab it stands in is shown, or its <details> opened.
// data-every="2000" asks again so often while its answer says data-again; data-failed are the words for when it does not come. An
// answer that says data-reload has made the page around it untrue: that is loaded anew.
// A `ui:stale` event on it asks again: something it shows was changed here.

/** @param {HTMLElement} section */
export function start(section) {
  const place = section.querySelector("[data-guest]") ?? section.appendChild(document.createElement("div"));
  place.setAttribute("data-guest", "");

  // As it came: what behaviours made of it since is not the server's word.
  let shown = "";

  async function load() {
    try {
      const answer = await fetch(section.dataset.url ?? "", { headers: { Accept: "text/html", "X-Fragment": "1" } });
      // Not for this reader: the slot stays empty, and says nothing of what it would hold.
      if (answer.status === 403 || answer.status === 404) return section.remove();
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const text = await answer.text();
      if (text !== shown) {
        const wasInside = place.contains(document.activeElement);
        shown = text;
        place.innerHTML = text;
        place.dispatchEvent(new CustomEvent("ui:fragment", { bubbles: true }));
        if (wasInside) stay();
      }
      if (place.querySelector("[data-reload]")) return location.reload();
    } catch {
      if (!place.innerHTML || place.querySelector("[data-waiting]")) place.textContent = section.dataset.failed ?? "";
    }
    const every = Number(section.dataset.every ?? 0);
    if (every && (place.querySelector("[data-again]") || !place.innerHTML)) setTimeout(load, every);
  }

  /** Whoever was in what was replaced stays here, on what is chosen now if there is such a thing: not at the top of the page. */
  function stay() {
    const chosen = /** @type {HTMLElement | null} */ (place.querySelector("[aria-current]"));
    if (!chosen) /** @type {HTMLElement} */ (place).tabIndex = -1;
    (chosen ?? /** @type {HTMLElement} */ (place)).focus({ preventScroll: true });
  }

  // A link that shows the same slot otherwise (another kind of file) stays within it.
  place.addEventListener("click", (raw) => {
    const event = /** @type {MouseEvent} */ (raw);
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[data-swap]"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    section.dataset.url = link.href;
    void load();
  });

  let isAsked = false;
  const ask = () => {
    isAsked = true;
    void load();
  };
  section.addEventListener("ui:stale", () => isAsked && void load());
  const folded = section.closest("details:not([open])");
  const panel = section.closest("[hidden]");
  if (folded) folded.addEventListener("toggle", ask, { once: true });
  else if (panel) panel.addEventListener("ui:shown", ask, { once: true });
  else ask();
}
