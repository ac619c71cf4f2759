// What stands around the words of a bubble: what it answers, and who reacted with what.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Message} Message */

const LONGEST_QUOTE = 160;

/** @param {{quoted: NonNullable<Message["quoted"]>}} props */
export function Quote({ quoted }) {
  if (quoted.id === null) return html`<div class="quote" data-state="missing"><span><${Icon} name="lucide-circle-question-mark" size="sm" />${words.quotedMissing()}</span></div>`;
  const who = quoted.direction === "in" ? words.customer() : quoted.author_name || words.us();
  const what = quoted.revoked ? words.deleted() : quoted.text.slice(0, LONGEST_QUOTE) || words.kindName(quoted.kind);
  /** To the one it answers, where that is on the page. @param {MouseEvent} event */
  const go = (event) => {
    const log = /** @type {HTMLElement} */ (event.currentTarget).closest(".messages");
    log?.querySelector(`[data-message="${Number(quoted.id)}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  };
  return html`<button class="quote" type="button" onClick=${go} aria-label=${words.answerTo(who, what)}><b><bdi>${who}</bdi></b><span dir="auto"><bdi>${what}</bdi></span></button>`;
}

/** @param {{reactions: Message["reactions"]}} props */
export function Reactions({ reactions }) {
  const { people } = useParts();
  return html`<ul class="reactions" aria-label=${words.reactions()}>${reactions.map((one) => {
    const who = one.direction === "in" ? words.customer() : one.author_name || people.me.value.name;
    return html`<li key=${one.direction} title=${words.reactedWith(who, one.emoji)}><span aria-hidden="true">${one.emoji}</span><span class="visually-hidden">${words.reactedWith(who, one.emoji)}</span></li>`;
  })}</ul>`;
}
