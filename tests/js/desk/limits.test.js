// What may be sent is known before a single byte goes up, and the refusal says the figures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAttachments } from "desk/attachments.js";
import { fitsAsDocument, isMovingWebp, kindOf, problemOf, typeOf, weight } from "desk/limits.js";
import { LIMITS, WHATSAPP } from "./cast.js";

const MB = 1024 * 1024;
/** @param {string} kind @param {string} type @param {number} size @param {boolean} [isMoving] */
const problem = (kind, type, size, isMoving) => problemOf({ name: "x", type, size }, kind, "whatsapp", WHATSAPP, isMoving).replaceAll("\u00a0", " ");

// shows: P0-17 001-34 001-35 001-37
test("each kind has its own limit, and the refusal says both weights", () => {
  assert.equal(problem("image", "image/jpeg", 5 * MB), "");
  assert.equal(problem("image", "image/jpeg", 5 * MB + 1), "The picture weighs 5,1 MB; WhatsApp takes 5 MB.");
  assert.equal(problem("video", "video/mp4", 16 * MB), "");
  assert.equal(problem("video", "video/mp4", 22 * MB), "The video weighs 22 MB; WhatsApp takes 16 MB.");
  assert.equal(problem("audio", "audio/mpeg", 16 * MB + 1), "The audio weighs 16,1 MB; WhatsApp takes 16 MB.");
  assert.equal(problem("document", "application/pdf", 100 * MB), "");
  assert.equal(problem("document", "application/pdf", 100 * MB + 1), "The document weighs 100,1 MB; WhatsApp takes 100 MB.");
});

test("a sticker may weigh more when it moves, and only its own bytes say whether it does", () => {
  assert.equal(problem("sticker", "image/webp", 100 * 1024), "");
  assert.equal(problem("sticker", "image/webp", 100 * 1024 + 1), "The sticker weighs 100,1 KB; WhatsApp takes 100 KB.");
  assert.equal(problem("sticker", "image/webp", 500 * 1024, true), "");
  assert.equal(problem("sticker", "image/webp", 501 * 1024, true), "The sticker weighs 501 KB; WhatsApp takes 500 KB.");
  const head = new TextEncoder().encode("RIFF....WEBPVP8X....\u0002");
  assert.equal(isMovingWebp(head), true);
  assert.equal(isMovingWebp(head.with(20, 0x10)), false);
  assert.equal(isMovingWebp(new Uint8Array(3)), false);
});

test("a type that the channel does not take is refused by name, and so is an empty file", () => {
  assert.equal(problem("image", "image/gif", 10), "WhatsApp takes pictures in JPEG y PNG.");
  assert.match(problem("document", "application/zip", 10), /PDF, text and Office/);
  assert.equal(problem("image", "image/png", 0), "The picture is empty.");
  assert.notEqual(problemOf({ name: "x", type: "image/png", size: 1 }, "image", "sms", { ...WHATSAPP, media: {} }), "");
});

test("as what a file goes is told by its type, and its type by its ending where the system says nothing", () => {
  const kinds = ["image/jpeg", "image/webp", "video/3gpp", "audio/ogg", "application/pdf", "image/gif", "audio/flac", "application/zip", ""].map((type) => kindOf(type, WHATSAPP));
  assert.deepEqual(kinds, ["image", "sticker", "video", "audio", "document", "image", "audio", "document", "document"]);
  assert.equal(typeOf({ name: "nota.OPUS", type: "" }, LIMITS), "audio/ogg");
  assert.equal(typeOf({ name: "a.m4a", type: "audio/x-m4a" }, LIMITS), "audio/mp4");
  assert.equal(typeOf({ name: "a", type: "audio/ogg; codecs=opus" }, LIMITS), "audio/ogg");
  assert.equal(weight(999).replaceAll("\u00a0", " "), "1 KB");
});

test("a photo that is too heavy may go as a document; an archive may not", () => {
  assert.equal(fitsAsDocument({ name: "a", type: "image/jpeg", size: 9 * MB }, "whatsapp", WHATSAPP), true);
  assert.equal(fitsAsDocument({ name: "a", type: "application/zip", size: 9 }, "whatsapp", WHATSAPP), false);
});

// shows: P0-17 P0-11
test("files stay with their conversation, in their order, and what is refused is not taken along", async () => {
  const attachments = createAttachments({ limits: LIMITS });
  const heavy = new File([new Uint8Array(6 * MB)], "pesada.jpg", { type: "image/jpeg" });
  const light = new File(["x"], "liviana.png", { type: "image/png" });
  const paper = new File(["%PDF-"], "plano.pdf", { type: "application/pdf" });
  await attachments.add(7, [heavy, light], "whatsapp");
  await attachments.add(7, [paper], "whatsapp");
  await attachments.add(8, [light], "whatsapp", "document");
  assert.deepEqual(attachments.of(7).map((one) => [one.file.name, one.kind, one.problem !== "", one.mayBeDocument]), [
    ["pesada.jpg", "image", true, true], ["liviana.png", "image", false, false], ["plano.pdf", "document", false, false],
  ]);
  assert.deepEqual(attachments.of(8).map((one) => one.kind), ["document"]);
  const [refused, , last] = attachments.of(7);
  attachments.moveUp(7, /** @type {any} */ (last));
  attachments.caption(7, /** @type {any} */ (last), "El plano");
  assert.deepEqual(attachments.takeAll(7).map((one) => [one.file.name, one.caption]), [["plano.pdf", "El plano"], ["liviana.png", ""]]);
  assert.deepEqual(attachments.of(7), [refused]);
  await attachments.sendAsDocument(7, /** @type {any} */ (refused), "whatsapp");
  assert.deepEqual(attachments.of(7).map((one) => [one.kind, one.problem]), [["document", ""]]);
  assert.equal(attachments.of(8).length, 1);
});
