// What this agent has sent and the server has not confirmed yet. Each message has a client_id, so sending it again is always safe:
// after a lost answer, a reload or a second Enter it is still one message.

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";

/** @typedef {import("desk/types.js").Message} Message */

/**
 * @typedef {object} Pending
 * @property {string} client_id
 * @property {number} conversation
 * @property {string} text  what the bubble says
 * @property {boolean} is_note
 * @property {string} kind  what it is, where it is more than words
 * @property {Record<string, unknown>} body  what its kind adds to the request (`location`, `template`, `reply_to` …); it may say `text: ""` where the bubble's words are not the message's
 * @property {import("desk/types.js").Details} details  what its kind shows in the bubble meanwhile
 * @property {string} happened_at
 * @property {Message["quoted"]} quoted  what it answers
 * @property {"queued" | "failed"} state
 * @property {string} reason  why it failed
 * @property {boolean} held  waiting for the connection
 * @property {File | null} file
 * @property {number | null} resource  the gallery's file to send: the server copies it
 * @property {string} picture  an object URL of the file; "" where there is nothing to see of it
 * @property {number} progress  0 to 1, of the upload
 * @property {string | null} attachment  its id once uploaded
 */

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * @param {object} options
 * @param {import("desk/api.js").Api} options.api
 * @param {number} options.userId
 * @param {() => string} options.now  RFC 3339
 * @param {(message: Message) => void} options.onSent
 * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} [options.storage]
 * @param {() => string} [options.newId]
 * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} [options.platform]
 */
