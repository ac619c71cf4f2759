// What is done with messages of the open conversation: answered with a quote, reacted to, chosen, looked for; and what a writer had
// before them when they began, so that nobody answers past a colleague (P0-31).

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */
/** @typedef {{conversation: number, ids: ReadonlySet<number>, messages: ReadonlyMap<number, Message>}} Selection */
/** @typedef {{conversation: number, query: string, ids: readonly number[], more: boolean, at: number, status: "idle" | "searching" | "done" | "failed"}} Finding */

const FIND_PAUSE_MS = 200;
const SHORTEST = 2;

/** @param {{api: import("desk/api.js").Api, newId?: () => string}} options */
export function createTalk({ api, newId = () => crypto.randomUUID() }) {
  const replies = signal(/** @type {Readonly<Record<number, Message>>} */ ({}));
  const selection = signal(/** @type {Selection | null} */ (null));
  const finding = signal(/** @type {Finding | null} */ (null));
  /** Colleagues' answers somebody is about to send past. */
  const warning = signal(/** @type {{conversation: number, messages: Message[]} | null} */ (null));
  /** @type {Map<number, number>}  by conversation: the newest message on the screen when the writing began */
  const begun = new Map();
  let timer = 0;
  let asked = 0;

  /** @param {number} conversation @param {Message | null} message */
  function answer(conversation, message) {
    const { [conversation]: _gone, ...others } = replies.value;
    replies.value = message ? { ...others, [conversation]: message } : others;
  }

  /** The first letter of a message: from now on a colleague's answer is news. @param {ThreadStore} thread */
  function noteWriting(thread) {
    if (!begun.has(thread.id)) begun.set(thread.id, newestOf(thread));
  }

  /** What colleagues said to the customer since then. @param {ThreadStore} thread @param {number} myId @returns {Message[]} */
  function answeredMeanwhile(thread, myId) {
    const after = begun.get(thread.id);
    if (after === undefined) return [];
    return messagesOf(thread).filter((message) => message.id > after && message.direction === "out" && !message.is_note && message.author_kind === "agent" && message.author_id !== myId);
  }

  /** Whether the writer may go on; otherwise the warning stands. @param {ThreadStore} thread @param {number} myId */
  function maySend(thread, myId) {
    const messages = answeredMeanwhile(thread, myId);
    warning.value = messages.length > 0 ? { conversation: thread.id, messages } : null;
    return messages.length === 0;
  }

  /** They looked at it: it is no news any more. @param {ThreadStore} thread */
  function accept(thread) {
    begun.set(thread.id, newestOf(thread));
    warning.value = null;
  }

  /** What goes with the next message of a conversation, once. @param {number} conversation */
  function takeBeside(conversation) {
    const quoted = replies.value[conversation];
    const after = begun.get(conversation);
    begun.delete(conversation);
    warning.value = null;
    answer(conversation, null);
    return { quoted: quoted ? quoteOf(quoted) : null, body: { ...(quoted ? { reply_to: quoted.id } : {}), ...(after ? { written_after: after } : {}) } };
  }

  /** Ours on a message, another in its place, or none. Throws an ApiError. @param {Message} message @param {string} emoji @returns {Promise<Message>} */
  function react(message, emoji) {
    return api.post(`conversations/${message.conversation_id}/messages/`, { client_id: newId(), kind: "reaction", reaction: { message: message.id, emoji } });
  }

  /** @param {Message} message */
  function select(message) {
    const { id, conversation_id: conversation } = message;
    const before = selection.value?.conversation === conversation ? selection.value : null;
    const messages = new Map(before?.messages);
    if (!messages.delete(id)) messages.set(id, message);
    selection.value = { conversation, messages, ids: new Set(messages.keys()) };
  }

  /** One after the other, as new messages. Stops at nothing: what was refused is told with its reason. @param {readonly Message[]} messages @param {number} target */
  async function forward(messages, target) {
    /** @type {Message[]} */
    const sent = [];
    /** @type {string[]} */
    const refusals = [];
    for (const message of messages) {
      try {
        sent.push(await api.post(`conversations/${target}/messages/`, { client_id: newId(), forward: message.id }));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refusals.push(Object.values(error.fields).flat()[0] ?? error.message);
      }
    }
    return { sent, refusals };
  }

  // ── Finding ──

  /** @param {number} conversation */
  function startFinding(conversation) {
    if (finding.value?.conversation !== conversation) finding.value = { conversation, query: "", ids: [], more: false, at: -1, status: "idle" };
  }

  /** @param {string} query @param {ThreadStore} thread */
  function find(query, thread) {
    const now = finding.value;
    if (!now) return;
    clearTimeout(timer);
    asked += 1;
    const isAsking = query.trim().length >= SHORTEST;
    finding.value = { ...now, query, ids: [], at: -1, status: isAsking ? "searching" : "idle" };
    if (isAsking) timer = window.setTimeout(() => void ask(query, thread, asked), FIND_PAUSE_MS);
  }

  /** @param {string} query @param {ThreadStore} thread @param {number} turn */
  async function ask(query, thread, turn) {
    try {
      const page = await api.get(`conversations/${thread.id}/found/?search=${encodeURIComponent(query.trim())}`);
      if (turn !== asked || !finding.value) return;
      finding.value = { ...finding.value, ids: page.results, more: page.more, status: "done" };
      if (page.results.length > 0) await showFound(0, thread);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === asked && finding.value) finding.value = { ...finding.value, status: error.status === 400 ? "done" : "failed" };
    }
  }

  /** @param {number} at  0 is the newest @param {ThreadStore} thread */
  async function showFound(at, thread) {
    const now = finding.value;
    if (!now || now.ids.length === 0) return;
    const place = (at + now.ids.length) % now.ids.length;
    finding.value = { ...now, at: place };
    await thread.seek(/** @type {number} */ (now.ids[place]), { focus: false });
  }

  return {
    replies, selection, finding, warning,
    answer, noteWriting, maySend, accept, takeBeside, react, select, forward, startFinding, find, showFound,
    /** What was written is gone: whoever begins again begins anew. @param {number} conversation */
    forgetWriting: (conversation) => begun.delete(conversation),
    stopSelecting: () => (selection.value = null),
    stopFinding: () => (finding.value = null),
  };
}

/** @typedef {ReturnType<typeof createTalk>} Talk */

/** @param {Message} message @returns {NonNullable<Message["quoted"]>} */
export function quoteOf({ id, kind, direction, text, author_name, revoked }) {
  return { id, kind, direction, text: text.slice(0, 200), author_name, revoked };
}

/** @param {ThreadStore} thread @returns {Message[]} */
function messagesOf(thread) {
  return thread.items.peek().flatMap((item) => (item.kind === "message" ? [item.message] : []));
}

/** Also for who reads far above the end: what is there was there when they began. @param {ThreadStore} thread */
function newestOf(thread) {
  return messagesOf(thread).reduce((last, message) => Math.max(last, message.id), thread.newestId());
}
