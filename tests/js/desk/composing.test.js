import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalOf } from "desk/attachments.js";
import { blockOf, keyMeaning, refusalToSend } from "desk/composing.js";
import { createFormatter } from "desk/formatting.js";

const ENTER = { key: "Enter", shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, isComposing: false, keyCode: 13 };
const DESKTOP = { isTouch: false };

// shows: P0-13
test("Enter sends, Shift+Enter breaks the line", () => {
  assert.equal(keyMeaning(ENTER, DESKTOP), "send");
  assert.equal(keyMeaning({ ...ENTER, shiftKey: true }, DESKTOP), "");
  assert.equal(keyMeaning({ ...ENTER, key: "a", keyCode: 65 }, DESKTOP), "");
  assert.equal(keyMeaning({ ...ENTER, ctrlKey: true }, DESKTOP), "send");
});

// shows: P0-13
test("an Enter that ends a word of an input method does not send", () => {
  assert.equal(keyMeaning({ ...ENTER, isComposing: true }, DESKTOP), "");
  assert.equal(keyMeaning({ ...ENTER, keyCode: 229 }, DESKTOP), "");
});

test("on a touch keyboard Enter breaks the line, and Ctrl+Enter of a real one still sends", () => {
  assert.equal(keyMeaning(ENTER, { isTouch: true }), "");
  assert.equal(keyMeaning({ ...ENTER, ctrlKey: true }, { isTouch: true }), "send");
});

test("nothing but spaces is not sent, nor more than fits; a picture may go without words", () => {
  assert.notEqual(refusalToSend({ text: " \n ", pictures: 0 }), "");
  assert.equal(refusalToSend({ text: "", pictures: 1 }), "");
  assert.equal(refusalToSend({ text: "a".repeat(4096), pictures: 0 }), "");
  assert.equal(refusalToSend({ text: "a".repeat(4098), pictures: 0 }), "2 characters too many.");
  assert.notEqual(refusalToSend({ text: "a".repeat(1025), pictures: 1 }), "");
});

const NOW = Date.parse("2026-11-21T12:00:00Z");
/** @param {object} composer @param {object} [rest] @returns {any} */
const detail = (composer, rest = {}) => ({ status: "in_progress", assignee_id: 2, assignee_name: "Mirta Sosa", composer: { allowed: true, code: "", reason: "", window_expires_at: "2026-11-21T12:00:01Z", window_hours: 24, ...composer }, ...rest });

// shows: P0-14
test("the composer locks by the clock, without asking anybody", () => {
  assert.equal(blockOf(detail({}), NOW), null);
  assert.equal(blockOf(detail({}), NOW + 1000)?.isWindow, true);
});

test("the server's reason stands in the place of the composer", () => {
  const shut = blockOf(detail({ allowed: false, code: "window_closed", reason: "Solo con plantilla.", window_expires_at: "2026-11-21T09:00:00Z" }), NOW);
  assert.deepEqual([shut?.title.replaceAll("\u00a0", " "), shut?.hint], ["The 24 h window closed 3 h ago", "It opens again when the customer writes."]);
  assert.equal(blockOf(detail({ allowed: false, code: "not_yours", reason: "x" }), NOW)?.title, "Mirta Sosa is in charge");
  assert.equal(blockOf(detail({ allowed: false, code: "not_assigned", reason: "x" }, { assignee_id: null }), NOW)?.title, "Nobody is in charge yet");
  assert.equal(blockOf(detail({ allowed: false, code: "already_closed", reason: "x" }, { status: "closed" }), NOW)?.title, "The conversation is closed");
});

// shows: P0-17
test("pictures are checked before a byte goes up", () => {
  const formatter = createFormatter({ locale: "es" });
  assert.equal(refusalOf({ name: "a.jpg", type: "image/jpeg", size: 5_000_000 }, formatter), "");
  assert.match(refusalOf({ name: "a.jpg", type: "image/jpeg", size: 6_200_000 }, formatter).replaceAll("\u00a0", " "), /a\.jpg.*6,2 MB.*5 MB/);
  assert.match(refusalOf({ name: "a.gif", type: "image/gif", size: 10 }, formatter), /JPEG or PNG/);
  assert.match(refusalOf({ name: "a.png", type: "image/png", size: 0 }, formatter), /empty/);
});
