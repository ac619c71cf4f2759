import assert from "node:assert/strict";
import { test } from "node:test";
import { blockOf, captionCarrier, keyMeaning, refusalToSend } from "desk/composing.js";
import { LIMITS, WHATSAPP } from "./cast.js";

const ENTER = { key: "Enter", shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, isComposing: false, keyCode: 13 };
const DESKTOP = { isTouch: false };

// shows: P0-13
test("Enter sends, Shift+Enter breaks the line", () => {
  assert.equal(keyMeaning(ENTER, DESKTOP), "send");
  assert.equal(keyMeaning({ ...ENTER, shiftKey: true }, DESKTOP), "");
  assert.equal(keyMeaning({ ...ENTER, key: "a", keyCode: 65 }, DESKTOP), "");
  assert.equal(keyMeaning({ ...ENTER, ctrlKey: true }, DESKTOP), "send");
});

// shows: P1-8
test("whoever wants Enter to break the line sends with Ctrl+Enter", () => {
  assert.equal(keyMeaning(ENTER, { isTouch: false, enterSends: false }), "");
  assert.equal(keyMeaning({ ...ENTER, ctrlKey: true }, { isTouch: false, enterSends: false }), "send");
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

test("nothing but spaces is not sent, nor more than fits; a file may go without words", () => {
  /** @param {string} text @param {string[]} kinds */
  const refusal = (text, ...kinds) => refusalToSend({ text, files: kinds.map((kind) => ({ kind })), limits: LIMITS, channel: WHATSAPP });
  assert.notEqual(refusal(" \n "), "");
  assert.equal(refusal("", "image"), "");
  assert.equal(refusal("a".repeat(4096)), "");
  assert.equal(refusal("a".repeat(4098)), "2 characters too many.");
  assert.notEqual(refusal("a".repeat(1025), "image"), "");
  // No caption goes with a sound: the words are a message of their own.
  assert.equal(refusal("a".repeat(1025), "audio"), "");
});

test("what is written goes with the first file that can carry words", () => {
  const files = ["sticker", "audio", "document", "image"].map((kind) => ({ kind }));
  assert.equal(captionCarrier(files, LIMITS), files[2]);
  assert.equal(captionCarrier(files.slice(0, 2), LIMITS), undefined);
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
