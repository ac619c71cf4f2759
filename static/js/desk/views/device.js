// What this device may do, asked step by step: each permission with what it is for, what it is now, and how to get out of «blocked».
// Behind a strip that comes once; afterwards it is in the account's menu and at the bell.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { PERMISSION_KINDS } from "desk/device.js";
import { SOUND_KINDS } from "desk/sounds.js";
import { device as words } from "desk/words/device.js";

/** @typedef {import("desk/device.js").PermissionKind} PermissionKind */

const ICONS = { notifications: "lucide-bell", microphone: "lucide-mic", geolocation: "lucide-map-pin", camera: "lucide-camera" };
const TONES = /** @type {Record<string, string | undefined>} */ ({ granted: "success", denied: "danger", insecure: "warning", missing: "warning" });

export function DeviceDialog() {
  const { device } = useParts();
  const close = () => device.dismiss();
  // One primary at a time: what is still to be asked, then the way out.
  const isSettled = !["prompt", "off"].includes(device.states.value.notifications);
  return html`<${Dialog} class="dialog device" labelledBy="device-title" onClose=${close}>
    <header><div><h2 id="device-title">${words.title()}</h2><p>${words.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${words.close()} title=${words.close()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body device-body">
      <h3 class="visually-hidden">${words.permissions()}</h3>
      <ul class="device-list">${PERMISSION_KINDS.map((kind, index) => html`<${Permission} key=${kind} kind=${kind} isFirst=${index === 0} />`)}</ul>
      <${Blocked} />
      <${Sounds} />
      <${Install} />
    </div>
    <footer><span class="reason"></span><button class="button" type="button" data-variant=${isSettled ? "primary" : undefined} onClick=${close}>${words.done()}</button></footer>
  <//>`;
}

/** @param {{kind: PermissionKind, isFirst: boolean}} props */
function Permission({ kind, isFirst }) {
  const { device } = useParts();
  const [isAsking, setAsking] = useState(false);
  const state = device.states.value[kind];
  const name = words.name(kind);
  async function ask() {
    setAsking(true);
    await device.ask(kind);
    setAsking(false);
  }
  const canAsk = state === "prompt" || state === "off";
  return html`<li data-state=${state}>
    <${Icon} name=${ICONS[kind]} size="lg" />
    <div><b>${name}</b><p>${words.purpose(kind)}</p>
      ${kind === "notifications" && state === "granted" && html`<${Test} />`}
      ${kind === "notifications" && device.testing.value === "refused" && html`<p class="device-result" role="status" data-tone="danger">${words.notSubscribed()}</p>`}</div>
    <div class="device-side"><span class="badge" data-tone=${TONES[state]}>${state === "granted" && html`<${Icon} name="lucide-check" size="sm" />`}${state === "denied" && html`<${Icon} name="lucide-ban" size="sm" />`}${words.state(state)}</span>
      ${canAsk && html`<button class="button" data-size="sm" type="button" data-first=${isFirst || undefined} data-variant=${isFirst ? "primary" : undefined} aria-label=${words.allow(name)} aria-busy=${isAsking} onClick=${() => void ask()}>${state === "off" ? words.turnOn() : words.allowShort()}</button>`}
      ${kind === "notifications" && state === "granted" && html`<button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${() => void device.turnOff()}>${words.turnOff()}</button>`}</div>
  </li>`;
}

function Test() {
  const { device } = useParts();
  const state = device.testing.value;
  const said = { "": "", sending: words.testing(), arrived: words.testArrived(), lost: words.testLost(), refused: "" }[state];
  return html`<button class="button" data-size="sm" type="button" onClick=${() => void device.test()}>${words.test()}</button>
    <p class="device-result" role="status" data-tone=${state === "lost" ? "danger" : undefined}>${said}</p>`;
}

/** Only where something is blocked: how a person undoes it, with a drawing. Nothing on a page can. */
function Blocked() {
  const { device } = useParts();
  if (!PERMISSION_KINDS.some((kind) => device.states.value[kind] === "denied")) return null;
  return html`<section class="device-blocked" aria-labelledby="device-blocked">
    <div><h3 id="device-blocked">${words.blockedTitle()}</h3>
      <ol><li>${words.blockedFirst()}</li><li>${words.blockedSecond()}</li><li>${words.blockedThird()}</li></ol></div>
    <${BlockedPicture} />
  </section>`;
}

function BlockedPicture() {
  return html`<svg class="device-picture" viewBox="0 0 300 150" role="img" aria-label=${words.blockedPicture()}>
    <rect class="pane" x="1" y="1" width="298" height="148" rx="10" />
    <rect class="field" x="14" y="14" width="272" height="28" rx="14" />
    <circle class="ring" cx="31" cy="28" r="11" />
    <path class="ink" d="M26 25.5h6M35 25.5h1M26 30.5h1M30 30.5h6" /><circle class="dot" cx="33.5" cy="25.5" r="1.6" /><circle class="dot" cx="28.5" cy="30.5" r="1.6" />
    <rect class="text" x="52" y="25" width="120" height="6" rx="3" />
    <rect class="menu" x="14" y="52" width="190" height="86" rx="8" />
    ${[0, 1, 2].map((row) => html`<g key=${row}><circle class="text" cx="32" cy=${70 + row * 25} r="5" /><rect class="text" x="46" y=${67 + row * 25} width=${[70, 54, 62][row]} height="6" rx="3" />
      <rect class=${row === 0 ? "on" : "off"} x="166" y=${63 + row * 25} width="26" height="14" rx="7" /><circle class="knob" cx=${row === 0 ? 185 : 173} cy=${70 + row * 25} r="5" /></g>`)}
    <path class="arrow" d="M236 108c-14 6-26-4-30-26M206 82l-4 9M206 82l9 3" />
  </svg>`;
}

function Sounds() {
  const { sounds } = useParts();
  return html`<section class="device-sounds" aria-labelledby="device-sounds"><h3 id="device-sounds">${words.sounds()}</h3><p class="hint">${words.soundsHint()}</p>
    <ul>${SOUND_KINDS.map((kind) => {
      const name = words.sound(kind);
      const volume = sounds.volumes.value[kind];
      return html`<li key=${kind}><label for=${`volume-${kind}`}>${name}</label>
        <input type="range" id=${`volume-${kind}`} min="0" max="100" step="10" value=${volume} aria-valuetext=${volume === 0 ? words.muted() : words.percent(volume)} onInput=${(/** @type {any} */ event) => sounds.setVolume(kind, Number(event.currentTarget.value))} />
        <output>${volume === 0 ? words.muted() : words.percent(volume)}</output>
        <button class="icon-button" data-size="sm" type="button" aria-label=${words.listen(name)} title=${words.listen(name)} onClick=${() => sounds.listen(kind)}><${Icon} name="lucide-play" size="sm" /></button></li>`;
    })}</ul></section>`;
}

function Install() {
  const { device } = useParts();
  if (device.isInstalled()) return html`<p class="hint">${words.installed()}</p>`;
  if (!device.installOffer.value) return null;
  return html`<section class="device-install"><div><b>${words.install()}</b><p class="hint">${words.installHint()}</p></div>
    <button class="button" type="button" onClick=${() => void device.install()}><${Icon} name="lucide-download" size="sm" />${words.install()}</button></section>`;
}
