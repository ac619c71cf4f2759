// The media viewer: what customers and agents sent, one after the other, as close as one likes. Opened from a bubble, by its file.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { FetchAgain } from "desk/views/fetch_again.js";
import { extension, isUnreadable, stateLine } from "desk/views/files.js";
import { LARGEST, WHOLE, larger, push, smaller, transformOf, turn, zoom } from "desk/zoom.js";
import { viewerWords } from "desk/words/viewer.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").Attachment} Attachment */
/** @typedef {import("desk/zoom.js").View} View */

const SEEN = ["image", "sticker", "video", "document"];
const CLOSE_LOOK = 2.5;
const PUSHED_PX = 80;
/** As many of a PDF's are drawn (core/media/child.py). */
const FIRST_PAGES = 5;

/** @param {{attachment: string, among?: readonly Message[] | undefined}} props  `among`: these, in place of the open conversation's */
export function MediaViewer({ attachment: first, among }) {
  const { desk, player } = useParts();
  const [id, setId] = useState(first);
  const [view, setView] = useState(WHOLE);
  const thread = desk.current.value;
  const items = thread ? [...thread.earlier.value.flatMap((segment) => segment.items), ...thread.items.value] : [];
  const all = among ?? items.flatMap((item) => (item.kind === "message" && item.message.attachment && !item.message.revoked && SEEN.includes(item.message.attachment.kind) ? [item.message] : []));
  const at = all.findIndex((message) => message.attachment?.id === id);
  const message = all[at];
  // Read, so that this is drawn again when a reading is over: only then is it known whether more lies above.
  const isReading = thread?.loadingOlder.value;
  const hasOlder = !among && (thread?.hasOlder() ?? false);
  const close = () => (desk.dialog.value = null);
  useEffect(() => player.pause(), []);
  // At the first of what is in hand: one look above, so that the count is no guess where nothing is there.
  useEffect(() => void (at === 0 && hasOlder && !isReading && thread?.loadOlder()), [at === 0]);

  // What had the focus may have gone with the file that was shown: the keys would go nowhere.
  useLayoutEffect(() => void (document.activeElement === document.body && /** @type {HTMLElement | null} */ (document.querySelector("dialog.viewer"))?.focus()), [id]);

  /** @param {1 | -1} direction */
  async function step(direction) {
    const next = all[at + direction]?.attachment;
    if (next) show(next.id);
    // More may lie above what has been read so far: after it came the way back is open.
    else if (direction < 0 && hasOlder) await thread?.loadOlder();
  }
  /** @param {string} next */
  function show(next) {
    setId(next);
    setView(WHOLE);
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.target instanceof HTMLVideoElement || event.ctrlKey || event.altKey || event.metaKey) return;
    const isClose = view.scale > 1;
    const stage = stageOf(event.currentTarget);
    const ways = /** @type {Record<string, () => unknown>} */ ({
      "+": () => setView(larger(view)), "=": () => setView(larger(view)), "-": () => setView(smaller(view)), 0: () => setView(WHOLE), r: () => setView(turn(view)),
      ArrowLeft: () => (isClose ? setView(push(view, PUSHED_PX, 0, stage)) : step(-1)),
      ArrowRight: () => (isClose ? setView(push(view, -PUSHED_PX, 0, stage)) : step(1)),
      ArrowUp: () => setView(push(view, 0, PUSHED_PX, stage)), ArrowDown: () => setView(push(view, 0, -PUSHED_PX, stage)),
      PageUp: () => step(-1), PageDown: () => step(1),
    });
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    void way();
  }

  const file = message?.attachment;
  const isPicture = file?.state === "stored" && (file.kind === "image" || file.kind === "sticker");
  const label = message ? words.kindName(message.attachment?.kind ?? "") : viewerWords.viewer();
  return html`<${Dialog} class="viewer" label=${viewerWords.viewer()} onClose=${close} onKeyDown=${key}>
    <header><span class="viewer-name"><b class="truncate"><bdi>${file?.name || label}</bdi></b>${message && html`<${Facts} message=${message} />`}</span>
      <span class="viewer-place" role="status">${at >= 0 && viewerWords.placeOf(at + 1, all.length, hasOlder)}</span>
      ${isPicture && html`
        <${Button} class="icon-button" label=${viewerWords.smaller()} why=${view.scale <= 1 ? viewerWords.whole() : ""} onClick=${() => setView(smaller(view))}><${Icon} name="lucide-zoom-out" /><//>
        <button class="viewer-scale" type="button" aria-label=${`${Math.round(view.scale * 100)} %: ${viewerWords.whole()}`} title=${viewerWords.whole()} onClick=${() => setView(WHOLE)}>${Math.round(view.scale * 100)} %</button>
        <${Button} class="icon-button" label=${viewerWords.larger()} why=${view.scale >= LARGEST ? `${LARGEST * 100} %` : ""} onClick=${() => setView(larger(view))}><${Icon} name="lucide-zoom-in" /><//>
        <button class="icon-button" type="button" aria-label=${viewerWords.turn()} title=${viewerWords.turn()} onClick=${() => setView(turn(view))}><${Icon} name="lucide-rotate-cw" /></button>`}
      ${file?.state === "stored" && html`<a class="icon-button" href=${file.url} download=${file.name || true} aria-label=${viewerWords.download()} title=${viewerWords.download()}><${Icon} name="lucide-download" /></a>`}
      <button class="icon-button" type="button" data-first aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="viewer-stage">
      ${message ? html`<${Shown} key=${id} message=${message} view=${view} setView=${setView} close=${close} />` : html`<p>${viewerWords.withdrawn()}</p>`}
      <${Button} class="icon-button viewer-step" data-side="previous" label=${viewerWords.previous()} why=${at <= 0 && !hasOlder ? viewerWords.noPrevious() : ""} onClick=${() => step(-1)}><${Icon} name="lucide-arrow-left" /><//>
      <${Button} class="icon-button viewer-step" data-side="next" label=${viewerWords.next()} why=${at >= all.length - 1 ? viewerWords.noNext() : ""} onClick=${() => step(1)}><${Icon} name="lucide-arrow-right" /><//>
    </div>
    ${message?.text && file?.kind !== "sticker" && html`<p class="viewer-caption" dir="auto">${message.text}</p>`}
  <//>`;
}

