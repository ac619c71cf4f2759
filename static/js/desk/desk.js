// The desk as a whole: which tray and which conversation are open, and what the agent does to them. Views know this object and
// nothing below it.

import { computed, effect, signal, untracked } from "@preact/signals";
import { ApiError } from "desk/api.js";
import { captionCarrier } from "desk/composing.js";
import { filterOf, formatRoute, parseRoute } from "desk/route.js";
import { createMending } from "desk/mending.js";
import { outcomesOf } from "desk/outcomes.js";
import { isFirstReloadFor } from "desk/release.js";
import { createThread } from "desk/thread.js";
import { correctingWords } from "desk/words/correcting.js";
import { forcingWords } from "desk/words/forcing.js";
import { listWords } from "desk/words/list.js";
import { transferWords } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */
/** @typedef {import("desk/route.js").Route} Route */
/** @typedef {import("desk/types.js").Detail} Detail */
/** @typedef {import("desk/types.js").Frame} Frame */
/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").Mode} Mode */
/** @typedef {{text: string, tone: "success" | "danger" | "", action?: {label: string, run: () => void}, stays?: boolean}} Toast */

const MOST_THREADS = 20;
const RESYNC_MS = 60_000;
const DOUBLE_CLICK_MS = 600;

/**
 * @param {object} parts
 * @param {import("desk/api.js").Api} parts.api
 * @param {import("desk/talk.js").Talk} parts.talk
 * @param {(frame: Frame) => void} parts.onCompany
 * @param {import("desk/socket.js").Socket} parts.socket
 * @param {import("desk/clock.js").Clock} parts.clock
 * @param {import("desk/board.js").BoardStore} parts.board
 * @param {import("desk/drafts.js").Drafts} parts.drafts
 * @param {import("desk/outgoing.js").Outgoing} parts.outgoing
 * @param {import("desk/people.js").People} parts.people
 * @param {import("desk/announcer.js").Announcer} parts.announcer
 * @param {() => boolean} parts.isLooking  at the open conversation, at this moment
 * @param {import("desk/limits.js").Limits} parts.limits
 * @param {string} parts.release
 * @param {() => boolean} parts.mayReload  nobody is in the middle of anything that a reload would cost
 */
