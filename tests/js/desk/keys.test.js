import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, caps, comboOf, isSingle, keysOf, meaningOf, obstacle } from "desk/keys.js";
import { within, LIMITS } from "desk/views/panes.js";

const press = (/** @type {string} */ key, more = {}) => ({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more });
const free = { isTyping: false, singleKeys: true, own: {} };

// shows: P1-8
test("single keys act only when nobody types, and can be turned off; the others act everywhere", () => {
  assert.deepEqual(["j", "k", "/", "?", "x"].map((key) => meaningOf(comboOf(press(key)), free)), ["next", "previous", "search", "help", ""]);
  assert.deepEqual(["j", "/", "?"].map((key) => meaningOf(comboOf(press(key)), { ...free, isTyping: true })), ["", "", ""]);
  assert.deepEqual(["j", "/", "?"].map((key) => meaningOf(comboOf(press(key)), { ...free, singleKeys: false })), ["", "", ""]);
  const busy = { ...free, isTyping: true, singleKeys: false };
  assert.equal(meaningOf(comboOf(press("ArrowDown", { altKey: true })), busy), "next");
  assert.equal(meaningOf(comboOf(press("k", { ctrlKey: true, code: "KeyK" })), busy), "palette");
  assert.equal(meaningOf(comboOf(press("k", { metaKey: true, code: "KeyK" })), busy), "palette");
  assert.equal(meaningOf(comboOf(press("Escape")), busy), "close");
});

// shows: P1-8
test("what belongs to typing is no command: AltGr, a Mac's other letters, a lone modifier", () => {
  assert.equal(comboOf(press("@", { ctrlKey: true, altKey: true, code: "KeyQ" })), "");
  assert.equal(comboOf(press("†", { altKey: true, code: "KeyT" })), "Alt+T");
  for (const key of ["Alt", "Shift", "AltGraph", "Dead", "Process"]) assert.equal(comboOf(press(key, { altKey: key === "Alt" })), "");
});

// shows: P1-8
test("one's own key takes the place of ours, an empty one turns it off, and no two actions share one", () => {
  const own = { take: "Alt+G", finish: "" };
  assert.equal(meaningOf("Alt+G", { ...free, own }), "take");
  assert.deepEqual(["Alt+T", "t", "Alt+C", "c"].map((combo) => meaningOf(combo, { ...free, own })), ["", "", "", ""]);
  assert.equal(obstacle("begin", "Alt+G", own), "take");
  assert.equal(obstacle("take", "Alt+G", own), "");
  for (const combo of ["Enter", "Tab", "Escape", "Ctrl+C", "Ctrl+W", "Alt+ArrowLeft", "ArrowDown"]) assert.equal(obstacle("take", combo, {}), "reserved", combo);
  const all = ACTIONS.flatMap((action) => keysOf(action, {}));
  assert.equal(new Set(all).size, all.length);
  // Nothing of ours is what a browser or a dialog lives by, and everything needed while typing has a key for it.
  for (const action of ACTIONS) for (const combo of action.keys) assert.equal(obstacle(action.name, combo, {}), "", combo);
  for (const name of ["next", "previous", "list", "search", "take", "release", "finish", "note", "palette", "pause"]) {
    assert.ok(ACTIONS.find((action) => action.name === name)?.keys.some((combo) => !isSingle(combo)), name);
  }
});

test("a combination is drawn cap by cap, the plus sign too", () => {
  assert.deepEqual(caps("Ctrl+Shift+K"), ["Ctrl", "Shift", "K"]);
  assert.deepEqual(caps("Alt+ArrowDown"), ["Alt", "↓"]);
  assert.deepEqual(caps("+"), ["+"]);
});

// shows: P1-9
test("a pane is never narrower or wider than it may be", () => {
  assert.deepEqual([0, 320.4, 9999].map((width) => within("list", width)), [LIMITS.list.least, 320, LIMITS.list.most]);
});
