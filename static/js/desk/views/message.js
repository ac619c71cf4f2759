// One bubble, note, event or divider. State is an attribute, so that the style proves it; ticks are said in words too.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { memo } from "desk/views/memo.js";
import { Text } from "desk/views/text.js";
import { Quote, Reactions } from "desk/views/around.js";
import { File } from "desk/views/files.js";
import { Kind, Offer, isTextSaid } from "desk/views/kinds.js";
import { PendingFile } from "desk/views/pending_file.js";
import { Unconfirmed } from "desk/views/unconfirmed.js";
import { shownStatus } from "desk/kinds.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/outgoing.js").Pending} Pending */

const LONGEST_SHOWN = 3_000;
const TICKS = /** @type {Record<string, string>} */ ({
  queued: "lucide-clock",
  sent: "lucide-check",
  delivered: "lucide-check-check",
  read: "lucide-check-check",
  failed: "lucide-circle-alert",
  unknown: "lucide-circle-question-mark",
});

/** @typedef {{chosen?: boolean | undefined, found?: readonly string[]}} Looked  chosen: several are being chosen, and this is one of them, or is not */

/** @param {{message: Message, joined: boolean} & Looked} props */
function MessageView({ message, joined, chosen, found }) {
  const { people } = useParts();
  if (message.is_note) return html`<${Note} message=${message} author=${message.author_name} chosen=${chosen} found=${found} />`;
  const isOut = message.direction === "out";
  const state = isOut ? message.status : undefined;
  const sign = isOut ? shownStatus(message) : undefined;
  const isMine = message.author_id === people.me.value.id;
  return html`<li class="message" data-direction=${message.direction} data-kind=${kindOf(message)} data-state=${state} data-joined=${joined || undefined} data-key=${message.client_id ?? `m${message.id}`} data-message=${message.id} data-chosen=${chosen === undefined ? undefined : String(chosen)} tabIndex=${-1}>
    ${chosen !== undefined && html`<${Choose} message=${message} chosen=${chosen} />`}
    ${isOut && !isMine && !joined && html`<${Author} message=${message} />`}
    <div class="bubble">
      ${message.revoked ? html`<${Deleted} />` : html`
        ${message.quoted && html`<${Quote} quoted=${message.quoted} />`}
        <${Kind} message=${message} />
        ${message.attachment && html`<${File} attachment=${message.attachment} caption=${message.text} />`}`}
      <${Body} text=${message.revoked || isTextSaid(message) ? "" : message.text} at=${message.happened_at} state=${sign} edited=${message.edited} found=${found} />
      ${!message.revoked && html`<${Offer} message=${message} />`}
    </div>
    ${message.reactions.length > 0 && html`<${Reactions} message=${message} />`}
    ${message.status === "failed" && isOut && html`<${Failure} message=${message} />`}
    ${message.status === "unknown" && isOut && html`<${Unconfirmed} message=${message} />`}
  </li>`;
}

export const MessageItem = memo(MessageView);

/** @param {{pending: Pending, joined: boolean}} props */
function PendingView({ pending, joined }) {
  const { outgoing } = useParts();
  if (pending.is_note) return html`<${Note} message=${pending} author=${""} pending=${pending} />`;
  return html`<li class="message" data-direction="out" data-kind=${pending.kind || undefined} data-state=${pending.state} data-joined=${joined || undefined} data-key=${pending.client_id}>
    <div class="bubble">
      ${pending.quoted && html`<${Quote} quoted=${pending.quoted} />`}
      <${Kind} message=${pending} />
      ${pending.file && html`<${PendingFile} pending=${pending} />`}
      <${Body} text=${isTextSaid(pending) ? "" : pending.text} at=${pending.happened_at} state=${pending.state} />
      <${Offer} message=${pending} />
    </div>
    ${pending.state === "failed" && html`<${Problem} reason=${pending.reason} retry=${() => outgoing.retry(pending.client_id)} remove=${() => outgoing.remove(pending.client_id)} />`}
    ${pending.held && pending.state === "queued" && html`<div class="message-problem" data-tone="warning"><span>${words.willSend()}</span></div>`}
  </li>`;
}

export const PendingItem = memo(PendingView);

