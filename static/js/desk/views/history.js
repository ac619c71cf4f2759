// What this person wrote before and elsewhere, in the card: the list of conversations, and each of them to be read where one is.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Channel, Empty, Icon } from "desk/views/bits.js";
import { useAnswer, usePages } from "desk/views/answers.js";
import { Events } from "desk/views/events.js";
import { MessageItem } from "desk/views/message.js";
import { items, open, EMPTY_THREAD } from "desk/stretch.js";
import { timeline } from "desk/timeline.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Row} Row */

/** @param {{conversation: number}} props */
export function History({ conversation }) {
  const [reading, setReading] = useState(/** @type {Row | null} */ (null));
  if (reading) return html`<${Reading} row=${reading} back=${() => setReading(null)} />`;
  return html`<${Others} conversation=${conversation} read=${setReading} />`;
}

/** @param {{conversation: number, read: (row: Row) => void}} props */
function Others({ conversation, read }) {
  const { formatter, clock } = useParts();
  const { items: rows, page, hasMore, failed, more } = usePages(`conversations/${conversation}/others/`);
  if (failed) return html`<p class="section muted">${said.readingFailed()}</p>`;
  if (!rows) return null;
  if (rows.length === 0) return html`<${Empty} icon="lucide-history" title=${said.noHistory()} hint=${said.noHistoryHint()} />`;
  return html`<ul class="other-conversations">${rows.map((/** @type {Row} */ row) => html`<li key=${row.id}><button type="button" onClick=${() => read(row)}>
      <${Channel} channel=${row.channel} name=${row.account_name} size="md" />
      <span><b><bdi>${row.campaign_name || row.account_name}</bdi></b><small dir="auto"><bdi>${row.preview || words.kindName(row.preview_kind)}</bdi></small>
        <small>${words.tray(row.tray)}${row.typification_name && ` · ${row.typification_name}`}${row.assignee_name && ` · ${row.assignee_name}`}</small></span>
      <time dateTime=${row.last_activity_at}>${formatter.moment(row.last_activity_at, clock.quarterMinute.value)}</time></button></li>`)}</ul>
    ${hasMore && html`<p class="section"><button class="button" type="button" onClick=${more}>${said.loadMore()}</button></p>`}
    ${!hasMore && page?.most && rows.length >= page.most && html`<p class="section muted small">${said.mostShown(page.most)}</p>`}`;
}

/** @param {{row: Row, back: () => void}} props */
function Reading({ row, back }) {
  const { desk, formatter } = useParts();
  const { answer, failed } = useAnswer(`conversations/${row.id}/messages/?limit=50`);
  const entries = answer ? timeline({ items: items(open(EMPTY_THREAD, answer)), pending: [], dividerId: null, dayKey: formatter.dayKey }) : [];
  return html`<div class="history-reading">
    <header><button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${back}><${Icon} name="lucide-arrow-left" size="sm" />${said.backToHistory()}</button>
      <button class="button" data-size="sm" type="button" onClick=${() => desk.go({ tray: row.tray, conversation: row.id })}>${said.goThere()}</button></header>
    ${failed && html`<p class="muted">${said.readingFailed()}</p>`}
    ${answer?.bound && answer.previous === null && html`<p class="section muted small">${said.bounded(answer.bound.hours)}</p>`}
    <ol>${entries.map((entry) => {
      if (entry.kind === "day") return html`<li class="day" key=${entry.key}>${formatter.dayLabel(entry.at, Date.now())}</li>`;
      if (entry.kind === "events") return html`<${Events} key=${entry.key} events=${entry.events} entryKey=${entry.key} />`;
      return entry.kind === "message" && html`<${MessageItem} key=${entry.key} message=${entry.message} joined=${entry.joined} />`;
    })}</ol>
  </div>`;
}
