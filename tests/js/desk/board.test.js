import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, createBoard, drop, emptyBoard, extend, keyOf, ordered, put, replace } from "desk/board.js";
import { at, chance, row, settled } from "./cast.js";

const ORDER = "-last_activity";
const ids = (/** @type {any} */ board) => ordered(board).map((each) => each.id);

/** The server: rows that change, and what it would tell about each change. @param {() => number} random */
function server(random) {
  /** @type {Map<number, any>} */
  const rows = new Map();
  const pick = (/** @type {number} */ count) => Math.floor(random() * count);
  for (let id = 1; id <= 12; id += 1) rows.set(id, row({ id, last_activity_at: at(pick(60)), tray: random() < 0.5 ? "pending" : "in_progress" }));
  const belongs = (/** @type {any} */ one) => one.tray === "pending";
  return {
    /** @returns {any} the frame */
    change() {
      const id = 1 + pick(16);
      const one = rows.get(id) ?? row({ id, version: 0 });
      const next = { ...one, version: one.version + 1, last_activity_at: at(pick(600)), tray: random() < 0.6 ? "pending" : "in_progress" };
      rows.set(id, next);
      return belongs(next) ? { type: "put", row: next, sort_key: keyOf(next, ORDER) } : { type: "drop", id, version: next.version };
    },
    snapshot: () => [...rows.values()].filter(belongs).sort((a, b) => compare(keyOf(a, ORDER), keyOf(b, ORDER), ORDER)),
  };
}

/** @param {any} board @param {any} frame */
const apply = (board, frame) => (frame.type === "put" ? put(board, frame.row, frame.sort_key) : drop(board, frame.id, frame.version));

// shows: P0-5
test("an old snapshot and the pushes make the fresh snapshot, whatever is repeated or comes late", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = chance(seed);
    const truth = server(random);
    let board = extend(emptyBoard(ORDER), truth.snapshot(), null);
    /** @type {any[]} */
    const told = [];
    for (let step = 0; step < 40; step += 1) {
      told.push(truth.change());
      board = apply(board, told.at(-1));
      // Frames that were heard before come again: older versions and exact copies.
      if (random() < 0.5) board = apply(board, told[Math.floor(random() * told.length)]);
    }
    assert.deepEqual(ordered(board), truth.snapshot(), `seed ${seed}`);
  }
});

// shows: P0-5
test("a snapshot read while pushes arrive loses none of them", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = chance(seed);
    const truth = server(random);
    let board = extend(emptyBoard(ORDER), truth.snapshot(), null);
    // Missed while away: the board does not hear of these.
    for (let step = 0; step < 10; step += 1) truth.change();
    const since = board.heard;
    const read = truth.snapshot();
    for (let step = 0; step < 10; step += 1) board = apply(board, truth.change());
    board = replace(board, read, null, since);
    for (let step = 0; step < 5; step += 1) board = apply(board, truth.change());
    assert.deepEqual(ordered(board), truth.snapshot(), `seed ${seed}`);
  }
});

// shows: P0-5
test("pages read one after another with pushes in between are the whole list", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const truth = server(chance(seed));
    let board = emptyBoard(ORDER);
    let after = null;
    do {
      const rest = truth.snapshot().filter((one) => after === null || compare(keyOf(one, ORDER), after, ORDER) > 0);
      const page = rest.slice(0, 3);
      const more = rest.length > 3;
      board = extend(board, page, more ? "next" : null);
      after = more ? keyOf(page.at(-1), ORDER) : null;
      board = apply(board, truth.change());
    } while (after !== null);
    assert.deepEqual(ordered(board), truth.snapshot(), `seed ${seed}`);
  }
});

test("what lies beyond the pages read so far is not shown as if nothing stood between", () => {
  let board = extend(emptyBoard(ORDER), [row({ id: 1, last_activity_at: at(50) }), row({ id: 2, last_activity_at: at(40) })], "next");
  const far = row({ id: 9, last_activity_at: at(5) });
  board = put(board, far, keyOf(far, ORDER));
  assert.deepEqual(ids(board), [1, 2]);
  board = extend(board, [row({ id: 3, last_activity_at: at(30) }), far], null);
  assert.deepEqual(ids(board), [1, 2, 3, 9]);
});

test("an older version never replaces a newer one, and a late push does not bring back what left", () => {
  const newer = row({ id: 1, version: 5, name: "new" });
  let board = put(emptyBoard(ORDER), newer, keyOf(newer, ORDER));
  board = put(board, row({ id: 1, version: 4, name: "old" }), keyOf(newer, ORDER));
  assert.equal(ordered(board)[0]?.name, "new");
  board = drop(board, 1, 4);
  assert.deepEqual(ids(board), [1]);
  board = drop(board, 1, 6);
  board = put(board, newer, keyOf(newer, ORDER));
  assert.deepEqual(ids(board), []);
});

test("whole seconds and fractions sort by time, and who does not wait stands last in both directions", () => {
  assert.ok(compare(keyOf(row({ id: 1, last_activity_at: "2026-11-21T12:00:00Z" }), ORDER), keyOf(row({ id: 2, last_activity_at: "2026-11-21T12:00:00.000001Z" }), ORDER), ORDER) > 0);
  for (const order of /** @type {const} */ (["waiting", "-waiting"])) {
    assert.ok(compare(keyOf(row({ id: 1 }), order), keyOf(row({ id: 2, waiting_since: at(1) }), order), order) > 0, order);
  }
});

