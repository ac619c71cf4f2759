// Templates and interactive messages, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, filledPieces, lacksOf, noValues, searchTemplates, trimmed, whyNot, wordsOf } from "desk/templates.js";
import { contentOf, newForm, offerOf, problemsOf } from "desk/interactive.js";

const LIMITS = { body: 1024, list_body: 4096, header: 60, footer: 60, buttons: 3, button_title: 20, sections: 10, section_title: 24, rows: 10, row_title: 24, row_description: 72 };

function visit(changes = {}) {
  return {
    id: 1, account_id: 1, name: "visita_tecnica", language: "es", category: "UTILITY", status: "APPROVED",
    components: [
      { type: "HEADER", format: "TEXT", text: "Visita {{1}}", example: { header_text: ["mañana"] } },
      { type: "BODY", text: "Hola {{1}}, el técnico pasa el {{2}}.", example: { body_text: [["Ana", "martes"]] } },
      { type: "FOOTER", text: "Fibra Sur" },
      { type: "BUTTONS", buttons: [{ type: "URL", text: "Pagar", url: "https://pagos.example.com/{{1}}" }] },
    ],
    wants: { header_format: "TEXT", header: ["1"], body: ["1", "2"], buttons: [{ index: 0, type: "URL", text: "Pagar" }] },
    ...changes,
  };
}

// shows: P0-15
test("a template asks for each variable with its example, and says what is missing one thing at a time", () => {
  const fields = fieldsOf(visit());
  assert.deepEqual(fields.map(({ part, name }) => `${part}.${name}`), ["header.1", "body.1", "body.2", "buttons.0"]);
  assert.match(fields[2].hint, /martes/);
  assert.match(fields[3].hint, /pagos\.example\.com\/…/);
  const values = noValues();
  assert.match(lacksOf(visit(), values, false), /1/);
  values.header["1"] = "mañana";
  values.body = { 1: "Ana", 2: "el\nmartes" };
  assert.notEqual(lacksOf(visit(), values, false), "");
  values.body["2"] = "martes";
  values.buttons["0"] = "F-7";
  assert.equal(lacksOf(visit(), values, false), "");
  assert.equal(wordsOf(visit(), values), "Visita mañana\n\nHola Ana, el técnico pasa el martes.\n\nFibra Sur");
  assert.deepEqual(trimmed({ header: {}, body: { 1: " " }, buttons: { 0: "x" } }), { header: {}, body: {}, buttons: { 0: "x" } });
});

// shows: P0-15, S35
test("a value is never read as a variable of its own", () => {
  const pieces = filledPieces("{{1}} y {{2}}", { 1: "{{2}}", 2: "x" });
  assert.deepEqual(pieces.map(({ text, variable }) => [text, variable]), [["{{2}}", null], [" y ", null], ["x", null]]);
});

// shows: P0-15
test("what cannot be sent says why, stands last, and is still found", () => {
  const paused = visit({ id: 2, name: "promo", status: "PAUSED", language: "pt_BR" });
  const odd = visit({ id: 3, name: "rara", status: "SOMETHING_NEW" });
  for (const each of [paused, odd]) assert.notEqual(whyNot(each), "");
  assert.deepEqual(searchTemplates([paused, visit()], { search: "", language: "" }).map(({ id }) => id), [1, 2]);
  assert.deepEqual(searchTemplates([paused, visit()], { search: "", language: "pt_BR" }).map(({ id }) => id), [2]);
  assert.deepEqual(searchTemplates([paused, visit()], { search: "VISITA TÉCNICA", language: "" }).map(({ id }) => id), [1]);
  assert.notEqual(lacksOf(visit({ wants: { header_format: "IMAGE", header: [], body: [], buttons: [] } }), noValues(), false), "");
  assert.equal(lacksOf(visit({ wants: { header_format: "IMAGE", header: [], body: [], buttons: [] } }), noValues(), true), "");
});

// shows: P1-22
test("buttons and lists are counted by the channel's own figures", () => {
  const form = newForm("¿Cuándo?");
  form.buttons = [{ title: "Hoy", description: "" }, { title: "Hoy ", description: "" }];
  assert.deepEqual([...problemsOf(form, LIMITS).keys()], ["choice.1.title"]);
  form.buttons[1].title = "x".repeat(21);
  assert.match(problemsOf(form, LIMITS).get("choice.1.title"), /21/);
  form.buttons[1].title = "x".repeat(20);
  assert.equal(problemsOf(form, LIMITS).size, 0);
  assert.deepEqual(contentOf(form), { type: "buttons", header: "", footer: "", buttons: [{ id: "1", title: "Hoy" }, { id: "2", title: "x".repeat(20) }] });
  form.type = "list";
  assert.deepEqual([...problemsOf(form, LIMITS).keys()], ["button", "choice.0.title", "choice.1.title"]);
  Object.assign(form, { button: "Ver", section: "Planes", rows: [{ title: "300", description: "x".repeat(73) }] });
  assert.deepEqual([...problemsOf(form, LIMITS).keys()], ["choice.0.description"]);
  form.rows[0].description = "Rápido";
  assert.deepEqual(contentOf(form).sections, [{ title: "Planes", rows: [{ id: "1", title: "300", description: "Rápido" }] }]);
  assert.equal(offerOf(form).offer.type, "list");
});