/** @param {{message: Message}} props */
function Facts({ message }) {
  const { desk, formatter, clock } = useParts();
  return html`<small>${[whoOf(message, desk.row.value), formatter.moment(message.happened_at, clock.now())].filter(Boolean).join(" · ")}</small>`;
}

/** @param {{message: Message, view: View, setView: (view: View) => void, close: () => void}} props */
function Shown({ message, view, setView, close }) {
  const { desk, formatter, clock } = useParts();
  const [trouble, setTrouble] = useState("");
  const file = /** @type {Attachment} */ (message.attachment);
  const alt = message.text || viewerWords.alt(words.kindName(file.kind), whoOf(message, desk.row.value), formatter.moment(message.happened_at, clock.now()));
  if (file.state !== "stored" || trouble) {
    return html`<div class="viewer-absent" data-state=${file.state}><${Icon} name=${file.kind === "image" ? "lucide-image-off" : "lucide-file-text"} /><p>${trouble || stateLine(file)}</p>
      ${trouble ? html`<button class="button" type="button" onClick=${() => setTrouble("")}><${Icon} name="lucide-rotate-cw" size="sm" />${words.tryAgain()}</button>` : html`<${FetchAgain} attachment=${file} />`}</div>`;
  }
  if (file.kind === "video") return html`<video class="viewer-film" src=${file.url} poster=${file.thumbnail_url ?? undefined} controls autoplay playsinline aria-label=${alt} onError=${(/** @type {any} */ event) => setTrouble(isUnreadable(event.currentTarget) ? words.fileUnplayable() : words.fileNotOpened())}></video>`;
  if (file.kind === "document" && file.thumbnail_url && file.pages) {
    // Of what leaves here only a picture is opened; the arrows scroll it once it has the focus.
    return html`<div class="viewer-pages" tabIndex=${0} role="group" aria-label=${file.name || words.kindName("document")} onKeyDown=${keepArrows}>
      <p>${viewerWords.pagesShown(Math.min(FIRST_PAGES, file.pages), file.pages)}</p>
      <img src=${file.thumbnail_url} alt=${alt} width=${file.width ?? undefined} height=${file.height ?? undefined} onError=${() => setTrouble(words.fileNotOpened())} /></div>`;
  }
  if (file.kind === "document") {
    return html`<div class="viewer-document"><span class="document-icon"><${Icon} name="lucide-file-text" /></span><b><bdi>${file.name || words.kindName("document")}</bdi></b>
      <small>${[extension(file.name), file.size ? formatter.bytes(file.size) : ""].filter(Boolean).join(" · ")}</small><p>${viewerWords.documentHint()}</p>
      <a class="button" data-variant="primary" href=${file.url} download=${file.name || true}><${Icon} name="lucide-download" size="sm" />${viewerWords.download()}</a></div>`;
  }
  return html`<${Picture} url=${file.url} alt=${alt} view=${view} setView=${setView} close=${close} onError=${() => setTrouble(words.fileNotOpened())} />`;
}

