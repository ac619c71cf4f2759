// Whether all this is live, and what waits to leave. Nobody is asked to reload.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Menu } from "desk/views/menu.js";
import { device } from "desk/words/device.js";
import { words } from "desk/words.js";

const SHORT = 80;

/**
 * What could not leave, and what stands behind it: the second message of a conversation is not even tried while the first one waits.
 * @param {readonly import("desk/outgoing.js").Pending[]} pending
 */
function waitingOf(pending) {
  const held = new Set(pending.filter((one) => one.held).map((one) => one.conversation));
  return pending.filter((one) => one.state === "queued" && held.has(one.conversation));
}

export function Connection() {
  const { socket, outgoing } = useParts();
  const { state } = socket.connection.value;
  const waiting = waitingOf(outgoing.pending.value).length;
  // The words are announced; the button that opens the queue stands beside them, so that a screen reader is not told of a button.
  return html`${waiting > 0 && html`<${Outbox} />`}<${State} state=${state} waiting=${waiting} />`;
}

/** @param {{state: string, waiting: number}} props */
function State({ state, waiting }) {
  const { socket, formatter, clock } = useParts();
  const at = socket.connection.value.at;
  if (state === "reconnecting") return html`<span class="link" role="status" data-tone="warning"><${Icon} name="lucide-wifi" size="sm" />${words.reconnecting()}</span>`;
  if (state === "offline") return html`<span class="link" role="status" data-tone="danger"><${Icon} name="lucide-wifi-off" size="sm" />${waiting > 0 ? words.offlineWaiting(waiting) : words.offline()}</span>`;
  // The moment at which everything had been read again, not each moment since.
  if (state === "back") return html`<span class="link" role="status" data-tone="success"><${Icon} name="lucide-circle-check" size="sm" />${words.updatedAt(formatter.timeWithSeconds(clock.now() - (Date.now() - at)))}</span>`;
  return html`<span class="link" role="status"><${Icon} name="lucide-wifi" size="sm" />${words.connected()}</span>`;
}

/** What was written and the server does not have yet, in the order in which it leaves. */
function Outbox() {
  const { outgoing, desk, board } = useParts();
  const held = waitingOf(outgoing.pending.value);
  /** @param {number} id */
  const nameOf = (id) => board.rowOf(id)?.name || (desk.row.value?.id === id ? desk.row.value.name : "") || device.conversation(id);
  return html`<${Menu} label=${device.outbox()} place="above" role="dialog" button=${(/** @type {object} */ bind) => html`<button class="outbox-button" type="button" title=${device.outbox()} ...${bind}>
      <${Icon} name="lucide-clock" size="sm" />${device.outboxCount(held.length)}</button>`}>
    ${(/** @type {() => void} */ close) => html`<div class="outbox"><h3>${device.outbox()}</h3><p class="hint">${device.outboxHint()}</p>
      <ol>${held.map((one) => html`<li key=${one.client_id}><button role="menuitem" type="button" aria-label=${device.outboxOpen(nameOf(one.conversation))} onClick=${() => { close(); desk.open(one.conversation); }}>
        <b class="truncate">${nameOf(one.conversation)}</b><span class="truncate" dir="auto">${one.text.slice(0, SHORT) || one.file?.name || words.kindName(one.kind)}</span></button></li>`)}</ol>
      <button class="button" data-size="sm" role="menuitem" type="button" onClick=${() => outgoing.resume()}><${Icon} name="lucide-refresh-cw" size="sm" />${device.outboxRetry()}</button></div>`}
  <//>`;
}
