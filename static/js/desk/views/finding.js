// Finding words in the open conversation: a bar under the header, results one after the other, however far back they are.

import { useLayoutEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { said } from "desk/words/thread.js";

/** @param {{thread: import("desk/thread.js").ThreadStore}} props */
export function FindBar({ thread }) {
  const { talk } = useParts();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const finding = talk.finding.value;
  const isOpen = finding?.conversation === thread.id;
  // In the step that draws it: the next key is already a letter of it.
  useLayoutEffect(() => {
    if (!isOpen) return;
    input.current?.focus();
    input.current?.select();
  }, [isOpen]);
  if (!finding || !isOpen) return null;
  const { ids, at, query, status, more } = finding;
  const line = status === "failed" ? said.failed() : status === "done" ? (ids.length > 0 ? said.place(at + 1, ids.length, more) : said.notFound()) : "";
  const close = () => {
    talk.stopFinding();
    document.getElementById("desk-composer")?.focus();
  };
  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape") close();
    else if (event.key === "Enter") void talk.showFound(at + (event.shiftKey ? -1 : 1), thread);
    else if (event.key === "ArrowUp") void talk.showFound(at + 1, thread);
    else if (event.key === "ArrowDown") void talk.showFound(at - 1, thread);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return html`<div class="find-bar" role="search">
    <label class="search"><${Icon} name="lucide-search" /><input type="search" id="desk-find" ref=${input} aria-label=${said.findHint()} placeholder=${said.findHint()} value=${query} autocomplete="off"
      onInput=${(/** @type {any} */ event) => talk.find(event.currentTarget.value, thread)} onKeyDown=${key} /></label>
    <span class="find-place" role="status">${line}</span>
    <button class="icon-button" data-size="sm" type="button" aria-label=${said.nextFound()} title=${said.nextFound()} aria-disabled=${ids.length === 0 ? "true" : undefined} onClick=${() => void talk.showFound(at + 1, thread)}><${Icon} name="lucide-chevron-up" size="sm" /></button>
    <button class="icon-button" data-size="sm" type="button" aria-label=${said.previousFound()} title=${said.previousFound()} aria-disabled=${ids.length === 0 ? "true" : undefined} onClick=${() => void talk.showFound(at - 1, thread)}><${Icon} name="lucide-chevron-down" size="sm" /></button>
    <button class="icon-button" data-size="sm" type="button" aria-label=${said.closeFind()} title=${said.closeFind()} onClick=${close}><${Icon} name="lucide-x" size="sm" /></button>
  </div>`;
}
