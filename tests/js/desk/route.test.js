import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, changeTo, filterOf, filtersOf, formatRoute, isEverywhere, isFiltered, isView, NO_FILTERS, parseRoute, toggled, without } from "desk/route.js";
import { compare, keyOf } from "desk/board.js";
import { at, row } from "./cast.js";

/** @type {import("desk/route.js").Route} */
const FULL = {
  tray: "attended", everywhere: true, conversation: 7, message: 118, order: "-name", search: "benítez 0991", unanswered: true, unread: false, answered: true, unreplied: false,
  window: "ending", since: "2026-11-01", until: "2026-11-21", assignee: ["me", "none", "12"], team: ["3"], campaign: ["1", "2"], account: ["5"], tag: ["4"], group: ["6"],
};

// shows: P0-6, P0-4
test("the address tells the whole state and nonsense in it is passed over", () => {
  assert.deepEqual(parseRoute(formatRoute(FULL)), FULL);
  const nonsense = "?tray=x&c=-1&order=drop&assignee=<b>&assignee=me'--&team=1e3&window=shut&since=ayer&unread=yes&account=-1&__proto__=x";
  assert.deepEqual(parseRoute(nonsense), parseRoute(""));
  assert.equal(parseRoute("").tray, "pending");
  // The same value twice is one.
  assert.deepEqual(parseRoute("?team=3&team=3").team, ["3"]);
});

// shows: 001-06
test("a search of one letter is not asked for, and all trays only while something is looked for", () => {
  assert.deepEqual(filterOf(parseRoute("?tray=pending&search=b")), { tray: "pending" });
  assert.deepEqual(filterOf(parseRoute("?tray=pending&search=be&unread=1")), { tray: "pending", search: "be", unread: "1" });
  assert.deepEqual(filterOf(parseRoute("?tray=pending&search=be&all=1")), { search: "be" });
  assert.deepEqual(filterOf(parseRoute("?tray=pending&all=1")), { tray: "pending" });
  assert.equal(isEverywhere(parseRoute("?all=1&unanswered=1")), true);
});

// shows: P0-4, 001-19
test("what is applied is told one by one, and taking each off leaves nothing", () => {
  let route = { ...FULL, everywhere: false, search: "" };
  const chips = applied(route);
  assert.deepEqual(chips.map(({ name, value }) => `${name}=${value}`), [
    "unanswered=1", "answered=1", "window=ending", "since=2026-11-01", "until=2026-11-21", "account=5", "campaign=1", "campaign=2", "team=3", "assignee=me", "assignee=none", "assignee=12", "tag=4", "group=6",
  ]);
  for (const chip of chips) route = { ...route, ...without(route, chip) };
  assert.equal(isFiltered(route), false);
  assert.deepEqual({ ...route, ...NO_FILTERS }, route);
  assert.deepEqual(toggled(FULL, "team", "3"), { team: [] });
  assert.deepEqual(toggled(FULL, "team", "4"), { team: ["3", "4"] });
});

// shows: P0-4
test("a saved view is recognised in whatever order its values were chosen, and says nothing of where one stands", () => {
  const kept = filtersOf(FULL);
  assert.deepEqual(Object.keys(kept).includes("tray"), false);
  assert.equal(isView({ ...FULL, tray: "pending", everywhere: false, conversation: null, assignee: ["12", "none", "me"] }, kept), true);
  assert.equal(isView({ ...FULL, team: [] }, kept), false);
  assert.deepEqual(filtersOf({ ...FULL, ...changeTo(kept) }), kept);
  // One that an older version kept, with what is not known any more.
  assert.equal(isFiltered({ ...FULL, ...changeTo({ gone: ["1"], team: ["x"] }) }), false);
});

// shows: 001-08
test("an order that means nothing in a tray is not asked for there", () => {
  for (const order of ["waiting", "-waiting", "window", "-window"]) {
    assert.deepEqual(filterOf(parseRoute(`?tray=attended&order=${order}`)), { tray: "attended" });
    assert.equal(filterOf(parseRoute(`?tray=pending&order=${order}`))["order"], order);
  }
  assert.equal(filterOf(parseRoute("?tray=attended&order=name"))["order"], "name");
});

// shows: 001-08
test("rows stand by the place the order asks for, names by their letters' numbers as the database has them", () => {
  const rows = [row({ id: 1, sort_name: "zoe" }), row({ id: 2, sort_name: "" }), row({ id: 3, sort_name: "ana robles" }), row({ id: 4, sort_name: "ana-robles" }), row({ id: 5, sort_name: "中" }), row({ id: 6, sort_name: "ana robles" })];
  const places = (/** @type {any} */ order) => [...rows].sort((a, b) => compare(keyOf(a, order), keyOf(b, order), order)).map((each) => each.id);
  assert.deepEqual(places("name"), [2, 3, 6, 4, 1, 5]);
  assert.deepEqual(places("-name"), [5, 1, 4, 6, 3, 2]);
  assert.deepEqual(keyOf(row({ id: 1, window_expires_at: at(5) }), "window"), [at(5).replace("Z", ""), 1]);
});
