// Native <dialog>, opened by <button data-behaviour="dialog" data-dialog="its-id">. The browser traps and returns the focus,
// closes on Esc and makes the rest inert; here only what it leaves to us.

/** @param {HTMLElement} button */
export function start(button) {
  const dialog = document.getElementById(button.dataset.dialog ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return console.error("There is no dialog", button.dataset.dialog);
  button.setAttribute("aria-haspopup", "dialog");
  button.addEventListener("click", () => openDialog(dialog, button));
  // What was sent from it was refused: it stands as it was left, with the reason.
  if (dialog.hasAttribute("data-refused")) openDialog(dialog, button);
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {HTMLElement | null} [opener] gets the focus back, even when a menu item that has gone opened it
 */
export function openDialog(dialog, opener = /** @type {HTMLElement | null} */ (document.activeElement)) {
  if (dialog.open) return;
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus(), { once: true });
  dialog.addEventListener("click", closeFromInside);
  dialog.showModal();
  // On the first thing to do, or to mend, never on ×: autofocus in the markup says which, or it is the first field.
  const first = dialog.querySelector("[autofocus], [aria-invalid=true]") ?? dialog.querySelector(".dialog-body :is(input:not([type=hidden]), select, textarea)");
  /** @type {HTMLElement | null} */ (first)?.focus();
}

/**
 * A click on the backdrop has the dialog itself as target. One that must be answered says data-modal="strict".
 * @this {HTMLDialogElement}
 * @param {MouseEvent} event
 */
function closeFromInside(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("[data-close]") || (target === this && this.dataset.modal !== "strict")) this.close();
}
