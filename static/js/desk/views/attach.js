// Files from this computer: the button that asks for them, and the tray in which they wait, each with its caption.

import { useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { openContactCard } from "desk/views/contact_card.js";
import { openLocation } from "desk/views/location.js";
import { Menu } from "desk/views/menu.js";
import { extension } from "desk/views/files.js";
import { weight } from "desk/limits.js";
import { captionCarrier } from "desk/composing.js";
import { openScheduling } from "desk/views/schedule_tool.js";
import { schedulingWords } from "desk/words/scheduling.js";
import { words } from "desk/words.js";
import { cardWords, placeWords } from "desk/words/place.js";
import { media } from "desk/words/media.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/attachments.js").Chosen} One */

const KINDS = /** @type {const} */ (["media", "document", "audio", "sticker"]);
const ICONS = /** @type {Record<string, string>} */ ({ media: "lucide-image", image: "lucide-image", video: "lucide-play", document: "lucide-file-text", audio: "lucide-mic", sticker: "lucide-smile" });

/** Why no file of one's own may go now; "" when it may. @param {import("desk/types.js").Detail | null} detail @param {import("desk/types.js").Mode} mode */
export function attachReason(detail, mode) {
  if (mode === "note") return media.notInNotes();
  const permit = detail?.composer.attach;
  return permit && !permit.allowed ? permit.reason : "";
}

/** @param {{writer: Writer}} props */
export function Attach({ writer }) {
  const { desk, limits } = useParts();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const as = useRef(/** @type {string | undefined} */ (undefined));
  const table = limits.channels[writer.row.channel];
  const why = attachReason(writer.thread.detail.value, writer.mode);
  /** @param {string} kind */
  const types = (kind) => table?.media[kind]?.mime_types ?? [];

  /** @param {typeof KINDS[number]} kind */
  function ask(kind) {
    if (!input.current) return;
    // A photo chosen here goes as a photo; only what people call a document may be anything.
    as.current = kind === "media" ? undefined : kind;
    input.current.accept = kind === "media" ? [...types("image"), ...types("video")].join(",") : kind === "document" ? "" : types(kind).join(",");
    input.current.click();
  }

  const names = { media: media.photoOrVideo(), document: media.document(), audio: media.audio(), sticker: media.sticker() };
  // A narrow foot has no room for these three: there they stand in this menu, which then opens whatever the campaign says of files.
  const isNarrow = matchMedia("(width < 900px)").matches && writer.mode === "reply";
  const isShut = why !== "" && !isNarrow;
  /** @param {any} bind */
  const button = (bind) => html`<${Button} class="icon-button" label=${media.attach()} why=${isShut ? why : ""} ...${isShut ? {} : bind} onClick=${bind.onClick}><${Icon} name="lucide-paperclip" /><//>`;
  return html`<${Menu} label=${media.attach()} place="above" align="start" button=${button}>${(/** @type {() => void} */ close) =>
      html`${KINDS.map((kind) => html`<${Button} class="" role="menuitem" key=${kind} why=${why} onClick=${() => { close(); ask(kind); }}>
        <${Icon} name=${ICONS[kind]} /><span>${names[kind]}${kind === "sticker" && html`<small>${media.stickerHint()}</small>`}</span><//>`)}
        <button type="button" role="menuitem" data-narrow-only onClick=${() => { close(); openLocation(desk, writer); }}><${Icon} name="lucide-map-pin" /><span>${placeWords.send()}</span></button>
        <button type="button" role="menuitem" data-narrow-only onClick=${() => { close(); openContactCard(desk, writer); }}><${Icon} name="lucide-id-card" /><span>${cardWords.send()}</span></button>
        <button type="button" role="menuitem" data-narrow-only onClick=${() => { close(); openScheduling(desk, writer); }}><${Icon} name="lucide-calendar-clock" /><span>${schedulingWords.schedule()}</span></button>`}
    <//>
    <input type="file" hidden multiple ref=${input} aria-hidden="true" tabIndex=${-1} data-attach
      onChange=${(/** @type {any} */ event) => { writer.attach([...event.currentTarget.files], as.current); event.currentTarget.value = ""; }} />`;
}

/** What waits to be sent, in the order in which it goes. @param {{writer: Writer}} props */
export function Chosen({ writer }) {
  const { attachments, limits } = useParts();
  const all = attachments.of(writer.thread.id);
  const carrier = captionCarrier(all.filter((one) => one.problem === ""), limits);
  return html`<ul class="chosen" aria-label=${media.chosenFiles()}>
    ${all.map((one, index) => html`<${Card} key=${one.id} writer=${writer} one=${one} isFirst=${index === 0} isCarrier=${one === carrier} />`)}
  </ul>`;
}

/** @param {{writer: Writer, one: One, isFirst: boolean, isCarrier: boolean}} props */
function Card({ writer, one, isFirst, isCarrier }) {
  const { attachments, limits } = useParts();
  const { id } = writer.thread;
  const { name } = one.file;
  const takesWords = one.problem === "" && limits.captioned.includes(one.kind);
  const hasOthers = attachments.of(id).length > 1;
  return html`<li data-refused=${one.problem ? "" : undefined}>
    <${Preview} one=${one} />
    <span class="chosen-words"><span class="truncate" title=${name}><bdi>${name}</bdi></span>
      <small>${words.kindName(one.kind)} · ${[extension(name), weight(one.file.size)].filter(Boolean).join(" · ")}</small>
      ${one.problem && html`<small class="chosen-problem" role="alert"><${Icon} name="lucide-circle-alert" size="sm" />${one.problem}</small>`}
      ${one.mayBeDocument && html`<button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => attachments.sendAsDocument(id, one, writer.row.channel)}>${media.asDocument()}</button>`}
      ${takesWords && isCarrier && hasOthers && html`<small>${media.textGoesWithIt()}</small>`}
    </span>
    <span class="chosen-actions">
      ${!isFirst && html`<button class="icon-button" data-size="sm" type="button" aria-label=${media.earlier(name)} title=${media.earlier(name)} onClick=${() => attachments.moveUp(id, one)}><${Icon} name="lucide-arrow-left" size="sm" /></button>`}
      <button class="icon-button" data-size="sm" type="button" aria-label=${words.removeFile(name)} title=${words.removeFile(name)} onClick=${() => { attachments.remove(id, one); writer.focus(); }}><${Icon} name="lucide-x" size="sm" /></button>
    </span>
    ${takesWords && !isCarrier && html`<input class="chosen-caption" type="text" dir="auto" maxlength=${limits.channels[writer.row.channel]?.max_caption} aria-label=${media.captionOf(name)} placeholder=${media.captionHere()} value=${one.caption}
      onInput=${(/** @type {any} */ event) => attachments.caption(id, one, event.currentTarget.value)} />`}
  </li>`;
}

/** @param {{one: One}} props */
function Preview({ one }) {
  const [isBroken, setBroken] = useState(false);
  if (one.picture && !isBroken && one.kind !== "video") return html`<img class="chosen-picture" src=${one.picture} alt="" onError=${() => setBroken(true)} />`;
  if (one.picture && one.kind === "video") return html`<video class="chosen-picture" src=${one.picture} muted preload="metadata" playsinline aria-hidden="true"></video>`;
  return html`<span class="chosen-picture" data-kind=${one.kind}><${Icon} name=${ICONS[one.kind] ?? "lucide-paperclip"} /></span>`;
}
