// The gallery of resources (004-07): texts and files the company made ready. The corner of each puts it in the box (004-09); nothing is
// sent, and the caret stays where it was.

import { useEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Empty, Icon, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { selectFirstMissing } from "desk/views/slash.js";
import { markedPieces } from "desk/slash.js";
import { weight } from "desk/limits.js";
import { ApiError } from "desk/api.js";
import { debounce } from "lib/timing.js";
import { readyWords } from "desk/words/ready.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/ready.js").Resource} Resource */

const KINDS = ["", "text", "image", "video", "document"];
const ICONS = /** @type {Record<string, string>} */ ({ text: "lucide-message-square-text", image: "lucide-image", video: "lucide-play", document: "lucide-file-text" });

/** @param {{writer: Writer}} props */
export function GalleryTool({ writer }) {
  const { desk } = useParts();
  const open = () => (desk.dialog.value = { kind: "sheet", View: Gallery, props: { writer } });
  return html`<${Button} class="icon-button" label=${readyWords.gallery()} why=${writer.mode === "note" ? readyWords.notInNotes() : ""} aria-haspopup="dialog" onClick=${open}><${Icon} name="lucide-images" /><//>`;
}

/** Once no dialog is open: behind one the box takes neither focus nor words. @param {() => void} act */
function afterDialogs(act) {
  if (document.querySelector("dialog:modal")) requestAnimationFrame(() => afterDialogs(act));
  else act();
}

/** @param {{writer: Writer, close: () => void}} props */
export function Gallery({ writer, close }) {
  const { attachments, limits } = useParts();
  const { id } = writer.thread;
  // Where the caret stood when the gallery was opened: the box gives it up to the search.
  const [caret] = useState(() => {
    const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("desk-composer"));
    const end = writer.text().length;
    return area?.selectionEnd ?? end;
  });

  /** @param {Resource} resource */
  function insert(resource) {
    close();
    if (resource.kind !== "text") attachments.addResource(id, resource);
    afterDialogs(() => {
      // A finger has seen what it chose: the keyboard would only cover it.
      if (!matchMedia("(pointer: coarse)").matches) writer.focus();
      if (!resource.text) return;
      // What was selected stays: only words that are chosen take the place of others.
      writer.replace(caret, caret, resource.text);
      selectFirstMissing(caret, resource.text, limits.variables ?? []);
    });
  }

  return html`<${Dialog} onClose=${close} labelledBy="gallery-title" width="wide">
    <header><div><h2 id="gallery-title">${readyWords.gallery()}</h2><p>${readyWords.galleryHint()}</p></div>
      <button class="icon-button" type="button" aria-label=${readyWords.close()} title=${readyWords.close()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <${Resources} place=${{ conversation: id }} corner=${insert} />
  <//>`;
}

/**
 * The gallery's search and cards; `only` leaves one kind.
 * @param {{place: import("desk/ready.js").Place, corner: (resource: Resource) => void, only?: string}} props
 */
export function Resources({ place, corner, only = "" }) {
  const { ready } = useParts();
  const [kind, setKind] = useState(only);
  const [search, setSearch] = useState("");
  const [asked, setAsked] = useState("");
  const [page, setPage] = useState(/** @type {{list: Resource[], next: string | null} | null} */ (null));
  const [trouble, setTrouble] = useState("");
  const turn = useRef(0);
  const [later] = useState(() => debounce((/** @type {string} */ text) => setAsked(text), 250));

  /** @param {string | null} cursor */
  async function read(cursor) {
    const mine = (turn.current += 1);
    try {
      const answer = await ready.gallery(place, { search: asked, kind, cursor });
      if (mine !== turn.current) return;
      setTrouble("");
      setPage((before) => ({ list: cursor && before ? [...before.list, ...answer.results] : answer.results, next: answer.next }));
    } catch (error) {
      if (mine === turn.current) setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(null), [asked, kind]);

  const names = [readyWords.all(), readyWords.texts(), readyWords.images(), readyWords.videos(), readyWords.documents()];
  return html`<div class="dialog-body gallery">
    <div class="gallery-tools">
      <label class="search"><${Icon} name="lucide-search" size="sm" /><span class="visually-hidden">${readyWords.search()}</span>
        <input type="search" data-first value=${search} placeholder=${readyWords.search()} maxlength="80" onInput=${(/** @type {any} */ event) => { setSearch(event.currentTarget.value); later(event.currentTarget.value.trim()); }} /></label>
      ${!only && html`<div class="segmented" role="group" aria-label=${readyWords.kinds()}>${KINDS.map((each, index) => html`<button type="button" key=${each} aria-pressed=${kind === each ? "true" : "false"} onClick=${() => setKind(each)}>${names[index]}</button>`)}</div>`}
    </div>
    <p class="visually-hidden" role="status">${page ? readyWords.found(page.list.length) : ""}</p>
    ${trouble && html`<div class="banner" data-tone="danger" role="alert"><${Icon} name="lucide-circle-alert" /><div>${trouble}</div><button class="button" data-size="sm" type="button" onClick=${() => read(null)}>${words.tryAgain()}</button></div>`}
    ${!page
      ? !trouble && html`<${Skeleton} rows=${4} />`
      : page.list.length === 0
        ? html`<${Empty} icon="lucide-images" title=${asked || kind !== only ? readyWords.noneFound() : readyWords.emptyGallery()} hint=${asked || kind !== only ? readyWords.noneFoundHint() : readyWords.emptyGalleryHint()} />`
        : html`<ul class="gallery-grid">${page.list.map((resource) => html`<${Card} key=${resource.id} resource=${resource} corner=${corner} />`)}</ul>`}
    ${page?.next && html`<button class="button gallery-more" type="button" onClick=${() => read(page.next)}>${readyWords.more()}</button>`}
  </div>`;
}

/** @param {{resource: Resource, corner: (resource: Resource) => void}} props */
function Card({ resource, corner }) {
  const { limits } = useParts();
  const { name, kind, text, url, thumbnail_url: thumbnail } = resource;
  const marked = markedPieces(text, limits.variables ?? []).map((piece) => (piece.isMissing ? html`<mark>${piece.text}</mark>` : piece.text));
  return html`<li class="resource" data-kind=${kind}>
    ${kind === "text"
      ? html`<p class="resource-text" dir="auto" tabindex="0">${marked}</p>`
      : html`<a class="resource-look" href=${url} target="_blank" rel="noopener" aria-label=${readyWords.look(name)} title=${readyWords.look(name)}>
          ${thumbnail ? html`<img src=${thumbnail} alt="" loading="lazy" decoding="async" />` : html`<${Icon} name=${ICONS[kind] ?? "lucide-file-text"} size="lg" />`}
          ${kind === "video" && html`<span class="resource-play"><${Icon} name="lucide-play" /></span>`}</a>`}
    <div class="resource-foot"><${Icon} name=${ICONS[kind] ?? "lucide-file-text"} size="sm" label=${readyWords.kind(kind)} /><b class="truncate" title=${name}>${name}</b>
      ${kind === "text" ? resource.is_of_company && html`<small>${readyWords.ofCompany()}</small>` : html`<small>${weight(resource.size)}</small>`}</div>
    ${kind !== "text" && text && html`<p class="resource-caption truncate" dir="auto" title=${text}>${marked}</p>`}
    <button class="resource-corner" type="button" aria-label=${readyWords.insert(name)} title=${readyWords.insert(name)} onClick=${() => corner(resource)}><${Icon} name="lucide-corner-down-left" size="sm" /></button>
  </li>`;
}
