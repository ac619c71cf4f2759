// «/» and variables, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { markedPieces, missingIn, searchShortcuts, slashAt } from "desk/slash.js";

const NAMES = ["nombre", "apellido", "campaña"];
const shortcut = (code, name = "", text = "") => ({ id: code.length, code, name, text, kind: "text", missing: [], resource: null, is_of_company: true });

// shows: 001-41, 004-08
test("a slash that begins a word asks for shortcuts; one inside a word, a date or an address does not", () => {
  assert.deepEqual(slashAt("/", 1), { from: 0, to: 1, query: "" });
  assert.deepEqual(slashAt("Hola /prec", 10), { from: 5, to: 10, query: "prec" });
  assert.deepEqual(slashAt("a\n/ñandú", 8), { from: 2, to: 8, query: "ñandú" });
  for (const text of ["1/2", "https://x", "y/o", "/dos palabras", "//", "/a-b"]) assert.equal(slashAt(text, text.length), null, text);
  assert.deepEqual(slashAt("/hola y más", 3), { from: 0, to: 3, query: "ho" });
});

// shows: P0-16, 004-08
test("the exact code stands first, then what begins, holds or spells it; accents and case do not count", () => {
  const all = [shortcut("precios"), shortcut("hola", "Precio de lista"), shortcut("precio"), shortcut("promo", "", "El precio de hoy"), shortcut("pagos")];
  const found = (query) => searchShortcuts(all, query).map(({ code }) => code);
  assert.deepEqual(found("precio"), ["precio", "precios", "hola", "promo"]);
  assert.deepEqual(found("PRÉCIO"), ["precio", "precios", "hola", "promo"]);
  assert.deepEqual(found("pgs"), ["pagos"]);
  assert.equal(found("").length, 5);
  assert.deepEqual(found("zzz"), []);
});

// shows: S35, P0-16
test("only listed variables in single braces are missing; everything else is letters", () => {
  const names = (text) => missingIn(text, NAMES).map(({ name }) => name);
  assert.deepEqual(names("{nombre} {Apellido} {campaña}"), ["nombre", "apellido", "campaña"]);
  for (const text of ["{{nombre}}", "{{settings.SECRET_KEY}}", "{0.__class__}", "{nombre.x}", "{ nombre }", "%(nombre)s", "{otra}", "{constructor}", "{__proto__}", "{}"]) {
    assert.deepEqual(names(text), [], text);
  }
  assert.deepEqual(markedPieces("Hola {nombre}!", NAMES), [{ text: "Hola ", isMissing: false }, { text: "{nombre}", isMissing: true }, { text: "!", isMissing: false }]);
  assert.equal(markedPieces("{{nombre}} {x}", NAMES).map((piece) => piece.text).join(""), "{{nombre}} {x}");
});
