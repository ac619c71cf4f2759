// A file on its way: what it is, how far it is, and a way to stop it.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { extension } from "desk/views/files.js";
import { weight } from "desk/limits.js";
import { words } from "desk/words.js";

const ICONS = /** @type {Record<string, string>} */ ({ audio: "lucide-mic", voice: "lucide-mic", video: "lucide-play", image: "lucide-image", sticker: "lucide-smile" });

/** @param {{pending: import("desk/outgoing.js").Pending}} props */
export function PendingFile({ pending }) {
  const [isBroken, setBroken] = useState(false);
  const { file, kind, picture } = pending;
  if (!file) return null;
  if (picture && !isBroken && kind !== "video") {
    return html`<div class=${kind === "sticker" ? "sticker-frame" : "picture"} data-state="uploading">
      <img class=${kind === "sticker" ? "sticker" : undefined} src=${picture} alt="" onError=${() => setBroken(true)} /><${Upload} pending=${pending} /></div>`;
  }
  const name = kind === "voice" ? words.kindName("voice") : file.name;
  return html`<div class="document" data-state="uploading">
    <span class="document-icon" data-kind=${kind}><${Icon} name=${ICONS[kind] ?? "lucide-file-text"} /></span>
    <span><b title=${name}><bdi>${name}</bdi></b><small>${[kind === "voice" ? "" : extension(file.name), weight(file.size)].filter(Boolean).join(" · ")}</small></span>
    <${Upload} pending=${pending} /></div>`;
}

/** @param {{pending: import("desk/outgoing.js").Pending}} props */
function Upload({ pending }) {
  const { outgoing } = useParts();
  if (pending.state !== "queued" || pending.attachment !== null) return null;
  const percent = Math.round(pending.progress * 100);
  return html`<div class="upload">
    <span class="progress" role="progressbar" aria-valuenow=${percent} aria-label=${words.uploading(`${percent} %`)} style=${{ "--value": String(percent) }}></span>
    <button class="icon-button" data-size="sm" type="button" aria-label=${words.cancelUpload()} title=${words.cancelUpload()} onClick=${() => outgoing.remove(pending.client_id)}><${Icon} name="lucide-x" size="sm" /></button>
  </div>`;
}
