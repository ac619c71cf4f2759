import assert from "node:assert/strict";
import { test } from "node:test";
import { createThread } from "desk/thread.js";
import { catchUp, EMPTY_THREAD, extendDownward, extendUpward, items, jump, merge, MOST_HELD, open, unbound } from "desk/stretch.js";
import { ApiError } from "desk/api.js";
import { at, chance, message, settled } from "./cast.js";

const ids = (/** @type {any} */ thread) => items(thread).map((item) => (item.kind === "message" ? item.message.id : `e${item.event.id}`));

// shows: R21
test("whatever order and however often messages arrive, the newest copy of each stands in its place", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = chance(seed);
    /** @type {Map<number, any>} */
    const truth = new Map();
    const copies = [];
    for (let change = 1; change <= 60; change += 1) {
      const id = 1 + Math.floor(random() * 20);
      const happened = truth.get(id)?.happened_at ?? at(Math.floor(random() * 100));
      const copy = message({ id, change, happened_at: happened, text: `${change}`, deleted: random() < 0.05 });
      truth.set(id, copy);
      copies.push(copy);
    }
    copies.push(...copies.filter(() => random() < 0.3));
    copies.sort(() => random() - 0.5);
    let thread = EMPTY_THREAD;
    for (let from = 0; from < copies.length; from += 7) thread = merge(thread, copies.slice(from, from + 7), []);
    const expected = [...truth.values()].filter((each) => !each.deleted).sort((a, b) => (a.happened_at < b.happened_at ? -1 : a.happened_at > b.happened_at ? 1 : a.id - b.id));
    assert.deepEqual(items(thread).map((item) => item.kind === "message" && item.message), expected, `seed ${seed}`);
  }
});

test("a late message stands at its own time, not at the end", () => {
  const thread = merge(EMPTY_THREAD, [message({ id: 1, happened_at: at(1) }), message({ id: 2, happened_at: at(9) }), message({ id: 3, happened_at: at(5) })], []);
  assert.deepEqual(ids(thread), [1, 3, 2]);
});

test("pushes never move the mark of what has been read: a skipped one is asked for again", () => {
  let thread = open(EMPTY_THREAD, { results: [message({ id: 1, change: 5 })], events: [], previous: null, change: 5 });
  thread = merge(thread, [message({ id: 9, change: 9 })], []);
  assert.equal(thread.change, 5);
  thread = catchUp(thread, { results: [message({ id: 8, change: 8 }), message({ id: 9, change: 9 })], events: [], change: 9 });
  assert.equal(thread.change, 9);
  assert.deepEqual(ids(thread), [1, 8, 9]);
});

test("what is older than the pages read so far waits until they reach it", () => {
  let thread = open(EMPTY_THREAD, { results: [message({ id: 10, happened_at: at(10) })], events: [], previous: "up", change: 3 });
  thread = merge(thread, [message({ id: 2, happened_at: at(2), change: 4 })], []);
  assert.deepEqual(ids(thread), [10]);
  thread = extendUpward(thread, { results: [message({ id: 2, happened_at: at(2), change: 1 }), message({ id: 3, happened_at: at(3) })], events: [], previous: null, change: 4 });
  assert.deepEqual(ids(thread), [2, 3, 10]);
  assert.equal(thread.messages.get(2)?.change, 4);
});

// shows: 004-02
test("what is older than the campaign's hours is not shown, however it comes, until somebody who may asks for it", () => {
  const bound = { hours: 24, since: at(5), more: { allowed: true, code: "", reason: "" } };
  let thread = open(EMPTY_THREAD, { results: [message({ id: 10, happened_at: at(10) }), message({ id: 11, happened_at: at(11) })], events: [], previous: null, change: 3, bound });
  assert.equal(thread.bound, bound);
  thread = merge(thread, [message({ id: 2, happened_at: at(2), change: 4 }), message({ id: 6, happened_at: at(6), change: 5 })], []);
  assert.deepEqual(ids(thread), [6, 10, 11]);
  thread = unbound(thread);
  assert.deepEqual([thread.bound, thread.previous], [null, "6"]);
  thread = extendUpward(thread, { results: [message({ id: 1, happened_at: at(1) }), message({ id: 2, happened_at: at(2), change: 4 })], events: [], previous: null, change: 5, bound: null });
  assert.deepEqual(ids(thread), [1, 2, 6, 10, 11]);
});

/** @param {Record<string, any>} answers  by the end of the path */
function api(answers) {
  return /** @type {any} */ ({
    get: async (/** @type {string} */ path) => {
      const found = Object.entries(answers).find(([end]) => path.endsWith(end));
      if (!found) throw new ApiError("No existe.", { status: 404 });
      return typeof found[1] === "function" ? found[1]() : found[1];
    },
  });
}

