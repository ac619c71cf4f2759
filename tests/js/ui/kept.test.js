// What is typed into a form stays in the tab until the server has taken it in.
// shows: 001-30 002-12 002-20

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

/**
 * A form that has just come, with what the server put into its fields.
 * @param {{key?: string, line?: string, isRefused?: boolean}} [as]
 */
function come({ key = "contact-address 7", line = "", isRefused = false } = {}) {
  const field = (/** @type {string} */ name, /** @type {string} */ type, value = "") => Object.assign(new EventTarget(), { name, type, value });
  const fold = { isOpen: false, setAttribute: () => void (fold.isOpen = true) };
  const fields = { token: field("csrfmiddlewaretoken", "hidden", "secret"), line: field("line", "text", line), text: field("text", "textarea"), answer: field("answer", "select-one", "yes"), button: field("do", "submit", "add") };
  const form = Object.assign(new EventTarget(), { dataset: { key }, elements: Object.values(fields), querySelector: () => (isRefused ? {} : null), closest: () => fold });
  start(/** @type {any} */ (form));
  return { form, fold, ...fields };
}

/** @param {{value: string} & EventTarget} field @param {string} words */
function type(field, words) {
  field.value = words;
  field.dispatchEvent(new Event("input"));
}

test("what was typed into every field is there again when the form comes back, and its fold is open", () => {
  const first = come();
  assert.equal(first.fold.isOpen, false);
  type(first.line, "Palma 1");
  type(first.text, "Llamar por la tarde");
  type(first.answer, "no");
  const again = come();
  assert.deepEqual([again.line.value, again.text.value, again.answer.value], ["Palma 1", "Llamar por la tarde", "no"]);
  assert.equal(again.fold.isOpen, true);
  // Another contact's form is another form, and only what is typed is kept.
  assert.equal(come({ key: "contact-address 8" }).line.value, "");
  assert.deepEqual([...stored.keys()].sort(), ["contact-address 7 answer", "contact-address 7 line", "contact-address 7 text"]);
});

test("what was refused and sent back is not replaced, and what was taken in is gone", () => {
  const first = come();
  type(first.line, "Palma 1");
  assert.equal(come({ line: "Palma 1, rechazada", isRefused: true }).line.value, "Palma 1, rechazada");
  first.form.dispatchEvent(new Event("ui:taken"));
  const after = come();
  assert.deepEqual([after.line.value, after.fold.isOpen, stored.size], ["", false, 0]);
});

test("emptied by hand it is empty", () => {
  const { line } = come();
  type(line, "Palma 1");
  type(line, "");
  assert.equal(stored.size, 0);
});

test("a browser that keeps nothing leaves the form as it is", () => {
  const refuse = () => {
    throw new Error("SecurityError");
  };
  Object.assign(globalThis, { sessionStorage: { getItem: refuse, setItem: refuse, removeItem: refuse } });
  const { line } = come();
  type(line, "Palma 1");
  assert.equal(line.value, "Palma 1");
});
