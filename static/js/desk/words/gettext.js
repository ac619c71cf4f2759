// How every subject's words reach the catalogue. The msgids are English; calls of gettext stay in the files of the words, outside of
// template literals, so that xgettext finds them.

/** @param {string} text @returns {string} */
export const gettext = (text) => /** @type {any} */ (globalThis).gettext?.(text) ?? text;

/** @param {string} one @param {string} many @param {number} count @returns {string} */
export const ngettext = (one, many, count) => /** @type {any} */ (globalThis).ngettext?.(one, many, count) ?? (count === 1 ? one : many);

/** @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));

/** @param {number} count */
export const figure = (count) => new Intl.NumberFormat(globalThis.document?.documentElement.lang || "es").format(count);
