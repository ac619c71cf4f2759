// What happened to the conversation, in one quiet line; a long run of such lines folds into «4 movements».

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { attentionWords } from "desk/words/attention.js";
import { correctingWords } from "desk/words/correcting.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").ConversationEvent} ConversationEvent */

const MOST_UNFOLDED = 3;
const ICONS = /** @type {Record<string, string>} */ ({
  assigned: "lucide-user-round-check",
  released: "lucide-undo-2",
  closed: "lucide-circle-check",
  reopened: "lucide-rotate-cw",
  retypified: "lucide-square-pen",
  returned: "lucide-undo-2",
  begun: "lucide-play",
  transferred: "lucide-arrow-left-right",
  missed: "lucide-bell",
  declined: "lucide-undo-2",
  snoozed: "lucide-clock",
  woken: "lucide-rotate-cw",
  exclusive: "lucide-star",
  associated: "lucide-database",
  routed: "lucide-list-checks",
  taken_over: "lucide-arrow-left-right",
  new_number: "lucide-smartphone",
  new_identity: "lucide-shield",
});

/** @param {{events: ConversationEvent[], entryKey: string}} props */
export function Events({ events, entryKey }) {
  const [isOpen, setOpen] = useState(false);
  if (events.length > MOST_UNFOLDED && !isOpen) {
    return html`<li class="event" data-key=${entryKey}><button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => setOpen(true)}>
      <${Icon} name="lucide-chevron-down" size="sm" />${words.events(events.length)}</button></li>`;
  }
  return events.map((event, index) => html`<${Event} key=${event.id} event=${event} entryKey=${index === 0 ? entryKey : undefined} />`);
}

/** @param {{event: ConversationEvent, entryKey?: string}} props */
function Event({ event, entryKey }) {
  const { formatter } = useParts();
  const { details } = event;
  const outcome = details["typification_path"] || details["typification_name"] || details["typification"];
  const isOutcome = ["closed", "retypified", "transferred"].includes(event.kind) && typeof outcome === "string" && outcome !== "";
  return html`<li class="event" data-key=${entryKey}>
    <${Icon} name=${ICONS[event.kind] ?? "lucide-info"} size="sm" />
    <span><${Sentence} event=${event} />${isOutcome && html` · <b>${outcome}</b>`} · <time dateTime=${event.happened_at}>${formatter.time(event.happened_at)}</time></span>
    ${typeof details["note"] === "string" && details["note"] !== "" && html`<q><bdi>${details["note"]}</bdi></q>`}
  </li>`;
}

/** The sentence with the names standing out. @param {{event: ConversationEvent}} props */
function Sentence({ event }) {
  const { formatter } = useParts();
  const { details } = event;
  /** @type {Record<string, string>} */
  const names = {
    actor: event.actor_name || words.system(),
    assignee: details["assignee_name"] ?? "",
    campaign: details["campaign_name"] ?? "",
    base: details["base_name"] ?? "",
    until: details["until"] ? laterMoment(formatter, details["until"], event.happened_at) : "",
  };
  return html`${sentenceOf(event).split(/%\((\w+)\)s/u).map((part, index) => (index % 2 ? html`<b><bdi>${names[part] ?? ""}</bdi></b>` : part))}`;
}

/** @param {ConversationEvent} event */
function sentenceOf(event) {
  const { kind, details } = event;
  if (kind === "assigned") return details["assignee_name"] && details["assignee_id"] !== event.actor_id ? words.assignedTo() : words.taken();
  if (kind === "released") return words.givenBack();
  if (kind === "closed") return event.actor_name ? words.closedBy() : words.closed();
  if (kind === "reopened") return event.actor_name ? words.reopenedBy() : words.reopened();
  if (kind === "retypified") return correctingWords.correctedBy();
  if (kind === "returned") return returnedBecause(details["reason"]);
  if (kind === "transferred") return details["campaign_name"] ? attentionWords.transferredToCampaign() : attentionWords.transferredTo();
  if (kind === "missed") return attentionWords.missed();
  if (kind === "declined") return attentionWords.declined();
  if (kind === "snoozed") return attentionWords.snoozedUntil();
  if (kind === "woken") return event.actor_name ? attentionWords.woken() : attentionWords.wokenInTime();
  if (kind === "exclusive") return exclusiveNow(event);
  if (kind === "associated") return attentionWords.associated();
  if (kind === "routed") return attentionWords.routed();
  if (kind === "begun") return words.begun();
  if (kind === "taken_over") return words.takenOver();
  if (kind === "new_number") return details["joined"] ? words.newNumber() : words.newNumberTaken();
  if (kind === "new_identity") return words.newIdentity();
  return words.otherEvent();
}

/** @param {ConversationEvent} event */
function exclusiveNow({ actor_id, details }) {
  if (!details["assignee_name"]) return attentionWords.everybodys();
  return details["assignee_id"] === actor_id ? attentionWords.exclusiveMyself() : attentionWords.exclusive();
}

/** Why it went back to the queue. @param {string | undefined} reason */
function returnedBecause(reason) {
  if (reason === "unanswered") return words.returnedUnanswered();
  if (reason === "not_an_agent") return attentionWords.noAgentNow();
  return words.returned();
}

/** A time to come: on the same day its hour is enough.
 * @param {import("desk/formatting.js").Formatter} formatter @param {string} until @param {string} from */
function laterMoment(formatter, until, from) {
  const hour = formatter.time(until);
  return formatter.dayKey(until) === formatter.dayKey(from) ? hour : `${formatter.dayLabel(until, Date.parse(from))} ${hour}`;
}
