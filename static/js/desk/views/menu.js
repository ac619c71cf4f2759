// A button with a menu: arrows move, Esc and a press elsewhere close, focus returns to the button.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "desk/views/html.js";

/** Between a menu and the edge of the screen, in pixels. */
const MARGIN = 8;

/**
 * @param {object} props
 * @param {(bind: {onClick: () => void, "aria-haspopup": "menu", "aria-expanded": "true" | "false"}) => unknown} props.button
 * @param {(close: () => void) => unknown} props.children  what is in the menu
 * @param {string} props.label
 * @param {"below" | "above"} [props.place]
 * @param {"start" | "end"} [props.align]
 * @param {"menu" | "dialog"} [props.role]
 */
export function Menu({ button, children, label, place = "below", align = "end", role = "menu" }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLDivElement | null} */ (null));

  const close = () => {
    setOpen(false);
    /** @type {HTMLElement | null | undefined} */ (root.current?.querySelector("[aria-haspopup]"))?.focus();
  };

  useLayoutEffect(() => void (isOpen && bringIn(root.current?.querySelector(".menu"))), [isOpen]);

  useEffect(() => {
    if (!isOpen) return;
    items(root.current)[0]?.focus();
    /** @param {Event} event */
    const away = (event) => !root.current?.contains(/** @type {Node} */ (event.target)) && setOpen(false);
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [isOpen]);

  /** @param {KeyboardEvent} event */
  function move(event) {
    if (!isOpen) return;
    const all = items(root.current);
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (to === undefined || all.length === 0) return;
    else all.at(to % all.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  return html`<div class="menu-anchor" ref=${root} onKeyDown=${move}>
    ${button({ onClick: () => setOpen(!isOpen), "aria-haspopup": "menu", "aria-expanded": isOpen ? "true" : "false" })}
    ${isOpen && html`<div class="menu" role=${role} aria-label=${label} data-place=${place} data-align=${align}>${children(close)}</div>`}
  </div>`;
}

/** It hangs from its button, and a narrow screen may end before it does. @param {HTMLElement | null | undefined} menu */
function bringIn(menu) {
  if (!menu) return;
  const { left, right } = menu.getBoundingClientRect();
  const over = Math.max(0, right + MARGIN - document.documentElement.clientWidth);
  const under = Math.max(0, MARGIN - left);
  if (over || under) menu.style.setProperty("--nudge", `${under || -over}px`);
}

/** @param {HTMLElement | null} root @returns {HTMLElement[]} */
function items(root) {
  return [...(root?.querySelectorAll(".menu [role^=menuitem]") ?? [])].map((element) => /** @type {HTMLElement} */ (element));
}
