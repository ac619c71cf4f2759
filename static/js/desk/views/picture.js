// A picture in a bubble: coming, here, or lost.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { FetchAgain } from "desk/views/fetch_again.js";
import { words } from "desk/words.js";

/** @param {{attachment: import("desk/types.js").Attachment, caption: string}} props */
export function Picture({ attachment, caption }) {
  const { desk } = useParts();
  const [isBroken, setBroken] = useState(false);
  if (attachment.state === "pending") return html`<div class="picture" data-state="pending" role="img" aria-label=${attachment.reason || words.pictureComing()}><${Icon} name="lucide-image" size="lg" />${attachment.reason && html`<span>${attachment.reason}</span>`}</div>`;
  if (attachment.state === "failed" || isBroken) {
    return html`<div class="picture" data-state="failed"><${Icon} name="lucide-image-off" size="lg" /><span>${attachment.reason || words.pictureFailed()}</span>
      ${!isBroken && html`<${FetchAgain} attachment=${attachment} />`}
      ${isBroken && html`<button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => setBroken(false)}>${words.tryAgain()}</button>`}</div>`;
  }
  const alt = caption ? caption.slice(0, 200) : words.picture();
  return html`<button class="picture" type="button" aria-label=${`${words.openPicture()}: ${alt}`}
      onClick=${() => (desk.dialog.value = { kind: "media", attachment: attachment.id })}>
    <img src=${attachment.thumbnail_url ?? attachment.url} alt=${alt} width=${attachment.width ?? undefined} height=${attachment.height ?? undefined} loading="lazy" decoding="async" onError=${() => setBroken(true)} />
  </button>`;
}
