// One conversation in the list. Each line reads [what it is | what to do about it]; grey by default, a tone when somebody must act.

import { memo } from "desk/views/memo.js";
import { html, useParts } from "desk/views/html.js";
import { ContactAvatar, Icon, PersonAvatar, Ring, VipStar } from "desk/views/bits.js";
import { countdown, duration, waitingTime, waitingTone, windowGauge } from "desk/formatting.js";
import { isEverywhere } from "desk/route.js";
import { labelWords } from "desk/words/labels.js";
import { transferWords } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Row} Row */

const PREVIEW_ICONS = /** @type {Record<string, string>} */ ({
  image: "lucide-image",
  video: "lucide-play",
  audio: "lucide-mic",
  voice: "lucide-mic",
  document: "lucide-file-text",
  sticker: "lucide-smile",
  location: "lucide-map-pin",
  contacts: "lucide-user-round",
  order: "lucide-briefcase",
  deleted: "lucide-trash-2",
});

/** @param {{row: Row, isCurrent: boolean, isTabStop: boolean, href: string, position: number, size: number, top: number}} props  `top`: where it stands in the list, in pixels */
function ConversationRow({ row, isCurrent, isTabStop, href, position, size, top }) {
  const { clock, formatter } = useParts();
  const now = clock.quarterMinute.value;
  return html`<li aria-posinset=${position} aria-setsize=${size} style=${{ insetBlockStart: `${top}px` }}>
    <a class="conversation-row" href=${href} data-id=${row.id} aria-current=${isCurrent ? "true" : undefined} tabIndex=${isTabStop ? 0 : -1}
      data-unread=${row.unread > 0 || undefined}>
      ${row.needs_first_reply && row.tray !== "attended" && html`<span class="row-dot" role="img" aria-label=${words.noFirstReply()} title=${words.noFirstReply()}></span>`}
      <${ContactAvatar} row=${row} />
      <span class="row-lines">
        <span class="row-line">
          <span class="row-name"><bdi class="truncate" title=${row.name}>${row.name}</bdi>${row.is_vip && html`<${VipStar} />`}</span>
          <time class="row-time" dateTime=${row.last_activity_at}>${formatter.rowTime(row.last_activity_at, now)}</time>
        </span>
        <span class="row-line">
          <${Preview} row=${row} />
          ${row.unread > 0 && html`<span class="badge row-unread" data-shape="count">${words.count(row.unread)}<span class="visually-hidden"> ${words.unreadMark()}</span></span>`}
        </span>
        <span class="row-line"><${Meta} row=${row} /><${Signals} row=${row} now=${now} /></span>
      </span>
    </a>
  </li>`;
}

export const MemoRow = memo(ConversationRow);

/** @param {{row: Row}} props */
function Preview({ row }) {
  const { drafts } = useParts();
  const draft = drafts.of(row.id, "reply").value.text || drafts.of(row.id, "note").value.text;
  if (draft) {
    return html`<span class="row-preview"><span class="row-draft">${words.draft()}</span><bdi class="truncate">${oneLine(draft)}</bdi></span>`;
  }
  return html`<span class="row-preview">
    ${row.answered && html`<${Icon} name="lucide-check" label=${words.answered()} data-answered />`}
    ${PREVIEW_ICONS[row.preview_kind] && html`<${Icon} name=${PREVIEW_ICONS[row.preview_kind]} />`}
    <bdi class="truncate">${oneLine(row.preview) || words.kindName(row.preview_kind)}</bdi>
  </span>`;
}

/** @param {{row: Row}} props */
function Meta({ row }) {
  const { people, desk } = useParts();
  const label = row.tray === "attended" ? row.typification_name : people.me.value.campaigns.length > 1 ? row.campaign_name : "";
  const tray = isEverywhere(desk.route.value) && row.tray ? words.tray(row.tray) : "";
  return html`<span class="row-meta"><${ServiceMark} row=${row} />${tray && html`<span class="tag" data-hue="blue" data-tray><span>${tray}</span></span>`}${label && html`<span class="tag" data-hue="gray" title=${label}><span>${label}</span></span>`}<${Labels} row=${row} /></span>`;
}

/** What the contact is described with (001-13): the first by name, the others counted and named in a tooltip and in the card. @param {{row: Row}} props */
function Labels({ row }) {
  const labels = [...(row.tags ?? []), ...(row.groups ?? []).map((group) => ({ ...group, kind: "group" }))];
  const [first, ...others] = labels;
  if (!first) return null;
  const all = labels.map((each) => each.name).join(", ");
  return html`<span class="tag" data-label data-hue=${first.hue} title=${all}>${first.kind === "group" && html`<${Icon} name="lucide-users" />`}<span>${first.name}</span></span>${others.length > 0 && html`<span class="tag" data-more data-hue="gray" title=${all}><span aria-hidden="true">+${others.length}</span><span class="visually-hidden">${labelWords.more(others.map((each) => each.name).join(", "))}</span></span>`}`;
}

/** The service by its own icon and colour (001-11); its name goes with them, so that neither stands alone. @param {{row: Row}} props */
function ServiceMark({ row }) {
  if (!row.account_icon) return null;
  return html`<span class="tag" data-hue=${row.account_color || "gray"} data-service title=${row.account_name}><${Icon} name=${`lucide-${row.account_icon}`} label=${row.account_name} /></span>`;
}

/** @param {{row: Row, now: number}} props */
function Signals({ row, now }) {
  const { people } = useParts();
  const promise = people.me.value.campaigns.find((each) => each.id === row.campaign_id);
  const isOpen = row.tray !== "attended";
  const gauge = isOpen ? windowGauge(row.window_expires_at, now) : null;
  const waited = isOpen && row.waiting_since ? now - Date.parse(row.waiting_since) : null;
  return html`<span class="row-signals">
    ${waited !== null && html`<span class="signal" data-late=${row.is_late || undefined} data-tone=${row.is_late ? "danger" : waitingTone(waited, promise) || undefined} title=${row.is_late ? transferWords.tooLong() : words.waitingSince(waitingTime(waited))}>
      <${Icon} name="lucide-timer" label=${row.is_late ? transferWords.tooLong() : words.waiting()} />${waitingTime(waited)}</span>`}
    ${gauge && html`<${WindowSignal} gauge=${gauge} />`}
    <${Owner} row=${row} myId=${people.me.value.id} />
  </span>`;
}

/** @param {{gauge: NonNullable<ReturnType<typeof windowGauge>>}} props */
function WindowSignal({ gauge }) {
  if (!gauge.open) return html`<span class="signal" title=${words.windowOver()}><${Icon} name="lucide-lock" label=${words.windowOver()} /></span>`;
  return html`<span class="signal" data-tone=${gauge.tone || undefined} title=${words.windowLeft(countdown(gauge.left))}>
    <${Ring} percent=${gauge.percent} />${gauge.tone ? duration(gauge.left) : html`<span class="visually-hidden">${words.windowLeft(countdown(gauge.left))}</span>`}
  </span>`;
}

/** @param {{row: Row, myId: number}} props */
function Owner({ row, myId }) {
  if (row.assignee_id === myId) return null;
  if (row.assignee_id) return html`<${PersonAvatar} initials=${row.assignee_initials} hue=${row.assignee_hue} title=${words.ownedBy(row.assignee_name)} />`;
  if (row.tray === "attended") return null;
  return html`<span class="avatar" data-size="xs" data-empty role="img" aria-label=${words.unassigned()} title=${words.unassigned()}></span>`;
}

/** @param {string} text */
function oneLine(text) {
  return text.slice(0, 200).replace(/\s+/gu, " ").trim();
}
