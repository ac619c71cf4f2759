// A filter or a choice that takes effect at once: <form data-behaviour="auto-submit">. Its button stays for those without script.

/** @param {HTMLFormElement} form */
export function start(form) {
  form.addEventListener("change", () => form.requestSubmit());
}
