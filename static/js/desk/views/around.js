// What stands around the words of a bubble: what it answers, and who reacted with what.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { OwnReaction } from "desk/views/tools.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Message} Message */

const LONGEST_QUOTE = 160;

/** @param {{quoted: NonNullable<Message["quoted"]>}} props */
export function Quote({ quoted }) {
  const { desk } = useParts();
  const { id } = quoted;
  if (id === null) return html`<div class="quote" data-state="missing"><span><${Icon} name="lucide-circle-question-mark" size="sm" />${words.quotedMissing()}</span></div>`;
  const who = quoted.direction === "in" ? words.customer() : quoted.author_name || words.us();
  const what = quoted.revoked ? words.deleted() : quoted.text.slice(0, LONGEST_QUOTE) || words.kindName(quoted.kind);
  return html`<button class="quote" type="button" onClick=${() => void desk.goTo(id)} aria-label=${words.answerTo(who, what)}><b><bdi>${who}</bdi></b><span dir="auto"><bdi>${what}</bdi></span></button>`;
}

/** @param {{message: Message}} props */
export function Reactions({ message }) {
  return html`<ul class="reactions" aria-label=${words.reactions()}>${message.reactions.map((one) => {
    const said = saidOf(one);
    const shown = html`<span aria-hidden="true">${one.emoji}</span><span class="visually-hidden">${said}</span>`;
    return html`<li key=${one.direction} data-state=${one.status} title=${said}>${one.direction === "out" ? html`<${OwnReaction} message=${message} emoji=${one.emoji} label=${said}>${shown}<//>` : shown}</li>`;
  })}</ul>`;
}

/** Who reacted, in words. Ours without a name is the house's, whoever is looking. @param {Message["reactions"][number]} one */
export function saidOf(one) {
  const who = one.direction === "in" ? words.customer() : one.author_name || words.us();
  return one.status === "queued" ? words.reactingWith(who, one.emoji) : words.reactedWith(who, one.emoji);
}
