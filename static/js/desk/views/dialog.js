// A native dialog: focus goes in and comes back by itself, Esc closes, the rest of the page is inert.

import { useEffect, useRef } from "preact/hooks";
import { html } from "desk/views/html.js";

/** @param {{onClose: () => void, labelledBy?: string, label?: string, class?: string, width?: string, onKeyDown?: (event: KeyboardEvent) => void, children: unknown}} props */
export function Dialog({ onClose, labelledBy, label, class: kind = "dialog", width, onKeyDown, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    // The dialog itself, unless something in it asks for the focus: never the ×.
    const own = dialog.current;
    own?.showModal();
    /** @type {HTMLElement | null | undefined} */ (own?.querySelector("[data-first]") ?? own)?.focus();
    return () => {
      const held = document.activeElement;
      // Who was given the focus meanwhile keeps it.
      if (held && held !== document.body && !own?.contains(held)) return;
      if (opener?.isConnected) opener.focus();
      else document.getElementById("desk-composer")?.focus();
    };
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
