// «Agendas»: whom somebody promised to come back to, the soonest first; kept, moved or cancelled where they stand.

import { useEffect, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Empty, Icon, PersonAvatar, Skeleton, VipStar } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { lacksOfTime, local, TimeField } from "desk/views/time_field.js";
import { ApiError } from "desk/api.js";
import { callbackWords as say } from "desk/words/callbacks.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/callbacks.js").Callback} Callback */

/** @param {{close: () => void}} props */
export function Callbacks({ close }) {
  const { callbacks, people, processes } = useParts();
  const mayRun = people.me.value.permissions.includes("processes.run_processes");
  useEffect(() => void callbacks.read(), []);
  const items = callbacks.items.value;
  return html`<${Dialog} onClose=${close} labelledBy="callbacks-title" width="wide">
    <header><div><h2 id="callbacks-title">${say.title()}</h2><p>${say.hint()}${mayRun && html` <a href=${`${processes}callbacks/`}>${say.ofTeams()}</a>`}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body">
      ${callbacks.failed.value && html`<p class="banner" data-tone="warning" role="alert"><${Icon} name="lucide-circle-alert" /><span>${say.failed()}</span><button class="button" data-size="sm" type="button" onClick=${() => void callbacks.read()}>${words.tryAgain()}</button></p>`}
      ${items === null ? !callbacks.failed.value && html`<${Skeleton} rows=${4} />` : items.length === 0 ? html`<${Empty} icon="lucide-calendar-clock" title=${say.none()} hint=${say.noneHint()} />`
        : html`<ul class="callbacks">${items.map((each) => html`<${Promised} key=${each.id} callback=${each} />`)}</ul>`}
      ${callbacks.hasMore.value && html`<p class="section"><button class="button" type="button" onClick=${() => void callbacks.more()}>${say.more()}</button></p>`}
    </div>
  <//>`;
}

/** @param {{callback: Callback}} props */
function Promised({ callback }) {
  const { callbacks, clock, contacts, desk, formatter } = useParts();
  const [moving, setMoving] = useState(/** @type {string | null} */ (null));
  const now = clock.quarterMinute.value;
  const isDue = Date.parse(callback.due_at) <= now;
  const why = callback.work.allowed ? "" : callback.work.reason;
  /** @param {() => Promise<void>} act @param {string} told */
  async function run(act, told) {
    try {
      await act();
      desk.say({ text: told, tone: "success" });
    } catch (error) {
      desk.say({ text: error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer(), tone: "danger" });
      void callbacks.read();
    }
  }
  const lacks = moving === null ? "" : lacksOfTime(moving, now);
  const facts = [callback.number, callback.campaign.name, callback.base, callback.owner?.name ?? say.anybodys()].filter(Boolean);
  return html`<li class="callback" data-due=${isDue || undefined}>
    <${PersonAvatar} initials=${callback.contact.initials} hue=${callback.contact.hue} size="md" />
    <div class="grow"><b><a href=${`${contacts}${callback.contact.id}/`} title=${say.see()}><bdi>${callback.contact.name}</bdi></a>${callback.contact.is_vip && html`<${VipStar} />`}</b><small>${facts.join(" · ")}</small></div>
    <time dateTime=${callback.due_at} data-tone=${isDue ? "danger" : undefined}>${isDue && html`<${Icon} name="lucide-circle-alert" size="sm" label=${say.overdue()} />`}${formatter.moment(callback.due_at, now)}</time>
    <div class="callback-actions">
      <${Button} data-size="sm" why=${why} onClick=${() => void run(() => callbacks.end(callback.id, "done"), say.kept())}><${Icon} name="lucide-check" size="sm" />${say.done()}<//>
      <${Button} data-size="sm" data-variant="quiet" why=${why} aria-expanded=${moving === null ? "false" : "true"} onClick=${() => setMoving(moving === null ? local(Math.max(now, Date.parse(callback.due_at))) : null)}><${Icon} name="lucide-calendar-clock" size="sm" />${say.move()}<//>
      <${Button} class="icon-button" data-size="sm" label=${say.cancel()} why=${why} onClick=${() => void run(() => callbacks.end(callback.id, "cancelled"), say.cancelled())}><${Icon} name="lucide-x" size="sm" /><//>
    </div>
    ${moving !== null && html`<form class="callback-move" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      if (!lacks) void run(async () => (await callbacks.move(callback.id, new Date(moving).toISOString()), setMoving(null)), say.moved());
    }}><${TimeField} value=${moving} write=${setMoving} label=${say.when()} hint=${lacks} />
      <${Button} type="submit" data-size="sm" data-variant="primary" why=${lacks} onClick=${() => {}}>${say.save()}<//></form>`}
  </li>`;
}
