import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "desk/api.js";
import { createOutgoing } from "desk/outgoing.js";
import { at, drawer, message, settled, stoppedTime } from "./cast.js";

/** The server: one message for each client_id, and answers that can be lost. */
function post() {
  /** @type {Map<string, any>} */
  const stored = new Map();
  /** @type {(Error | "lost")[]} */
  const troubles = [];
  /** @type {any} */
  const api = {
    async post(/** @type {string} */ _path, /** @type {any} */ body) {
      const trouble = troubles.shift();
      if (trouble instanceof Error) throw trouble;
      const one = stored.get(body.client_id) ?? message({ id: stored.size + 1, text: body.text, client_id: body.client_id, direction: "out" });
      stored.set(body.client_id, one);
      if (trouble === "lost") throw new ApiError("No answer", { status: 0 });
      return one;
    },
  };
  return { api, stored, troubles };
}

/** @param {ReturnType<typeof post>} server @param {any} [storage] */
function queue(server, storage = drawer()) {
  const platform = stoppedTime();
  /** @type {any[]} */
  const sent = [];
  let next = 0;
  const outgoing = createOutgoing({ api: server.api, userId: 2, now: () => at(0), onSent: (one) => sent.push(one), storage, newId: () => `c${Date.now()}-${(next += 1)}`, platform });
  return { outgoing, platform, sent, storage };
}

// shows: P0-12, P0-13
test("the bubble is there at once, and is one message after a lost answer", async () => {
  const server = post();
  const { outgoing, platform, sent } = queue(server);
  server.troubles.push("lost", "lost");
  outgoing.send({ conversation: 7, text: "Hola", isNote: false });
  assert.equal(outgoing.pending.value.length, 1);
  await settled();
  assert.equal(outgoing.pending.value[0]?.held, true);
  await platform.pass(60_000);
  assert.equal(server.stored.size, 1);
  assert.equal(sent.length, 1);
  assert.equal(outgoing.pending.value.length, 0);
});

test("messages of one conversation arrive in the order they were written, whatever fails in between", async () => {
  const server = post();
  const { outgoing, platform } = queue(server);
  server.troubles.push(new ApiError("x", { status: 503 }));
  for (const text of ["uno", "dos", "tres"]) outgoing.send({ conversation: 7, text, isNote: false });
  await platform.pass(60_000);
  assert.deepEqual([...server.stored.values()].map((one) => one.text), ["uno", "dos", "tres"]);
});

// shows: P0-12
test("a refusal stays with its reason, lets the others pass, and retrying keeps the bubble", async () => {
  const server = post();
  const { outgoing, platform } = queue(server);
  server.troubles.push(new ApiError("La ventana cerró.", { status: 409, code: "window_closed" }));
  const id = outgoing.send({ conversation: 7, text: "uno", isNote: false });
  outgoing.send({ conversation: 7, text: "dos", isNote: false });
  await platform.pass(0);
  assert.deepEqual(outgoing.pending.value.map((one) => [one.client_id, one.state, one.reason]), [[id, "failed", "La ventana cerró."]]);
  outgoing.retry(id);
  await platform.pass(0);
  assert.ok(server.stored.has(id));
});

// shows: R44
test("a full disk is told at once, and the text stays in its bubble", async () => {
  const server = post();
  const { outgoing, platform } = queue(server);
  server.troubles.push(new ApiError("No hay espacio para archivos.", { status: 507, code: "no_room" }));
  const id = outgoing.send({ conversation: 7, text: "Te mando el plano", isNote: false });
  await platform.pass(0);
  assert.deepEqual(outgoing.pending.value.map((one) => [one.client_id, one.state, one.reason, one.text]), [[id, "failed", "No hay espacio para archivos.", "Te mando el plano"]]);
});

test("what was on its way when the tab was reloaded is sent once", async () => {
  const server = post();
  const storage = drawer();
  const before = queue(server, storage);
  server.troubles.push("lost");
  before.outgoing.send({ conversation: 7, text: "Hola", isNote: false });
  await settled();
  const after = queue(server, storage);
  after.outgoing.restore();
  await after.platform.pass(60_000);
  assert.equal(server.stored.size, 1);
  assert.equal(storage.length, 0);
});

test("what is removed is not sent", async () => {
  const server = post();
  const { outgoing, platform } = queue(server);
  server.troubles.push(new ApiError("x", { status: 0 }));
  const id = outgoing.send({ conversation: 7, text: "no", isNote: false });
  await settled();
  outgoing.remove(id);
  await platform.pass(60_000);
  assert.equal(server.stored.size, 0);
});
