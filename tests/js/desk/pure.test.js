import assert from "node:assert/strict";
import { test } from "node:test";
import { ANNOUNCE_EVERY_MS, createAnnouncer } from "desk/announcer.js";
import { hasChoice, missing, outcomesOf, placeOfOutcome, searchOutcomes, topLevel } from "desk/outcomes.js";
import { lacksOfTime, local } from "desk/views/time_field.js";
import { items, merge, EMPTY_THREAD } from "desk/stretch.js";
import { drawn, timeline } from "desk/timeline.js";
import { pieces } from "desk/views/text.js";
import { at, message, stoppedTime } from "./cast.js";

// shows: P0-45
test("a screen reader hears one sentence every two seconds, whatever arrives", async () => {
  const time = stoppedTime();
  const announcer = createAnnouncer(time);
  /** @type {string[]} */
  const said = [];
  announcer.text.subscribe((text) => void (text && said.push(text)));
  announcer.message("Rocío", "Hola");
  await time.pass(0);
  for (let turn = 0; turn < 5; turn += 1) announcer.message("Rocío", `${turn}`);
  await time.pass(ANNOUNCE_EVERY_MS - 1);
  assert.deepEqual(said, ["Rocío: Hola"]);
  await time.pass(1);
  assert.deepEqual(said, ["Rocío: Hola", "5 new messages"]);
});

// shows: P0-28
test("days, the line of what is new, folded events and joined bubbles", () => {
  const thread = merge(EMPTY_THREAD, [
    message({ id: 1, happened_at: at(-24 * 60) }), message({ id: 2, happened_at: at(0) }), message({ id: 3, happened_at: at(1) }),
    message({ id: 4, happened_at: at(10) }), message({ id: 5, happened_at: at(20), direction: "out", author_id: 2, author_kind: "agent" }),
  ], [1, 2].map((id) => /** @type {any} */ ({ id, change: id, happened_at: at(15), kind: "assigned", details: {} })));
  const pending = /** @type {any} */ ([{ client_id: "c1", happened_at: at(21), is_note: false, text: "x" }]);
  const entries = timeline({ items: items(thread), pending, dividerId: 3, dayKey: (when) => when.slice(0, 10) });
  assert.deepEqual(entries.map((entry) => entry.kind), ["day", "message", "day", "message", "divider", "message", "message", "events", "message", "pending"]);
  assert.deepEqual(entries.filter((entry) => entry.kind === "message" || entry.kind === "pending").map((entry) => entry.joined), [false, false, false, false, false, true]);
  assert.equal(entries.find((entry) => entry.kind === "divider")?.count, 2);
});

// shows: P0-12
test("a message whose confirmation came by the socket first is one bubble", () => {
  const thread = merge(EMPTY_THREAD, [message({ id: 9, client_id: "c1", direction: "out" })], []);
  const entries = timeline({ items: items(thread), pending: /** @type {any} */ ([{ client_id: "c1", happened_at: at(0), is_note: false }]), dividerId: null, dayKey: () => "d" });
  assert.deepEqual(entries.map((entry) => entry.key), ["day-d", "c1"]);
});

test("only the part around the reader is drawn", () => {
  const entries = /** @type {any[]} */ (Array.from({ length: 1000 }, (_, index) => ({ key: `k${index}` })));
  assert.deepEqual(drawn(entries, null, { before: 120, after: 80 }), { from: 880, to: 1000 });
  assert.deepEqual(drawn(entries, "k500", { before: 120, after: 80 }), { from: 380, to: 580 });
  assert.deepEqual(drawn(entries, "gone", { before: 120, after: 80 }), { from: 880, to: 1000 });
  assert.deepEqual(drawn(entries, "k3", { before: 120, after: 80 }), { from: 0, to: 83 });
});

// shows: S37
test("addresses become links, and nothing else does", () => {
  const links = (/** @type {string} */ text) => pieces(text).filter((piece) => piece.href).map((piece) => piece.href);
  assert.deepEqual(links("Mira https://fibrasur.example/a?b=1, o www.fibrasur.example. O a ana@fibrasur.example!"), ["https://fibrasur.example/a?b=1", "https://www.fibrasur.example", "mailto:ana@fibrasur.example"]);
  assert.deepEqual(links("javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd <a href=https://x>"), []);
  assert.deepEqual(links("JavaScript:alert(1)//https://x.example"), []);
  const text = "Hola, (https://x.example)\n«www.y.example»";
  assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
});

