import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenBelow } from "desk/keyboard.js";

// shows: P1-49
test("what a keyboard hides is told from a bar of the browser and from a page that is magnified", () => {
  assert.equal(hiddenBelow({ height: 500, offsetTop: 0, scale: 1 }, 844), 344);
  assert.equal(hiddenBelow({ height: 500, offsetTop: 100, scale: 1 }, 844), 244);
  assert.equal(hiddenBelow({ height: 800, offsetTop: 0, scale: 1 }, 844), 0);
  assert.equal(hiddenBelow({ height: 422, offsetTop: 0, scale: 2 }, 844), 0);
});
