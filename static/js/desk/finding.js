// Words in a text, accents and case aside, as the server finds them: from the beginning of a word. Pure.

/** @param {string} text @returns {string[]}  letter by letter, so that places in the folded text are places in the text */
const letters = (text) => [...text].map((letter) => (letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()[0] ?? " ").padEnd(letter.length));

/** @param {string} query @returns {string[]} */
export function wordsOf(query) {
  return letters(query.normalize("NFC")).join("").match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Where the words stand in the text, in order and without overlaps.
 * @param {string} text @param {readonly string[]} words
 * @returns {{from: number, to: number}[]}
 */
export function placesOf(text, words) {
  const folded = letters(text).join("");
  const found = words.flatMap((word) => beginnings(folded, word)).sort((a, b) => a.from - b.from || b.to - a.to);
  return found.filter((place, index) => index === 0 || place.from >= (found[index - 1]?.to ?? 0));
}

/** @param {string} folded @param {string} word */
function beginnings(folded, word) {
  const found = [];
  for (let from = folded.indexOf(word); from >= 0; from = folded.indexOf(word, from + 1)) {
    const to = from + word.length;
    // As the server has it: a short word is a whole word, a longer one the beginning of one.
    const isWhole = word.length > 2 || !/[\p{L}\p{N}]/u.test(folded[to] ?? " ");
    if (isWhole && !/[\p{L}\p{N}]/u.test(folded[from - 1] ?? " ")) found.push({ from, to });
  }
  return found;
}
