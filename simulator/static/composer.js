// Writing and sending photos. What was not accepted goes back to the field, with the reason.

import { byId } from "./dom.js";

/**
 * @param {{text: (text: string) => Promise<void>, sample: (caption: string) => Promise<void>, photo: (file: File, caption: string) => Promise<void>}} send
 */
export function showComposer(send) {
  const form = byId("composer");
  const field = /** @type {HTMLTextAreaElement} */ (byId("composer-text"));
  const file = /** @type {HTMLInputElement} */ (byId("photo-file"));

  /** @param {(text: string) => Promise<void>} action */
  async function take(action) {
    const text = field.value;
    field.value = "";
    fit(field);
    try {
      await action(text.trim());
      problem("");
    } catch (error) {
      if (!field.value) field.value = text;
      fit(field);
      problem(error instanceof Error ? error.message : "No se pudo enviar.");
    }
    field.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) take(send.text);
  });
  field.addEventListener("input", () => fit(field));
  field.addEventListener("keydown", (event) => {
    // While an input method composes, Enter accepts a suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (field.value.trim()) take(send.text);
  });
  showAttachMenu({
    sample: () => take(send.sample),
    choose: () => file.click(),
  });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (chosen) take((caption) => send.photo(chosen, caption));
  });
}

/** @param {string} text */
export function problem(text) {
  byId("chat-problem").textContent = text;
  byId("chat-problem").hidden = !text;
}

/** @param {{sample: () => void, choose: () => void}} choices */
function showAttachMenu(choices) {
  const button = byId("attach-button");
  const menu = byId("attach-menu");
  /** @param {boolean} isOpen */
  const toggle = (isOpen) => {
    menu.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) /** @type {HTMLElement | null} */ (menu.querySelector("button"))?.focus();
  };
  button.addEventListener("click", () => toggle(Boolean(menu.hidden)));
  byId("sample-photo").addEventListener("click", () => {
    toggle(false);
    choices.sample();
  });
  byId("choose-photo").addEventListener("click", () => {
    toggle(false);
    choices.choose();
  });
  document.addEventListener("click", (event) => {
    if (!menu.hidden && event.target instanceof Node && !button.parentElement?.contains(event.target)) toggle(false);
  });
  button.parentElement?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    toggle(false);
    button.focus();
  });
}

/** As tall as its text, up to the limit of the style. @param {HTMLTextAreaElement} field */
function fit(field) {
  field.style.setProperty("block-size", "auto");
  if (field.value) field.style.setProperty("block-size", `${field.scrollHeight + 2}px`);
}
