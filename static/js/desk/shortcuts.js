// What the keys of the table (keys.js) do. Single keys can be turned off (they get in the way of dictation), and never act while
// somebody types; the others act everywhere but in a dialog.

import { signal } from "@preact/signals";
import { comboOf, meaningOf } from "desk/keys.js";

const SINGLE_KEYS = "ventanilla.single-keys";
const ENTER = "ventanilla.enter";

export const areSingleKeysOn = signal(read(SINGLE_KEYS) !== "off");
/** Whether Enter alone sends; otherwise it breaks the line, and Ctrl+Enter sends. */
export const doesEnterSend = signal(read(ENTER) !== "off");

/** @param {boolean} on */
export function setSingleKeys(on) {
  areSingleKeysOn.value = on;
  write(SINGLE_KEYS, on);
}

/** @param {boolean} on */
export function setEnterSends(on) {
  doesEnterSend.value = on;
  write(ENTER, on);
}

/**
 * @param {import("desk/desk.js").Desk} desk
 * @param {() => Record<string, string>} own  the person's own keys
 * @param {Record<string, () => boolean | void>} acts  what each action does; false: it did nothing, and the key is the browser's
 */
export function listenToKeys(desk, own, acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || desk.dialog.value) return;
    const combo = comboOf(event);
    const meaning = meaningOf(combo, { isTyping: isTyping(event.target), singleKeys: areSingleKeysOn.value, own: own() });
    if (!meaning || acts[meaning]?.() === false || !acts[meaning]) return;
    event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));
}

/** @param {string} key */
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {boolean} on */
function write(key, on) {
  try {
    localStorage.setItem(key, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing: on every time.
  }
}
