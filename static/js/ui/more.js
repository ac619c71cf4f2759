// <p data-behaviour="more"><a href="…">Show more</a></p>: the next page takes the place of the link, which without script leads to it.

/** @param {HTMLElement} place */
export function start(place) {
  const link = place.querySelector("a");
  link?.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html", "X-Fragment": "1" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const whole = document.createElement("template");
      whole.innerHTML = await answer.text();
      const parent = place.parentElement;
      // Whoever reads on by keyboard goes on at the first of what came.
      const first = /** @type {HTMLElement | null} */ (whole.content.querySelector("summary, a, button"));
      place.replaceWith(whole.content);
      parent?.dispatchEvent(new CustomEvent("ui:fragment", { bubbles: true }));
      // Nothing in it takes the focus: then the list itself, not the top of the page.
      if (!first && parent && !parent.hasAttribute("tabindex")) parent.tabIndex = -1;
      (first ?? parent)?.focus({ preventScroll: true });
    } catch {
      // The page itself says what is wrong.
      location.assign(link.href);
    }
  });
}
