// The agent desk, wired. The table of contents:
//
//   views/         what is seen: app = list + thread + contact + statusbar + overlays
//   desk.js        which tray and conversation are open, and what the agent does to them
//   board.js       the list: rows by id, never an older version          thread.js   one conversation's messages, never an older change
//   drafts.js      what is being written        outgoing.js  what is on its way        attachments.js  files chosen, not sent
//   talk.js        what is done with messages      collision.js  who else is in the conversation
//   callbacks.js   promises to contact somebody again      offers.js  what rings at me
//   recorder.js    a voice note being spoken    player.js    the one player        emoji.js  emoji and what they are called
//   reading.js     what counts as read          people.js    me, my auxiliary, who is here      announcer.js  what a screen reader hears
//   api.js         the door to REST             socket.js    the one WebSocket        clock.js    the server's time
//   pure           route, keys, timeline, composing, outcomes, windowing, formatting, words, types

import { h, render } from "preact";
import { effect } from "@preact/signals";
import { createAnnouncer } from "desk/announcer.js";
import { createApi } from "desk/api.js";
import { createAttachments } from "desk/attachments.js";
import { createBoard } from "desk/board.js";
import { createCallbacks } from "desk/callbacks.js";
import { createClock } from "desk/clock.js";
import { createCollision } from "desk/collision.js";
import { createDesk } from "desk/desk.js";
import { createDrafts } from "desk/drafts.js";
import { createEmoji } from "desk/emoji.js";
import { createFormatter } from "desk/formatting.js";
import { watchKeyboard } from "desk/keyboard.js";
import { createOffers } from "desk/offers.js";
import { createOutgoing } from "desk/outgoing.js";
import { createPeople } from "desk/people.js";
import { createPlayer } from "desk/player.js";
import { createDevice } from "desk/device.js";
import { createOutbox } from "desk/outbox.js";
import { createReading } from "desk/reading.js";
import { lookElsewhere } from "desk/elsewhere.js";
import { createReady } from "desk/ready.js";
import { createRecorder } from "desk/recorder.js";
import { createSavedViews } from "desk/saved_views.js";
import { listenToKeys } from "desk/shortcuts.js";
import { readShared } from "desk/shared.js";
import { createSocket } from "desk/socket.js";
import { createSounds, readySounds } from "desk/sounds.js";
import { createTabs } from "desk/tabs.js";
import { createTalk } from "desk/talk.js";
import { App } from "desk/views/app.js";
import { createCommands } from "desk/views/commands.js";
import { fetchAhead } from "desk/views/lazily.js";
import { openAskedChat, openCallbacks } from "desk/views/sheets.js";
import { callbackWords } from "desk/words/callbacks.js";
import { transferWords } from "desk/words/transferring.js";
import { csrfToken, readJson } from "lib/dom.js";

const root = /** @type {HTMLElement} */ (document.getElementById("desk"));
/** @type {import("desk/types.js").Bootstrap} */
const { me, urls, release, csrf, limits } = readJson("bootstrap");

