// A message whose answer was lost: first it is waited for, then a person decides (R13). Nothing sends it again by itself.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Message} Message */

/** @param {{message: Message}} props */
export function Unconfirmed({ message }) {
  const { desk, clock } = useParts();
  const [isBusy, setBusy] = useState(false);
  const isWaitedFor = message.resolvable_at === null || clock.quarterMinute.value < Date.parse(message.resolvable_at);
  if (isWaitedFor) return html`<div class="message-problem" data-tone="warning"><span>${words.lostAnswer()}</span></div>`;
  /** @param {(message: Message) => Promise<unknown>} act */
  const run = async (act) => {
    if (isBusy) return;
    setBusy(true);
    await act(message);
    setBusy(false);
    keepFocus();
  };
  return html`<div class="message-problem" data-tone="warning">
    <span>${words.neverConfirmed()}</span>
    <button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => run(desk.resend)}><${Icon} name="lucide-rotate-cw" size="sm" />${words.resend()}</button>
    <button class="button" data-variant="link" data-tone="danger" data-size="sm" type="button" title=${words.discardHint()} onClick=${() => run(desk.discard)}>${words.discard()}</button>
  </div>`;
}

/** The server's warning, before a message goes out that may arrive twice. @param {{message: Message, warning: string}} props */
export function Resending({ message, warning }) {
  const { desk } = useParts();
  const [isBusy, setBusy] = useState(false);
  const close = () => (desk.dialog.value = null);
  const confirm = async () => {
    if (isBusy) return;
    setBusy(true);
    await desk.resendKnowing(message);
    close();
    keepFocus();
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void confirm();
  };
  return html`<${Dialog} labelledBy="resend-title" onClose=${close} onKeyDown=${key}>
    <header><div><h2 id="resend-title">${words.resendTitle()}</h2></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body resend-body"><p>${warning}</p>${message.text && html`<blockquote dir="auto"><bdi>${message.text}</bdi></blockquote>`}</div>
    <footer><span class="grow"></span><button class="button" data-variant="quiet" type="button" data-first onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${isBusy ? "true" : undefined} onClick=${confirm}>${words.resendAnyway()}</button></footer>
  <//>`;
}

/** The button that was pressed may be gone with its message: then the focus goes where one writes, never nowhere. */
function keepFocus() {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (document.activeElement && document.activeElement !== document.body) return;
    (document.getElementById("desk-composer") ?? /** @type {HTMLElement | null} */ (document.querySelector(".messages")))?.focus();
  }));
}
