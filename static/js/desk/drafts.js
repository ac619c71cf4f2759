// What somebody is writing, per conversation and mode. Kept in three places: memory (now), sessionStorage (a reload of this tab),
// the server (another day, another device). A draft never crosses from one conversation or mode to another: everything goes by its key.
//
// Two devices writing the same draft: the server refuses the older version and nothing is overwritten; both texts are kept until a
// person chooses.

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";

/** @typedef {import("desk/types.js").Mode} Mode */
/** @typedef {import("desk/types.js").StoredDraft} StoredDraft */
/** @typedef {"clean" | "dirty" | "saving" | "saved" | "unsaved"} DraftState  `unsaved`: the server could not be told yet */

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {number} version  of the server's copy this text follows
 * @property {DraftState} state
 * @property {string | null} theirs  what another window or device wrote meanwhile
 */

const PAUSE_MS = 600;
const RETRY_MS = 5_000;

/** @type {Draft} */
const NOTHING = { text: "", version: 0, state: "clean", theirs: null };

/**
 * @param {object} options
 * @param {import("desk/api.js").Api} options.api
 * @param {number} options.userId
 * @param {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} [options.storage]
 * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} [options.platform]
 */
export function createDrafts({ api, userId, storage = sessionStorage, platform = globalThis }) {
  /** @type {Map<string, import("@preact/signals").Signal<Draft>>} */
  const drafts = new Map();
  /** @type {Map<string, any>} */
  const timers = new Map();
  /** @type {Map<string, Promise<void>>} */
  const saving = new Map();
  const prefix = `ventanilla.draft.${userId}.`;
  const later = (/** @type {() => void} */ run, /** @type {number} */ ms) => platform.setTimeout(run, ms);

  /** @param {number} conversation @param {Mode} mode */
  function of(conversation, mode) {
    return at(`${conversation}.${mode}`);
  }

  /** @param {string} key */
  function at(key) {
    const found = drafts.get(key);
    if (found) return found;
    const made = signal(NOTHING);
    drafts.set(key, made);
    return made;
  }

  /** @param {string} key @param {Partial<Draft>} change */
  function set(key, change) {
    const draft = at(key);
    draft.value = { ...draft.value, ...change };
  }

  /** @param {number} conversation @param {Mode} mode @param {string} text */
  function write(conversation, mode, text) {
    const key = `${conversation}.${mode}`;
    if (at(key).value.text === text) return;
    set(key, { text, state: "dirty" });
    keep(key);
    // While two texts wait for a choice the server's copy is one of them: it stays as it is.
    if (at(key).value.theirs === null) schedule(key, PAUSE_MS);
  }

  /** The message has been sent: the draft is over, at once. @param {number} conversation @param {Mode} mode */
  function clear(conversation, mode) {
    write(conversation, mode, "");
    schedule(`${conversation}.${mode}`, 0);
  }

  /** @param {string} key */
  function keep(key) {
    const { text, version } = at(key).value;
    try {
      storage.setItem(prefix + key, JSON.stringify({ text, version }));
    } catch {
      // Storage full or forbidden: memory and the server still have it.
    }
  }

  /** @param {string} key @param {number} ms */
  function schedule(key, ms) {
    platform.clearTimeout(timers.get(key));
    timers.set(key, later(() => void save(key), ms));
  }

  /** One PUT at a time for each draft, so that an older text never arrives after a newer one. @param {string} key @returns {Promise<void>} */
  function save(key) {
    platform.clearTimeout(timers.get(key));
    timers.delete(key);
    const running = saving.get(key);
    if (running) return running.then(() => (isDirty(key) ? save(key) : undefined));
    if (!isDirty(key)) return Promise.resolve();
    const run = saveOnce(key).finally(() => saving.delete(key));
    saving.set(key, run);
    return run;
  }

  /** @param {string} key */
  function isDirty(key) {
    const { state, theirs } = at(key).value;
    return (state === "dirty" || state === "unsaved") && theirs === null;
  }

  /** @param {string} key */
  async function saveOnce(key) {
    const { text, version } = at(key).value;
    const [conversation, mode] = key.split(".");
    set(key, { state: "saving" });
    try {
      /** @type {StoredDraft} */
      const stored = await api.put(`conversations/${conversation}/draft/`, { mode, text, version }, { keepalive: true });
      const unchanged = at(key).value.text === text;
      set(key, { version: stored.version, state: unchanged ? "saved" : "dirty" });
      if (unchanged) storage.removeItem(prefix + key);
      else keep(key);
      if (!unchanged && !timers.has(key)) schedule(key, PAUSE_MS);
    } catch (error) {
      set(key, { state: "unsaved" });
      if (!(error instanceof ApiError)) return;
      if (error.code === "draft_conflict" && error.draft) settle(key, error.draft);
      else if (error.passing) schedule(key, RETRY_MS);
    }
  }

  /** What the server holds, read or listed. An answer older than our own save says nothing. @param {string} key @param {StoredDraft} stored */
  function meet(key, stored) {
    if (stored.version > at(key).value.version) settle(key, stored);
  }

  /** The server's copy is not the one our text follows. @param {string} key @param {StoredDraft} stored */
  function settle(key, stored) {
    const mine = at(key).value;
    if (!isWritten(mine) || stored.text === mine.text) {
      set(key, { text: stored.text, version: stored.version, state: "clean", theirs: null });
      storage.removeItem(prefix + key);
    } else if (stored.text === "") {
      // They sent or emptied theirs: there is nothing to lose in writing ours over it.
      set(key, { version: stored.version, state: "dirty" });
      schedule(key, PAUSE_MS);
    } else {
      set(key, { version: stored.version, theirs: stored.text });
    }
    if (isWritten(at(key).value)) keep(key);
  }

  /** Something of ours that the server does not have. @param {Draft} draft */
  function isWritten(draft) {
    return draft.state !== "clean" && draft.state !== "saved" && draft.text !== "";
  }

  /** @param {number} conversation @param {Mode} mode @param {"mine" | "theirs"} choice */
  function choose(conversation, mode, choice) {
    const key = `${conversation}.${mode}`;
    const { text, theirs } = at(key).value;
    if (theirs === null) return;
    set(key, { text: choice === "theirs" ? theirs : text, theirs: null, state: "dirty" });
    keep(key);
    schedule(key, 0);
  }

  /** @param {readonly StoredDraft[]} stored  all of mine, as the server has them */
  function takeIn(stored) {
    for (const draft of stored) {
      if (draft.conversation_id !== undefined) meet(`${draft.conversation_id}.${draft.mode}`, draft);
    }
  }

  /** What this tab had not managed to save before it was reloaded. Drafts of somebody else who used this tab are removed. */
  function restore() {
    const names = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    for (const name of names.filter((each) => each.startsWith("ventanilla.draft."))) {
      const kept = name.startsWith(prefix) ? parse(storage.getItem(name)) : null;
      if (!kept) {
        storage.removeItem(name);
        continue;
      }
      const key = name.slice(prefix.length);
      set(key, { text: kept.text, version: kept.version, state: "unsaved" });
      schedule(key, 0);
    }
  }

  /** Another device may have written since. @param {number} conversation @param {Mode} mode */
  async function refresh(conversation, mode) {
    try {
      meet(`${conversation}.${mode}`, await api.get(`conversations/${conversation}/draft/?mode=${mode}`));
    } catch {
      // The copy we hold stays: the next save tells whether it was old.
    }
  }

  /** The page goes away: a last word to the server for everything unsaved (its requests outlive the page). */
  function flush() {
    for (const [key, timer] of timers) {
      platform.clearTimeout(timer);
      timers.delete(key);
      if (isDirty(key) && !saving.has(key)) void saveOnce(key);
    }
  }

  return { of, write, clear, choose, takeIn, restore, refresh, flush };
}

/** @typedef {ReturnType<typeof createDrafts>} Drafts */

/** @param {string | null} text @returns {{text: string, version: number} | null} */
function parse(text) {
  try {
    const kept = JSON.parse(text ?? "");
    return typeof kept?.text === "string" && Number.isInteger(kept?.version) ? kept : null;
  } catch {
    return null;
  }
}
