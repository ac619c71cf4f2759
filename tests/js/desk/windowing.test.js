import assert from "node:assert/strict";
import { test } from "node:test";
import { holdStill, scrollToShow, windowOf } from "desk/windowing.js";
import { chance } from "./cast.js";

// shows: P0-5
test("every row on the screen is in the window, the window is small, also where it only moves by several rows", () => {
  const random = chance(1);
  for (let turn = 0; turn < 2000; turn += 1) {
    const rowHeight = random() < 0.5 ? 80 : 60;
    const count = Math.floor(random() * 5000);
    const viewport = 200 + Math.floor(random() * 900);
    const scrollTop = random() * Math.max(0, count * rowHeight - viewport);
    // The view asks for a place up to four rows behind, with eight rows around.
    const known = Math.floor(scrollTop / (4 * rowHeight)) * 4 * rowHeight;
    const { start, end } = windowOf({ scrollTop: known, viewport, count, rowHeight, overscan: 8 });
    assert.ok(start <= Math.floor(scrollTop / rowHeight) && end >= Math.min(count, Math.ceil((scrollTop + viewport) / rowHeight)));
    assert.ok(end - start <= Math.ceil(viewport / rowHeight) + 18);
  }
});

test("a list that became shorter shows its last screen; an empty one shows nothing", () => {
  const { start, end } = windowOf({ scrollTop: 100_000, viewport: 800, count: 30, rowHeight: 80 });
  assert.ok(start < end && end === 30);
  assert.deepEqual(windowOf({ scrollTop: 0, viewport: 800, count: 0, rowHeight: 80 }), { start: 0, end: 0 });
});

test("a bouncing scroll above the top is the top", () => {
  assert.equal(windowOf({ scrollTop: -120, viewport: 800, count: 100, rowHeight: 80 }).start, 0);
});

// shows: P0-5
test("rows that come in above what somebody looks at are counted and scrolled away", () => {
  assert.deepEqual(holdStill({ before: [1, 2, 3, 4], after: [8, 9, 1, 2, 3, 4], anchors: [3], moved: new Set(), rowHeight: 80 }), { shift: 160, arrived: [8, 9] });
});

test("one that leaves from above pulls back; one that moved by itself is not held", () => {
  assert.deepEqual(holdStill({ before: [1, 2, 3], after: [2, 3], anchors: [3], moved: new Set(), rowHeight: 80 }), { shift: -80, arrived: [] });
  assert.deepEqual(holdStill({ before: [1, 2, 3, 4], after: [3, 1, 2, 4], anchors: [3, 4], moved: new Set([3]), rowHeight: 80 }), { shift: 0, arrived: [] });
});

test("a row that is partly outside is brought in by the nearest edge", () => {
  const list = { viewport: 400, rowHeight: 80 };
  assert.equal(scrollToShow({ index: 2, scrollTop: 200, ...list }), 160);
  assert.equal(scrollToShow({ index: 9, scrollTop: 200, ...list }), 400);
  assert.equal(scrollToShow({ index: 4, scrollTop: 200, ...list }), null);
});
