// Three panes and a bar. Which of them a narrow screen shows is an attribute of the desk, for the style sheet.

import { useEffect, useRef } from "preact/hooks";
import { html, PartsContext, useParts } from "desk/views/html.js";
import { ListPane } from "desk/views/list.js";
import { lazily } from "desk/views/lazily.js";
import { Overlays } from "desk/views/overlays.js";
import { Separator, Widths } from "desk/views/panes.js";
import { StatusBar } from "desk/views/statusbar.js";
import { SharedStrip } from "desk/views/strips.js";
import { isSideOpen } from "desk/views/side_state.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

const noThread = () => html`<section class="thread-pane" aria-label=${words.conversation()} aria-busy="true"></section>`;
const noSide = () => html`<aside class="side" aria-label=${words.contactCard()}></aside>`;
const ThreadPane = lazily(() => import("desk/views/thread.js").then((module) => module.ThreadPane), noThread);
const Side = lazily(() => import("desk/views/contact.js").then((module) => module.Side), noSide);
const DeviceDialog = lazily(() => import("desk/views/device.js").then((module) => module.DeviceDialog));

/** @param {{parts: import("desk/views/html.js").Parts, root: HTMLElement}} props */
export function App({ parts, root }) {
  return html`<${PartsContext.Provider} value=${parts}>
    <${Frame} root=${root} /><${Widths} root=${root} />
    <${ListPane} /><${Separator} pane="list" /><${Separator} pane="side" /><${Beside} View=${ThreadPane} meanwhile=${noThread} /><${Beside} View=${Side} meanwhile=${noSide} /><${StatusBar} /><${Overlays} /><${DeviceAsked} /><${SharedStrip} />
  <//>`;
}

/** The list is pressed first: what stands beside it follows, unless the address names a conversation. @param {{View: () => unknown, meanwhile: () => unknown}} props */
function Beside({ View, meanwhile }) {
  const { desk, board } = useParts();
  const isDue = useRef(false);
  isDue.current ||= desk.current.value !== null || board.status.value !== "loading";
  return isDue.current ? html`<${View} />` : meanwhile();
}

function DeviceAsked() {
  const { device } = useParts();
  return device.isOpen.value && html`<${DeviceDialog} />`;
}

/** What lies outside the panes: the desk's own attributes, the title, the count in the navigation. @param {{root: HTMLElement}} props */
function Frame({ root }) {
  const { desk, board } = useParts();
  const view = desk.view.value;
  const hasThread = desk.current.value !== null && desk.current.value.status.value !== "missing";
  const { unread, pending } = board.totals.value;
  useEffect(() => {
    root.dataset["view"] = view;
    root.dataset["side"] = isSideOpen.value && hasThread ? "open" : "closed";
  }, [view, isSideOpen.value, hasThread]);
  useEffect(() => {
    if (view === "side") document.getElementById("desk-side-close")?.focus();
  }, [view]);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${words.count(unread)}) ` : ""}${listWords.attentionPanel()} · Ventanilla`;
  }, [unread]);
  useEffect(() => {
    const place = document.querySelector("[data-desk-count]");
    if (!place) return;
    place.toggleAttribute("hidden", pending === 0);
    const [figure] = place.childNodes;
    if (figure) figure.textContent = words.count(pending);
  }, [pending]);
  return null;
}
