// A native dialog: focus goes in and comes back by itself, Esc closes, the rest of the page is inert.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { html } from "desk/views/html.js";

// What letters go into.
const TYPED = "textarea, input:not([type=radio], [type=checkbox])";

/** @param {{onClose: () => void, labelledBy?: string, label?: string, class?: string, width?: string, onKeyDown?: (event: KeyboardEvent) => void, children: unknown}} props */
export function Dialog({ onClose, labelledBy, label, class: kind = "dialog", width, onKeyDown, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    const own = dialog.current;
    own?.showModal();
    // A field takes the focus in the step that draws it: what is typed right after the key that opened it belongs in here.
    const field = firstOf(own);
    if (field?.matches(TYPED)) field.focus();
    return () => {
      const held = document.activeElement;
      // Who was given the focus meanwhile keeps it.
      if (held && held !== document.body && !own?.contains(held)) return;
      if (opener?.isConnected) opener.focus();
      else document.getElementById("desk-composer")?.focus();
    };
  }, []);
  useEffect(() => {
    // A button takes it later only: the Enter that opened the dialog must not press it as well.
    const own = dialog.current;
    const first = firstOf(own);
    if (!first?.matches(TYPED)) (first ?? own)?.focus();
  }, []);
  /** @param {MouseEvent} event  a press on the backdrop is a press on the dialog itself */
  const press = (event) => event.target === dialog.current && onClose();
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    event.stopPropagation();
    onKeyDown?.(event);
  };
  return html`<dialog class=${kind} data-width=${width} aria-labelledby=${labelledBy} aria-label=${label} ref=${dialog} tabIndex=${-1} autofocus
    onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); onClose(); }} onPointerDown=${press} onKeyDown=${key}>${children}</dialog>`;
}

/** What asks for the focus: never the ×. @param {HTMLElement | null} own @returns {HTMLElement | null} */
function firstOf(own) {
  return own?.querySelector("[data-first]") ?? null;
}
