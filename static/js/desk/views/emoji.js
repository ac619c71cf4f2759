// The emoji picker and what completes «:word». Pointer, finger or keyboard: a grid with one stop for Tab, moved through by arrows.

import { useEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { CompletionList } from "desk/views/completion_list.js";
import { emojiAt, searchEmoji } from "desk/emoji.js";
import { emojiWords } from "desk/words/emoji.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/emoji.js").Emoji} Emoji */

const COLUMNS = 8;
const COMPLETED = 8;
/** -1: used lately. The rest are the groups of the list; 2 are parts of others and stand nowhere. */
const GROUPS = [-1, 0, 1, 3, 4, 5, 6, 7, 8, 9];
const SIGNS = /** @type {Record<number, string>} */ ({ [-1]: "🕘", 0: "😀", 1: "👋", 3: "🐶", 4: "🍎", 5: "🚗", 6: "⚽", 7: "💡", 8: "❤️", 9: "🏳️" });

/** @param {{writer: Writer}} props */
export function EmojiTool({ writer }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLSpanElement | null} */ (null));

  useEffect(() => {
    if (!isOpen) return;
    /** @param {Event} event */
    const away = (event) => !root.current?.contains(/** @type {Node} */ (event.target)) && /** @type {Element} */ (event.target).id !== "desk-composer" && setOpen(false);
    /** Wherever the focus is, Esc is meant for what lies on top. @param {KeyboardEvent} event */
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", escape, { capture: true });
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", escape, { capture: true });
    };
  }, [isOpen]);

  function close() {
    setOpen(false);
    /** @type {HTMLElement | null | undefined} */ (root.current?.querySelector("[aria-haspopup]"))?.focus();
  }
  return html`<span ref=${root} class="emoji-tool">
    <${Button} class="icon-button" label=${emojiWords.emoji()} aria-haspopup="dialog" aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setOpen(!isOpen)}><${Icon} name="lucide-smile" /><//>
    ${isOpen && html`<${EmojiPicker} onChoose=${(/** @type {string} */ symbol) => writer.insert(symbol)} onDone=${() => { setOpen(false); writer.focus(); }} close=${close} />`}
  </span>`;
}

/**
 * @param {object} props
 * @param {(symbol: string) => void} props.onChoose
 * @param {() => void} props.onDone  chosen by keyboard: the picker has done its work
 * @param {() => void} props.close
 */
export function EmojiPicker({ onChoose, onDone, close }) {
  const { emoji } = useParts();
  const [query, setQuery] = useState("");
  const [group, setGroup] = useState(emoji.recent.value.length > 0 ? -1 : 0);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  const panel = useRef(/** @type {HTMLDivElement | null} */ (null));
  // As it was when the picker was opened: what is chosen does not move the others under the pointer.
  const [recent] = useState(emoji.recent.value);
  const all = emoji.all.value;
  useEffect(() => {
    void emoji.want();
    if (matchMedia("(pointer: fine)").matches) search.current?.focus();
  }, []);

  /** @param {string} symbol */
  function choose(symbol) {
    emoji.used(symbol);
    onChoose(symbol);
  }
  const shown = query.trim() ? searchEmoji(all, query) : group === -1 ? recent.flatMap((symbol) => all.find((one) => one.symbol === symbol) ?? []) : all.filter((one) => one.group === group);

  /** @param {KeyboardEvent} event */
  function key(event) {
    event.stopPropagation();
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && event.target === search.current) /** @type {HTMLElement | null | undefined} */ (panel.current?.querySelector('.emoji-grid [tabindex="0"]'))?.focus();
    else if (event.key === "Enter" && event.target === search.current) {
      if (!query.trim() || !shown[0]) return event.preventDefault();
      choose(shown[0].symbol);
      onDone();
    } else return;
    event.preventDefault();
  }

  return html`<div class="emoji-panel" role="dialog" aria-label=${emojiWords.emoji()} ref=${panel} onKeyDown=${key}>
    <label class="emoji-search"><${Icon} name="lucide-search" size="sm" /><span class="visually-hidden">${emojiWords.search()}</span>
      <input type="search" ref=${search} value=${query} placeholder=${emojiWords.search()} autocomplete="off" onInput=${(/** @type {any} */ event) => setQuery(event.currentTarget.value)} /></label>
    <div class="emoji-groups" role="group" aria-label=${emojiWords.groups()}>${GROUPS.map((each) => html`<button type="button" key=${each} aria-pressed=${!query && each === group ? "true" : "false"} aria-label=${emojiWords.group(each)} title=${emojiWords.group(each)} onClick=${() => { setQuery(""); setGroup(each); }}>${SIGNS[each]}</button>`)}</div>
    ${emoji.failed.value
      ? html`<p class="emoji-empty" role="status">${emojiWords.failed()} <button class="button" data-variant="link" type="button" onClick=${() => emoji.want()}>${words.tryAgain()}</button></p>`
      : all.length === 0
        ? html`<p class="emoji-empty" role="status">${words.loading()}</p>`
        : shown.length === 0
          ? html`<p class="emoji-empty" role="status">${query ? emojiWords.nothing(query) : emojiWords.noneRecent()}</p>`
          : html`<${Grid} key=${query || group} shown=${shown} label=${query ? emojiWords.found() : emojiWords.group(group)} onChoose=${choose} onDone=${onDone} />`}
  </div>`;
}

