// node --import ./tests/js/register.mjs --test tests/js/
import { register } from "node:module";

register("./resolve.mjs", import.meta.url);

// What /jsi18n/ gives a page. Here every text is its own translation.
Object.assign(globalThis, {
  gettext: (/** @type {string} */ text) => text,
  ngettext: (/** @type {string} */ one, /** @type {string} */ many, /** @type {number} */ count) => (count === 1 ? one : many),
  pgettext: (/** @type {string} */ _context, /** @type {string} */ text) => text,
  npgettext: (/** @type {string} */ _context, /** @type {string} */ one, /** @type {string} */ many, /** @type {number} */ count) =>
    count === 1 ? one : many,
  interpolate: (/** @type {string} */ text, /** @type {Record<string, unknown>} */ values) =>
    text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name])),
});
