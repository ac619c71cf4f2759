// How every subject's words reach the catalogue. The msgids are English; calls of gettext stay in the files of the words, outside of
// template literals, so that xgettext finds them.

/** @param {string} text @returns {string} */
export const gettext = (text) => /** @type {any} */ (globalThis).gettext?.(text) ?? text;

/** @param {string} one @param {string} many @param {number} count @returns {string} */
export const ngettext = (one, many, count) => /** @type {any} */ (globalThis).ngettext?.(one, many, count) ?? (count === 1 ? one : many);

/** @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));

/** Made once for each language: making one takes longer than a row's whole drawing. @type {Map<string, Intl.NumberFormat>} */
const figures = new Map();

/** @param {number} count */
export function figure(count) {
  const language = globalThis.document?.documentElement.lang || "es";
  const known = figures.get(language) ?? new Intl.NumberFormat(language);
  figures.set(language, known);
  return known.format(count);
}
