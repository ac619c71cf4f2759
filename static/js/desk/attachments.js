// Files chosen but not sent yet, per conversation: they stay with it while the agent goes elsewhere, and never go along. What may be
// sent is checked before a single byte goes up; what may not stays in the tray and says why.

import { signal } from "@preact/signals";
import { WEBP_HEAD, fitsAsDocument, isMovingWebp, kindOf, problemOf, typeOf } from "desk/limits.js";

/** @typedef {import("desk/limits.js").Limits} Limits */

/**
 * @typedef {object} Chosen
 * @property {number} id
 * @property {File} file  of a resource: only what is said of it (name, size, type)
 * @property {number | null} resource  the gallery's: the server has its bytes
 * @property {string} kind  as what it goes
 * @property {string} picture  an object URL, to look at; "" where there is nothing to see
 * @property {string} caption
 * @property {string} problem  why it cannot go; "" when it can
 * @property {boolean} mayBeDocument  what is refused as it is could go as a document
 */

/** What is seen before it is sent. */
const SEEN = ["image", "sticker", "video"];

/** @param {{limits: Limits}} options */
export function createAttachments({ limits }) {
  const chosen = signal(/** @type {Record<number, Chosen[]>} */ ({}));
  let last = 0;

  /** @param {number} conversation */
  const of = (conversation) => chosen.value[conversation] ?? [];

  /** @param {number} conversation @param {Chosen[]} list */
  function set(conversation, list) {
    chosen.value = { ...chosen.value, [conversation]: list };
  }

  /** @param {File} file @param {string} channel @param {string} [as] @returns {Promise<Chosen>} */
  async function look(file, channel, as) {
    const type = typeOf(file, limits);
    const facts = { name: file.name, size: file.size, type };
    const table = limits.channels[channel];
    const kind = as ?? (table ? kindOf(type, table) : "document");
    const isMoving = kind === "sticker" && isMovingWebp(new Uint8Array(await file.slice(0, WEBP_HEAD).arrayBuffer()));
    const problem = table ? problemOf(facts, kind, channel, table, isMoving) : "";
    const mayBeDocument = problem !== "" && kind !== "document" && table !== undefined && fitsAsDocument(facts, channel, table);
    return { id: (last += 1), file, resource: null, kind, picture: SEEN.includes(kind) ? URL.createObjectURL(file) : "", caption: "", problem, mayBeDocument };
  }

  return {
    of,
    any: () => Object.values(chosen.value).some((list) => list.length > 0),
    /** In the order in which they were chosen. @param {number} conversation @param {Iterable<File>} files @param {string} channel @param {string} [as]  the kind, where the agent said it */
    async add(conversation, files, channel, as) {
      const looked = await Promise.all([...files].map((file) => look(file, channel, as)));
      set(conversation, [...of(conversation), ...looked]);
      return looked;
    },
    /** A file of the gallery: checked when it was put there. @param {number} conversation @param {import("desk/ready.js").Resource} resource */
    addResource(conversation, resource) {
      const file = /** @type {File} */ ({ name: resource.file_name || resource.name, size: resource.size, type: resource.mime });
      set(conversation, [...of(conversation), { id: (last += 1), file, resource: resource.id, kind: resource.kind, picture: resource.thumbnail_url ?? "", caption: "", problem: "", mayBeDocument: false }]);
    },
    /** @param {number} conversation @param {Chosen} one @param {string} channel */
    async sendAsDocument(conversation, one, channel) {
      const next = await look(one.file, channel, "document");
      if (one.picture) URL.revokeObjectURL(one.picture);
      set(conversation, of(conversation).map((each) => (each.id === one.id ? { ...next, caption: one.caption } : each)));
    },
    /** @param {number} conversation @param {Chosen} one @param {string} caption */
    caption(conversation, one, caption) {
      set(conversation, of(conversation).map((each) => (each.id === one.id ? { ...each, caption } : each)));
    },
    /** @param {number} conversation @param {Chosen} one */
    remove(conversation, one) {
      set(conversation, of(conversation).filter((each) => each.id !== one.id));
      if (one.picture) URL.revokeObjectURL(one.picture);
    },
    /** One place towards the front. @param {number} conversation @param {Chosen} one */
    moveUp(conversation, one) {
      const list = [...of(conversation)];
      const at = list.findIndex((each) => each.id === one.id);
      if (at > 0) list.splice(at - 1, 0, ...list.splice(at, 1));
      set(conversation, list);
    },
    /** Those that may go, on their way: whoever sends them frees their URLs. What is refused stays and says why. @param {number} conversation */
    takeAll(conversation) {
      const going = of(conversation).filter((each) => each.problem === "");
      set(conversation, of(conversation).filter((each) => each.problem !== ""));
      return going;
    },
  };
}

/** @typedef {ReturnType<typeof createAttachments>} Attachments */
