import assert from "node:assert/strict";
import { test } from "node:test";
import { openedIn, stepped, tabOf, withoutTab } from "ui/list-section.js";
import { placeOf } from "ui/beside.js";
import { format } from "ui/local-time.js";

// shows: 002-14
test("the address says whose section is open, and nothing else does", () => {
  assert.equal(openedIn("/contacts/7/", "/contacts/"), "7");
  for (const path of ["/contacts/", "/contacts/7/edit/", "/contacts/new/", "/contacts/7", "/settings/7/", "/contacts/-7/", "/contacts/7/8/"]) {
    assert.equal(openedIn(path, "/contacts/"), "", path);
  }
});

// shows: 002-14
test("closing leaves the list as it was asked for, without what was the section's own", () => {
  assert.equal(withoutTab("?search=ana&tab=history&vip=1"), "?search=ana&vip=1");
  assert.equal(withoutTab("?tab=history"), "");
  assert.equal(tabOf("?search=ana&tab=history"), "?tab=history");
  assert.equal(tabOf("?search=ana"), "");
});

test("arrows step from row to row and stop at both ends", () => {
  assert.equal(stepped("ArrowDown", -1, 3), 0);
  assert.equal(stepped("ArrowDown", 1, 3), 2);
  assert.equal(stepped("ArrowDown", 2, 3), 2);
  assert.equal(stepped("ArrowUp", 0, 3), 0);
  assert.equal(stepped("Home", 2, 3), 0);
  assert.equal(stepped("End", 0, 3), 2);
  assert.equal(stepped("Enter", 0, 3), null);
  assert.equal(stepped("ArrowDown", -1, 0), null);
});

test("a list of choices opens under its button, and within the window", () => {
  const page = { width: 1000, height: 700 };
  assert.deepEqual(placeOf({ left: 100, bottom: 90 }, { width: 300 }, page), { left: 100, top: 94, height: 594 });
  assert.equal(placeOf({ left: 900, bottom: 90 }, { width: 300 }, page).left, 692);
  assert.equal(placeOf({ left: 0, bottom: 90 }, { width: 2000 }, page).left, 4);
});

test("a moment is said by today, yesterday, the day, or the day and the year", () => {
  // Without a page there is no reader's zone: the machine's own is used, so moments are made in it.
  globalThis.document ??= /** @type {any} */ ({ documentElement: { dataset: {}, lang: "es" } });
  const now = new Date(2026, 10, 22, 15, 0).valueOf();
  assert.equal(format(new Date(2026, 10, 22, 10, 14), "when", now, "es"), "Hoy 10:14");
  assert.equal(format(new Date(2026, 10, 21, 18, 40), "when", now, "es"), "ayer 18:40");
  assert.match(format(new Date(2026, 9, 12, 18, 40), "when", now, "es"), /^12 oct$/);
  assert.match(format(new Date(2025, 9, 12, 18, 40), "when", now, "es"), /^12 oct 2025$/);
});
