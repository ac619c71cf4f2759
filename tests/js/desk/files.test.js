// What a bubble says about a file that is not here, and about who reacted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { playingTime } from "desk/formatting.js";
import { saidOf } from "desk/views/around.js";
import { stateLine } from "desk/views/files.js";

// shows: R44
test("the server's reason is said while a file waits and when it is lost, whatever its kind", () => {
  for (const kind of ["image", "video", "audio", "voice", "document", "sticker"]) {
    for (const state of ["pending", "failed"]) {
      const attachment = /** @type {any} */ ({ kind, state, reason: "No hay espacio." });
      assert.equal(stateLine(attachment), "No hay espacio.", `${kind} ${state}`);
    }
    assert.equal(stateLine(/** @type {any} */ ({ kind, state: "pending", reason: "" })), "The file is being received…");
    assert.equal(stateLine(/** @type {any} */ ({ kind, state: "failed", reason: "" })), "The file could not be received");
  }
});

test("a reaction of the house without a name is nobody's in person, least of all the reader's", () => {
  const ours = { emoji: "👍", direction: /** @type {const} */ ("out"), status: /** @type {const} */ ("sent"), author_name: "" };
  assert.equal(saidOf(ours), "Us reacted with 👍");
  assert.equal(saidOf({ ...ours, author_name: "Ana Gómez" }), "Ana Gómez reacted with 👍");
  assert.equal(saidOf({ ...ours, status: "queued" }), "Us reacted with 👍; not sent yet");
  assert.equal(saidOf({ ...ours, direction: "in" }), "Customer reacted with 👍");
});

test("how long a sound is, as players write it", () => {
  assert.deepEqual([0, 499, 1_600, 59_700, 3_727_000].map(playingTime), ["0:00", "0:00", "0:02", "1:00", "1:02:07"]);
});
