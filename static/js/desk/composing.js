// What a key means while writing, what may be sent, and why the composer is closed. Pure.

import { duration } from "desk/formatting.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Detail} Detail */

const IME_KEY = 229;

/**
 * Enter sends and Shift+Enter breaks the line. An Enter that confirms a word in an input method (Japanese, or a phone's suggestion) is
 * not an Enter: Safari ends the composition before the key, so its code is looked at as well.
 * @param {{key: string, shiftKey: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean, isComposing: boolean, keyCode: number}} event
 * @param {{isTouch: boolean, enterSends?: boolean}} device  on a touch keyboard Enter is the only way to a new line; enterSends: as the person wants it
 * @returns {"send" | ""}
 */
export function keyMeaning(event, { isTouch, enterSends = true }) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === IME_KEY) return "";
  if (event.ctrlKey || event.metaKey) return "send";
  if (event.shiftKey || event.altKey || isTouch || !enterSends) return "";
  return "send";
}

/** Where a channel has no table. */
const ANY_LENGTH = 4_096;

/**
 * @param {{text: string, files: readonly {kind: string}[], limits: import("desk/limits.js").Limits, channel?: import("desk/limits.js").ChannelLimits | undefined}} message
 * @returns {string}  why it cannot be sent; "" when it can
 */
export function refusalToSend({ text, files, limits, channel }) {
  const length = text.trim().length;
  if (length === 0 && files.length === 0) return words.nothingToSend();
  const isCaption = captionCarrier(files, limits) !== undefined;
  const limit = (isCaption ? channel?.max_caption : channel?.max_text) ?? ANY_LENGTH;
  return length > limit ? words.tooLong(length - limit) : "";
}

/**
 * The file that what is written goes with: the first that can carry words. None: the words go first, by themselves.
 * @template {{kind: string}} T
 * @param {readonly T[]} files @param {import("desk/limits.js").Limits} limits
 */
export function captionCarrier(files, limits) {
  return files.find((one) => limits.captioned.includes(one.kind));
}

/**
 * Why nothing can be written to the customer now, by the server's word and by the clock.
 * @param {Detail} detail @param {number} now
 * @returns {{title: string, hint: string, isWindow: boolean} | null}
 */
export function blockOf(detail, now) {
  const { allowed, code, reason, window_expires_at: expiresAt, window_hours: hours } = detail.composer;
  const isOver = expiresAt !== null && expiresAt !== undefined && Date.parse(expiresAt) <= now;
  if (allowed && !isOver) return null;
  if (code === "window_closed" || (allowed && isOver)) {
    const title = expiresAt ? words.windowClosedAgo(hours || 24, duration(Math.max(1000, now - Date.parse(expiresAt)))) : words.windowNeverOpen();
    return { title, hint: words.windowClosedHint(), isWindow: true };
  }
  return { title: titleOf(detail), hint: reason, isWindow: false };
}

/**
 * The same by the row alone, while the conversation itself is still being read: a box to write in that goes away again would take
 * the first letters, and the focus, with it.
 * @param {import("desk/types.js").Row} row @param {number} myId @param {number} now
 * @returns {ReturnType<typeof blockOf>}
 */
export function likelyBlockOf(row, myId, now) {
  const isOver = row.window_expires_at !== null && Date.parse(row.window_expires_at) <= now;
  if (row.tray === "attended") return { title: words.closedTitle(), hint: "", isWindow: false };
  if (!row.assignee_id) return { title: words.notTakenTitle(), hint: "", isWindow: false };
  if (row.assignee_id !== myId) return { title: words.otherInCharge(row.assignee_name), hint: "", isWindow: false };
  return isOver ? { title: words.windowShut(), hint: "", isWindow: true } : null;
}

/** @param {Detail} detail */
function titleOf(detail) {
  if (detail.status === "closed") return words.closedTitle();
  if (!detail.assignee_id) return words.notTakenTitle();
  if (detail.composer.code === "not_yours") return words.otherInCharge(detail.assignee_name);
  return words.cannotWrite();
}
