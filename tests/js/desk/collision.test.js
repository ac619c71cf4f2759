import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { createCollision, LOOK_EVERY_MS, present, WRITE_EVERY_MS } from "desk/collision.js";
import { placesOf, wordsOf } from "desk/finding.js";
import { createTalk } from "desk/talk.js";
import { ApiError } from "desk/api.js";
import { message, stoppedTime } from "./cast.js";

/** @param {number | null} open */
function desk(open) {
  const time = stoppedTime();
  /** @type {string[]} */
  const told = [];
  /** @type {(() => void)[]} */
  const ticks = [];
  const current = signal(open ? { id: open } : null);
  const collision = createCollision({
    socket: /** @type {any} */ ({ tell: (/** @type {string} */ _name, /** @type {any} */ frame) => told.push(`${frame.conversation} ${frame.doing}`) }),
    current, isVisible: () => true,
    platform: { setTimeout: time.setTimeout, clearTimeout: time.clearTimeout, now: time.now, setInterval: (run) => ticks.push(run) },
  });
  collision.start();
  return { time, told, current, collision, tick: () => ticks.forEach((run) => run()) };
}

// shows: P0-31
test("whoever opens a conversation says so after its watch, goes on saying it, and says goodbye to the one before", async () => {
  const { time, told, current, tick } = desk(7);
  assert.deepEqual(told, []);
  await time.pass(0);
  assert.deepEqual(told, ["7 looking"]);
  tick();
  assert.deepEqual(told, ["7 looking", "7 looking"]);
  current.value = { id: 8 };
  assert.equal(told.at(-1), "7 away");
  await time.pass(0);
  assert.equal(told.at(-1), "8 looking");
  current.value = null;
  assert.equal(told.at(-1), "8 away");
  assert.ok(LOOK_EVERY_MS < 40_000);
});

// shows: P0-31
test("letters are told once each three seconds, a pause ends the writing, and a note is told apart", async () => {
  const { time, told, collision } = desk(7);
  await time.pass(0);
  told.length = 0;
  for (let letter = 0; letter < 10; letter += 1) collision.noteWriting("reply");
  assert.deepEqual(told, ["7 replying"]);
  await time.pass(WRITE_EVERY_MS);
  collision.noteWriting("reply");
  assert.deepEqual(told, ["7 replying", "7 replying"]);
  collision.noteWriting("note");
  assert.equal(told.at(-1), "7 noting");
  await time.pass(5_000);
  assert.equal(told.at(-1), "7 looking");
});

// shows: P0-31
test("nobody is believed for longer than they said", () => {
  const one = { id: 2, name: "Luis", initials: "LF", hue: "blue", until: 100 };
  assert.deepEqual(present([{ ...one, doing: "looking" }], 99).length, 1);
  assert.deepEqual(present([{ ...one, doing: "looking" }], 100), []);
  assert.equal(present([{ ...one, doing: "replying" }], 100)[0]?.doing, "looking");
});

const threadOf = (/** @type {any[]} */ messages) => /** @type {any} */ ({ id: 7, newestId: () => 0, items: { peek: () => messages.map((each) => ({ kind: "message", message: each })) } });
const theirs = (/** @type {number} */ id, /** @type {any} */ more = {}) => message({ id, direction: "out", author_kind: "agent", author_id: 9, author_name: "Luis Ferreira", ...more });

// shows: P0-31
test("a colleague's answer since the first letter holds the message back; one's own, a note and an older one do not", () => {
  const talk = createTalk({ api: /** @type {any} */ ({}) });
  const before = [message({ id: 1 }), theirs(2)];
  talk.noteWriting(threadOf(before));
  assert.equal(talk.maySend(threadOf([...before, theirs(3, { author_id: 1 }), theirs(4, { is_note: true }), message({ id: 5 })]), 1), true);
  const after = threadOf([...before, theirs(6, { text: "Ya le digo" })]);
  talk.noteWriting(after);
  assert.equal(talk.maySend(after, 1), false);
  assert.deepEqual(talk.warning.value?.messages.map((each) => each.text), ["Ya le digo"]);
  talk.accept(after);
  assert.equal(talk.maySend(after, 1), true);
  assert.deepEqual(talk.takeBeside(7).body, { written_after: 6 });
  assert.deepEqual(talk.takeBeside(7).body, {});
});

// shows: P1-20
test("what is answered goes with the next message of its own conversation, once", () => {
  const talk = createTalk({ api: /** @type {any} */ ({}) });
  talk.answer(7, message({ id: 3, text: "¿Cuánto?" }));
  assert.deepEqual(talk.takeBeside(8), { quoted: null, body: {} });
  const beside = talk.takeBeside(7);
  assert.deepEqual(beside.body, { reply_to: 3 });
  assert.equal(beside.quoted?.text, "¿Cuánto?");
  assert.deepEqual(talk.takeBeside(7), { quoted: null, body: {} });
});

// shows: P1-23
test("what could be sent on is, and what was refused is told with its reason", async () => {
  const posted = /** @type {any[]} */ ([]);
  const api = /** @type {any} */ ({
    post: async (/** @type {string} */ path, /** @type {any} */ body) => {
      if (body.forward === 2) throw new ApiError("Revisa los campos.", { status: 400, fields: { forward: ["El archivo no está aquí."] } });
      posted.push([path, body.forward]);
      return message({ id: 90 + body.forward });
    },
  });
  const { sent, refusals } = await createTalk({ api }).forward([message({ id: 1 }), message({ id: 2 }), message({ id: 3 })], 8);
  assert.deepEqual(sent.map((each) => each.id), [91, 93]);
  assert.deepEqual(refusals, ["El archivo no está aquí."]);
  assert.deepEqual(posted, [["conversations/8/messages/", 1], ["conversations/8/messages/", 3]]);
});

// shows: P1-35
test("what was looked for is marked where it stands, accents and case aside, from the beginning of a word", () => {
  const marked = (/** @type {string} */ text, /** @type {string} */ query) => placesOf(text, wordsOf(query)).map(({ from, to }) => text.slice(from, to));
  assert.deepEqual(marked("El MÓDEM, el módem y el mode", "modem"), ["MÓDEM", "módem"]);
  assert.deepEqual(marked("fibra y fibrosis", "FÍBR"), ["fibr", "fibr"]);
  assert.deepEqual(marked("odem modem", "odem"), ["odem"]);
  assert.deepEqual(marked("roja, rojo, ro", "ro"), ["ro"]);
  assert.deepEqual(marked("🙏🏽 gracias 👨‍👩‍👧 módem", "modem gracias"), ["gracias", "módem"]);
  assert.deepEqual(marked("0981-224-607", "224 607"), ["224", "607"]);
  assert.deepEqual(marked("nada", "¡!"), []);
});
