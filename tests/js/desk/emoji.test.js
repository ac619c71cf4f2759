// Emoji by their names in the language of whoever writes; the real lists, as they are served.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createEmoji, emojiAt, readEmoji, searchEmoji } from "desk/emoji.js";
import { drawer, settled } from "./cast.js";

/** @param {string} code */
const served = (code) => JSON.parse(readFileSync(new URL(`../../../static_build/emoji/${code}.json`, import.meta.url), "utf8"));
/** @param {string} code @param {string} query */
const found = (code, query) => searchEmoji(readEmoji(served(code)), query, 10).map((one) => one.symbol);

// shows: P1-19 001-39
test("emoji are found in Spanish, Portuguese and English, with or without accents", () => {
  assert.equal(found("es", "corazon rojo")[0], "❤️");
  assert.deepEqual(found("es", "CORAZON"), found("es", "corazón"));
  assert.equal(found("es", "mate")[0], "🧉");
  assert.ok(found("es", "pulgar arriba").includes("👍️") || found("es", "pulgar arriba").includes("👍"));
  assert.ok(found("pt", "coração vermelho").includes("❤️"));
  assert.ok(found("en", "red heart").includes("❤️"));
  assert.deepEqual(found("es", "zzzz"), []);
  assert.deepEqual(found("es", "  "), []);
});

test("each language has every emoji once, and none of the parts of others", () => {
  const [spanish, english, portuguese] = ["es", "en", "pt"].map((code) => served(code).map((/** @type {any} */ row) => row[0]));
  assert.ok(spanish.length > 1800);
  assert.equal(new Set(spanish).size, spanish.length);
  assert.deepEqual([...spanish].sort(), [...english].sort());
  assert.deepEqual([...spanish].sort(), [...portuguese].sort());
  assert.ok(!spanish.includes("🇦") && !spanish.includes("🏻"));
});

// shows: P1-19
test("a colon and two letters begin an emoji; a time, an address and a list do not", () => {
  assert.deepEqual(emojiAt("Hola :mat", 9), { from: 5, to: 9, query: "mat" });
  assert.deepEqual(emojiAt(":niño feliz", 5), { from: 0, to: 5, query: "niño" });
  for (const text of ["12:30", "https://ab", "a:bc", ":", ":m", "son: tres", ": ab"]) assert.equal(emojiAt(text, text.length), null, text);
});

test("what was used last comes first, once, and is kept", () => {
  const storage = drawer();
  const emoji = createEmoji({ url: "/x", storage });
  for (const symbol of ["a", "b", "a"]) emoji.used(symbol);
  assert.deepEqual(emoji.recent.value, ["a", "b"]);
  assert.deepEqual(createEmoji({ url: "/x", storage }).recent.value, ["a", "b"]);
  storage.setItem("ventanilla.emoji", "{broken");
  assert.deepEqual(createEmoji({ url: "/x", storage }).recent.value, []);
});

test("the list is asked for once, and again only after it failed", async () => {
  let asked = 0;
  /** @type {any} */
  const fetch = async () => ((asked += 1) === 1 ? { ok: false, status: 503 } : { ok: true, json: async () => [["🧉", "mate", "", 4]] });
  const emoji = createEmoji({ url: "/x", storage: drawer(), fetch });
  await emoji.want();
  assert.equal(emoji.failed.value, true);
  await Promise.all([emoji.want(), emoji.want()]);
  await settled();
  assert.deepEqual([asked, emoji.failed.value, emoji.all.value.length], [2, false, 1]);
  await emoji.want();
  assert.equal(asked, 2);
});
