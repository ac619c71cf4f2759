// A file in a bubble: sound, film, document, sticker. Coming, held up, here, or lost: the reason is said wherever there is one.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { playingTime } from "desk/formatting.js";
import { Picture } from "desk/views/picture.js";
import { FetchAgain } from "desk/views/fetch_again.js";
import { Sound } from "desk/views/sound.js";
import { viewerWords } from "desk/words/viewer.js";
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
  const { player } = useParts();
  const [filmTrouble, setTrouble] = useState("");
  const { kind, state } = attachment;
  const heard = player.trouble.value?.id === attachment.id ? (player.trouble.value.isUnreadable ? words.fileUnplayable() : words.fileNotOpened()) : "";
  const trouble = heard || filmTrouble;
  if (kind === "image") return html`<${Picture} attachment=${attachment} caption=${caption} />`;
  if (kind === "document") return html`<${Document} attachment=${attachment} />`;
  if (state !== "stored") return html`<${Absent} attachment=${attachment} line=${stateLine(attachment)} />`;
  if (trouble) return html`<${Absent} attachment=${attachment} line=${trouble} again=${() => { setTrouble(""); player.forgive(); }} />`;
  const failed = () => setTrouble(words.fileNotOpened());
  if (kind === "sticker") return html`<img class="sticker" src=${attachment.url} alt=${words.kindName("sticker")} width="160" height="160" loading="lazy" decoding="async" onError=${failed} />`;
  if (!canPlay(attachment)) return html`<${Absent} attachment=${attachment} line=${words.fileUnplayable()} />`;
  /** Nothing is fetched before it is played: the error is met then. @param {Event} event */
  const unplayable = (event) => setTrouble(isUnreadable(/** @type {HTMLMediaElement} */ (event.currentTarget)) ? words.fileUnplayable() : words.fileNotOpened());
  if (kind === "video") return html`<${Film} attachment=${attachment} onError=${unplayable} />`;
  return html`<${Sound} attachment=${attachment} />`;
}

/** The poster and the length are ours: of the film itself nothing is fetched until somebody plays it. @param {{attachment: Attachment, onError: (event: Event) => void}} props */
function Film({ attachment, onError }) {
  const { desk } = useParts();
  const [isFresh, setFresh] = useState(true);
  const { url, thumbnail_url, duration_ms, width, height } = attachment;
  return html`<div class="film-frame">
    <video class="film" src=${url} poster=${thumbnail_url ?? undefined} width=${width ?? undefined} height=${height ?? undefined} controls preload="none" playsinline aria-label=${words.kindName("video")} onPlay=${() => setFresh(false)} onError=${onError}></video>
    <button class="icon-button film-open" type="button" aria-label=${viewerWords.open(words.kindName("video"))} title=${viewerWords.open(words.kindName("video"))} onClick=${(/** @type {any} */ event) => { event.currentTarget.previousElementSibling.pause(); desk.dialog.value = { kind: "media", attachment: attachment.id }; }}><${Icon} name="lucide-maximize" size="sm" /></button>
    ${isFresh && duration_ms !== null && html`<span class="film-length"><${Icon} name="lucide-play" size="sm" />${playingTime(duration_ms)}</span>`}
  </div>`;
}

/** @param {{attachment: Attachment}} props */
function Document({ attachment }) {
  const { desk, formatter } = useParts();
  const { id, state, name, size, url } = attachment;
  const line = state === "stored" ? [extension(name), size ? formatter.bytes(size) : ""].filter(Boolean).join(" · ") : stateLine(attachment);
  const shown = html`<span class="document-icon"><${Icon} name="lucide-file-text" /></span>
    <span><b title=${name}><bdi>${name || words.kindName("document")}</bdi></b><small>${line}</small></span>`;
  return html`<div class="document" data-state=${state}>
    ${state === "stored" ? html`<button class="document-open" type="button" title=${viewerWords.open(name || words.kindName("document"))} onClick=${() => (desk.dialog.value = { kind: "media", attachment: id })}>${shown}</button>` : shown}
    ${state === "stored" && html`<a class="icon-button" href=${url} download=${name || true} aria-label=${words.download(name || words.kindName("document"))} title=${words.download(name || words.kindName("document"))}><${Icon} name="lucide-download" /></a>`}
    ${state !== "stored" && html`<${FetchAgain} attachment=${attachment} />`}
  </div>`;
}

/** What cannot be shown, and why; where the file is here it can be taken along. @param {{attachment: Attachment, line: string, again?: () => void}} props */
function Absent({ attachment, line, again }) {
  const isHere = attachment.state === "stored";
  const download = words.download(words.kindName(attachment.kind));
  return html`<div class="file-absent" data-state=${isHere ? "failed" : attachment.state}>
    <${Icon} name=${ICONS[attachment.kind] ?? "lucide-paperclip"} />
    <span><b>${words.kindName(attachment.kind)}</b><small>${line}</small></span>
    ${isHere && html`<a class="icon-button" href=${attachment.url} download aria-label=${download} title=${download}><${Icon} name="lucide-download" /></a>`}
    ${!isHere && html`<${FetchAgain} attachment=${attachment} />`}
    ${again && html`<button class="icon-button" type="button" aria-label=${words.tryAgain()} title=${words.tryAgain()} onClick=${again}><${Icon} name="lucide-rotate-cw" /></button>`}
  </div>`;
}

/** Why it is not here: the server's own words, where it has any (R44). @param {Attachment} attachment */
export function stateLine({ state, reason }) {
  return reason || (state === "pending" ? words.fileComing() : words.fileFailed());
}

/** The browser's own answer: no type that it has never heard of (AMR, 3GP) is offered to be played. @param {Attachment} attachment */
function canPlay({ kind, mime }) {
  return !mime || document.createElement(kind === "video" ? "video" : "audio").canPlayType(mime) !== "";
}

/** It came, and cannot be decoded. @param {HTMLMediaElement} player */
export function isUnreadable({ error }) {
  return error?.code === MediaError.MEDIA_ERR_DECODE || error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
}

/** The ending of a name in capitals, as people call kinds of files; nothing where there is none. @param {string} name */
export function extension(name) {
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 ? name.slice(dot + 1) : "";
  return /^[\p{L}\p{N}]{1,8}$/u.test(ending) ? ending.toUpperCase() : "";
}
