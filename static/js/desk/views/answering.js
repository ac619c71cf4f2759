// What stands over the text box: the message that is being answered; and in place of it all, the bar of several chosen messages.

import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { doings } from "desk/views/tools.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */

/** @param {{thread: ThreadStore}} props */
export function Answering({ thread }) {
  const { desk, talk } = useParts();
  const message = talk.replies.value[thread.id];
  if (!message) return null;
  const who = message.direction === "in" ? words.customer() : message.author_name || words.us();
  const drop = () => {
    talk.answer(thread.id, null);
    document.getElementById("desk-composer")?.focus();
  };
  return html`<div class="answering">
    <button class="quote" type="button" onClick=${() => void desk.goTo(message.id)}><b>${said.answering(who)}</b><span dir="auto"><bdi>${message.text.slice(0, 160) || words.kindName(message.kind)}</bdi></span></button>
    <button class="icon-button" data-size="sm" type="button" aria-label=${said.stopAnswering()} title=${said.stopAnswering()} onClick=${drop}><${Icon} name="lucide-x" size="sm" /></button>
  </div>`;
}

/** @param {{thread: ThreadStore}} props */
export function Selecting({ thread }) {
  const parts = useParts();
  const { desk, talk, formatter } = parts;
  const selection = talk.selection.value;
  if (!selection || selection.conversation !== thread.id) return null;
  const messages = [...selection.messages.values()].sort((a, b) => (a.happened_at === b.happened_at ? a.id - b.id : a.happened_at < b.happened_at ? -1 : 1));
  const texts = messages.filter((message) => message.text);
  const sendable = messages.filter((message) => !message.is_note && !message.revoked);
  const none = messages.length === 0 ? said.chooseSome() : "";
  const line = (/** @type {import("desk/types.js").Message} */ one) => `[${formatter.time(one.happened_at)}] ${one.direction === "in" ? words.customer() : one.author_name || words.us()}: ${one.text}`;
  async function copy() {
    await navigator.clipboard.writeText(texts.length === 1 ? (texts[0]?.text ?? "") : texts.map(line).join("\n"));
    desk.say({ text: said.textCopied(), tone: "success" });
    talk.stopSelecting();
  }
  return html`<div class="selecting" role="group" aria-label=${said.select()}>
    <span class="grow" role="status">${said.selected(messages.length)}</span>
    <${Button} why=${none || (texts.length === 0 ? said.nothingToCopy() : "")} onClick=${() => void copy()}><${Icon} name="lucide-copy" size="sm" />${words.copy()}<//>
    <${Button} why=${none || (sendable.length === 0 ? said.nothingToCopy() : "")} onClick=${() => doings(parts, thread).forward(sendable)}><${Icon} name="lucide-forward" size="sm" />${said.forward()}<//>
    <button class="button" data-variant="quiet" type="button" onClick=${talk.stopSelecting}>${said.stopSelecting()}</button>
  </div>`;
}
