// One message in detail: who, when, how far it came, and why not further.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { shownStatus } from "desk/kinds.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @param {{message: import("desk/types.js").Message, close: () => void}} props */
export function MessageInfo({ message, close }) {
  const { formatter, clock } = useParts();
  const isOut = message.direction === "out";
  const file = message.attachment;
  /** @type {[string, unknown][]} */
  const facts = [
    [said.author(), isOut ? message.author_name || words.automatic() : words.customer()],
    [said.writtenAt(), `${formatter.moment(message.happened_at, clock.now())}`],
    [said.kind(), message.is_note ? words.note() : words.kindName(message.kind)],
    [said.state(), isOut && !message.is_note && words.tick(shownStatus(message) ?? "")],
    [said.reason(), message.failure?.reason],
    [said.code(), message.failure?.code],
    [said.file(), file && [file.name, file.size ? formatter.bytes(file.size) : ""].filter(Boolean).join(" · ")],
  ];
  return html`<${Dialog} labelledBy="info-title" onClose=${close}>
    <header><div><h2 id="info-title">${said.info()}</h2></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body info-body">
      ${message.text && html`<blockquote dir="auto"><bdi>${message.text.slice(0, 400)}</bdi></blockquote>`}
      <dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><bdi>${value}</bdi></dd>`)}</dl>
    </div>
  <//>`;
}
