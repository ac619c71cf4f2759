// Messages chosen in one conversation go out in another of one's own: where, and whether its window is open.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { ContactAvatar, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { useAnswer } from "desk/views/answers.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").Row} Row */

/** @param {{messages: readonly Message[], close: () => void}} props */
export function Forwarding({ messages, close }) {
  const { desk, talk, clock } = useParts();
  const [search, setSearch] = useState("");
  const [isBusy, setBusy] = useState(false);
  const sought = search.trim().length >= 2 ? `&search=${encodeURIComponent(search.trim())}` : "";
  const { answer, failed } = useAnswer(`conversations/?assignee=me&tray=in_progress&limit=50${sought}`);
  /** @type {Row[]} */
  const rows = (answer?.results ?? []).filter((/** @type {Row} */ row) => row.id !== messages[0]?.conversation_id);

  /** @param {Row} row */
  async function send(row) {
    if (isBusy) return;
    setBusy(true);
    const { sent, refusals } = await talk.forward(messages, row.id);
    for (const message of sent) desk.sent(message);
    close();
    talk.stopSelecting();
    const [refusal] = refusals;
    if (refusal) desk.say({ text: `${said.notForwarded(refusals.length)} ${refusal}`, tone: "danger" });
    else desk.say({ text: said.forwarded(sent.length, row.name), tone: "success", action: { label: said.open(), run: () => desk.open(row.id) } });
  }

  return html`<${Dialog} labelledBy="forward-title" onClose=${close}>
    <header><div><h2 id="forward-title">${said.forwardTitle()}</h2><p>${said.forwardHint(messages.length)}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body forward-body">
      <label class="search"><${Icon} name="lucide-search" /><input type="search" data-first aria-label=${said.searchMine()} placeholder=${said.searchMine()} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} /></label>
      ${failed && html`<p class="muted">${said.readingFailed()}</p>`}
      ${answer && rows.length === 0 && html`<p class="muted">${search ? said.noneMatches() : said.noneToForward()}</p>`}
      <ul class="target-list">${rows.map((row) => {
        const isShut = row.window_expires_at !== null && Date.parse(row.window_expires_at) <= clock.now();
        return html`<li key=${row.id}><button type="button" aria-disabled=${isShut || isBusy ? "true" : undefined} onClick=${() => (isShut ? desk.say({ text: said.windowClosed(), tone: "" }) : void send(row))}>
          <${ContactAvatar} row=${row} size="sm" /><span><b><bdi>${row.name}</bdi></b><small>${isShut ? said.windowClosed() : `${row.account_name} · ${row.campaign_name}`}</small></span><${Icon} name="lucide-send" size="sm" /></button></li>`;
      })}</ul>
    </div>
  <//>`;
}
