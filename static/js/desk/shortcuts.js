// What the keys of the table (keys.js) do. Single keys can be turned off (they get in the way of dictation), and never act while
// somebody types; the others act everywhere but in a dialog.

import { signal } from "@preact/signals";
import { comboOf, meaningOf } from "desk/keys.js";

const KEPT = "ventanilla.single-keys";

export const areSingleKeysOn = signal(read() !== "off");

/** @param {boolean} on */
export function setSingleKeys(on) {
  areSingleKeysOn.value = on;
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing: on every time.
  }
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

function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
