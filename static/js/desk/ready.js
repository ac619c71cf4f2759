// Ready words and files: the shortcuts of a conversation, its gallery, the templates of its channel, and beginning with a number.
// The server fills variables and decides who finds what; here it is only asked, and kept for a moment.

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";
import { words } from "desk/words.js";

const FRESH_MS = 60_000;

/**
 * @typedef {object} Resource
 * @property {number} id
 * @property {"text" | "image" | "video" | "document"} kind
 * @property {string} name
 * @property {string} text  filled; what is missing stands there as `{apellido}`
 * @property {string[]} missing
 * @property {boolean} is_of_company
 * @property {string} file_name
 * @property {string} mime
 * @property {number} size
 * @property {string | null} url
 * @property {string | null} thumbnail_url
 */
/** @typedef {{id: number, code: string, name: string, kind: string, text: string, missing: string[], resource: Resource | null, is_of_company: boolean}} Shortcut */
/** @typedef {import("desk/templates.js").Template} Template */
/** @typedef {{conversation: number} | {campaign: number}} Place  whose gallery: of a conversation, or of a campaign for one that is still to begin */
/** @typedef {{state: "loading" | "ready" | "failed", list: Shortcut[], trouble: string, at: number}} Kept */
/** @typedef {{campaign: {id: number, name: string, project: string, client: string}, accounts: {id: number, name: string, kind: string, country: string}[]}} Opening */

/** @type {Kept} */
const NOTHING = { state: "loading", list: [], trouble: "", at: -Infinity };

/** @param {{api: import("desk/api.js").Api, now?: () => number}} options */
export function createReady({ api, now = () => performance.now() }) {
  const shortcuts = signal(/** @type {Record<number, Kept>} */ ({}));
  /** @type {Map<number, {at: number, list: Promise<Template[]>}>} */
  const templates = new Map();
  /** What was typed into forms that were closed again: nothing typed is lost. @type {Map<string, any>} */
  const forms = new Map();

  /** @param {number} conversation @param {Partial<Kept>} change */
  function set(conversation, change) {
    shortcuts.value = { ...shortcuts.value, [conversation]: { ...(shortcuts.value[conversation] ?? NOTHING), ...change } };
  }

  /** Read them unless they are fresh. @param {number} conversation */
  async function want(conversation) {
    if (now() - (shortcuts.peek()[conversation]?.at ?? -Infinity) < FRESH_MS) return;
    set(conversation, { at: now() });
    try {
      const answer = await api.get(`conversations/${conversation}/shortcuts/`);
      set(conversation, { state: "ready", list: answer.results, trouble: "" });
    } catch (error) {
      // What was read before is better than nothing; the next wish asks again.
      const state = shortcuts.peek()[conversation]?.state === "ready" ? "ready" : "failed";
      set(conversation, { state, at: -Infinity, trouble: error instanceof ApiError ? error.message : words.noAnswer() });
    }
  }

  /** @param {number} account @returns {Promise<Template[]>} */
  function templatesOf(account) {
    const known = templates.get(account);
    if (known && now() - known.at < FRESH_MS) return known.list;
    const list = api.get(`templates/?account=${account}&status=all`).then((answer) => answer.results);
    list.catch(() => templates.delete(account));
    templates.set(account, { at: now(), list });
    return list;
  }

  return {
    forms,
    want,
    templatesOf,
    /** Shortcuts come with the contact's name in them: they are read anew once it was mended. */
    forgetShortcuts: () => void (shortcuts.value = {}),
    /** @param {number} conversation */
    shortcutsOf: (conversation) => shortcuts.value[conversation] ?? NOTHING,
    /** @param {Place} place @param {{search?: string, kind?: string, cursor?: string | null}} question @returns {Promise<{results: Resource[], next: string | null}>} */
    gallery(place, { search = "", kind = "", cursor = null }) {
      const asked = new URLSearchParams("campaign" in place ? { campaign: String(place.campaign) } : {});
      if (search) asked.set("search", search);
      if (kind) asked.set("kind", kind);
      if (cursor) asked.set("cursor", cursor);
      return api.get(`${"campaign" in place ? "openings" : `conversations/${place.conversation}`}/resources/?${asked}`);
    },
    /** @param {number} conversation @param {number} resource @returns {Promise<import("desk/types.js").Attachment>} */
    copy: (conversation, resource) => api.post(`conversations/${conversation}/resource-copies/`, { resource }),
    /** @param {number} conversation @param {File} file @param {string} kind @param {(share: number) => void} onProgress @returns {Promise<import("desk/types.js").Attachment>} */
    upload(conversation, file, kind, onProgress) {
      const form = new FormData();
      form.append("file", file);
      form.append("conversation", String(conversation));
      form.append("kind", kind);
      return api.upload("attachments/", form, { onProgress });
    },
    /** @returns {Promise<{results: Opening[], allowed: boolean, reason: string}>} */
    openings: () => api.get("openings/"),
    /** @param {{number?: string, contact_point?: number}} who @param {number} account @returns {Promise<{number: string, country: string, contact: import("desk/types.js").Contact | null, conversation: import("desk/types.js").Row | null}>} */
    lookUp: (who, account) => api.post("openings/lookups/", { ...who, account }),
    /** @param {Record<string, unknown>} opening @returns {Promise<{conversation: import("desk/types.js").Row, message: import("desk/types.js").Message}>} */
    open: (opening) => api.post("openings/", opening),
  };
}

/** @typedef {ReturnType<typeof createReady>} Ready */
