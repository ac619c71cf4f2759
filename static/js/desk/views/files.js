// A file in a bubble: sound, film, document, sticker. Coming, here, or lost with the reason; the controls are the browser's own.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Picture } from "desk/views/picture.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Attachment} Attachment */

const ICONS = /** @type {Record<string, string>} */ ({
  audio: "lucide-mic",
  voice: "lucide-mic",
  video: "lucide-play",
  document: "lucide-file-text",
  sticker: "lucide-smile",
});

/** @param {{attachment: Attachment, caption: string}} props */
export function File({ attachment, caption }) {
  const [isBroken, setBroken] = useState(false);
  const { kind, state } = attachment;
  if (kind === "image") return html`<${Picture} attachment=${attachment} caption=${caption} />`;
  if (kind === "document") return html`<${Document} attachment=${attachment} />`;
  if (state !== "stored" || isBroken) return html`<${Absent} attachment=${attachment} isBroken=${isBroken} again=${() => setBroken(false)} />`;
  const failed = () => setBroken(true);
  if (kind === "sticker") return html`<img class="sticker" src=${attachment.url} alt=${words.kindName("sticker")} width="160" height="160" loading="lazy" decoding="async" onError=${failed} />`;
  if (kind === "video") return html`<video class="film" src=${attachment.url} controls preload="metadata" playsinline aria-label=${words.kindName("video")} onError=${failed}></video>`;
  return html`<audio class="sound" src=${attachment.url} controls preload="metadata" aria-label=${words.kindName(kind)} onError=${failed}></audio>`;
}

/** @param {{attachment: Attachment}} props */
function Document({ attachment }) {
  const { formatter } = useParts();
  const { state, name, size, url } = attachment;
  const line = state === "stored" ? [extension(name), size ? formatter.bytes(size) : ""].filter(Boolean).join(" · ") : stateLine(attachment);
  return html`<div class="document" data-state=${state}>
    <span class="document-icon"><${Icon} name="lucide-file-text" /></span>
    <span><b title=${name}><bdi>${name || words.kindName("document")}</bdi></b><small>${line}</small></span>
    ${state === "stored" && html`<a class="icon-button" href=${url} download=${name || true} aria-label=${words.download(name || words.kindName("document"))} title=${words.download(name || words.kindName("document"))}><${Icon} name="lucide-download" /></a>`}
  </div>`;
}

/** @param {{attachment: Attachment, isBroken: boolean, again: () => void}} props */
function Absent({ attachment, isBroken, again }) {
  return html`<div class="file-absent" data-state=${isBroken ? "failed" : attachment.state}>
    <${Icon} name=${ICONS[attachment.kind] ?? "lucide-paperclip"} />
    <span><b>${words.kindName(attachment.kind)}</b><small>${isBroken ? words.fileFailed() : stateLine(attachment)}</small></span>
    ${isBroken && html`<a class="icon-button" href=${attachment.url} download aria-label=${words.download(words.kindName(attachment.kind))} title=${words.download(words.kindName(attachment.kind))}><${Icon} name="lucide-download" /></a>
      <button class="icon-button" type="button" aria-label=${words.tryAgain()} title=${words.tryAgain()} onClick=${again}><${Icon} name="lucide-rotate-cw" /></button>`}
  </div>`;
}

/** @param {Attachment} attachment */
function stateLine(attachment) {
  return attachment.state === "pending" ? words.fileComing() : attachment.reason || words.fileFailed();
}

/** The ending of a name in capitals, as people call kinds of files; nothing where there is none. @param {string} name */
export function extension(name) {
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 ? name.slice(dot + 1) : "";
  return /^[\p{L}\p{N}]{1,8}$/u.test(ending) ? ending.toUpperCase() : "";
}