const clock = createClock();
const formatter = createFormatter({ locale: document.documentElement.lang || me.language, timeZone: me.time_zone });
const announcer = createAnnouncer();
const api = createApi({ base: urls.api, csrf: () => csrfToken() || csrf || "", onSignedOut: toLogin });
const socket = createSocket({
  url: new URL(urls.socket, location.href.replace(/^http/u, "ws")).href,
  onFrame: (frame) => (frame.type === "news" ? hearNews(/** @type {any} */ (frame)) : frame.type.startsWith("callback_") ? callbacks.hear(frame) : desk.hear(frame)),
  onOnline: () => {
    desk.online();
    void callbacks.read();
    void offers.read();
    collision.again();
  },
  onSessionEnded: toLogin,
  // A refused handshake says nothing to a script; REST does.
  onRefused: () => void people.readMe(),
});
const people = createPeople({ api, me });
const board = createBoard({ api, socket });
const drafts = createDrafts({ api, userId: me.id });
const ready = createReady({ api });
const offers = createOffers({ api });
const callbacks = createCallbacks({ api, clock, onDue: ({ contact, due_at }) => desk.say({ text: callbackWords.now(contact.name, formatter.moment(due_at, clock.now())), tone: "", stays: true, action: { label: callbackWords.show(), run: () => openCallbacks(desk) } }) });
const attachments = createAttachments({ limits });
const emoji = createEmoji({ url: urls.emoji });
const player = createPlayer();
document.body.append(player.audio);
const recorder = createRecorder({ onBegin: player.pause });
const outbox = createOutbox({ userId: me.id });
const outgoing = createOutgoing({ api, storage: outbox, userId: me.id, now: clock.iso, onSent: (message) => desk.sent(message) });
const talk = createTalk({ api });
const desk = createDesk({ api, talk, onCompany: (frame) => collision.hear(frame), socket, clock, board, drafts, outgoing, people, announcer, limits, isLooking: () => reading.isLooking.value, release, mayReload });
const collision = createCollision({ socket, current: desk.current });
const savedViews = createSavedViews({ api });
const commands = createCommands({ desk, people, talk });
const reading = createReading({ api, current: desk.current, myId: () => people.me.value.id });
const tabs = createTabs({ userId: me.id });
const sounds = createSounds({ userId: me.id, tabs });
const device = createDevice({ api, userId: me.id, worker: urls.worker, onOpen: (conversation) => desk.open(conversation) });

root.replaceChildren();
render(h(App, { root, parts: { api, callbacks, offers, commands, savedViews, talk, collision, desk, board, drafts, outgoing, attachments, people, clock, reading, ready, announcer, socket, formatter, limits, emoji, recorder, player, device, sounds, sprite: urls.sprite, contacts: urls.contacts, preview: urls.preview, processes: urls.processes } }), root);

clock.start();
desk.start();
socket.start();
reading.start();
collision.start();
tabs.start();
readySounds();
device.start();
lookElsewhere({ desk, board, reading, device, tabs, api });
void outbox.adopt(outgoing.adopt);
void readShared();
openAskedChat(desk);
listenToKeys(desk, () => people.me.value.keys ?? {}, commands);
void savedViews.read();
watchKeyboard();

// What is not seen at first comes when the list stands: never before it.
const untilListed = effect(() => {
  if (board.status.value === "loading") return;
  void fetchAhead();
  queueMicrotask(() => untilListed());
});

/** News make a sound; what rings is read, and who lets somebody wait is told (004-10). @param {{kind: string, conversation: number}} news */
function hearNews(news) {
  sounds.hear(news.kind === "offered" || news.kind === "late" ? { ...news, kind: "assigned" } : news);
  if (news.kind === "offered" || news.kind === "offer_over") void offers.read();
  if (news.kind !== "late") return;
  const name = board.rowOf(news.conversation)?.name ?? "";
  desk.say({ text: name ? transferWords.late(name) : transferWords.lateSomebody(), tone: "danger", action: { label: callbackWords.show(), run: () => desk.open(news.conversation) } });
}

/** Words are kept across a reload; files, a dialog's choices and the place of a caret are not. */
function mayReload() {
  const isWriting = document.activeElement?.matches("textarea, input") === true && !document.hidden;
  return !isWriting && !attachments.any() && recorder.note.value === null && desk.dialog.value === null && !outgoing.pending.value.some((one) => one.file);
}

// Files and a voice note live in this page alone: the browser asks before it goes away with them.
addEventListener("beforeunload", (event) => {
  if (!isLeaving && (attachments.any() || recorder.note.value?.file || recorder.note.value?.phase === "recording")) event.preventDefault();
});

// Whoever signs out needs nothing more: what their going moves would be asked for with a session that has ended.
addEventListener("submit", (event) => {
  if (event.target instanceof HTMLFormElement && event.target.dataset.signOut !== undefined) socket.stop();
});
// Kept by the browser and shown again, this page would hear nothing any more.
addEventListener("pageshow", (event) => event.persisted && location.reload());

let isLeaving = false;

/** Drafts are safe on the server (or in this tab); after logging in the same address opens again. */
function toLogin() {
  if (isLeaving) return;
  isLeaving = true;
  drafts.flush();
  location.assign(`${urls.login}?next=${encodeURIComponent(location.pathname + location.search)}`);
}
