// A picture looked at closely.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGEST, WHOLE, larger, push, smaller, transformOf, turn, zoom } from "desk/zoom.js";

const STAGE = { width: 1000, height: 600 };

// shows: P0-30
test("it comes at least five times as close, and never leaves the stage empty", () => {
  let view = WHOLE;
  for (let press = 0; press < 20; press += 1) view = larger(view);
  assert.equal(view.scale, LARGEST);
  assert.ok(LARGEST >= 5);
  const far = push(view, 99_999, -99_999, STAGE);
  assert.deepEqual([far.x, far.y], [3500, -2100]);
  for (let press = 0; press < 20; press += 1) view = smaller(far.scale < 1 ? far : view);
  assert.deepEqual(view, WHOLE);
  assert.deepEqual(push(WHOLE, 50, 50, STAGE), WHOLE);
});

test("what is under the pointer stays under it", () => {
  const point = { x: 200, y: -100 };
  const view = zoom(WHOLE, 4, point);
  // The picture's own point before and after: (point - shift) / scale.
  assert.deepEqual([(point.x - view.x) / view.scale, (point.y - view.y) / view.scale], [200, -100]);
});

test("four turns are none", () => {
  const turned = turn(turn(turn(turn(larger(WHOLE)))));
  assert.equal(turned.turns, 0);
  assert.equal(transformOf(turn(WHOLE)), "translate(0px, 0px) scale(1) rotate(90deg)");
});