export function createOutgoing({ api, userId, now, onSent, storage = sessionStorage, newId = () => crypto.randomUUID(), platform = globalThis }) {
  const pending = signal(/** @type {readonly Pending[]} */ ([]));
  const kept = `ventanilla.outgoing.${userId}`;
  /** @type {Set<number>}  conversations being drained: one at a time, oldest first */
  const draining = new Set();
  /** @type {Map<string, AbortController>} */
  const uploads = new Map();
  let attempt = 0;
  /** @type {any} */ let retryTimer = null;

  /** @param {string} clientId @param {Partial<Pending>} change */
  function set(clientId, change) {
    pending.value = pending.value.map((each) => (each.client_id === clientId ? { ...each, ...change } : each));
    keep();
  }

  /** Files cannot be kept across a reload; words can. */
  function keep() {
    const words = pending.value.filter((each) => !each.file);
    try {
      if (words.length > 0) storage.setItem(kept, JSON.stringify(words));
      else storage.removeItem(kept);
    } catch {
      // Storage full or forbidden: the queue lives in memory.
    }
  }

  /**
   * @param {{conversation: number, text: string, isNote: boolean, file?: File | null, resource?: number | null, picture?: string, kind?: string, body?: Record<string, unknown>, details?: import("desk/types.js").Details, quoted?: Message["quoted"]}} message
   * @returns {string} its client_id
   */
  function send({ conversation, text, isNote, file = null, resource = null, picture = "", kind = "", body = {}, details = {}, quoted = null }) {
    const clientId = newId();
    /** @type {Pending} */
    const one = {
      client_id: clientId, conversation, text, is_note: isNote, kind, body, details, quoted, happened_at: now(), state: "queued", reason: "",
      held: false, file, resource, picture, progress: 0, attachment: null,
    };
    pending.value = [...pending.value, one];
    keep();
    void drain(conversation);
    return clientId;
  }

  /** @param {number} conversation */
  async function drain(conversation) {
    if (draining.has(conversation)) return;
    draining.add(conversation);
    try {
      for (;;) {
        const next = pending.value.find((each) => each.conversation === conversation && each.state === "queued");
        if (!next || !(await deliver(next))) return;
      }
    } finally {
      draining.delete(conversation);
    }
  }

  /** @param {Pending} one @returns {Promise<boolean>} whether to go on with the next one */
  async function deliver(one) {
    try {
      const attachment = one.attachment ?? (one.file ? await upload(one, one.file) : one.resource ? await copy(one, one.resource) : null);
      /** @type {Message} */
      const message = await api.post(`conversations/${one.conversation}/messages/`, {
        client_id: one.client_id,
        text: one.text,
        is_note: one.is_note,
        ...(one.kind ? { kind: one.kind } : {}),
        ...one.body,
        ...(attachment ? { attachment } : {}),
      });
      attempt = 0;
      onSent(message);
      settle(one.client_id);
      return true;
    } catch (error) {
      if (!isPending(one.client_id)) return true;
      if (error instanceof ApiError && !error.passing) {
        // Told once: whoever has seen the colleague's answer and tries again means it.
        const { written_after: _told, ...body } = one.body;
        set(one.client_id, { state: "failed", held: false, reason: error.message, body: error.code === "colleague_answered" ? body : one.body });
        return true;
      }
      set(one.client_id, { held: true });
      retryLater(error instanceof ApiError ? error.retryAfter : 0);
      return false;
    }
  }

  /** @param {Pending} one @param {number} resource @returns {Promise<string>} */
  async function copy(one, resource) {
    const stored = await api.post(`conversations/${one.conversation}/resource-copies/`, { resource });
    set(one.client_id, { attachment: stored.id, progress: 1 });
    return stored.id;
  }

  /** @param {Pending} one @param {File} file @returns {Promise<string>} */
  async function upload(one, file) {
    const form = new FormData();
    form.append("file", file);
    form.append("conversation", String(one.conversation));
    if (one.kind) form.append("kind", one.kind);
    const stop = new AbortController();
    uploads.set(one.client_id, stop);
    try {
      const stored = await api.upload("attachments/", form, {
        signal: stop.signal,
        onProgress: (progress) => set(one.client_id, { progress, held: false }),
      });
      set(one.client_id, { attachment: stored.id, progress: 1 });
      return stored.id;
    } finally {
      uploads.delete(one.client_id);
    }
  }

  /** @param {number} atLeastSeconds */
  function retryLater(atLeastSeconds) {
    const wait = Math.max(atLeastSeconds * 1000, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt));
    attempt += 1;
    platform.clearTimeout(retryTimer);
    retryTimer = platform.setTimeout(resume, wait);
  }

  /** Try everything again now: the connection came back. */
  function resume() {
    platform.clearTimeout(retryTimer);
    for (const conversation of new Set(pending.value.map((each) => each.conversation))) void drain(conversation);
  }

  /** The same bubble, from the start. @param {string} clientId */
  function retry(clientId) {
    set(clientId, { state: "queued", reason: "", progress: 0 });
    const one = pending.value.find((each) => each.client_id === clientId);
    if (one) void drain(one.conversation);
  }

  /** Out of the queue: confirmed, cancelled or given up. @param {string} clientId */
  function settle(clientId) {
    const one = pending.value.find((each) => each.client_id === clientId);
    if (!one) return;
    pending.value = pending.value.filter((each) => each !== one);
    if (one.picture) platform.setTimeout(() => URL.revokeObjectURL(one.picture), 60_000);
    keep();
  }

  /** @param {string} clientId */
  function remove(clientId) {
    settle(clientId);
    uploads.get(clientId)?.abort();
  }

  /** @param {string} clientId */
  function isPending(clientId) {
    return pending.value.some((each) => each.client_id === clientId);
  }

  /** What was on its way when this tab was reloaded. */
  function restore() {
    try {
      const before = JSON.parse(storage.getItem(kept) ?? "[]");
      if (Array.isArray(before)) pending.value = [...before.map((each) => ({ kind: "", body: {}, details: {}, resource: null, ...each })), ...pending.value];
    } catch {
      storage.removeItem(kept);
    }
    resume();
  }

  /** Messages of a tab that is gone. Whether it had sent them already does not matter: their ids are the same. @param {Pending[]} messages */
  function adopt(messages) {
    const known = new Set(pending.value.map((each) => each.client_id));
    pending.value = [...messages.filter((each) => !known.has(each.client_id)), ...pending.value];
    keep();
    resume();
  }

  return { pending, send, retry, remove, settle, resume, restore, adopt };
}

/** @typedef {ReturnType<typeof createOutgoing>} Outgoing */
