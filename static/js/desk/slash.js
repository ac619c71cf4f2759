// «/» and what follows it: which shortcuts are meant, best first; and which variables still wait for a value. Pure.

/** @typedef {import("desk/ready.js").Shortcut} Shortcut */

const MOST = 30;

/** Without accents and case. @param {string} text */
export const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * A slash that begins a word, and what is typed after it up to the caret.
 * @param {string} text @param {number} caret @returns {{from: number, to: number, query: string} | null}
 */
export function slashAt(text, caret) {
  const found = /(?:^|\s)\/([\p{L}\p{N}]*)$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const query = found[1] ?? "";
  return { from: caret - query.length - 1, to: caret, query };
}

/**
 * The code itself first, then what begins with it, contains it, spells it with gaps, is called so, says so.
 * @param {readonly Shortcut[]} shortcuts @param {string} query @returns {Shortcut[]}
 */
export function searchShortcuts(shortcuts, query) {
  const wanted = fold(query);
  if (!wanted) return shortcuts.slice(0, MOST);
  return shortcuts
    .map((shortcut, index) => ({ shortcut, index, rank: rankOf(shortcut, wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((one, other) => one.rank - other.rank || one.index - other.index)
    .slice(0, MOST)
    .map(({ shortcut }) => shortcut);
}

/** @param {Shortcut} shortcut @param {string} wanted */
function rankOf(shortcut, wanted) {
  const code = fold(shortcut.code);
  const name = fold(shortcut.name);
  if (code === wanted) return 0;
  if (code.startsWith(wanted)) return 1;
  if (name.split(/\s+/u).some((word) => word.startsWith(wanted))) return 2;
  if (code.includes(wanted) || name.includes(wanted)) return 3;
  if (isSpelledIn(wanted, code)) return 4;
  if (isSpelledIn(wanted, name)) return 5;
  return wanted.length > 2 && fold(shortcut.text).includes(wanted) ? 6 : Infinity;
}

/** Every letter, in order, with others between. @param {string} wanted @param {string} text */
function isSpelledIn(wanted, text) {
  let at = 0;
  for (const letter of text) if (letter === wanted[at]) at += 1;
  return at === wanted.length;
}

/**
 * The variables that still stand in a text as they were written, where they stand. «{{nombre}}» is none of ours.
 * @param {string} text @param {readonly string[]} names @returns {{name: string, from: number, to: number}[]}
 */
export function missingIn(text, names) {
  if (!text.includes("{") || names.length === 0) return [];
  const known = new Set(names);
  return [...text.matchAll(/(?<!\{)\{(\p{L}+)\}(?!\})/gu)]
    .filter((found) => known.has((found[1] ?? "").toLowerCase()))
    .map((found) => ({ name: (found[1] ?? "").toLowerCase(), from: found.index, to: found.index + found[0].length }));
}

/** The text in pieces, so that what is missing can be marked. @param {string} text @param {readonly string[]} names @returns {{text: string, isMissing: boolean}[]} */
export function markedPieces(text, names) {
  const pieces = [];
  let at = 0;
  for (const { from, to } of missingIn(text, names)) {
    if (from > at) pieces.push({ text: text.slice(at, from), isMissing: false });
    pieces.push({ text: text.slice(from, to), isMissing: true });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isMissing: false });
  return pieces;
}
