// One box for all that somebody may see: people by name or number, messages by their words.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { ContactAvatar, Empty, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { Found } from "desk/views/text.js";
import { useAnswer } from "desk/views/answers.js";
import { NO_FILTERS } from "desk/route.js";
import { wordsOf } from "desk/finding.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

const SHORTEST = 2;

/** @param {{close: () => void, query?: string}} props */
export function SearchEverything({ close, query: begun = "" }) {
  const { desk } = useParts();
  const [query, setQuery] = useState(begun);
  const asked = query.trim();
  const { answer, failed } = useAnswer(asked.length >= SHORTEST ? `search/?search=${encodeURIComponent(asked)}` : null);
  const sought = wordsOf(asked);
  const isEmpty = answer && answer.conversations.length === 0 && answer.messages.length === 0;

  /** @param {{tray: any, id: number}} where @param {number | null} message */
  function go({ tray, id }, message) {
    close();
    desk.go({ ...NO_FILTERS, tray, conversation: id, message });
  }

  /** Arrows move through what was found, from the box and back. @param {KeyboardEvent} event */
  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = /** @type {HTMLElement[]} */ ([...(/** @type {HTMLElement} */ (event.currentTarget)).querySelectorAll("#search-everything, .hits button")]);
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all[Math.max(0, Math.min(all.length - 1, here + step))]?.focus();
    event.preventDefault();
  }

  return html`<${Dialog} label=${said.everything()} width="wide" onClose=${close} onKeyDown=${key}>
    <header class="search-head"><label class="search grow"><${Icon} name="lucide-search" /><input type="search" id="search-everything" data-first autocomplete="off" aria-label=${said.everything()} placeholder=${said.everythingHint()} value=${query}
        onInput=${(/** @type {any} */ event) => setQuery(event.currentTarget.value)} /></label>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body hits" aria-live="polite">
      ${asked.length < SHORTEST && html`<p class="hits-hint">${said.typeMore()}</p>`}
      ${failed && html`<p class="hits-hint">${said.failed()}</p>`}
      ${isEmpty && html`<${Empty} icon="lucide-search" title=${said.nothing()} hint=${said.nothingHint(asked)} />`}
      ${answer && answer.conversations.length > 0 && html`<section><h3>${said.people()}</h3><ul>${answer.conversations.map((/** @type {import("desk/types.js").Row} */ row) => html`
        <li key=${row.id}><button type="button" onClick=${() => go(row, null)}><${ContactAvatar} row=${row} size="sm" />
          <span class="hit-words"><b><${Found} text=${row.name} words=${sought} /></b><small>${row.number !== row.name && row.number} ${row.account_name}</small></span><small class="hit-where">${words.tray(row.tray)}</small></button></li>`)}</ul></section>`}
      ${answer && answer.messages.length > 0 && html`<section><h3>${said.messages()}</h3><ul>${answer.messages.map((/** @type {any} */ hit) => html`<${Hit} key=${hit.id} hit=${hit} sought=${sought} go=${() => go({ tray: hit.tray, id: hit.conversation_id }, hit.id)} />`)}</ul>
        ${!answer.whole && html`<p class="hits-hint">${said.notWhole()}</p>`}</section>`}
    </div>
  <//>`;
}

/** @param {{hit: any, sought: string[], go: () => void}} props */
function Hit({ hit, sought, go }) {
  const { formatter, clock } = useParts();
  const who = hit.is_note ? words.note() : hit.direction === "in" ? "" : hit.author_name || words.us();
  return html`<li><button type="button" onClick=${go}><${ContactAvatar} row=${hit} size="sm" />
    <span class="hit-words"><b><bdi>${hit.name}</bdi></b><span dir="auto">${who && html`<em>${who}: </em>`}<${Found} text=${hit.text} words=${sought} /></span></span>
    <small class="hit-where"><time dateTime=${hit.happened_at}>${formatter.moment(hit.happened_at, clock.quarterMinute.value)}</time></small></button></li>`;
}