// shows: P0-28
test("it opens at the first unread, and what comes later is told as an arrival once", async () => {
  /** @type {any[]} */
  const arrivals = [];
  const thread = createThread({
    id: 7,
    api: api({ "conversations/7/": { id: 7, version: 1, first_unread_id: 2 }, "messages/": { results: [message({ id: 1 }), message({ id: 2 })], events: [], previous: null, change: 2 } }),
    onArrived: (messages) => arrivals.push(...messages.map((each) => each.id)),
  });
  assert.equal(await thread.read(), true);
  assert.deepEqual(thread.divider.value, { id: 2, read: false });
  assert.deepEqual(arrivals, []);
  const frame = { type: "messages", watch: "thread", messages: [message({ id: 3, change: 3 }), message({ id: 4, change: 4, direction: "out" })], events: [] };
  thread.hear(frame);
  thread.hear(frame);
  assert.deepEqual(arrivals, [3]);
});

test("a conversation that is not there says so, and one without an answer can be tried again", async () => {
  const gone = createThread({ id: 7, api: api({}), onArrived: () => {} });
  assert.equal(await gone.read(), false);
  assert.equal(gone.status.value, "missing");
  const mute = createThread({ id: 7, api: api({ "/": () => Promise.reject(new ApiError("x", { status: 0 })) }), onArrived: () => {} });
  assert.equal(await mute.read(), false);
  assert.equal(mute.status.value, "failed");
});

test("a wish during a reading becomes one more reading", async () => {
  let readings = 0;
  const thread = createThread({
    id: 7,
    api: api({ "conversations/7/": () => ({ id: 7, version: ++readings, first_unread_id: null }), "messages/": { results: [], events: [], previous: null, change: 1 }, "after_change=1": { results: [], events: [], change: 1 } }),
    onArrived: () => {},
  });
  await Promise.all([thread.read(), thread.read(), thread.read()]);
  await settled();
  assert.equal(readings, 2);
});

test("an older detail never replaces a newer one", async () => {
  const thread = createThread({ id: 7, api: api({}), onArrived: () => {} });
  thread.setDetail(/** @type {any} */ ({ id: 7, version: 5 }));
  thread.setDetail(/** @type {any} */ ({ id: 7, version: 4 }));
  assert.equal(thread.detail.value?.version, 5);
});

// shows: R23
test("whoever was away for too long is given the newest page anew, once and without an error", async () => {
  /** @type {string[]} */
  const asked = [];
  let away = false;
  const fake = /** @type {any} */ ({
    get: async (/** @type {string} */ path) => {
      asked.push(path);
      if (path.includes("after_change=5")) return { results: [], events: [], change: 9_000, more: false, reload: true };
      if (path.includes("/messages/")) {
        return { results: [message({ id: away ? 900 : 1, change: away ? 9_000 : 5 })], events: [], previous: away ? "up" : null, change: away ? 9_000 : 5 };
      }
      return { id: 7, version: away ? 2 : 1, first_unread_id: null };
    },
  });
  const thread = createThread({ api: fake, id: 7, onArrived: () => {} });
  assert.equal(await thread.read(), true);
  away = true;
  asked.length = 0;
  assert.equal(await thread.read(), true);
  assert.deepEqual(thread.items.value.map((item) => item.kind === "message" && item.message.id), [900]);
  assert.equal(asked.filter((path) => path.endsWith("/messages/")).length, 1);
  assert.equal(thread.status.value, "ready");
});

// shows: P1-20, P0-6
test("a message that is not in hand is read with what stands around it, and one of another conversation is said to be missing", async () => {
  const first = { results: [message({ id: 9, happened_at: at(9) })], events: [], previous: "c2", change: 9 };
  const middle = { results: [message({ id: 3, happened_at: at(3) }), message({ id: 4, happened_at: at(4) })], events: [], previous: "c1", next: "d4", change: 9 };
  const below = { results: [message({ id: 5, happened_at: at(5) }), message({ id: 9, happened_at: at(9) })], events: [], previous: "x", next: null, change: 9 };
  const thread = createThread({
    id: 7,
    api: api({ "around=3&limit=100": middle, "after=d4&limit=100": below, "after_change=9": { results: [], events: [], change: 9 }, "messages/": first, "conversations/7/": { id: 7, version: 1, first_unread_id: null } }),
    onArrived: () => {},
  });
  const shown = () => thread.items.value.map((item) => item.kind === "message" && item.message.id);
  await thread.read();
  assert.equal(await thread.seek(3), true);
  assert.deepEqual(thread.sought.value, { key: "m3", focus: true });
  assert.deepEqual(shown(), [3, 4]);
  assert.equal(thread.hasNewer(), true);
  assert.equal(await thread.seek(404), false);
  assert.equal(thread.sought.value, null);
  await thread.loadNewer();
  assert.deepEqual(shown(), [3, 4, 5, 9]);
  assert.equal(thread.hasNewer(), false);
});

