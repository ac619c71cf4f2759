// The open conversation: header, messages, composer, and what stands between them.

import { useEffect, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Empty, Icon, Skeleton } from "desk/views/bits.js";
import { Composer } from "desk/views/composer.js";
import { Selecting } from "desk/views/answering.js";
import { Typing } from "desk/views/company.js";
import { FindBar } from "desk/views/finding.js";
import { Header } from "desk/views/header.js";
import { Log } from "desk/views/log.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */

export function ThreadPane() {
  const { desk } = useParts();
  const thread = desk.current.value;
  const row = desk.row.value;
  if (!thread) return html`<section class="thread-pane" aria-label=${words.conversation()}><${Empty} icon="lucide-messages-square" title=${words.chooseConversation()} hint=${words.chooseHint()} /></section>`;
  if (thread.status.value === "missing") {
    return html`<section class="thread-pane" aria-label=${words.conversation()}><${Empty} icon="lucide-lock" title=${words.missingTitle()} hint=${words.missingHint()}>
      <button class="button" type="button" onClick=${() => desk.go({ conversation: null })}>${words.back()}</button><//></section>`;
  }
  return html`<section class="thread-pane" aria-label=${words.conversationWith(row?.name ?? "")}>
    ${row && html`<${Header} row=${row} />`}
    <${FindBar} thread=${thread} />
    <${Offline} /><${ChannelDown} thread=${thread} />
    ${thread.status.value === "ready" ? html`<${Log} key=${thread.id} thread=${thread} />` : html`<${Waiting} thread=${thread} />`}
    <${Typing} conversation=${thread.id} />
    <${Selecting} thread=${thread} />
    ${row && html`<${Composer} key=${thread.id} thread=${thread} row=${row} />`}
  </section>`;
}

/** A narrow screen has no status bar beside a conversation. */
function Offline() {
  const { socket } = useParts();
  const { state } = socket.connection.value;
  const isNarrow = useMatches("(width < 900px)");
  if (!isNarrow || (state !== "reconnecting" && state !== "offline")) return null;
  return html`<div class="banner thread-offline" data-tone="warning" role="status"><${Icon} name=${state === "offline" ? "lucide-wifi-off" : "lucide-wifi"} />
    <div>${state === "offline" ? words.offline() : words.reconnecting()} ${words.keptHint()}</div></div>`;
}

/** @param {string} query */
function useMatches(query) {
  const [media] = useState(() => matchMedia(query));
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const changed = () => setMatches(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return matches;
}

/** @param {{thread: ThreadStore}} props */
function ChannelDown({ thread }) {
  const detail = thread.detail.value;
  if (!detail || detail.account_state?.connected !== false) return null;
  return html`<div class="banner channel-down" data-tone="danger" role="status"><${Icon} name="lucide-circle-alert" />
    <div><b>${words.channelDown(detail.account_name)}</b> ${detail.account_state.reason} ${words.channelDownHint()}</div></div>`;
}

/** @param {{thread: ThreadStore}} props */
function Waiting({ thread }) {
  if (thread.status.value === "loading") return html`<div class="messages" aria-busy="true"><${Skeleton} rows=${3} /></div>`;
  return html`<div class="messages"><${Empty} icon="lucide-wifi-off" title=${words.threadFailed()} hint=${words.listFailedHint()}>
    <button class="button" type="button" onClick=${() => thread.read()}>${words.tryAgain()}</button><//></div>`;
}