// shows: S38
test("a megabyte of anything is taken apart in milliseconds", () => {
  for (const text of ["a".repeat(1_000_000), "[".repeat(1_000_000), "a@".repeat(500_000), "http://".repeat(140_000), "\u0301".repeat(50_000), `${"😀".repeat(100_000)} x`]) {
    const start = performance.now();
    pieces(text);
    assert.ok(performance.now() - start < 5_000, text.slice(0, 8));
  }
});

/** @param {number} id @param {string} name @param {any} [more] @returns {any} */
const node = (id, name, more = {}) => ({ id, name, selectable: !(more.children ?? []).length, requires_note: false, quick_close: false, children: [], ...more });
const TREE = [node(1, "Venta", { requires_note: true }), node(2, "Interesado", { children: [node(21, "Llamar más tarde", { requires_note: true, quick_close: true }), node(22, "Propuesta", { children: [node(221, "Por correo")] })] }), node(3, "Vacía", { selectable: false })];
const OK = { allowed: true, code: "", reason: "" };
/** @type {any} */
const OFFER = { typifications: TREE, default: null, note: "", note_from: "", close: OK, quick_close: OK };

test("two columns out of a tree of any depth; what leads nowhere is left out", () => {
  assert.deepEqual(topLevel(TREE, "normal").map((each) => each.id), [1, 2]);
  assert.deepEqual(topLevel(TREE, "quick").map((each) => each.id), [2]);
  assert.deepEqual(outcomesOf(TREE[1], "normal").map((each) => each.path.join(" › ")), ["Interesado › Llamar más tarde", "Interesado › Propuesta › Por correo"]);
  assert.deepEqual([hasChoice(TREE[0], "normal"), hasChoice(TREE[1], "normal")], [false, true]);
  assert.deepEqual(searchOutcomes(TREE, "normal", "MAS tarde").map((each) => each.typification.id), [21]);
  assert.deepEqual(placeOfOutcome(TREE, 221), { top: 2, outcome: 221 });
});

// shows: P0-33
test("the reason says what is still missing, one thing at a time", () => {
  const state = { offer: OFFER, mode: /** @type {const} */ ("normal"), top: undefined, chosen: undefined, note: "" };
  assert.equal(missing(state), "Choose an outcome type.");
  assert.equal(missing({ ...state, top: TREE[1] }), "Choose an outcome.");
  assert.equal(missing({ ...state, top: TREE[1], chosen: TREE[1].children[0], note: " " }), "This outcome requires a note.");
  assert.equal(missing({ ...state, top: TREE[1], chosen: TREE[1].children[0], note: "ok" }), "");
  assert.equal(missing({ ...state, offer: { ...OFFER, close: { allowed: false, code: "x", reason: "Solo Ana." } } }), "Solo Ana.");
});

// shows: 000-17, B-05
test("an outcome for bases waits for the record, one that asks when for a time to come", () => {
  const chosen = node(9, "Agenda", { requires_base: true, asks_callback: "personal" });
  const state = { offer: { ...OFFER, record: null }, mode: /** @type {const} */ ("normal"), top: chosen, chosen, note: "", time: "Say when to contact them again." };
  const offer = { ...OFFER, typifications: [chosen], record: null };
  assert.equal(missing({ ...state, offer }), "This outcome is for contacts of a base: associate the conversation first.");
  const associated = { ...offer, record: { id: 1, base: { id: 3, name: "Altas" }, state: "in_progress", state_name: "" } };
  assert.equal(missing({ ...state, offer: associated }), "Say when to contact them again.");
  assert.equal(missing({ ...state, offer: associated, time: "" }), "");
});

test("a time is promised when it is to come, in this device's clock", () => {
  const now = Date.parse("2031-03-04T12:00:00Z");
  assert.equal(lacksOfTime("", now), "Say when to contact them again.");
  assert.equal(lacksOfTime(local(now - 60_000), now), "Choose a time to come.");
  assert.equal(lacksOfTime(local(now + 3_600_000), now), "");
  assert.equal(Date.parse(local(now)), now);
});