// shows: P0-28
test("what arrives while somebody reads far above is told, not drawn, and is there when they come down", async () => {
  /** @type {number[]} */
  const arrivals = [];
  const thread = createThread({
    id: 7,
    api: api({
      "around=3&limit=100": { results: [message({ id: 3, happened_at: at(3) })], events: [], previous: null, next: "d3", change: 9 },
      "after=d3&limit=100": { results: [message({ id: 9, happened_at: at(9) }), message({ id: 12, happened_at: at(12), change: 12 })], events: [], next: null, change: 12 },
      "after_change=12": { results: [], events: [], change: 12 },
      "messages/": { results: [message({ id: 9, happened_at: at(9) })], events: [], previous: "c2", change: 9 },
      "conversations/7/": { id: 7, version: 1, first_unread_id: null },
    }),
    onArrived: (messages) => arrivals.push(...messages.map((each) => each.id)),
  });
  await thread.read();
  await thread.seek(3);
  const frame = { type: "messages", watch: "thread", messages: [message({ id: 12, happened_at: at(12), change: 12 })], events: [] };
  thread.hear(frame);
  thread.hear(frame);
  assert.deepEqual(arrivals, [12]);
  assert.deepEqual(thread.items.value.map((item) => item.key), ["m3"]);
  await thread.loadNewer();
  assert.deepEqual(thread.items.value.map((item) => item.key), ["m3", "m9", "m12"]);
});

test("however far somebody reads, so many messages are held and no more, and what was let go is asked for again", () => {
  const page = (/** @type {number} */ from, /** @type {number} */ to) => ({
    results: Array.from({ length: to - from }, (_, index) => message({ id: from + index, happened_at: at(from + index) })), events: [], previous: "up", change: 9,
  });
  let thread = open(EMPTY_THREAD, page(9_900, 10_000));
  for (let from = 9_800; from >= 0; from -= 100) thread = extendUpward(thread, page(from, from + 100));
  assert.ok(thread.messages.size <= MOST_HELD, `${thread.messages.size}`);
  assert.equal(items(thread)[0]?.key, "m0");
  const end = items(thread).at(-1);
  assert.equal(thread.next, end?.kind === "message" ? String(end.message.id) : "");
  for (let from = Number(thread.next) + 1; from < 10_000; from += 100) thread = extendDownward(thread, { ...page(from, Math.min(10_000, from + 100)), next: from + 100 < 10_000 ? "down" : null });
  assert.ok(thread.messages.size <= MOST_HELD, `${thread.messages.size}`);
  assert.equal(items(thread).at(-1)?.key, "m9999");
  assert.equal(thread.ceiling, null);
  const top = items(thread)[0];
  assert.equal(thread.previous, top?.kind === "message" ? String(top.message.id) : "");
});

test("a jump keeps nothing of what stood there before", () => {
  let thread = open(EMPTY_THREAD, { results: [message({ id: 9, happened_at: at(9) })], events: [], previous: "up", change: 9 });
  thread = jump(thread, { results: [message({ id: 3, happened_at: at(3) })], events: [], previous: "up", next: "down", change: 11 });
  assert.deepEqual(ids(thread), [3]);
  assert.equal(thread.change, 9, "what changed since then is still to be asked for");
});

for (const [what, since, expected] of /** @type {const} */ ([["as far as the watch", 3, 0], ["not as far as the watch", 5, 1]])) {
  // shows: P0-6, R21
  test(`a first reading that began before the watch stood and reached ${what} is followed by ${expected} more`, async () => {
    /** @type {string[]} */
    const asked = [];
    /** @type {() => void} */
    let answer = () => {};
    const held = new Promise((resolve) => (answer = () => resolve(undefined)));
    const fake = /** @type {any} */ ({
      get: async (/** @type {string} */ path) => {
        asked.push(path);
        if (path.includes("after_change")) return { results: [message({ id: 2, change: 5 })], events: [], change: 5 };
        await held;
        return path.endsWith("messages/") ? { results: [message({ id: 1, change: 3 })], events: [], previous: null, change: 3 } : { id: 7, version: 4, first_unread_id: null };
      },
    });
    const thread = createThread({ id: 7, api: fake, onArrived: () => {} });
    const reading = thread.read();
    thread.hear({ type: "watching", watch: "thread", change: since, version: 4 });
    answer();
    await reading;
    await settled();
    assert.equal(asked.filter((path) => path.includes("after_change")).length, expected);
    assert.equal(thread.items.value.length, 1 + expected);
  });
}
