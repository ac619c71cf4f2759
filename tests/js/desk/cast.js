// Rows, messages and doors for the tests of the desk.

/** A repeatable source of chance. @param {number} seed */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {number} minute */
export function at(minute) {
  return new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString().replace(".000Z", ".000000Z");
}

/** @param {Record<string, any>} values @returns {any} */
export function row(values) {
  return { version: 1, last_activity_at: at(0), waiting_since: null, tray: "pending", name: "Rocío", unread: 0, ...values };
}

/** @param {Record<string, any>} values @returns {any} */
export function message(values) {
  return {
    conversation_id: 7, change: 1, happened_at: at(0), direction: "in", kind: "text", is_note: false, text: "Hola", client_id: null, author_id: null,
    author_name: "", author_kind: "customer", status: "received", failure: null, resolvable_at: null, attachment: null, reply_to_id: null, quoted: null, reactions: [], details: {}, edited: false, revoked: false, deleted: false, ...values,
  };
}

/** Time that passes only when told. */
export function stoppedTime() {
  let now = 0;
  let next = 1;
  /** @type {Map<number, {at: number, run: () => void}>} */
  const timers = new Map();
  return {
    now: () => now,
    random: () => 0.5,
    /** @param {() => void} run @param {number} ms */
    setTimeout(run, ms) {
      timers.set(next, { at: now + ms, run });
      return next++;
    },
    /** @param {number} timer */
    clearTimeout: (timer) => void timers.delete(timer),
    /** @param {number} ms */
    async pass(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (!due) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].run();
      }
      now = end;
      await settled();
    },
  };
}

/** Everything that was promised has happened. */
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** sessionStorage, as long as the test lasts. */
export function drawer() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value),
    removeItem: (/** @type {string} */ name) => void kept.delete(name),
    key: (/** @type {number} */ index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}

/** As the server's table says it (tests/inbox/test_own_files.py holds the two together). @type {import("desk/limits.js").ChannelLimits} */
export const WHATSAPP = {
  max_text: 4096, max_caption: 1024, max_contacts: 257, max_still_sticker_bytes: 102_400,
  document_types: ["application/pdf", "image/jpeg", "image/png", "text/plain", "video/mp4"],
  media: {
    image: { max_bytes: 5_242_880, mime_types: ["image/jpeg", "image/png"] },
    video: { max_bytes: 16_777_216, mime_types: ["video/3gpp", "video/mp4"] },
    audio: { max_bytes: 16_777_216, mime_types: ["audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg"] },
    voice: { max_bytes: 16_777_216, mime_types: ["audio/ogg"] },
    document: { max_bytes: 104_857_600, mime_types: [] },
    sticker: { max_bytes: 512_000, mime_types: ["image/webp"] },
  },
};

/** @type {import("desk/limits.js").Limits} */
export const LIMITS = { channels: { whatsapp: WHATSAPP }, aliases: { "image/jpg": "image/jpeg", "audio/x-m4a": "audio/mp4" }, captioned: ["image", "video", "document"] };