/** @param {{shown: readonly Emoji[], label: string, onChoose: (symbol: string) => void, onDone: () => void}} props */
function Grid({ shown, label, onChoose, onDone }) {
  const [at, setAt] = useState(0);
  const grid = useRef(/** @type {HTMLDivElement | null} */ (null));
  const rows = Array.from({ length: Math.ceil(shown.length / COLUMNS) }, (_, row) => shown.slice(row * COLUMNS, (row + 1) * COLUMNS));

  /** @param {KeyboardEvent} event */
  function key(event) {
    const here = shown[at];
    const isRtl = document.dir === "rtl";
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: at + (isRtl ? -1 : 1), ArrowLeft: at - (isRtl ? -1 : 1), ArrowDown: at + COLUMNS, ArrowUp: at - COLUMNS, Home: at - (at % COLUMNS), End: at - (at % COLUMNS) + COLUMNS - 1, PageDown: at + 4 * COLUMNS, PageUp: at - 4 * COLUMNS });
    const to = steps[event.key];
    if (event.key === "Enter" && here) {
      onChoose(here.symbol);
      onDone();
    } else if (to === undefined) return;
    else if (event.key === "ArrowUp" && to < 0) /** @type {HTMLElement | null | undefined} */ (grid.current?.closest(".emoji-panel")?.querySelector("input"))?.focus();
    else move(Math.max(0, Math.min(shown.length - 1, to)));
    event.preventDefault();
    event.stopPropagation();
  }
  /** @param {number} to */
  function move(to) {
    setAt(to);
    /** @type {HTMLElement | null | undefined} */ (grid.current?.querySelector(`[data-at="${to}"]`))?.focus();
  }

  return html`<div class="emoji-grid" role="grid" aria-label=${label} ref=${grid} onKeyDown=${key}>
    ${rows.map((row, y) => html`<div role="row" key=${y}>${row.map((one, x) => {
      const index = y * COLUMNS + x;
      return html`<button type="button" role="gridcell" key=${one.symbol} data-at=${index} tabIndex=${index === at ? 0 : -1} aria-label=${one.name} title=${one.name}
        onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()} onFocus=${() => setAt(index)} onClick=${() => onChoose(one.symbol)}>${one.symbol}</button>`;
    })}</div>`)}
  </div>`;
}

/** @type {import("desk/views/composer_tools.js").Completion} */
export const emojiCompletion = { name: "emoji", find: emojiAt, View: Completing };

/** @param {{writer: Writer, found: import("desk/emoji.js").Found, close: () => void}} props */
function Completing({ writer, found, close }) {
  const { emoji } = useParts();
  useEffect(() => void emoji.want(), []);
  const items = searchEmoji(emoji.all.value, found.query, COMPLETED);
  // Nothing is called so: it was a colon and no more.
  if (items.length === 0) return null;
  /** @param {Emoji} one */
  function choose(one) {
    emoji.used(one.symbol);
    writer.replace(found.from, found.to, `${one.symbol} `);
    close();
  }
  return html`<${CompletionList} writer=${writer} items=${items} label=${emojiWords.emoji()} close=${close} onChoose=${choose} keyOf=${(/** @type {Emoji} */ one) => one.symbol}
    draw=${(/** @type {Emoji} */ one) => html`<span class="emoji-sign">${one.symbol}</span><span>${one.name}</span>`} />`;
}
