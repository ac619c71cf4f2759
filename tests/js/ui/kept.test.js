// What is typed into a note stays in the tab until the server has taken it in.
// shows: 001-30

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { start } from "ui/kept.js";

/** @type {Map<string, string>} */
const stored = new Map();
beforeEach(() => {
  stored.clear();
  Object.assign(globalThis, {
    sessionStorage: {
      getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => void stored.set(key, value),
      removeItem: (/** @type {string} */ key) => void stored.delete(key),
    },
  });
});

/** A form that has just come, with what the server put into its box. @param {string} [value] */
function come(value = "") {
  const box = Object.assign(new EventTarget(), { value });
  const form = Object.assign(new EventTarget(), { dataset: { key: "contact-note 7" }, querySelector: () => box });
  start(/** @type {any} */ (form));
  return { form, box };
}

/** @param {{value: string} & EventTarget} box @param {string} words */
function type(box, words) {
  box.value = words;
  box.dispatchEvent(new Event("input"));
}

test("what was typed is there again when the form comes back", () => {
  type(come().box, "Llamar por la tarde");
  assert.equal(come().box.value, "Llamar por la tarde");
});

test("what was refused and sent back is not replaced, and what was taken in is gone", () => {
  const first = come();
  type(first.box, "Una nota");
  assert.equal(come("Otra, rechazada").box.value, "Otra, rechazada");
  first.form.dispatchEvent(new Event("ui:taken"));
  assert.equal(come().box.value, "");
});

test("emptied by hand it is empty", () => {
  const { box } = come();
  type(box, "Una nota");
  type(box, "");
  assert.equal(stored.size, 0);
});
