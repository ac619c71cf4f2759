// <button data-behaviour="copy" data-copy="text" data-copied="Copied"> or data-copy-from="#id of what to copy".
// The words come from the template, so that pages without the catalogue can use it.

const SAID_FOR = 2000;

/** @param {HTMLElement} button */
export function start(button) {
  const label = button.querySelector("[data-label]") ?? button;
  const words = label.textContent;
  label.setAttribute("aria-live", "polite");

  button.addEventListener("click", async () => {
    const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
    const lines = source?.querySelectorAll("[data-line]") ?? [];
    const text = lines.length ? [...lines].map((line) => line.textContent?.trim()).join("\n") : source?.textContent?.trim();
    await navigator.clipboard.writeText(button.dataset.copy ?? text ?? "");
    label.textContent = button.dataset.copied ?? words;
    setTimeout(() => (label.textContent = words), SAID_FOR);
  });
}
