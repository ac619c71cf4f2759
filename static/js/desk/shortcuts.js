// The keyboard of the desk. Single keys can be turned off (they get in the way of dictation), and never act while somebody types.

import { signal } from "@preact/signals";
import { openSearch } from "desk/views/search_everything.js";

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
 * @param {{key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} event
 * @param {{isTyping: boolean, singleKeys: boolean}} situation
 * @returns {"next" | "previous" | "search" | "help" | "close" | ""}
 */
export function shortcutOf(event, { isTyping, singleKeys }) {
  const { key } = event;
  if (event.ctrlKey || event.metaKey) return "";
  if (event.altKey) return key === "ArrowDown" ? "next" : key === "ArrowUp" ? "previous" : "";
  if (key === "Escape") return "close";
  if (isTyping || !singleKeys) return "";
  if (key === "j") return "next";
  if (key === "k") return "previous";
  if (key === "/") return "search";
  return key === "?" ? "help" : "";
}

/** @param {import("desk/desk.js").Desk} desk @param {import("desk/talk.js").Talk} talk */
export function listenToKeys(desk, talk) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || desk.dialog.value) return;
    if (isFindKey(event) && findKey(desk, talk, event)) return event.preventDefault();
    const meaning = shortcutOf(event, { isTyping: isTyping(event.target), singleKeys: areSingleKeysOn.value });
    if (!meaning || !act(desk, meaning)) return;
    event.preventDefault();
  });
}

/** @param {import("desk/desk.js").Desk} desk @param {string} meaning @returns {boolean} whether it did something */
function act(desk, meaning) {
  if (meaning === "search") document.getElementById("desk-search")?.focus();
  else if (meaning === "help") desk.dialog.value = { kind: "help" };
  else if (meaning === "close") return close(desk);
  else {
    const to = desk.neighbour(meaning === "next" ? 1 : -1);
    if (to === null) return false;
    desk.open(to);
  }
  return true;
}

/** The topmost thing first. @param {import("desk/desk.js").Desk} desk */
function close(desk) {
  if (desk.toast.value) desk.say(null);
  else if (desk.view.value === "side") {
    desk.view.value = "thread";
    document.getElementById("desk-composer")?.focus();
  } else if (desk.view.value === "thread" && matchMedia("(width < 900px)").matches) desk.go({ conversation: null });
  else return false;
  return true;
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

/** @param {KeyboardEvent} event */
function isFindKey(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f";
}

/** Ctrl+F finds in the open conversation, with Shift everywhere; a second Ctrl+F is the browser's own. @param {import("desk/desk.js").Desk} desk @param {import("desk/talk.js").Talk} talk @param {KeyboardEvent} event */
function findKey(desk, talk, event) {
  const thread = desk.current.value;
  if (event.shiftKey) openSearch(desk);
  else if (!thread || document.activeElement?.id === "desk-find") return false;
  else {
    talk.startFinding(thread.id);
    document.getElementById("desk-find")?.focus();
  }
  return true;
}
