// The files that this person and the house sent each other: pictures as a grid, the rest as a list (001-33).

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Empty, Icon } from "desk/views/bits.js";
import { extension, stateLine } from "desk/views/files.js";
import { usePages } from "desk/views/answers.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {{id: number, conversation_id: number, happened_at: string, direction: string, author_name: string, text: string, attachment: import("desk/types.js").Attachment}} Shared */

const GROUPS = /** @type {const} */ (["media", "documents", "sound"]);

/** @param {{conversation: number}} props */
export function SharedFiles({ conversation }) {
  const [group, setGroup] = useState(/** @type {typeof GROUPS[number]} */ ("media"));
  const { items: files, hasMore, failed, more } = usePages(`conversations/${conversation}/files/?group=${group}`);
  return html`<div class="shared-files">
    <div class="segmented" role="group" aria-label=${said.fileGroups()}>${GROUPS.map((each) => html`<button key=${each} type="button" aria-pressed=${each === group ? "true" : "false"} onClick=${() => setGroup(each)}>${said[each]()}</button>`)}</div>
    ${failed && html`<p class="muted">${said.readingFailed()}</p>`}
    ${files?.length === 0 && !failed && html`<${Empty} icon=${group === "media" ? "lucide-images" : group === "sound" ? "lucide-mic" : "lucide-file-text"} title=${said.noFiles(group)} hint=${said.noFilesHint()} />`}
    ${files && files.length > 0 && (group === "media" ? html`<ul class="file-grid">${files.map((file) => html`<${Tile} key=${file.id} file=${file} all=${files} />`)}</ul>` : html`<ul class="file-list">${files.map((file) => html`<${Line} key=${file.id} file=${file} />`)}</ul>`)}
    ${hasMore && html`<button class="button" type="button" onClick=${more}>${said.loadMore()}</button>`}
  </div>`;
}

/** @param {{file: Shared, all: readonly Shared[]}} props */
function Tile({ file, all }) {
  const { desk, formatter } = useParts();
  const { attachment } = file;
  // The oldest first, as in a conversation. What the viewer shows of a message is what is here of it.
  const among = /** @type {import("desk/types.js").Message[]} */ (/** @type {unknown} */ ([...all].filter((one) => one.attachment.state === "stored").reverse()));
  const when = formatter.moment(file.happened_at, Date.now());
  const label = `${words.kindName(attachment.kind)}${file.text ? `: ${file.text.slice(0, 80)}` : ""}, ${when}`;
  if (attachment.state !== "stored") return html`<li><span class="file-tile" role="img" aria-label=${`${label}. ${stateLine(attachment)}`} title=${stateLine(attachment)}><${Icon} name="lucide-image-off" /></span></li>`;
  return html`<li><button class="file-tile" type="button" aria-label=${label} title=${when} onClick=${() => (desk.dialog.value = { kind: "media", attachment: attachment.id, among })}>
    ${attachment.thumbnail_url || attachment.kind === "image" ? html`<img src=${attachment.thumbnail_url ?? attachment.url} alt="" loading="lazy" decoding="async" />` : html`<${Icon} name="lucide-play" />`}
    ${attachment.kind === "video" && html`<span class="file-tile-mark"><${Icon} name="lucide-play" size="sm" /></span>`}</button></li>`;
}

/** @param {{file: Shared}} props */
function Line({ file }) {
  const { desk, formatter } = useParts();
  const { attachment } = file;
  const name = attachment.name || words.kindName(attachment.kind);
  const facts = [extension(attachment.name), attachment.size ? formatter.bytes(attachment.size) : "", formatter.moment(file.happened_at, Date.now())];
  const line = attachment.state === "stored" ? facts.filter(Boolean).join(" · ") : stateLine(attachment);
  return html`<li><span class="document-icon"><${Icon} name=${attachment.kind === "document" ? "lucide-file-text" : "lucide-mic"} /></span>
    <span><b class="truncate" title=${name}><bdi>${name}</bdi></b><small>${line}</small></span>
    <button class="icon-button" data-size="sm" type="button" aria-label=${`${said.goToMessage()}: ${name}`} title=${said.goToMessage()} onClick=${() => desk.go({ conversation: file.conversation_id, message: file.id })}><${Icon} name="lucide-message-square" size="sm" /></button>
    ${attachment.state === "stored" && html`<a class="icon-button" data-size="sm" href=${attachment.url} download=${attachment.name || true} aria-label=${words.download(name)} title=${words.download(name)}><${Icon} name="lucide-download" size="sm" /></a>`}</li>`;
}
