// Pictures chosen but not sent yet, per conversation; what may be sent is checked before a single byte goes up.

import { signal } from "@preact/signals";
import { words } from "desk/words.js";

export const LARGEST_IMAGE = 5_000_000;
export const LONGEST_TEXT = 4_096;
export const LONGEST_CAPTION = 1_024;
export const IMAGE_TYPES = ["image/jpeg", "image/png"];

/**
 * @param {{name: string, type: string, size: number}} file
 * @param {import("desk/formatting.js").Formatter} formatter
 * @returns {string}  why not; "" when it may go
 */
export function refusalOf(file, formatter) {
  if (!IMAGE_TYPES.includes(file.type)) return words.wrongType(file.name);
  if (file.size === 0) return words.emptyFile(file.name);
  if (file.size > LARGEST_IMAGE) return words.tooLarge(file.name, formatter.bytes(file.size), formatter.bytes(LARGEST_IMAGE));
  return "";
}

/** @typedef {{file: File, picture: string}} Chosen  `picture`: an object URL */

/** @param {{formatter: import("desk/formatting.js").Formatter}} options */
export function createAttachments({ formatter }) {
  const chosen = signal(/** @type {Record<number, Chosen[]>} */ ({}));

  /** @param {number} conversation @param {Chosen[]} list */
  function set(conversation, list) {
    chosen.value = { ...chosen.value, [conversation]: list };
  }

  return {
    /** @param {number} conversation */
    of: (conversation) => chosen.value[conversation] ?? [],
    any: () => Object.values(chosen.value).some((list) => list.length > 0),
    /** @param {number} conversation @param {Iterable<File>} files @returns {string[]} why some were refused */
    add(conversation, files) {
      const refusals = [];
      const list = [...(chosen.value[conversation] ?? [])];
      for (const file of files) {
        const refusal = refusalOf(file, formatter);
        if (refusal) refusals.push(refusal);
        else list.push({ file, picture: URL.createObjectURL(file) });
      }
      set(conversation, list);
      return refusals;
    },
    /** @param {number} conversation @param {Chosen} one */
    remove(conversation, one) {
      set(conversation, (chosen.value[conversation] ?? []).filter((each) => each !== one));
      URL.revokeObjectURL(one.picture);
    },
    /** They go on their way: whoever sends them frees their URLs. @param {number} conversation */
    takeAll(conversation) {
      const list = chosen.value[conversation] ?? [];
      set(conversation, []);
      return list;
    },
  };
}

/** @typedef {ReturnType<typeof createAttachments>} Attachments */
