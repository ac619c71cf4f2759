// Emoji: found by what they are called in the reader's language, without minding accents; those used last are kept on this device.
// The list is fetched when it is first asked for.

import { signal } from "@preact/signals";

/** @typedef {{symbol: string, name: string, group: number, keys: string[]}} Emoji  `keys`: the name, then its other words, without accents */
/** @typedef {{from: number, to: number, query: string}} Found */

const KEPT = "ventanilla.emoji";
const MOST_RECENT = 24;
/** Shorter is a smiley of the old kind, or a list: «a: b». */
const SHORTEST = 2;

/** @param {string} text */
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** @param {[string, string, string, number][]} rows @returns {Emoji[]} */
export function readEmoji(rows) {
  return rows.map(([symbol, name, others, group]) => ({ symbol, name, group, keys: [plain(name), ...plain(others).split(" ").filter(Boolean)] }));
}

/**
 * Every word looked for is in its name or among its other words; what is called so comes before what is only like it.
 * @param {readonly Emoji[]} all @param {string} text @param {number} [most]
 */
export function searchEmoji(all, text, most = 80) {
  const wanted = plain(text).split(/[\s_]+/u).filter(Boolean);
  if (wanted.length === 0) return [];
  /** @type {{rank: number, one: Emoji}[]} */
  const found = [];
  for (const one of all) {
    const ranks = wanted.map((word) => rankOf(one, word));
    if (ranks.every((rank) => rank < 9)) found.push({ rank: Math.max(...ranks), one });
  }
  // The sort is stable: within a rank people's own order stays.
  return found.sort((a, b) => a.rank - b.rank).slice(0, most).map(({ one }) => one);
}

/** @param {Emoji} one @param {string} word */
function rankOf({ keys }, word) {
  const [name = "", ...others] = keys;
  if (name === word) return 0;
  if (others.includes(word)) return 1;
  if (name.startsWith(word)) return 2;
  if (name.split(" ").some((each) => each.startsWith(word))) return 3;
  if (others.some((each) => each.startsWith(word))) return 4;
  return keys.some((each) => each.includes(word)) ? 5 : 9;
}

/** `:maté|` and where it stands. A colon inside a word or a time is none. @param {string} text @param {number} caret @returns {Found | null} */
export function emojiAt(text, caret) {
  const match = /(?:^|[\s([{¡¿])(:(\p{L}[\p{L}\p{N}_+-]*))$/u.exec(text.slice(0, caret));
  if (!match?.[1] || !match[2] || match[2].length < SHORTEST) return null;
  return { from: caret - match[1].length, to: caret, query: match[2] };
}

/** @param {{url: string, storage?: Pick<Storage, "getItem" | "setItem">, fetch?: (url: string) => Promise<Response>}} options */
export function createEmoji({ url, storage = localStorage, fetch: doFetch = (address) => fetch(address) }) {
  const all = signal(/** @type {readonly Emoji[]} */ ([]));
  const failed = signal(false);
  const recent = signal(readRecent());
  /** @type {Promise<void> | null} */
  let loading = null;

  function readRecent() {
    try {
      const kept = JSON.parse(storage.getItem(KEPT) ?? "[]");
      return Array.isArray(kept) ? kept.filter((each) => typeof each === "string").slice(0, MOST_RECENT) : [];
    } catch {
      return [];
    }
  }

  async function load() {
    failed.value = false;
    try {
      const answer = await doFetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      all.value = readEmoji(await answer.json());
    } catch {
      failed.value = true;
      loading = null;
    }
  }

  return {
    all, failed, recent,
    /** Asked again after a failure, never twice at once. */
    want: () => (loading ??= load()),
    /** @param {string} symbol */
    used(symbol) {
      recent.value = [symbol, ...recent.value.filter((each) => each !== symbol)].slice(0, MOST_RECENT);
      try {
        storage.setItem(KEPT, JSON.stringify(recent.value));
      } catch {
        // A device that keeps nothing: as long as the page lives.
      }
    },
  };
}

/** @typedef {ReturnType<typeof createEmoji>} EmojiStore */
