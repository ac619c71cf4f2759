// What a channel takes, asked before a single byte goes up. The figures are the server's own table (inbox/api/limits.py); none is copied
// here. Pure.

import { media } from "desk/words/media.js";

/** @typedef {{max_bytes: number, mime_types: string[]}} MediaLimit  no types: any */
/**
 * @typedef {object} ChannelLimits
 * @property {number} max_text
 * @property {number} max_caption
 * @property {number} max_contacts
 * @property {Record<"body" | "list_body" | "header" | "footer" | "buttons" | "button_title" | "sections" | "section_title" | "rows" | "row_title" | "row_description", number> | null} [interactive]
 * @property {number} max_still_sticker_bytes
 * @property {string[]} document_types
 * @property {Record<string, MediaLimit>} media
 */
/** @typedef {{channels: Record<string, ChannelLimits>, aliases: Record<string, string>, captioned: string[], variables?: string[]}} Limits */
/** @typedef {{name: string, type: string, size: number}} FileFacts */

const KILO = 1024;
const MEGA = 1024 * 1024;
/** Of a WebP: enough to see whether it moves. */
export const WEBP_HEAD = 21;
// Where the system does not tell the browser what a file is.
const BY_ENDING = /** @type {Record<string, string>} */ ({
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", mp4: "video/mp4", "3gp": "video/3gpp",
  mp3: "audio/mpeg", m4a: "audio/mp4", aac: "audio/aac", amr: "audio/amr", ogg: "audio/ogg", opus: "audio/ogg", oga: "audio/ogg",
  pdf: "application/pdf", txt: "text/plain", doc: "application/msword", xls: "application/vnd.ms-excel", ppt: "application/vnd.ms-powerpoint",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
});

/** What a file is, by its usual name. @param {{name: string, type: string}} file @param {Limits} limits */
export function typeOf({ name, type }, limits) {
  const base = (type.split(";")[0] ?? "").trim().toLowerCase() || (BY_ENDING[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "");
  return limits.aliases[base] ?? base;
}

/** As what a file of that type would go. @param {string} type @param {ChannelLimits} limits */
export function kindOf(type, limits) {
  const taken = ["image", "sticker", "video", "audio"].find((kind) => limits.media[kind]?.mime_types.includes(type));
  if (taken) return taken;
  const family = type.split("/")[0] ?? "";
  // A picture that is no document either is refused as the picture it is.
  return ["image", "video", "audio"].includes(family) && !limits.document_types.includes(type) ? family : "document";
}

/**
 * Why it may not go as that; "" when it may.
 * @param {FileFacts} file  `type` as typeOf says
 * @param {string} kind @param {string} channel @param {ChannelLimits} limits @param {boolean} [isMoving]  a sticker that moves
 */
export function problemOf(file, kind, channel, limits, isMoving = false) {
  const limit = limits.media[kind];
  if (!limit) return media.kindNotSent(kind, channel);
  if (file.size === 0) return media.empty(kind);
  const types = kind === "document" ? limits.document_types : limit.mime_types;
  if (types.length > 0 && !types.includes(file.type)) return media.wrongType(kind, channel, types);
  const most = kind === "sticker" && !isMoving ? limits.max_still_sticker_bytes : limit.max_bytes;
  return file.size > most ? media.tooHeavy(kind, channel, weight(file.size), weight(most)) : "";
}

/** Whether what was refused as one kind could go as a document. @param {FileFacts} file @param {string} channel @param {ChannelLimits} limits */
export function fitsAsDocument(file, channel, limits) {
  return problemOf(file, "document", channel, limits) === "";
}

/** 22 MB, 16 MB, 100 KB: binary, as the limits are; rounded up, so that what is too heavy never reads like what is allowed. @param {number} bytes */
export function weight(bytes) {
  const [unit, name] = bytes >= MEGA ? [MEGA, "MB"] : [KILO, "KB"];
  const shown = new Intl.NumberFormat(globalThis.document?.documentElement.lang || "es", { maximumFractionDigits: 1 });
  return `${shown.format(Math.ceil((bytes / unit) * 10) / 10)}\u00a0${name}`;
}

/** A flag of its extended header, 21 bytes from the start. @param {Uint8Array} head */
export function isMovingWebp(head) {
  return String.fromCharCode(...head.slice(12, 16)) === "VP8X" && ((head[20] ?? 0) & 0x02) !== 0;
}
