import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { createReading } from "desk/reading.js";
import { stoppedTime } from "./cast.js";

const PAUSE_MS = 300;

// shows: 001-15
test("what is unread anew is told anew, though nothing came since it was read", async (context) => {
  const time = stoppedTime();
  const page = /** @type {any} */ (globalThis);
  const { setTimeout, clearTimeout } = page;
  context.after(() => Object.assign(page, { setTimeout, clearTimeout }));
  Object.assign(page, {
    setTimeout: time.setTimeout, clearTimeout: time.clearTimeout, addEventListener() {},
    document: { visibilityState: "visible", hasFocus: () => true, addEventListener() {} },
  });
  /** @type {number[]} */
  const told = [];
  const detail = signal({ assignee_id: 1, version: 3, unread: 2, read_up_to: /** @type {number | null} */ (null) });
  const thread = /** @type {any} */ ({ id: 7, items: signal([{}]), detail, lastReceivedId: () => 100, markSeen() {} });
  const api = /** @type {any} */ ({ put: async (/** @type {string} */ _path, /** @type {any} */ body) => void told.push(body.up_to) });
  const reading = createReading({ api, current: signal(thread), myId: () => 1 });
  /** @param {Partial<typeof detail.value>} [changes] */
  const after = async (changes = {}) => {
    detail.value = { ...detail.value, ...changes };
    await time.pass(PAUSE_MS);
    return told.length;
  };
  reading.start();
  reading.isAtEnd.value = true;
  assert.equal(await after(), 1);
  assert.equal(await after({ version: 4, unread: 0, read_up_to: 100 }), 1);
  // Given back and had once more, in the same tab.
  assert.equal(await after({ version: 9, unread: 2, read_up_to: null }), 2);
  assert.equal(await after(), 2);
  assert.equal(await after({ version: 10, unread: 0, read_up_to: 100 }), 2);
  assert.deepEqual(told, [100, 100]);
});
