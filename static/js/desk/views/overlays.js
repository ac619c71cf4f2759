// What stands over the desk: the toast, the picture viewer, the keyboard sheet, and the voice of the screen reader.

import { useEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Closing } from "desk/views/closing.js";
import { Dialog } from "desk/views/dialog.js";
import { Resending } from "desk/views/unconfirmed.js";
import { words } from "desk/words.js";

const TOAST_MS = 6_000;

export function Overlays() {
  const { desk, announcer } = useParts();
  const open = desk.dialog.value;
  return html`
    <${Toast} />
    <div class="visually-hidden" role="log" aria-live="polite" aria-label=${words.messages()}>${announcer.text.value}</div>
    ${open?.kind === "closing" && html`<${Closing} key=${open.conversation} conversation=${open.conversation} outcome=${open.outcome} />`}
    ${open?.kind === "picture" && html`<${PictureViewer} url=${open.url} name=${open.name} />`}
    ${open?.kind === "resending" && html`<${Resending} key=${open.message.id} message=${open.message} warning=${open.warning} />`}
    ${open?.kind === "sheet" && html`<${open.View} ...${open.props} close=${() => (desk.dialog.value = null)} />`}`;
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

/** @param {{url: string, name: string}} props */
function PictureViewer({ url, name }) {
  const { desk } = useParts();
  const close = () => (desk.dialog.value = null);
  return html`<${Dialog} class="viewer" label=${name || words.picture()} onClose=${close}>
    <header><span class="truncate grow">${name}</span>
      <a class="icon-button" href=${url} download=${name || true} aria-label=${words.downloadPicture()} title=${words.downloadPicture()}><${Icon} name="lucide-download" /></a>
      <button class="icon-button" type="button" data-first aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="viewer-stage" onClick=${(/** @type {MouseEvent} */ event) => event.target === event.currentTarget && close()}><img src=${url} alt=${name || words.picture()} /></div>
  <//>`;
}
