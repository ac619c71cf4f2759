// Three panes and a bar. Which of them a narrow screen shows is an attribute of the desk, for the style sheet.

import { useEffect } from "preact/hooks";
import { html, PartsContext, useParts } from "desk/views/html.js";
import { ListPane } from "desk/views/list.js";
import { DeviceDialog, SharedStrip } from "desk/views/device.js";
import { Overlays } from "desk/views/overlays.js";
import { Separator, Widths } from "desk/views/panes.js";
import { Side } from "desk/views/contact.js";
import { StatusBar } from "desk/views/statusbar.js";
import { ThreadPane } from "desk/views/thread.js";
import { isSideOpen } from "desk/views/side_state.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @param {{parts: import("desk/views/html.js").Parts, root: HTMLElement}} props */
export function App({ parts, root }) {
  return html`<${PartsContext.Provider} value=${parts}>
    <${Frame} root=${root} /><${Widths} root=${root} />
    <${ListPane} /><${Separator} pane="list" /><${Separator} pane="side" /><${ThreadPane} /><${Side} /><${StatusBar} /><${Overlays} /><${DeviceDialog} /><${SharedStrip} />
  <//>`;
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