/** Up and down are for reading here, and for pushing a picture elsewhere. @param {KeyboardEvent} event */
function keepArrows(event) {
  if (["ArrowUp", "ArrowDown"].includes(event.key)) event.stopPropagation();
}

/** Wheel and pinch make it larger, dragging pushes it, a double click comes close and goes back. @param {{url: string, alt: string, view: View, setView: (view: View) => void, close: () => void, onError: () => void}} props */
function Picture({ url, alt, view, setView, close, onError }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const latest = useRef({ view, setView });
  latest.current = { view, setView };
  const moved = useRef(false);

  useEffect(() => {
    const stage = frame.current;
    if (!stage) return;
    /** @type {Map<number, {x: number, y: number}>} */
    const fingers = new Map();
    /** From the middle of the stage. @param {{clientX: number, clientY: number}} event */
    const from = (event) => {
      const box = stage.getBoundingClientRect();
      return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
    };
    /** @param {View} next */
    const look = (next) => {
      latest.current.view = next;
      latest.current.setView(next);
    };
    /** @param {WheelEvent} event */
    const wheel = (event) => {
      event.preventDefault();
      look(zoom(latest.current.view, Math.exp(-event.deltaY / 300), from(event)));
    };
    /** @param {PointerEvent} event */
    const down = (event) => {
      fingers.set(event.pointerId, from(event));
      moved.current = false;
      stage.setPointerCapture(event.pointerId);
    };
    /** @param {PointerEvent} event */
    const move = (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = from(event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, now);
      if (Math.hypot(now.x - before.x, now.y - before.y) > 1) moved.current = true;
      if (other) look(zoom(latest.current.view, Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }));
      else look(push(latest.current.view, now.x - before.x, now.y - before.y, { width: stage.clientWidth, height: stage.clientHeight }));
    };
    /** @param {PointerEvent} event */
    const up = (event) => fingers.delete(event.pointerId);
    stage.addEventListener("wheel", wheel, { passive: false });
    stage.addEventListener("pointerdown", down);
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", up);
    stage.addEventListener("pointercancel", up);
    return () => {
      stage.removeEventListener("wheel", wheel);
      stage.removeEventListener("pointerdown", down);
      stage.removeEventListener("pointermove", move);
      stage.removeEventListener("pointerup", up);
      stage.removeEventListener("pointercancel", up);
    };
  }, []);

  /** @param {MouseEvent} event */
  function twice(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const point = { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
    setView(view.scale > 1 ? { ...WHOLE, turns: view.turns } : zoom(view, CLOSE_LOOK, point));
  }
  /** Beside the picture is nothing to look at: a press there closes. @param {MouseEvent} event */
  const press = (event) => {
    const picture = frame.current?.querySelector("img")?.getBoundingClientRect();
    if (moved.current || !picture || view.scale > 1) return;
    const isInside = event.clientX >= picture.left && event.clientX <= picture.right && event.clientY >= picture.top && event.clientY <= picture.bottom;
    if (!isInside) close();
  };
  return html`<div class="viewer-picture" data-close=${view.scale > 1 || undefined} ref=${frame} onDblClick=${twice} onClick=${press}>
    <img src=${url} alt=${alt} draggable=${false} data-turned=${view.turns % 2 || undefined} style=${{ transform: transformOf(view) }} onError=${onError} /></div>`;
}

/** @param {Message} message @param {import("desk/types.js").Row | null} row */
function whoOf(message, row) {
  return message.author_name || (message.direction === "in" ? row?.name || words.customer() : words.us());
}

/** @param {EventTarget | null} dialog */
function stageOf(dialog) {
  const stage = dialog instanceof HTMLElement ? dialog.querySelector(".viewer-stage") : null;
  return { width: stage?.clientWidth ?? 0, height: stage?.clientHeight ?? 0 };
}
