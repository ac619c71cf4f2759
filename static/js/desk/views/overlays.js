// What stands over the desk: the toast, the media viewer, and the voice of the screen reader.

import { useEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { lazily } from "desk/views/lazily.js";
import { NowPlaying } from "desk/views/sound.js";
import { Ringing } from "desk/views/offers.js";
import { Resending } from "desk/views/unconfirmed.js";
import { words } from "desk/words.js";

const TOAST_MS = 6_000;
const Closing = lazily(() => import("desk/views/closing.js").then((module) => module.Closing));
const MediaViewer = lazily(() => import("desk/views/viewer.js").then((module) => module.MediaViewer));

export function Overlays() {
  const { desk, announcer } = useParts();
  const open = desk.dialog.value;
  const close = () => (desk.dialog.value = null);
  return html`
    <${Ringing} /><${Toast} /><${NowPlaying} />
    <div class="visually-hidden" role="log" aria-live="polite" aria-label=${words.messages()}>${announcer.text.value}</div>
    ${open?.kind === "closing" && html`<${Closing} key=${open.conversation} conversation=${open.conversation} outcome=${open.outcome} close=${close} />`}
    ${open?.kind === "media" && html`<${MediaViewer} attachment=${open.attachment} among=${open.among} close=${close} />`}
    ${open?.kind === "resending" && html`<${Resending} key=${open.message.id} message=${open.message} warning=${open.warning} />`}
    ${open?.kind === "sheet" && html`<${open.View} ...${open.props} close=${close} />`}`;
}

function Toast() {
  const { desk } = useParts();
  const toast = desk.toast.value;
  const timer = useRef(0);
  const hide = () => {
    clearTimeout(timer.current);
    if (!toast?.stays) timer.current = window.setTimeout(() => desk.say(null), TOAST_MS);
  };
  useEffect(() => {
    hide();
    return () => clearTimeout(timer.current);
  }, [toast]);
  const icon = toast?.tone === "danger" ? "lucide-circle-alert" : toast?.tone === "success" ? "lucide-circle-check" : "lucide-info";
  return html`<div class="toast-place" role=${toast?.tone === "danger" ? "alert" : "status"}>
    ${toast && html`<div class="toast" onPointerEnter=${() => clearTimeout(timer.current)} onPointerLeave=${hide} onFocusIn=${() => clearTimeout(timer.current)} onFocusOut=${hide}>
      <${Icon} name=${icon} data-tone=${toast.tone || undefined} /><span class="grow">${toast.text}</span>
      ${toast.action && html`<button class="button" data-variant="link" type="button" onClick=${toast.action.run}>${toast.action.label}</button>`}
      <button class="icon-button toast-close" data-size="sm" type="button" aria-label=${words.dismiss()} title=${words.dismiss()} onClick=${() => desk.say(null)}><${Icon} name="lucide-x" size="sm" /></button>
    </div>`}
  </div>`;
}
