// The language form works without script (it posts to set_language, which keeps a cookie). With it, the choice also
// becomes the user's, and a <select> needs no button.

import { savePreferences } from "ui/preferences.js";

/** @param {HTMLFormElement} form */
export function start(form) {
  form.addEventListener("submit", (event) => {
    // The desk changes its address without a reload: what was open when the page came is not what is open now.
    const next = form.elements.namedItem("next");
    if (next instanceof HTMLInputElement) next.value = location.pathname + location.search;
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    const chosen = button?.name === "language" ? button.value : String(new FormData(form).get("language") ?? "");
    if (!chosen || !document.documentElement.hasAttribute("data-signed-in")) return;
    event.preventDefault();
    savePreferences({ language: chosen }).finally(() => {
      if (button?.name === "language") {
        // form.submit() forgets which button was pressed.
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "language", value: chosen }));
      }
      form.submit();
    });
  });
}
