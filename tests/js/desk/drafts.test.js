import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "desk/api.js";
import { createDrafts } from "desk/drafts.js";
import { chance, drawer, stoppedTime } from "./cast.js";

/** The server's drafts, with its version check. */
function shelf() {
  /** @type {Map<string, {mode: string, text: string, version: number}>} */
  const stored = new Map();
  let isDown = false;
  /** @type {any} */
  const api = {
    async put(/** @type {string} */ path, /** @type {any} */ { mode, text, version }) {
      if (isDown) throw new ApiError("No answer", { status: 0 });
      const key = `${path.split("/")[1]}.${mode}`;
      const held = stored.get(key) ?? { mode, text: "", version: 0 };
      if (held.version !== version) throw new ApiError("Conflict", { status: 409, code: "draft_conflict", draft: /** @type {any} */ (held) });
      const next = { mode, text, version: version + 1 };
      stored.set(key, next);
      return next;
    },
    async get(/** @type {string} */ path) {
      const [, conversation, , query] = path.split("/");
      return stored.get(`${conversation}.${query?.split("=")[1]}`) ?? { mode: "reply", text: "", version: 0 };
    },
  };
  return { api, stored, setDown: (/** @type {boolean} */ down) => (isDown = down), /** @type {(key: string, text: string) => void} */ writeElsewhere: (key, text) => stored.set(key, { mode: key.split(".")[1] ?? "", text, version: (stored.get(key)?.version ?? 0) + 1 }) };
}

/** @param {ReturnType<typeof shelf>} server @param {any} [storage] @param {number} [userId] */
function desk(server, storage = drawer(), userId = 2) {
  const platform = stoppedTime();
  return { drafts: createDrafts({ api: server.api, userId, storage, platform }), platform, storage };
}

// shows: P0-11
test("a hundred random switches between conversations and modes never mix two drafts", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = chance(seed);
    const server = shelf();
    const { drafts, platform } = desk(server);
    /** @type {Map<string, string>} */
    const typed = new Map();
    for (let step = 0; step < 100; step += 1) {
      const id = 1 + Math.floor(random() * 5);
      const mode = random() < 0.5 ? "reply" : "note";
      const key = `${id}.${mode}`;
      assert.equal(drafts.of(id, mode).value.text, typed.get(key) ?? "", `seed ${seed}, step ${step}`);
      const text = `${typed.get(key) ?? ""}${key} `;
      drafts.write(id, mode, text);
      typed.set(key, text);
      if (random() < 0.4) await platform.pass(Math.floor(random() * 900));
    }
    await platform.pass(60_000);
    for (const [key, text] of typed) assert.equal(server.stored.get(key)?.text, text);
  }
});

// shows: P0-11
test("what was typed an instant before a reload is there after it, and reaches the server", async () => {
  const server = shelf();
  const storage = drawer();
  const before = desk(server, storage);
  before.drafts.write(7, "reply", "Sí, el sá");
  const after = desk(server, storage);
  after.drafts.restore();
  assert.equal(after.drafts.of(7, "reply").value.text, "Sí, el sá");
  assert.equal(after.drafts.of(7, "note").value.text, "");
  await after.platform.pass(1000);
  assert.equal(server.stored.get("7.reply")?.text, "Sí, el sá");
  assert.equal(storage.length, 0);
});

test("what somebody else typed in this tab is removed, not shown", () => {
  const server = shelf();
  const storage = drawer();
  desk(server, storage, 2).drafts.write(7, "reply", "de Ana");
  const luis = desk(server, storage, 3);
  luis.drafts.restore();
  assert.equal(luis.drafts.of(7, "reply").value.text, "");
  assert.equal(storage.length, 0);
});

// shows: R34
test("two windows, one draft: nothing is overwritten until a person chooses", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  drafts.write(7, "reply", "mío");
  server.writeElsewhere("7.reply", "de la otra ventana");
  await platform.pass(1000);
  assert.equal(drafts.of(7, "reply").value.text, "mío");
  assert.equal(drafts.of(7, "reply").value.theirs, "de la otra ventana");
  drafts.write(7, "reply", "mío, y más");
  await platform.pass(10_000);
  assert.equal(server.stored.get("7.reply")?.text, "de la otra ventana");
  drafts.choose(7, "reply", "mine");
  await platform.pass(1000);
  assert.equal(server.stored.get("7.reply")?.text, "mío, y más");
  assert.equal(drafts.of(7, "reply").value.theirs, null);
});

test("the other window's text can be taken instead", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  drafts.write(7, "reply", "mío");
  server.writeElsewhere("7.reply", "suyo");
  await platform.pass(1000);
  drafts.choose(7, "reply", "theirs");
  await platform.pass(1000);
  assert.equal(drafts.of(7, "reply").value.text, "suyo");
  assert.equal(drafts.of(7, "reply").value.state, "saved");
});

test("another window that sent its draft leaves nothing to choose from", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  drafts.write(7, "reply", "mío");
  server.writeElsewhere("7.reply", "");
  await platform.pass(3000);
  assert.equal(drafts.of(7, "reply").value.theirs, null);
  assert.equal(server.stored.get("7.reply")?.text, "mío");
});

test("without the server it keeps trying, one PUT at a time, and ends with the last text", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  server.setDown(true);
  drafts.write(7, "reply", "uno");
  await platform.pass(1000);
  assert.equal(drafts.of(7, "reply").value.state, "unsaved");
  drafts.write(7, "reply", "uno dos");
  server.setDown(false);
  await platform.pass(20_000);
  assert.equal(server.stored.get("7.reply")?.text, "uno dos");
  assert.equal(drafts.of(7, "reply").value.state, "saved");
});

test("a message sent empties its draft at once, here and on the server", async () => {
  const server = shelf();
  const { drafts, platform, storage } = desk(server);
  drafts.write(7, "reply", "Hola");
  await platform.pass(1000);
  drafts.clear(7, "reply");
  assert.equal(drafts.of(7, "reply").value.text, "");
  await platform.pass(0);
  assert.equal(server.stored.get("7.reply")?.text, "");
  assert.equal(storage.length, 0);
});

test("a list of drafts read late does not undo what was saved meanwhile", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  drafts.write(7, "reply", "nuevo");
  await platform.pass(1000);
  drafts.takeIn([{ conversation_id: 7, mode: "reply", text: "viejo", version: 1 }]);
  assert.equal(drafts.of(7, "reply").value.text, "nuevo");
  drafts.takeIn([{ conversation_id: 7, mode: "reply", text: "de otro aparato", version: 2 }]);
  assert.equal(drafts.of(7, "reply").value.text, "de otro aparato");
});

test("leaving the page tells the server everything that was waiting", async () => {
  const server = shelf();
  const { drafts, platform } = desk(server);
  drafts.write(7, "reply", "a");
  drafts.write(8, "note", "b");
  drafts.flush();
  await platform.pass(0);
  assert.equal(server.stored.get("7.reply")?.text, "a");
  assert.equal(server.stored.get("8.note")?.text, "b");
});