export function createDesk({ api, talk, onCompany, socket, clock, board, drafts, outgoing, people, announcer, limits, isLooking, release, mayReload }) {
  const route = signal(parseRoute(location.search));
  const current = signal(/** @type {ThreadStore | null} */ (null));
  /** Which pane a narrow screen shows. */
  const view = signal(/** @type {"list" | "thread" | "side"} */ ("list"));
  const toast = signal(/** @type {Toast | null} */ (null));
  const dialog = signal(/** @type {{kind: "closing", conversation: number, outcome?: number} | {kind: "media", attachment: string, among?: readonly Message[]} | {kind: "sheet", View: (props: any) => unknown, props: Record<string, unknown>} | {kind: "resending", message: Message, warning: string} | null} */ (null));
  const modes = signal(/** @type {Record<number, Mode>} */ ({}));
  /** Customers' messages that arrived below what is on the screen. */
  const below = signal(0);
  /** @type {Map<number, ThreadStore>}  most recent last */
  const threads = new Map();
  /** @type {Map<number, string>}  notes typed in a closing dialog that was cancelled */
  const closingNotes = new Map();
  let takenAt = -Infinity;
  /** @type {number | null} */
  let taking = null;

  // ── Going somewhere ──────────────────────────────────────────────────────────────────

  /** @param {Partial<Route>} change @param {"push" | "replace"} [how] */
  function go(change, how = "push") {
    // Another conversation is opened where it ends, unless one of its messages is asked for.
    const next = { ...route.value, ...("conversation" in change ? { message: null } : {}), ...change };
    const address = formatRoute(next);
    if (address === formatRoute(route.value)) return;
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    apply(next);
  }

  /** @param {Route} next */
  function apply(next) {
    const before = route.value;
    route.value = next;
    if (JSON.stringify(filterOf(before)) !== JSON.stringify(filterOf(next))) board.follow(filterOf(next));
    if (before.conversation !== next.conversation) show(next.conversation);
    if (next.message && (before.message !== next.message || before.conversation !== next.conversation)) void arriveAt(next.message);
  }

  /** The message an address names, as soon as its conversation can be read. @param {number} messageId */
  async function arriveAt(messageId) {
    const thread = current.value;
    if (!thread) return;
    await until(thread.opening, (isOpening) => !isOpening);
    if (current.value === thread && thread.status.value === "ready") await goTo(messageId);
  }

  /** @param {number | null} id */
  function show(id) {
    below.value = 0;
    view.value = id ? "thread" : "list";
    if (id === null) {
      current.value = null;
      socket.unwatch("thread");
      return;
    }
    const thread = threadOf(id);
    thread.reopen();
    current.value = thread;
    socket.watch("thread", "conversation", { conversation: id }, (frame) => (frame.type === "let_go" ? letGo(id) : frame.type === "company" ? onCompany(frame) : thread.hear(frame)));
    // `watching` reads what changed; but nobody waits for a socket to see the first page, and what was read before stands already.
    const isNew = !thread.hasBeenRead();
    const first = isNew || !socket.isOnline ? thread.read() : null;
    // Drafts of another device are asked for after what one came to see.
    if (isNew) void first?.then(() => refreshDrafts(id));
    else refreshDrafts(id);
  }

  /** @param {number} id */
  function refreshDrafts(id) {
    for (const mode of /** @type {Mode[]} */ (["reply", "note"])) void drafts.refresh(id, mode);
  }

  /** @param {number} id */
  function threadOf(id) {
    const thread = threads.get(id) ?? createThread({ id, api, unread: board.rowOf(id)?.unread ?? 0, onArrived: (messages) => arrived(id, messages) });
    threads.delete(id);
    threads.set(id, thread);
    const [oldest] = threads.keys();
    if (threads.size > MOST_THREADS && oldest !== undefined) threads.delete(oldest);
    return thread;
  }

  /** @param {number} id @param {Message[]} messages */
  function arrived(id, messages) {
    const thread = current.value;
    const [first] = messages;
    if (thread?.id !== id || !first) return;
    const who = board.rowOf(id)?.name ?? thread.detail.value?.name ?? "";
    for (const message of messages) announcer.message(who, message.text || words.kindName(message.kind));
    if (isLooking()) return;
    thread.markUnseen(first.id);
    below.value += messages.length;
  }

  /** @param {number} id */
  function letGo(id) {
    threads.delete(id);
    if (dialog.value?.kind === "closing") dialog.value = null;
    // Who lost a race has just been told who won it: that says more.
    if (toast.value?.tone !== "danger") say({ text: words.letGo(), tone: "" });
    go({ conversation: null }, "replace");
  }

  /** The next one in the list, up or down. @param {1 | -1} direction @returns {number | null} */
  function neighbour(direction) {
    const rows = board.rows.value;
    const here = rows.findIndex((row) => row.id === route.value.conversation);
    const next = here < 0 ? rows[direction > 0 ? 0 : rows.length - 1] : rows[here + direction];
    return next?.id ?? null;
  }

  // ── Doing something ──────────────────────────────────────────────────────────────────

  /** @param {Toast | null} next */
  function say(next) {
    toast.value = next;
  }

  /** Every refusal is shown with its own words, and what it was about is read again. @param {() => Promise<void>} act */
  async function attempt(act) {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say({ text: error.message, tone: "danger" });
      void current.value?.readDetail();
      return false;
    }
  }

  /** @param {Detail} detail */
  function settle(detail) {
    threads.get(detail.id)?.setDetail(detail);
    void threads.get(detail.id)?.read();
  }

  /** @param {number} id */
  async function take(id) {
    if (taking === id) return false;
    taking = id;
    const done = await attempt(async () => {
      settle(await api.put(`conversations/${id}/assignment/`));
      takenAt = performance.now();
    });
    taking = null;
    return done;
  }

  /** @param {number} id */
  function giveBack(id) {
    // «Let go» stands where «Take» stood: the second press of a double click is no wish.
    if (performance.now() - takenAt < DOUBLE_CLICK_MS) return Promise.resolve(false);
    return attempt(async () => {
      const detail = await api.delete(`conversations/${id}/assignment/`);
      if (detail) settle(detail);
      else await threads.get(id)?.read();
      say({ text: words.released(), tone: "success" });
    });
  }

  /** Throws an ApiError: the dialog shows it where the choice is made. @param {number} id @param {{typification: number, note: string, mode: "normal" | "quick", callback_at?: string}} closure @param {string} outcome */
  async function close(id, closure, outcome) {
    settle(await api.post(`conversations/${id}/closure/`, closure));
    closingNotes.delete(id);
    dialog.value = null;
    say({ text: words.closedAs(outcome), tone: "success" });
  }

  /** Throws an ApiError, as closing does. @param {number} id @param {{typification: number, note: string}} closure @param {string} outcome */
  async function correct(id, closure, outcome) {
    settle(await api.put(`conversations/${id}/closure/`, closure));
    dialog.value = null;
    say({ text: correctingWords.corrected(outcome), tone: "success" });
  }

  /** @param {number} id */
  const closureOffer = (id) => api.get(`conversations/${id}/closure/`);

  /** In the order in which they stand: words that no file can carry first. @param {number} id @param {Mode} mode @param {string} text @param {import("desk/attachments.js").Chosen[]} files */
  function send(id, mode, text, files) {
    const isNote = mode === "note";
    const carrier = captionCarrier(files, limits);
    // What it answers goes with the first of them.
    let beside = isNote ? {} : talk.takeBeside(id);
    if (text && !carrier) {
      outgoing.send({ conversation: id, text, isNote, ...beside });
      beside = {};
    }
    for (const one of files) {
      const caption = one === carrier ? text : one.caption.trim();
      outgoing.send({ conversation: id, text: caption, isNote, file: one.resource ? null : one.file, resource: one.resource, picture: one.picture, kind: one.kind, ...beside });
      beside = {};
    }
    drafts.clear(id, mode);
    wrote(id, isNote);
  }

  /** What goes by itself, beside what is being typed: a place, a card, a voice note, a template. @param {number} id @param {import("desk/writer.js").Content & {file?: File, picture?: string}} content */
  function sendContent(id, { kind, body, text = "", details = {}, file, picture }) {
    const beside = talk.takeBeside(id);
    outgoing.send({ conversation: id, text, isNote: false, kind, quoted: beside.quoted, body: { ...beside.body, ...body }, details, ...(file ? { file, picture: picture ?? "" } : {}) });
    wrote(id, false);
  }

  /** @param {number} id @param {boolean} isNote */
  function wrote(id, isNote) {
    if (!isNote) threads.get(id)?.forgetUnseen();
    below.value = 0;
  }

  /** @param {Message} message */
  function sent(message) {
    threads.get(message.conversation_id)?.take([message]);
  }

  /** To a message of the open conversation, however far it is. @param {number} messageId */
  async function goTo(messageId) {
    if ((await current.value?.seek(messageId)) === false) say({ text: words.quotedTooFar(), tone: "" });
  }

  const mending = createMending({
    api, attempt, sent,
    reread: (id) => threads.get(id)?.read(),
    warn: (message, warning) => (dialog.value = { kind: "resending", message, warning }),
  });

  /** @param {number} id @param {string} [reason] */
  function switchAux(id, reason) {
    return attempt(() => people.switchAux(id, reason));
  }

  /** To En curso by hand: begun before it is answered, or taken back from Atendidos. @param {number} id @param {"in_progress"} tray */
  function move(id, tray) {
    const wasClosed = threads.get(id)?.detail.peek()?.tray === "attended";
    return attempt(async () => {
      settle(await api.put(`conversations/${id}/tray/`, { tray }));
      say({ text: wasClosed ? listWords.reopened() : listWords.moved(), tone: "success" });
    });
  }

  /** Mine, where it is nobody's; everybody's, where it is somebody's (004-29). @param {number} id */
  function toggleExclusive(id) {
    const exclusive = threads.get(id)?.detail.peek()?.exclusive;
    return attempt(async () => {
      const detail = await (exclusive ? api.delete(`conversations/${id}/exclusive-agent/`) : api.put(`conversations/${id}/exclusive-agent/`));
      if (detail) settle(detail);
      say({ text: exclusive ? transferWords.clearedExclusive() : transferWords.madeExclusive(detail?.exclusive?.name ?? people.me.peek().name), tone: "success" });
    });
  }

  /** Back from its rest before its time. @param {number} id */
  function wake(id) {
    return attempt(async () => {
      settle(await api.delete(`conversations/${id}/snooze/`));
      say({ text: transferWords.woken(), tone: "success" });
    });
  }

  /** What the conversation may be closed with, flat. @param {number} id */
  async function outcomes(id) {
    /** @type {import("desk/types.js").ClosureOffer} */
    const offer = await closureOffer(id);
    return offer.close.allowed ? offer.typifications.flatMap((node) => outcomesOf(node, "normal")) : [];
  }

  // ── Staying true ─────────────────────────────────────────────────────────────────────

  async function resync() {
    const done = await Promise.all([board.reread(), current.value?.read() ?? true]);
    if (done.every(Boolean) && socket.isOnline) socket.caughtUp();
  }

  async function readDrafts() {
    try {
      drafts.takeIn((await api.get("drafts/")).results);
    } catch {
      // Each conversation asks for its own when it is opened.
    }
  }

  /** @param {Frame} frame  what is about no single watch */
  function hear(frame) {
    if (frame.type === "hello") greet(frame);
    else if (frame.type === "presence") people.presenceChanged();
    else if (frame.type === "me") void readMe();
    else if (frame.type === "overrun") tellOfOverrun(frame["user"]);
  }

  /** Where somebody else put me is told with their name and reason; that nothing new comes, because nobody answered what rang, too (P0-40). */
  async function readMe() {
    const before = people.me.value.aux_state;
    const isAsked = people.isSwitching;
    await people.readMe();
    const now = people.me.value.aux_state;
    if (!now || now.since === before?.since || isAsked) return resync();
    const isSpared = before?.accepts_new && !now.accepts_new && now.works_active && now.reason;
    if (isSpared && !now.forced_by) say({ text: forcingWords.spared(now.name, now.reason ?? ""), tone: "", stays: true });
    if (now.forced_by) say({ text: forcingWords.forced(now.forced_by, now.name, now.reason ?? ""), tone: "", stays: true });
    await resync();
  }

  /** @param {number} user */
  function tellOfOverrun(user) {
    const mine = people.me.value;
    const person = user === mine.id ? mine : people.everybody.value.find((each) => each.id === user);
    const state = person?.aux_state;
    if (!person || !state?.max_minutes) return;
    say({ text: user === mine.id ? forcingWords.overrun(state.name, state.max_minutes) : forcingWords.overrunOf(person.name, state.name, state.max_minutes), tone: "danger", stays: true });
  }

  /** @param {Frame} hello */
  function greet(hello) {
    clock.sync(hello.server_time);
    // Somebody else logged in from another tab: this page shows another person's desk.
    if (hello.user_id !== people.me.value.id) location.reload();
    else if (hello.release === release) return;
    // Another release may speak otherwise than this page understands.
    else if (mayReload() && isFirstReloadFor(hello.release)) location.reload();
    else say({ text: words.newRelease(), tone: "", stays: true, action: { label: words.reload(), run: () => location.reload() } });
  }

  function online() {
    outgoing.resume();
    people.presenceChanged();
    void readDrafts();
    void resync();
  }

  /** The open conversation left the tray because of what I did (my first answer, mostly): the list goes along, so it stays in sight. */
  function followTray() {
    /** @type {Detail | null} */
    let before = null;
    effect(() => {
      const detail = current.value?.detail.value ?? null;
      const moved = detail && before?.id === detail.id && before.tray !== detail.tray;
      const wasHere = before?.tray === route.peek().tray;
      before = detail;
      if (moved && wasHere && detail.tray === "in_progress" && detail.assignee_id === people.me.peek().id) untracked(() => go({ tray: "in_progress" }, "replace"));
    });
  }

  function start() {
    drafts.restore();
    outgoing.restore();
    people.start();
    board.follow(filterOf(route.value));
    show(route.value.conversation);
    if (route.value.message) void arriveAt(route.value.message);
    followTray();
    addEventListener("popstate", () => apply(parseRoute(location.search)));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") return drafts.flush();
      socket.nudge();
      // A record may have been opened or ended in another tab.
      void people.readMe();
      void resync();
    });
    addEventListener("online", () => {
      socket.nudge();
      // The socket may not have noticed that anything was away; what waits to leave did.
      outgoing.resume();
    });
    addEventListener("pagehide", () => drafts.flush());
    setInterval(() => void resync(), RESYNC_MS);
  }

  return {
    route, current, view, toast, dialog, below, modes, closingNotes,
    row: computed(() => current.value?.detail.value ?? board.rows.value.find((row) => row.id === route.value.conversation) ?? null),
    go, neighbour, say, settle, take, giveBack, close, correct, closureOffer, send, sendContent, sent, ...mending, goTo, switchAux, move, toggleExclusive, wake, outcomes, attempt,
    hear, online, start, resync,
    /** @param {number} id */
    open: (id) => go({ conversation: id }),
    /** @param {number} id @param {Mode} mode */
    setMode: (id, mode) => (modes.value = { ...modes.value, [id]: mode }),
  };
}

/** @typedef {ReturnType<typeof createDesk>} Desk */

/** @template T @param {import("@preact/signals").ReadonlySignal<T>} value @param {(value: T) => boolean} holds @returns {Promise<void>} */
function until(value, holds) {
  return new Promise((resolve) => {
    const stop = value.subscribe((now) => holds(now) && queueMicrotask(() => (stop(), resolve())));
  });
}
