// Lines of contact points, as the form's textarea holds them and as the rows of ui/points.js write them back.

import assert from "node:assert/strict";
import { test } from "node:test";

import { detectKind, formatLine, parseLines } from "ui/points.js";

const KINDS = [
  { code: "phone", label: "Teléfono", icon: "lucide-phone" },
  { code: "whatsapp", label: "WhatsApp", icon: "brand-whatsapp" },
  { code: "email", label: "Correo", icon: "lucide-mail" },
];

// shows: 002-05
test("many pasted at once are told apart by lines, commas, semicolons and tabs, never by spaces", () => {
  const found = parseLines("0981 555 444, rocio@example.com;\n+595 21 555 123\t0982-111-222", KINDS);
  assert.deepEqual(found.map((each) => [each.kind, each.value]), [
    ["phone", "0981 555 444"], ["email", "rocio@example.com"], ["phone", "+595 21 555 123"], ["phone", "0982-111-222"],
  ]);
});

// shows: 002-05
test("a line may name its kind in the reader's words, with or without accents, and say that it is the main one", () => {
  assert.deepEqual(parseLines("* WhatsApp: +595 981 555 444\ntelefono: 021 555 123\nemail: a@b.co", KINDS), [
    { kind: "whatsapp", value: "+595 981 555 444", isPrimary: true },
    { kind: "phone", value: "021 555 123", isPrimary: false },
    { kind: "email", value: "a@b.co", isPrimary: false },
  ]);
});

test("what is written down is read back as the same", () => {
  const text = "* WhatsApp: +595 981 555 444\nTeléfono: +595 ••• ••• 351\nCorreo: ana@example.com";
  assert.equal(parseLines(text, KINDS).map((each) => formatLine(each, KINDS)).join("\n"), text);
});

test("the same twice is once, and nothing is nothing", () => {
  assert.equal(parseLines("0981555444\n0981 555 444\n0981-555-444", KINDS).length, 1);
  assert.deepEqual(parseLines(" ,; \n\n * ", KINDS), []);
});

// shows: 002-05
test("a kind is told from what was typed", () => {
  assert.deepEqual(["0981 555 444", "+595 (981) 555-444", "a@b.co", "rocio@", "https://wa.me/595981555444", "hola", "12"].map(detectKind),
    ["phone", "phone", "email", "", "whatsapp", "", ""]);
});
