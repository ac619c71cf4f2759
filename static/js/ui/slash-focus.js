// <form data-behaviour="slash-focus">: «/» leads to its search box from anywhere on the page where nobody is writing.

/** @param {HTMLElement} form */
export function start(form) {
  const input = form.querySelector("input[type=search]");
  if (!(input instanceof HTMLInputElement)) return;
  form.ownerDocument.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** Whether keys pressed there are somebody's words. @param {EventTarget | null} target */
export function isWriting(target) {
  const element = /** @type {Element | null} */ (target);
  return Boolean(element?.closest?.("input, textarea, select, [contenteditable=true], dialog[open]"));
}
