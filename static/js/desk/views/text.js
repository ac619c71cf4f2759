// What people wrote, as text. Addresses become links, and nothing else becomes anything: no markup is ever read from a message.

import { html } from "desk/views/html.js";
import { placesOf } from "desk/finding.js";

const LONGEST_LINK = 2_000;
const TRAILING = ".,;:!?)]}»”\"'…";

/** @typedef {{text: string, href?: string}} Piece */

/**
 * Word by word, so that the cost grows with the length and no pattern can be made to run for minutes.
 * @param {string} text @returns {Piece[]}
 */
export function pieces(text) {
  /** @type {Piece[]} */
  const result = [];
  let plain = "";
  for (const word of text.split(/(\s+)/u)) {
    const link = linkOf(word);
    if (!link) {
      plain += word;
      continue;
    }
    plain += word.slice(0, link.start);
    if (plain) result.push({ text: plain });
    result.push({ text: word.slice(link.start, link.end), href: link.href });
    plain = word.slice(link.end);
  }
  if (plain) result.push({ text: plain });
  return result;
}

/** @param {string} word @returns {{start: number, end: number, href: string} | null} */
function linkOf(word) {
  if (word.length < 5 || word.length > LONGEST_LINK) return null;
  let start = 0;
  let end = word.length;
  while (start < end && "([{«“\"'".includes(word.charAt(start))) start += 1;
  while (end > start && TRAILING.includes(word.charAt(end - 1))) end -= 1;
  const address = word.slice(start, end);
  const href = hrefOf(address);
  return href ? { start, end, href } : null;
}

/** @param {string} address */
function hrefOf(address) {
  if (/^https?:\/\/[^\s/]/iu.test(address)) return safe(address);
  if (/^www\.[^\s.]+\.[^\s]/iu.test(address)) return safe(`https://${address}`);
  if (/^(mailto|tel):/iu.test(address)) return safe(address);
  const at = address.indexOf("@");
  if (at > 0 && at === address.lastIndexOf("@") && /^[\w.%+-]+$/u.test(address.slice(0, at)) && /^[\w-]+(\.[\w-]+)+$/u.test(address.slice(at + 1))) {
    return safe(`mailto:${address}`);
  }
  return "";
}

const ALLOWED = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The browser's own reading of the address decides, not ours. @param {string} address */
function safe(address) {
  try {
    return ALLOWED.has(new URL(address).protocol) ? address : "";
  } catch {
    return "";
  }
}

/** @param {{text: string, found?: readonly string[]}} props  `found`: the words that are being looked for */
export function Text({ text, found }) {
  return html`<bdi>${pieces(text).map(({ text: words, href }) => {
    const shown = found?.length ? marked(words, found) : words;
    return href ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${shown}</a>` : shown;
  })}</bdi>`;
}

/** A line in which what was looked for stands out. @param {{text: string, words: readonly string[]}} props */
export function Found({ text, words }) {
  return html`<bdi>${marked(text, words)}</bdi>`;
}

/** @param {string} text @param {readonly string[]} words */
function marked(text, words) {
  /** @type {unknown[]} */
  const parts = [];
  let at = 0;
  for (const { from, to } of placesOf(text, words)) {
    parts.push(text.slice(at, from), html`<mark>${text.slice(from, to)}</mark>`);
    at = to;
  }
  return parts.length > 0 ? [...parts, text.slice(at)] : text;
}
