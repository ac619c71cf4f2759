import assert from "node:assert/strict";
import test from "node:test";

import { withTheirs } from "ui/tree/rows.js";

test("a group was used as often as all that is in it, and what nobody used says so", () => {
  const rows = [["1", ""], ["2", "1"], ["3", "2"], ["4", "2"], ["5", "1"], ["6", ""]].map(([id, parent]) => ({ dataset: { id, parent } }));
  assert.deepEqual(withTheirs(rows, { 3: 2, 4: 3, 5: 10, 9: 7 }), { 1: 15, 2: 5, 3: 2, 4: 3, 5: 10, 6: 0 });
  assert.deepEqual(withTheirs([], { 9: 1 }), {});
});
