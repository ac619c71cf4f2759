// The eye beside a password: <button data-behaviour="reveal" aria-controls="id" aria-pressed="false">.
// The name of the button does not change, its pressed state does: that is what a screen reader announces.

import { iconHref } from "lib/dom.js";

/** @param {HTMLElement} button */
export function start(button) {
  const input = /** @type {HTMLInputElement} */ (document.getElementById(button.getAttribute("aria-controls") ?? ""));
  button.hidden = false; // without script there is no button that does nothing
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.querySelector("use")?.setAttribute("href", iconHref(shown ? "lucide-eye-off" : "lucide-eye"));
  });
  // A shown password is never what the browser offers to remember.
  input.form?.addEventListener("submit", () => (input.type = "password"));
}
