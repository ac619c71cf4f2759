// What asks for something over a pane until somebody answers: a device that is new, and what another app shared.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { forgetShared, shared } from "desk/shared.js";
import { device as words } from "desk/words/device.js";

/** On the first entry, over the list: it takes nothing away from whoever wants to work at once. */
export function DeviceStrip() {
  const { device } = useParts();
  if (!device.isNew.value) return null;
  return html`<section class="device-strip" aria-label=${words.stripTitle()}>
    <${Icon} name="lucide-bell" /><div><b>${words.stripTitle()}</b><p>${words.stripHint()}</p>
      <span class="device-strip-actions"><button class="button" data-size="sm" type="button" onClick=${() => device.open()}>${words.review()}</button>
      <button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${() => device.dismiss()}>${words.notNow()}</button></span></div>
  </section>`;
}

/** What another app shared waits for a conversation: over whatever pane is shown, until somebody chooses. */
export function SharedStrip() {
  const { desk, drafts, attachments } = useParts();
  const given = shared.value;
  const row = desk.row.value;
  const thread = desk.current.value;
  if (!given) return null;
  /** @param {import("desk/types.js").Row} to */
  async function place(to) {
    if (!given) return;
    const before = drafts.of(to.id, "reply").peek().text;
    if (given.text) drafts.write(to.id, "reply", before ? `${before}\n${given.text}` : given.text);
    if (given.files.length > 0) await attachments.add(to.id, given.files, to.channel);
    desk.setMode(to.id, "reply");
    await forgetShared();
  }
  return html`<section class="device-strip shared-strip" role="status">
    <${Icon} name="lucide-upload" /><div><b>${words.shared()}</b>
      <p>${given.text && html`<q class="shared-text" dir="auto">${given.text.slice(0, 120)}</q>`} ${given.files.length > 0 && words.sharedFiles(given.files.length)}</p>
      <span class="device-strip-actions">${thread && row && html`<button class="button" data-size="sm" data-variant="primary" type="button" onClick=${() => void place(row)}>${words.sharedWith(row.name || row.number)}</button>`}
      <button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${() => void forgetShared()}>${words.dropShared()}</button></span></div>
  </section>`;
}
