// «/» in the box: the company's shortcuts as one types (001-41, 004-08). Enter puts the chosen one in place of what was typed.

import { useEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { CompletionList } from "desk/views/completion_list.js";
import { fold, missingIn, searchShortcuts, slashAt } from "desk/slash.js";
import { readyWords } from "desk/words/ready.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/ready.js").Shortcut} Shortcut */
/** @typedef {import("desk/views/composer_tools.js").Found} Found */

const ICONS = /** @type {Record<string, string>} */ ({ text: "lucide-message-square-text", image: "lucide-image", video: "lucide-play", document: "lucide-file-text" });

/** The slash that the button wrote last: Esc takes it away again where nothing was typed after it. One that was typed is the writer's. @type {{id: number, mode: string, from: number, put: string} | null} */
let putByButton = null;

/** @param {{writer: Writer}} props */
export function SlashTool({ writer }) {
  const { ready } = useParts();
  // Before the first «/» is typed, so that a code typed at once finds them.
  useEffect(() => void ready.want(writer.thread.id), [writer.thread.id]);
  function open() {
    const text = writer.text();
    const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("desk-composer"));
    const at = area?.selectionStart ?? text.length;
    // One that stands there already will do.
    if (!slashAt(text, at)) {
      const put = at === 0 || /\s/u.test(text.charAt(at - 1)) ? "/" : " /";
      writer.insert(put);
      putByButton = { id: writer.thread.id, mode: writer.mode, from: at, put };
    }
    writer.focus();
    area?.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return html`<${Button} class="icon-button" label=${`${readyWords.shortcuts()} (/)`} onClick=${open}><${Icon} name="lucide-zap" /><//>`;
}

/** @type {import("desk/views/composer_tools.js").Completion} */
export const slashCompletion = {
  name: "slash",
  find: (text, caret) => slashAt(text, caret),
  View: SlashList,
};

/** @param {{writer: Writer, found: Found, close: () => void}} props */
function SlashList({ writer, found, close: leave }) {
  const { ready, attachments, limits } = useParts();
  const { id } = writer.thread;
  const kept = ready.shortcutsOf(id);
  useEffect(() => void ready.want(id), [id]);
  // Whoever knows a code by heart is faster than the first reading: their Enter counts when it is done.
  const isAwaited = useRef(false);
  useEffect(() => {
    const [first] = items;
    if (kept.state === "ready" && isAwaited.current && first && fold(first.code) === fold(found.query)) choose(first);
    isAwaited.current = false;
  }, [kept.state]);
  // A note is words only.
  const offered = kept.list.filter((each) => writer.mode === "reply" || each.kind === "text");
  const items = searchShortcuts(offered, found.query);

  function close() {
    const mine = putByButton;
    putByButton = null;
    leave();
    if (!mine || found.query || mine.id !== id || mine.mode !== writer.mode || mine.from + mine.put.length !== found.to) return;
    writer.replace(mine.from, found.to, "");
  }

  /** @param {Shortcut} shortcut */
  function choose(shortcut) {
    writer.replace(found.from, found.to, shortcut.text);
    if (shortcut.resource) attachments.addResource(id, shortcut.resource);
    selectFirstMissing(found.from, shortcut.text, limits.variables ?? []);
  }

  if (kept.state === "loading") return html`<${Wait} writer=${writer} close=${close} await=${() => (isAwaited.current = true)} />`;
  if (kept.state === "failed") {
    return html`<div class="completion slash-state" role="status"><${Icon} name="lucide-circle-alert" size="sm" />${kept.trouble}
      <button class="button" data-variant="link" type="button" onClick=${() => ready.want(id)}>${words.tryAgain()}</button></div>`;
  }
  if (offered.length === 0 && !found.query) return html`<p class="completion slash-state" role="status">${readyWords.noneYet()}</p>`;
  if (items.length === 0) return null;
  return html`<${CompletionList} writer=${writer} items=${items} label=${readyWords.shortcuts()} onChoose=${choose} close=${close}
    keyOf=${(/** @type {Shortcut} */ one) => String(one.id)} draw=${(/** @type {Shortcut} */ one) => html`<${Item} one=${one} />`}
    foot=${html`<p class="slash-foot" aria-hidden="true">${readyWords.moveChoose()}</p>`} />`;
}

/** @param {{one: Shortcut}} props */
function Item({ one }) {
  return html`<span class="slash-item"><${Icon} name=${ICONS[one.kind] ?? "lucide-zap"} size="sm" label=${readyWords.kind(one.kind)} />
    <span class="slash-words"><b>/${one.code}</b>${one.name && html` <span>${one.name}</span>`}<small class="truncate">${one.text || one.resource?.file_name}</small></span>
    ${one.resource?.thumbnail_url && html`<img src=${one.resource.thumbnail_url} alt="" loading="lazy" />`}</span>`;
}

/** Enter waits for the list: what was typed must not go out as a code. @param {{writer: Writer, close: () => void, await: () => void}} props */
function Wait({ writer, close, await: wait }) {
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const listen = (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter") wait();
      return event.key === "Escape" || event.key === "Enter";
    };
    writer.keys.current = listen;
    return () => {
      if (writer.keys.current === listen) writer.keys.current = null;
    };
  }, []);
  return html`<p class="completion slash-state" role="status">${readyWords.loading()}</p>`;
}

/** The first variable without a value is selected: what is typed next takes its place. @param {number} from @param {string} text @param {readonly string[]} names */
export function selectFirstMissing(from, text, names) {
  const [first] = missingIn(text, names);
  const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("desk-composer"));
  if (first && area) requestAnimationFrame(() => { area.focus(); area.setSelectionRange(from + first.from, from + first.to); });
}
