// The words of everything an agent sends that is not words: files, voice notes, places, cards, emoji; and of looking at them.

import { fill, gettext } from "desk/words/gettext.js";

const CHANNELS = /** @type {Record<string, string>} */ ({ whatsapp: "WhatsApp", messenger: "Messenger", instagram: "Instagram", apple: "Apple Messages" });
const ENDINGS = /** @type {Record<string, string>} */ ({
  "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP", "video/mp4": "MP4", "video/3gpp": "3GP",
  "audio/aac": "AAC", "audio/amr": "AMR", "audio/mpeg": "MP3", "audio/mp4": "M4A", "audio/ogg": "OGG",
});

/** @param {string} channel */
export const channelName = (channel) => CHANNELS[channel] ?? channel;

/** JPEG and PNG, as the page's language joins them. @param {string[]} types */
function listed(types) {
  const names = [...new Set(types.map((type) => ENDINGS[type] ?? type))];
  return new Intl.ListFormat(globalThis.document?.documentElement.lang || "es", { type: "conjunction" }).format(names);
}

export const media = {
  // ── What may go ──
  /** @param {string} kind @param {string} channel */
  kindNotSent: (kind, channel) => fill(gettext("%(channel)s does not send this: %(kind)s."), { channel: channelName(channel), kind }),
  /** @param {string} kind */
  empty: (kind) =>
    ({ image: gettext("The picture is empty."), video: gettext("The video is empty."), audio: gettext("The audio is empty."), sticker: gettext("The sticker is empty.") })[kind] ??
    gettext("The document is empty."),
  /** @param {string} kind @param {string} channel @param {string} size @param {string} limit */
  tooHeavy: (kind, channel, size, limit) =>
    fill(
      {
        image: gettext("The picture weighs %(size)s; %(channel)s takes %(limit)s."),
        video: gettext("The video weighs %(size)s; %(channel)s takes %(limit)s."),
        audio: gettext("The audio weighs %(size)s; %(channel)s takes %(limit)s."),
        voice: gettext("The voice note weighs %(size)s; %(channel)s takes %(limit)s."),
        sticker: gettext("The sticker weighs %(size)s; %(channel)s takes %(limit)s."),
      }[kind] ?? gettext("The document weighs %(size)s; %(channel)s takes %(limit)s."),
      { size, limit, channel: channelName(channel) },
    ),
  /** @param {string} kind @param {string} channel @param {string[]} types */
  wrongType: (kind, channel, types) =>
    kind === "document"
      ? fill(gettext("%(channel)s does not take documents of this type. It takes PDF, text and Office files."), { channel: channelName(channel) })
      : fill(
          {
            image: gettext("%(channel)s takes pictures in %(types)s."),
            video: gettext("%(channel)s takes videos in %(types)s."),
            sticker: gettext("%(channel)s takes stickers in %(types)s."),
          }[kind] ?? gettext("%(channel)s takes audio in %(types)s."),
          { channel: channelName(channel), types: listed(types) },
        ),

  // ── Attaching ──
  attach: () => gettext("Attach"),
  photoOrVideo: () => gettext("Photo or video"),
  document: () => gettext("Document"),
  audio: () => gettext("Audio"),
  sticker: () => gettext("Sticker"),
  stickerHint: () => gettext("A WebP picture of 512 × 512"),
  notInNotes: () => gettext("It goes to the customer: change to “Reply” first."),
  dropHere: () => gettext("Drop the files here"),
  dropRefused: () => gettext("Files cannot be attached here"),
  chosenFiles: () => gettext("Files to send"),
  /** @param {string} name */
  captionOf: (name) => fill(gettext("Caption of %(name)s"), { name }),
  captionHere: () => gettext("Add a caption"),
  textGoesWithIt: () => gettext("It carries what you write below"),
  asDocument: () => gettext("Send as a document"),
  /** @param {string} name */
  earlier: (name) => fill(gettext("Move %(name)s forward"), { name }),
};
