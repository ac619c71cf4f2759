// Ctrl-K: one field for everything. Commands answer at once from what is here; conversations and contacts come from the server.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { ContactAvatar, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { commandsOf } from "desk/views/palette_commands.js";
import { plain } from "desk/outcomes.js";
import { SHORTEST_SEARCH } from "desk/route.js";
import { keyWords } from "desk/words/keys.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/views/palette_commands.js").Command} Command */

const PAUSE_MS = 180;
const MOST_FOUND = 8;

/** @param {{close: () => void}} props */
export function Palette({ close }) {
  const parts = useParts();
  const { desk } = parts;
  const [text, setText] = useState("");
  const [here, setHere] = useState(0);
  const { rows, state } = useFound(text);
  const outcomes = useOutcomes();
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const id = useId();
  const found = matching(commandsOf(parts, outcomes), text);
  const all = [...found.map((command) => ({ command, row: null })), ...rows.map((row) => ({ command: null, row }))];
  const at = Math.min(here, all.length - 1);

  useEffect(() => void list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }), [at, all.length]);

  /** @param {number} index */
  function choose(index) {
    const chosen = all[index];
    if (!chosen) return;
    if (chosen.command?.why) {
      desk.say({ text: chosen.command.why, tone: "" });
      return;
    }
    close();
    if (chosen.row) desk.go({ tray: chosen.row.tray ?? desk.route.value.tray, conversation: chosen.row.id, everywhere: false });
    // The dialog gives the focus back first: a command that moves it has the last word.
    else queueMicrotask(() => chosen.command?.run());
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length > 0) setHere((at + step + all.length) % all.length);
    else if (event.key === "Enter") choose(at);
    else return;
    event.preventDefault();
  }
  /** @param {number} index @param {unknown} content @param {string} [why] */
  const option = (index, content, why) => html`<div key=${index} class="palette-option" role="option" id=${`${id}-${index}`} aria-selected=${index === at ? "true" : "false"} aria-disabled=${why ? "true" : undefined}
    onPointerMove=${() => index !== at && setHere(index)} onClick=${() => choose(index)}>${content}</div>`;

  return html`<${Dialog} class="dialog palette" label=${keyWords.palette()} onClose=${close} onKeyDown=${key}>
    <label class="palette-field"><${Icon} name="lucide-search" /><input data-first type="text" role="combobox" aria-expanded="true" aria-controls=${`${id}-list`} aria-activedescendant=${all.length > 0 ? `${id}-${at}` : undefined} aria-autocomplete="list"
      placeholder=${keyWords.palettePlaceholder()} aria-label=${keyWords.palettePlaceholder()} autocomplete="off" spellcheck=${false} value=${text} onInput=${(/** @type {any} */ event) => { setText(event.currentTarget.value); setHere(0); }} /><kbd data-wide-only aria-hidden="true">Esc</kbd></label>
    <div class="palette-list" id=${`${id}-list`} role="listbox" aria-label=${keyWords.palette()} ref=${list}>
      ${found.length > 0 && html`<div role="group" aria-label=${keyWords.commands()}>${rows.length > 0 && html`<p class="palette-title" aria-hidden="true">${keyWords.commands()}</p>`}
        ${found.map((command, index) => option(index, html`<${Icon} name=${command.icon} /><span class="grow"><bdi>${command.title}</bdi>${command.why && html`<small>${command.why}</small>`}</span>${command.hint && html`<small class="muted">${command.hint}</small>`}`, command.why))}</div>`}
      ${rows.length > 0 && html`<div role="group" aria-label=${keyWords.conversations()}><p class="palette-title" aria-hidden="true">${keyWords.conversations()}</p>
        ${rows.map((row, index) => option(found.length + index, html`<${ContactAvatar} row=${row} size="sm" /><span class="grow"><b class="truncate"><bdi>${row.name}</bdi></b><small class="truncate">${[row.number === row.name ? "" : row.number, row.account_name].filter(Boolean).join(" · ")}</small></span><small class="muted">${row.tray && words.tray(row.tray)}</small>`))}</div>`}
    </div>
    <p class="palette-foot" role="status">${state === "loading" ? keyWords.searching() : state === "failed" ? keyWords.searchFailed() : all.length === 0 ? keyWords.nothing(text.trim()) : keyWords.paletteHint()}</p>
  <//>`;
}

/** Those that hold every word, the ones that begin with what was typed first. @param {Command[]} commands @param {string} text */
function matching(commands, text) {
  const wanted = plain(text).split(/\s+/u).filter(Boolean);
  // With nothing typed: what can be done now.
  if (wanted.length === 0) return commands.filter((command) => command.isFirst && !command.why);
  const found = commands.filter((command) => wanted.every((word) => plain(command.title).includes(word)));
  const begins = (/** @type {Command} */ command) => (plain(command.title).startsWith(plain(text)) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b) || Number(Boolean(a.why)) - Number(Boolean(b.why))).slice(0, 12);
}

/** @param {string} text */
function useFound(text) {
  const { api } = useParts();
  const [rows, setRows] = useState(/** @type {Row[]} */ ([]));
  const [state, setState] = useState(/** @type {"idle" | "loading" | "failed"} */ ("idle"));
  useEffect(() => {
    const search = text.trim();
    if (search.length < SHORTEST_SEARCH) {
      setRows([]);
      setState("idle");
      return;
    }
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      setState("loading");
      try {
        const page = await api.get(`conversations/?${new URLSearchParams({ search, limit: String(MOST_FOUND) })}`, { signal: leaving.signal });
        if (leaving.signal.aborted) return;
        setRows(page.results);
        setState("idle");
      } catch {
        if (!leaving.signal.aborted) setState("failed");
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [text]);
  return { rows, state };
}

/** The outcomes the open conversation may be closed with. @returns {import("desk/outcomes.js").Outcome[]} */
function useOutcomes() {
  const { desk } = useParts();
  const [outcomes, setOutcomes] = useState(/** @type {import("desk/outcomes.js").Outcome[]} */ ([]));
  const id = desk.route.value.conversation;
  const mayClose = desk.current.value?.detail.value?.actions["close"]?.allowed === true;
  useEffect(() => {
    if (id !== null && mayClose) desk.outcomes(id).then(setOutcomes, () => {});
  }, [id, mayClose]);
  return outcomes;
}
