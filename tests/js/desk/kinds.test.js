// What messages hold, as addresses and amounts: nothing of the customer's becomes a link by itself (S33).

import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, hrefOf, mapAddress, shownStatus } from "desk/kinds.js";
import { knownWords } from "desk/words/known.js";

// shows: S33
test("only numbers make a call and only addresses make a mail", () => {
  assert.equal(hrefOf("tel", "+595 (981) 222-333"), "tel:+595981222333");
  assert.equal(hrefOf("mailto", "ana.gomez+x@example.com.py"), "mailto:ana.gomez+x@example.com.py");
  for (const value of ["javascript:alert(1)", "", "12", "+595981222333;ext=1", "tel:1", "1".repeat(21), "١٢٣٤٥٦"]) assert.equal(hrefOf("tel", value), "", value);
  for (const value of ["a@b", "a@b.c?subject=x", "a@b.c\nx", "javascript:x@y.z", "a b@c.d", "\"x\"@y.z"]) assert.equal(hrefOf("mailto", value), "", value);
});

test("a place is found by its numbers alone", () => {
  assert.equal(mapAddress({ latitude: -25.2966, longitude: -57.6373 }), "https://www.google.com/maps/search/?api=1&query=-25.2966%2C-57.6373");
  const hostile = /** @type {any} */ ({ latitude: "1&q=x", longitude: "javascript:" });
  assert.ok(!mapAddress(hostile).includes("javascript"));
});

test("an amount is read in the reader's language, and one without a known currency as it came", () => {
  assert.match(amount("125000", "PYG", "es-PY"), /125\.000/u);
  assert.match(amount("19999.5", "USD", "en"), /\$19,999\.5/u);
  assert.equal(amount("doce", "USD", "en"), "doce");
  assert.match(amount("3", "<b>", "es"), /^3 <b>$/u);
});

test("a document and a way to reach somebody are called by their words, never by their codes", () => {
  assert.deepEqual(["py-ci", "ar-dni", "br-cpf", "passport", ""].map(knownWords.documentKind), ["CI", "DNI", "CPF", "Passport", ""]);
  assert.deepEqual(["phone", "email", "webchat", "whatsapp"].map(knownWords.pointKind), ["Telephone", "E-mail", "Web chat", "WhatsApp"]);
});

// shows: 004-32, 004-33
test("an account without receipts shows no sign of how far a message came, and still shows what went wrong", () => {
  for (const status of ["queued", "sent", "delivered", "read", "failed", "unknown"]) assert.equal(shownStatus({ status }), status);
  for (const status of ["queued", "sent"]) assert.equal(shownStatus({ status, shows_receipt: false }), undefined);
  for (const status of ["failed", "unknown"]) assert.equal(shownStatus({ status, shows_receipt: false }), status);
});
