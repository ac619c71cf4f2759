// Which message is meant: the one under the pointer, under a finger held or drawn aside, or the one that has the keyboard's focus.

import { useEffect, useRef, useState } from "preact/hooks";
import { doings, messageKey } from "desk/views/tools.js";
import { setProperty } from "lib/dom.js";

/** @typedef {import("desk/types.js").Message} Message */

const SWIPE_PX = 56;
const STEEP = 1.5;

/**
 * @param {import("desk/views/html.js").Parts} parts @param {import("desk/thread.js").ThreadStore} thread
 * @param {{current: HTMLElement | null}} log @param {readonly import("desk/timeline.js").Entry[]} entries
 */
export function usePointed(parts, thread, log, entries) {
  const [id, setId] = useState(/** @type {number | null} */ (null));
  const drag = useRef(/** @type {{x: number, y: number, item: HTMLElement, by: number} | null} */ (null));
  const entry = entries.find((one) => one.kind === "message" && one.message.id === id);
  const message = entry?.kind === "message" && !entry.message.revoked ? entry.message : null;
  const latest = useRef(entries);
  latest.current = entries;

  /** @param {number} wanted @returns {Message | null} */
  const messageOf = (wanted) => {
    const found = latest.current.find((one) => one.kind === "message" && one.message.id === wanted);
    return found?.kind === "message" ? found.message : null;
  };
  const isMenuOpen = () => log.current?.querySelector('.message-tools [aria-expanded="true"]') != null;

  /** @param {PointerEvent} event */
  function over(event) {
    if (event.pointerType !== "mouse" || isMenuOpen() || /** @type {Element} */ (event.target).closest(".message-tools")) return;
    const item = itemOf(event.target);
    if (item) setId(Number(item.dataset["message"]));
  }

  function leave() {
    if (!isMenuOpen() && !log.current?.contains(document.activeElement)) setId(null);
  }

  /** @param {FocusEvent} event */
  function focusIn(event) {
    const item = /** @type {HTMLElement} */ (event.target).matches(".message[data-message]") ? /** @type {HTMLElement} */ (event.target) : null;
    if (item) setId(Number(item.dataset["message"]));
  }

  /** A press chooses where several are being chosen. @param {MouseEvent} event */
  function press(event) {
    if (!parts.talk.selection.value) return;
    const item = itemOf(event.target);
    const target = /** @type {Element} */ (event.target);
    const chosen = item && !target.closest("input.choose") ? messageOf(Number(item.dataset["message"])) : null;
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    parts.talk.select(chosen);
  }

  /** Up and down through the messages; keys of the one that is focused. @param {KeyboardEvent} event */
  function key(event) {
    if (event.defaultPrevented || event.altKey) return;
    const focused = document.activeElement;
    const isOnMessage = focused instanceof HTMLElement && focused.matches(".message[data-message]");
    if (!isOnMessage && focused !== log.current) return;
    const all = /** @type {HTMLElement[]} */ ([...(log.current?.querySelectorAll(".message[data-message]") ?? [])]);
    const here = isOnMessage ? all.indexOf(/** @type {HTMLElement} */ (focused)) : all.length;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && all[here + step]) {
      all[here + step]?.focus({ preventScroll: true });
      all[here + step]?.scrollIntoView({ block: "nearest" });
    } else if (step && isOnMessage) document.getElementById("desk-composer")?.focus();
    else {
      const meant = isOnMessage ? messageOf(Number(focused.dataset["message"])) : null;
      if (!meant || !messageKey(parts, thread, meant, event)) return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // Not passive listeners of the view: a swipe that has begun must not scroll the page as well.
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    /** @param {TouchEvent} event */
    const start = (event) => {
      const item = itemOf(event.target);
      const [touch] = event.touches;
      drag.current = item && touch && event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY, item, by: 0 } : null;
    };
    /** @param {TouchEvent} event */
    const move = (event) => {
      const now = drag.current;
      const [touch] = event.touches;
      if (!now || !touch) return;
      const across = touch.clientX - now.x;
      if (now.by === 0 && (across < 12 || Math.abs(touch.clientY - now.y) * STEEP > across)) return;
      now.by = Math.max(1, Math.min(SWIPE_PX * 1.25, across));
      setProperty(now.item, "--swiped", `${now.by}px`);
      now.item.dataset["swiping"] = now.by >= SWIPE_PX ? "far" : "";
      if (event.cancelable) event.preventDefault();
    };
    const end = () => {
      const now = drag.current;
      drag.current = null;
      if (!now) return;
      setProperty(now.item, "--swiped", "0px");
      delete now.item.dataset["swiping"];
      const meant = now.by >= SWIPE_PX ? messageOf(Number(now.item.dataset["message"])) : null;
      if (meant && !meant.is_note) doings(parts, thread).reply(meant);
    };
    /** A finger held on a message: its tools. @param {Event} event */
    const hold = (event) => {
      if (!matchMedia("(pointer: coarse)").matches) return;
      const item = itemOf(event.target);
      if (!item) return;
      event.preventDefault();
      setId(Number(item.dataset["message"]));
      item.focus({ preventScroll: true });
    };
    element.addEventListener("touchstart", start, { passive: true });
    element.addEventListener("touchmove", move, { passive: false });
    for (const name of ["touchend", "touchcancel"]) element.addEventListener(name, end);
    element.addEventListener("contextmenu", hold);
    return () => {
      element.removeEventListener("touchstart", start);
      element.removeEventListener("touchmove", move);
      for (const name of ["touchend", "touchcancel"]) element.removeEventListener(name, end);
      element.removeEventListener("contextmenu", hold);
    };
  }, []);

  return { message, listeners: { onPointerOver: over, onPointerLeave: leave, onFocusIn: focusIn, onClickCapture: press, onKeyDown: key } };
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function itemOf(target) {
  return target instanceof Element ? target.closest(".message[data-message]") : null;
}
