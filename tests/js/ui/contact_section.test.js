// The pure parts of the contact's side section: its tabs' address and keys, and which answers hold the part itself.
// shows: 002-14

import assert from "node:assert/strict";
import { test } from "node:test";
import { isOfForm } from "ui/fragment.js";
import { neighbour, withTab } from "ui/section-tabs.js";

test("the address names the tab, keeps what else it says, and the first tab needs no word", () => {
  const here = "http://host/contacts/7/?q=ana&tag=3";
  assert.equal(withTab(here, "history", "summary"), `${here}&tab=history`);
  assert.equal(withTab(`${here}&tab=history`, "notes", "summary"), `${here}&tab=notes`);
  assert.equal(withTab(`${here}&tab=history`, "summary", "summary"), here);
});

test("arrows go round, Home and End to the ends, other keys nowhere", () => {
  assert.equal(neighbour(0, 5, "ArrowLeft"), 4);
  assert.equal(neighbour(4, 5, "ArrowRight"), 0);
  assert.equal(neighbour(2, 5, "ArrowRight"), 3);
  assert.equal(neighbour(2, 5, "Home"), 0);
  assert.equal(neighbour(2, 5, "End"), 4);
  assert.equal(neighbour(2, 5, "a"), null);
  assert.equal(neighbour(-1, 5, "ArrowRight"), null);
});

test("a refusal at the fields is shown in place, a failure of the server is not", () => {
  assert.deepEqual([200, 201, 400, 409].map(isOfForm), [true, true, true, true]);
  assert.deepEqual([302, 403, 404, 500, 503].map(isOfForm), [false, false, false, false, false]);
});
