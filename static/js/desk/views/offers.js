// A conversation rings: over everything, with the time there is to take it.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { ContactAvatar, Icon } from "desk/views/bits.js";
import { ApiError } from "desk/api.js";
import { transferWords as say } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/offers.js").Offer} Offer */

export function Ringing() {
  const { offers, clock } = useParts();
  if (offers.ringing.value.length === 0) return null;
  const now = clock.second.value;
  const open = offers.ringing.value.filter((each) => Date.parse(each.until) > now);
  if (open.length === 0) return null;
  return html`<div class="ringing" role="region" aria-live="assertive" aria-label=${words.system()}>${open.map((each) => html`<${Ring} key=${each.id} offer=${each} />`)}</div>`;
}

/** @param {{offer: Offer}} props */
function Ring({ offer }) {
  const { clock, desk, offers } = useParts();
  const [isBusy, setBusy] = useState(false);
  const row = offer.conversation;
  const left = Math.max(0, Math.ceil((Date.parse(offer.until) - clock.second.value) / 1_000));

  /** @param {() => Promise<void>} act */
  async function run(act) {
    if (isBusy) return;
    setBusy(true);
    try {
      await act();
    } catch (error) {
      desk.say({ text: error instanceof ApiError ? error.message : words.noAnswer(), tone: "danger" });
    }
  }
  const accept = () => run(async () => {
    const detail = await offers.accept(offer.id);
    desk.go({ tray: detail.tray, everywhere: false });
    desk.open(detail.id);
  });
  return html`<div class="ring-card"><${ContactAvatar} row=${row} />
    <div class="ring-who"><b>${say.rings(row.name)}</b><small>${[row.campaign_name, row.preview].filter(Boolean).join(" · ")}</small></div>
    <time role="timer" aria-live="off">${say.left(String(left))}</time>
    <button class="button" data-variant="primary" data-size="sm" type="button" onClick=${accept}><${Icon} name="lucide-hand" size="sm" />${say.accept()}</button>
    <button class="button" data-variant="quiet" data-size="sm" type="button" onClick=${() => void run(() => offers.decline(offer.id))}>${say.decline()}</button></div>`;
}