/** A door that counts what is asked. */
function doors() {
  /** @type {string[]} */
  const asked = [];
  /** @type {any[]} */
  let rows = [];
  return {
    asked,
    /** @param {any[]} next */
    hold: (next) => (rows = next),
    /** @type {any} */
    api: {
      get: async (/** @type {string} */ path) => (asked.push(path), path.includes("counts") ? { pending: rows.length, in_progress: 0, attended: 0, attended_capped: false, unanswered: 0, unread: 0, mine: 0 } : { results: [], next: null }),
      getFresh: async (/** @type {string} */ path, /** @type {string | null} */ etag) => {
        asked.push(`${path} ${etag ?? ""}`.trim());
        const mark = `v${rows.map((each) => each.version).join("")}`;
        return etag === mark ? { unchanged: true, etag, page: null } : { unchanged: false, etag: mark, page: { results: rows, next: null } };
      },
    },
    /** @type {any} */
    socket: { isOnline: false, watched: [], watch(/** @type {any[]} */ ...args) { this.watched.push(args); } },
  };
}

// shows: R21
test("a re-read sends the mark of what it holds and keeps it when nothing changed", async () => {
  const { api, socket, asked, hold } = doors();
  hold([row({ id: 1 })]);
  const board = createBoard({ api, socket });
  board.follow({ tray: "pending" });
  await settled();
  assert.deepEqual(board.rows.value.map((each) => each.id), [1]);
  assert.equal(await board.reread(), true);
  assert.ok(asked.some((each) => each.endsWith("limit=50 v1")));
  hold([row({ id: 1, version: 2, name: "changed" })]);
  await board.reread();
  assert.equal(board.rows.value[0]?.name, "changed");
});

test("many wishes during one reading become one more reading", async () => {
  const { api, socket, asked, hold } = doors();
  hold([row({ id: 1 })]);
  const board = createBoard({ api, socket });
  board.follow({ tray: "pending" });
  await settled();
  asked.length = 0;
  await Promise.all(Array.from({ length: 10 }, () => board.reread()));
  assert.equal(asked.filter((each) => !each.includes("counts")).length, 2);
});

test("an answer for the tray that was left does not show in the tray that was entered", async () => {
  const { api, socket, hold } = doors();
  hold([row({ id: 1 })]);
  const board = createBoard({ api, socket });
  board.follow({ tray: "pending" });
  hold([row({ id: 2, tray: "attended" })]);
  board.follow({ tray: "attended" });
  await settled();
  assert.deepEqual(board.rows.value.map((each) => each.id), [2]);
});

test("a tray seen before is shown at once and then read again", async () => {
  const { api, socket, hold } = doors();
  hold([row({ id: 1 })]);
  const board = createBoard({ api, socket });
  board.follow({ tray: "pending" });
  await settled();
  board.follow({ tray: "attended" });
  await settled();
  hold([row({ id: 1, version: 2 }), row({ id: 3 })]);
  board.follow({ tray: "pending" });
  assert.deepEqual(board.rows.value.map((each) => each.id), [1]);
  await settled();
  assert.deepEqual(board.rows.value.map((each) => each.id), [3, 1]);
});

// shows: P0-5
test("the next page comes to whoever waits at the end, whatever stood in its way, without another scroll", async () => {
  const first = Array.from({ length: 50 }, (_, index) => 51 - index);
  const whole = [...first, 1];
  const pages = new Map([["", first], ["c1", [1]]]);
  let fails = 0;
  /** @type {(() => void) | null} */
  let answer = null;
  const page = (/** @type {string} */ cursor) => ({ results: (pages.get(cursor) ?? []).map((id) => row({ id, last_activity_at: at(id) })), next: cursor === "" ? "c1" : null });
  /** @type {any} */
  const api = {
    get: async (/** @type {string} */ path) => {
      if (path.includes("counts")) return { pending: 51, in_progress: 0, attended: 0, attended_capped: false, unanswered: 0, unread: 0, mine: 0 };
      if (fails > 0) {
        fails -= 1;
        throw new Error("no answer");
      }
      return page(new URL(path, "http://desk").searchParams.get("cursor") ?? "");
    },
    getFresh: async () => {
      if (answer !== null) await new Promise((resolve) => (answer = () => resolve(null)));
      return { unchanged: false, etag: "v", page: page("") };
    },
  };
  const shown = (/** @type {any} */ board) => board.rows.value.map((/** @type {any} */ each) => each.id);
  const opened = async () => {
    const board = createBoard({ api, socket: doors().socket });
    board.follow({ tray: "pending" });
    await settled();
    assert.deepEqual(shown(board), first);
    return board;
  };

  // Asked for while the list is being read again: it comes after that.
  const busy = await opened();
  answer = () => {};
  const reading = busy.reread();
  await settled();
  void busy.loadMore();
  await settled();
  assert.deepEqual(shown(busy), first);
  answer();
  answer = null;
  await reading;
  await settled();
  assert.deepEqual(shown(busy), whole);

  // It did not come: that is said, and the next reading that succeeds asks again.
  const unlucky = await opened();
  fails = 1;
  await unlucky.loadMore();
  assert.equal(unlucky.more.value, "failed");
  assert.deepEqual(shown(unlucky), first);
  await unlucky.reread();
  await settled();
  assert.equal(unlucky.more.value, "idle");
  assert.deepEqual(shown(unlucky), whole);
});
