// Every key of the desk in one table: what listens (shortcuts.js), the sheet and the remapping all read it. Pure.

/** @typedef {"go" | "talk" | "desk" | "fixed"} Group */
/** @typedef {{name: string, group: Group, keys: readonly string[]}} Action  `keys`: any of these; one without Ctrl or Alt is a single key */

/** @type {readonly Action[]} */
export const ACTIONS = [
  { name: "next", group: "go", keys: ["Alt+ArrowDown", "j"] },
  { name: "previous", group: "go", keys: ["Alt+ArrowUp", "k"] },
  { name: "list", group: "go", keys: ["Alt+L", "l"] },
  { name: "search", group: "go", keys: ["Alt+S", "/"] },
  { name: "pending", group: "go", keys: ["1"] },
  { name: "in_progress", group: "go", keys: ["2"] },
  { name: "attended", group: "go", keys: ["3"] },
  { name: "everything", group: "go", keys: ["Alt+B"] },
  { name: "filters", group: "go", keys: ["f"] },
  { name: "attention", group: "go", keys: ["a"] },
  { name: "write", group: "talk", keys: ["Alt+R", "r"] },
  { name: "note", group: "talk", keys: ["Alt+N", "n"] },
  { name: "take", group: "talk", keys: ["Alt+T", "t"] },
  { name: "begin", group: "talk", keys: [] },
  { name: "release", group: "talk", keys: ["Alt+P"] },
  { name: "finish", group: "talk", keys: ["Alt+C", "c"] },
  { name: "side", group: "talk", keys: ["Alt+I", "i"] },
  { name: "palette", group: "desk", keys: ["Ctrl+K"] },
  { name: "pause", group: "desk", keys: ["Alt+A"] },
  { name: "help", group: "desk", keys: ["?"] },
];

/** Native, or said by a dialog: shown, never changed. @type {readonly Action[]} */
export const FIXED = [
  { name: "open", group: "fixed", keys: ["Enter"] },
  { name: "send", group: "fixed", keys: ["Enter"] },
  { name: "line", group: "fixed", keys: ["Shift+Enter"] },
  { name: "confirm", group: "fixed", keys: ["Ctrl+Enter"] },
  { name: "find", group: "fixed", keys: ["Ctrl+F"] },
  { name: "close", group: "fixed", keys: ["Escape"] },
];

// What dialogs, fields and browsers live by.
const RESERVED = /^(?:(?:Shift\+)?(?:Enter|Tab|Escape|Backspace|Delete|Home|End|PageUp|PageDown|Arrow\w+| )|Ctrl\+(?:Enter|[ACVXZYNTWRLPF]|Shift\+[A-Z]|[0-9]|Arrow\w+)|Alt\+(?:ArrowLeft|ArrowRight|F4|Tab))$/u;

/**
 * How a press is written: "Ctrl+K", "Alt+ArrowDown", "j", "?". "" for a press that is part of typing (AltGr) or only a modifier.
 * @param {{key: string, code?: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean, shiftKey?: boolean}} event
 */
export function comboOf(event) {
  const { key } = event;
  if (/^(Alt|AltGraph|Control|Shift|Meta|Dead|Process|Unidentified|CapsLock)$/u.test(key)) return "";
  // AltGr is Ctrl and Alt to Windows: «@» is typed, not commanded.
  if (event.ctrlKey && event.altKey) return "";
  const isCommand = event.ctrlKey || event.metaKey || event.altKey;
  if (!isCommand) return key.length === 1 ? key.toLowerCase() : `${event.shiftKey ? "Shift+" : ""}${key}`;
  // With Alt a Mac types another letter: the key's own place tells which was meant.
  const letter = /^(?:Key|Digit)(.)$/u.exec(event.code ?? "")?.[1] ?? (key.length === 1 ? key.toUpperCase() : key);
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${letter}`;
}

/** One's own keys in place of ours; "" for none. @param {Action} action @param {Record<string, string>} own @returns {readonly string[]} */
export function keysOf(action, own) {
  const mine = own[action.name];
  if (mine === undefined) return action.keys;
  return mine === "" ? [] : [mine];
}

/** @param {string} combo */
export function isSingle(combo) {
  return !/^(?:Ctrl|Alt)\+/u.test(combo);
}

/**
 * What a press means; "" where it means nothing now.
 * @param {string} combo
 * @param {{isTyping: boolean, singleKeys: boolean, own: Record<string, string>}} situation
 */
export function meaningOf(combo, { isTyping, singleKeys, own }) {
  if (combo === "") return "";
  if (combo === "Escape") return "close";
  if (combo === "Ctrl+F") return "find";
  if (isSingle(combo) && (isTyping || !singleKeys)) return "";
  return ACTIONS.find((action) => keysOf(action, own).includes(combo))?.name ?? "";
}

/** Why a combination cannot be an action's own: another's name, "reserved", or "". @param {string} name @param {string} combo @param {Record<string, string>} own */
export function obstacle(name, combo, own) {
  if (RESERVED.test(combo)) return "reserved";
  return ACTIONS.find((action) => action.name !== name && keysOf(action, own).includes(combo))?.name ?? "";
}

const SHOWN = /** @type {Record<string, string>} */ ({ ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Enter: "↵", Escape: "Esc" });

/** The caps to draw. @param {string} combo @returns {string[]} */
export function caps(combo) {
  return combo.split(/\+(?=.)/u).map((part) => SHOWN[part] ?? part);
}