/** How the bubble is drawn; plain words need no name. @param {Message} message */
function kindOf(message) {
  if (message.revoked) return "deleted";
  return message.attachment?.kind ?? (message.kind === "text" ? undefined : message.kind);
}

function Deleted() {
  return html`<p class="deleted"><${Icon} name="lucide-trash-2" size="sm" />${words.deleted()}</p>`;
}

/** @param {{message: Message}} props */
function Author({ message }) {
  const isPerson = message.author_kind === "agent";
  return html`<span class="author"><${Icon} name=${isPerson ? "lucide-user-round" : "lucide-bot"} size="sm" /><bdi>${message.author_name || words.automatic()}</bdi></span>`;
}

/** @param {{message: Message, chosen: boolean}} props */
function Choose({ message, chosen }) {
  const { talk } = useParts();
  return html`<input class="choose" type="checkbox" checked=${chosen} aria-label=${said.selectMessage()} onChange=${() => talk.select(message)} />`;
}

/** @param {{text: string, at: string, state?: string, edited?: boolean, found?: readonly string[] | undefined}} props */
function Body({ text, at, state, edited = false, found }) {
  const [isWhole, setWhole] = useState(false);
  const cut = !isWhole && text.length > LONGEST_SHOWN;
  return html`<p dir="auto"><${Text} text=${cut ? `${text.slice(0, LONGEST_SHOWN)}…` : text} found=${found} />
    ${cut && html` <button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => setWhole(true)}>${words.showAll()}</button>`}
    <${Stamp} at=${at} state=${state} edited=${edited} /></p>`;
}

/** @param {{at: string, state?: string, edited: boolean}} props */
function Stamp({ at, state, edited }) {
  const { formatter } = useParts();
  const tick = state && TICKS[state];
  return html`<span class="bubble-meta">${edited && html`<span>${words.edited()}</span>`}<time dateTime=${at}>${formatter.time(at)}</time>
    ${tick && html`<${Icon} name=${tick} label=${words.tick(state)} data-state=${state} />`}</span>`;
}

/** @param {{message: Message}} props */
function Failure({ message }) {
  const { desk } = useParts();
  const [isBusy, setBusy] = useState(false);
  /** @param {(message: Message) => Promise<unknown>} act */
  const run = async (act) => {
    if (isBusy) return;
    setBusy(true);
    await act(message);
    setBusy(false);
  };
  return html`<${Problem} reason=${message.failure?.reason ?? ""} retry=${() => run(desk.retry)} remove=${() => run(desk.remove)} />`;
}

/** @param {{reason: string, retry: () => void, remove: () => void}} props */
function Problem({ reason, retry, remove }) {
  return html`<div class="message-problem">
    <span>${reason}</span>
    <button class="button" data-variant="link" data-size="sm" type="button" onClick=${retry}><${Icon} name="lucide-rotate-cw" size="sm" />${words.retry()}</button>
    <button class="button" data-variant="link" data-tone="danger" data-size="sm" type="button" onClick=${remove}>${words.remove()}</button>
  </div>`;
}

/** @param {{message: Message | Pending, author: string, pending?: Pending} & Looked} props */
function Note({ message, author, pending, chosen, found }) {
  const { formatter, people, outgoing } = useParts();
  const key = pending ? pending.client_id : (message.client_id ?? `m${/** @type {Message} */ (message).id}`);
  return html`<li class="message" data-kind="note" data-state=${pending?.state} data-key=${key} data-message=${pending ? undefined : /** @type {Message} */ (message).id} data-chosen=${chosen === undefined ? undefined : String(chosen)} tabIndex=${-1}>
    ${chosen !== undefined && html`<${Choose} message=${/** @type {Message} */ (message)} chosen=${chosen} />`}
    <div class="bubble">
      <header><${Icon} name="lucide-lock" size="sm" /><span>${words.note()} · <bdi>${author || people.me.value.name}</bdi></span><time dateTime=${message.happened_at}>${formatter.time(message.happened_at)}</time></header>
      <p dir="auto"><${Text} text=${message.text} found=${found} /></p>
    </div>
    ${pending?.state === "failed" && html`<${Problem} reason=${pending.reason} retry=${() => outgoing.retry(pending.client_id)} remove=${() => outgoing.remove(pending.client_id)} />`}
  </li>`;
}
