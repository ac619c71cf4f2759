// <div data-behaviour="fragment">…forms…</div>: its forms are sent by the script, and the answer takes the place of what stands here: no
// reload, and nothing else on the page moves. Without script they are ordinary forms. data-failed: the words for when no answer comes.
//
// After a change a `ui:changed` event rises from here; [data-stale-with="<name>"] guests of the page named in data-changes are asked again.

/** @param {HTMLElement} place */
export function start(place) {
  let isSending = false;
  place.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.hasAttribute("data-whole") || event.defaultPrevented) return;
    event.preventDefault();
    if (isSending) return;
    isSending = true;
    place.setAttribute("aria-busy", "true");
    try {
      const body = new FormData(form, /** @type {SubmitEvent} */ (event).submitter);
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html", "X-Fragment": "1" } });
      if (answer.redirected) return location.reload();
      if (!isOfForm(answer.status)) throw new Error(String(answer.status));
      if (answer.ok) form.dispatchEvent(new CustomEvent("ui:taken"));
      show(place, await answer.text());
      if (answer.ok) tellChanged(place);
    } catch {
      complain(place);
    } finally {
      isSending = false;
      place.removeAttribute("aria-busy");
    }
  });
}

/** What comes with the part itself in it: taken in, or refused with the reasons at the fields. @param {number} status */
export function isOfForm(status) {
  return (status >= 200 && status < 300) || status === 400 || status === 409;
}

/** @param {HTMLElement} place @param {string} markup */
function show(place, markup) {
  place.innerHTML = markup;
  place.dispatchEvent(new CustomEvent("ui:fragment", { bubbles: true }));
  const next = /** @type {HTMLElement | null} */ (place.querySelector("[autofocus], [aria-invalid='true']"));
  if (next) return next.focus();
  // The button that was pressed is gone: the reader stays where they were, not at the top of the page.
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

/** @param {HTMLElement} place */
function tellChanged(place) {
  place.dispatchEvent(new CustomEvent("ui:changed", { bubbles: true }));
  for (const name of (place.dataset.changes ?? "").split(/\s+/).filter(Boolean)) {
    for (const guest of document.querySelectorAll(`[data-stale-with~="${CSS.escape(name)}"]`)) guest.dispatchEvent(new CustomEvent("ui:stale"));
  }
}

/** @param {HTMLElement} place */
function complain(place) {
  const words = place.querySelector("[data-complaint]") ?? place.insertBefore(document.createElement("p"), place.firstChild);
  words.setAttribute("data-complaint", "");
  words.setAttribute("role", "alert");
  words.className = "field-error";
  words.textContent = place.dataset.failed ?? "";
}
