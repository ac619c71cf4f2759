// <form data-behaviour="call" data-dialog="its-id">: registers a call, dials, and asks for its outcome in the dialog when one comes back
// from the telephone. The form carries its own name (client_id): pressed twice, or sent again after a lost answer, it is one call.

import { openDialog } from "ui/dialog.js";

/** @param {HTMLFormElement} form */
export function start(form) {
  let isSending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (isSending) return;
    isSending = true;
    const dialog = document.getElementById(form.dataset.dialog ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return form.submit();
    const place = /** @type {HTMLElement} */ (dialog.querySelector("[data-behaviour~='fragment']"));
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html", "X-Fragment": "1" } });
      if (answer.redirected) return location.reload();
      // What is refused comes with its reason; a page of an error is no part of this one.
      if (answer.status >= 500) throw new Error(String(answer.status));
      place.innerHTML = await answer.text();
      place.dispatchEvent(new CustomEvent("ui:fragment", { bubbles: true }));
      const button = form.querySelector("button");
      place.addEventListener("ui:changed", () => dialog.close(), { once: true });
      openDialog(dialog, button);
      const dial = /** @type {HTMLAnchorElement | null} */ (place.querySelector("a[data-dial]"));
      // A telephone takes the address over and the page stays; a page of an exchange opens beside this one (its link says so).
      if (answer.ok && dial) dial.click();
    } catch {
      // Sent as a form it is the same call, and the page says what is wrong.
      form.submit();
    } finally {
      isSending = false;
    }
  });
}
