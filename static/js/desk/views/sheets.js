// The dialogs that are opened by name: from a button, a key, or the palette. Their modules are read when they are to be shown.

import { lazily } from "desk/views/lazily.js";
import { NamingView } from "desk/views/saved_views.js";

/** @typedef {import("desk/desk.js").Desk} Desk */

const Palette = lazily(() => import("desk/views/palette.js").then((module) => module.Palette));
const NewChat = lazily(() => import("desk/views/new_chat.js").then((module) => module.NewChatDialog));
const SearchEverything = lazily(() => import("desk/views/search_everything.js").then((module) => module.SearchEverything));
const Pausing = lazily(() => import("desk/views/pausing.js").then((module) => module.Pausing));
const Correcting = lazily(() => import("desk/views/correcting.js").then((module) => module.Correcting));
const Forcing = lazily(() => import("desk/views/forcing.js").then((module) => module.Forcing));
const Associating = lazily(() => import("desk/views/associating.js").then((module) => module.Associating));
const Transferring = lazily(() => import("desk/views/transferring.js").then((module) => module.Transferring));
const Snoozing = lazily(() => import("desk/views/resting.js").then((module) => module.Snoozing));
const Callbacks = lazily(() => import("desk/views/callbacks.js").then((module) => module.Callbacks));
const Help = lazily(() => import("desk/views/help.js").then((module) => module.Help));

/** @param {Desk} desk */
export function openHelp(desk) {
  desk.dialog.value = { kind: "sheet", View: Help, props: {} };
}

/** @param {Desk} desk */
export function openPalette(desk) {
  desk.dialog.value = { kind: "sheet", View: Palette, props: {} };
}

/** @param {Desk} desk */
export function openPausing(desk) {
  desk.dialog.value = { kind: "sheet", View: Pausing, props: {} };
}

/** @param {Desk} desk @param {number} conversation */
export function openCorrecting(desk, conversation) {
  desk.dialog.value = { kind: "sheet", View: Correcting, props: { conversation } };
}

/** @param {Desk} desk @param {import("desk/types.js").Person} person */
export function openForcing(desk, person) {
  desk.dialog.value = { kind: "sheet", View: Forcing, props: { person } };
}

/** @param {Desk} desk @param {number} conversation @param {() => void} [then]  where one goes back to */
export function openAssociating(desk, conversation, then) {
  desk.dialog.value = { kind: "sheet", View: Associating, props: { conversation, then } };
}

/** @param {Desk} desk @param {number} conversation */
export function openTransferring(desk, conversation) {
  desk.dialog.value = { kind: "sheet", View: Transferring, props: { conversation } };
}

/** @param {Desk} desk @param {number} conversation */
export function openSnoozing(desk, conversation) {
  desk.dialog.value = { kind: "sheet", View: Snoozing, props: { conversation } };
}

/** @param {Desk} desk */
export function openCallbacks(desk) {
  desk.dialog.value = { kind: "sheet", View: Callbacks, props: {} };
}

/** @param {Desk} desk */
export function openNaming(desk) {
  desk.dialog.value = { kind: "sheet", View: NamingView, props: {} };
}

/** @param {Desk} desk */
export function openSearch(desk) {
  desk.dialog.value = { kind: "sheet", View: SearchEverything, props: {} };
}

/** @param {Desk} desk */
export function openNewChat(desk) {
  desk.dialog.value = { kind: "sheet", View: NewChat, props: {} };
}

/** Whoever comes from a contact's page to write to them: `?new=<point>` opens the dialog, once. @param {Desk} desk */
export function openAskedChat(desk) {
  const point = Number(new URLSearchParams(location.search).get("new"));
  if (!Number.isSafeInteger(point) || point <= 0) return;
  // The desk's own address takes its place at the next step; a reload begins nothing anew.
  history.replaceState(history.state, "", location.pathname);
  desk.dialog.value = { kind: "sheet", View: NewChat, props: { point } };
}
