// What can be done with one message: a small bar beside the one under the pointer or the keyboard, its menu, and the quick reactions.
// One bar for the whole log: two hundred messages would otherwise carry two hundred of them.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Menu } from "desk/views/menu.js";
import { MessageInfo } from "desk/views/message_info.js";
import { Forwarding } from "desk/views/forwarding.js";
import { EveryEmoji } from "desk/views/every_emoji.js";
import { formatRoute } from "desk/route.js";
import { setProperty } from "lib/dom.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */

export const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const GAP_PX = 6;
/** The widest of the bar's menus: where it does not fit to one side it hangs to the other. */
const MENU_PX = 330;

/** What may be done with a message, and why not. @param {import("desk/views/html.js").Parts} parts @param {ThreadStore} thread @param {Message} message */
export function permitsOf({ desk }, thread, message) {
  const composer = thread.detail.value?.composer;
  const why = message.conversation_id !== thread.id ? said.onlyHere() : composer && !composer.allowed ? composer.reason : "";
  const isKnown = message.direction === "in" || ["sent", "delivered", "read"].includes(message.status);
  return { desk, reply: why, react: why || (isKnown ? "" : said.notYetThere()) };
}

/** Everything that is done with a message, whatever asked for it. @param {import("desk/views/html.js").Parts} parts @param {ThreadStore} thread */
export function doings(parts, thread) {
  const { desk, talk } = parts;
  return {
    /** @param {Message} message */
    reply(message) {
      const { reply } = permitsOf(parts, thread, message);
      if (reply) return desk.say({ text: reply, tone: "" });
      desk.setMode(thread.id, "reply");
      talk.answer(thread.id, message);
      requestAnimationFrame(() => document.getElementById("desk-composer")?.focus());
    },
    /** @param {Message} message @param {string} emoji */
    react(message, emoji) {
      const { react } = permitsOf(parts, thread, message);
      if (react) return desk.say({ text: react, tone: "" });
      const mine = message.reactions.find((one) => one.direction === "out")?.emoji;
      void desk.attempt(async () => desk.sent(await talk.react(message, mine === emoji ? "" : emoji)));
    },
    /** @param {Message} message */
    async copy(message) {
      await navigator.clipboard.writeText(message.text);
      desk.say({ text: said.textCopied(), tone: "success" });
    },
    /** @param {Message} message */
    async link(message) {
      const address = formatRoute({ ...desk.route.value, conversation: message.conversation_id, message: message.id });
      await navigator.clipboard.writeText(new URL(address, location.href).href);
      desk.say({ text: said.linkCopied(), tone: "success" });
    },
    /** @param {readonly Message[]} messages */
    forward: (messages) => (desk.dialog.value = { kind: "sheet", View: Forwarding, props: { messages } }),
    /** @param {Message} message */
    info: (message) => (desk.dialog.value = { kind: "sheet", View: MessageInfo, props: { message } }),
  };
}

/** @param {{thread: ThreadStore, message: Message, log: {current: HTMLElement | null}}} props */
export function Tools({ thread, message, log }) {
  const parts = useParts();
  const permits = permitsOf(parts, thread, message);
  const act = doings(parts, thread);
  const bar = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [align, setAlign] = useState(/** @type {"start" | "end"} */ ("start"));
  const [place, setPlace] = useState(/** @type {"above" | "below"} */ ("below"));

  useLayoutEffect(() => {
    const bubble = log.current?.querySelector(`[data-message="${message.id}"] > .bubble`);
    if (!bubble || !bar.current || !log.current) return;
    const here = bubble.getBoundingClientRect();
    const frame = log.current.getBoundingClientRect();
    const width = bar.current.offsetWidth;
    const isOut = message.direction === "out";
    const start = isOut ? here.left - frame.left - width - GAP_PX : here.right - frame.left + GAP_PX;
    setProperty(bar.current, "--at", `${here.top - frame.top + log.current.scrollTop}px`);
    setProperty(bar.current, "--from", `${Math.max(0, Math.min(start, frame.width - width - 4))}px`);
    setAlign(start + MENU_PX <= frame.width ? "start" : "end");
    setPlace(here.top - frame.top > frame.height / 2 ? "above" : "below");
  });

  return html`<div class="message-tools" role="toolbar" aria-label=${said.tools()} ref=${bar} data-of=${message.id}>
    <${Reacting} message=${message} why=${permits.react} react=${act.react} place=${place} align=${align} />
    <${Button} class="icon-button" data-size="sm" label=${said.reply()} why=${permits.reply} onClick=${() => act.reply(message)}><${Icon} name="lucide-reply" size="sm" /><//>
    <${Menu} label=${said.more()} place=${place} align=${align} button=${(/** @type {object} */ bind) =>
      html`<button class="icon-button" data-size="sm" type="button" aria-label=${said.more()} title=${said.more()} ...${bind}><${Icon} name="lucide-ellipsis" size="sm" /></button>`}>
      ${(/** @type {() => void} */ close) => html`<${Choices} thread=${thread} message=${message} permits=${permits} close=${close} />`}
    <//>
  </div>`;
}

/** @param {{message: Message, why: string, react: (message: Message, emoji: string) => void, place: "above" | "below", align: "start" | "end"}} props */
function Reacting({ message, why, react, place, align }) {
  const mine = message.reactions.find((one) => one.direction === "out")?.emoji;
  if (why) return html`<${Button} class="icon-button" data-size="sm" label=${said.react()} why=${why} onClick=${() => {}}><${Icon} name="lucide-smile" size="sm" /><//>`;
  return html`<${Menu} label=${said.react()} place=${place} align=${align} button=${(/** @type {object} */ bind) =>
    html`<button class="icon-button" data-size="sm" type="button" aria-label=${said.react()} title=${said.react()} ...${bind}><${Icon} name="lucide-smile" size="sm" /></button>`}>
    ${(/** @type {() => void} */ close) => html`<${Emojis} mine=${mine} choose=${(/** @type {string} */ emoji) => { close(); react(message, emoji); }} close=${close} />`}
  <//>`;
}

/** A few, and all of them. @param {{mine: string | undefined, choose: (emoji: string) => void, close: () => void}} props */
function Emojis({ mine, choose, close }) {
  const { desk } = useParts();
  const all = () => {
    close();
    desk.dialog.value = { kind: "sheet", View: EveryEmoji, props: { choose } };
  };
  return html`<div class="quick-reactions">
    ${QUICK.map((emoji) => html`<button key=${emoji} role="menuitemradio" type="button" aria-checked=${emoji === mine ? "true" : "false"} aria-label=${emoji === mine ? said.removeReaction(emoji) : said.reactWith(emoji)} onClick=${() => choose(emoji)}>${emoji}</button>`)}
    <button role="menuitem" type="button" aria-label=${said.moreEmoji()} title=${said.moreEmoji()} onClick=${all}><${Icon} name="lucide-plus" size="sm" /></button>
  </div>`;
}

/** @param {{thread: ThreadStore, message: Message, permits: ReturnType<typeof permitsOf>, close: () => void}} props */
function Choices({ thread, message, permits, close }) {
  const parts = useParts();
  const act = doings(parts, thread);
  const { talk, desk } = parts;
  /** @param {string} icon @param {string} name @param {() => void} run @param {string} [why] */
  const item = (icon, name, run, why = "") => html`<button role="menuitem" type="button" aria-disabled=${why ? "true" : undefined}
      onClick=${() => { close(); if (why) desk.say({ text: why, tone: "" }); else run(); }}>
      <${Icon} name=${icon} size="sm" /><span>${name}${why && html`<small>${why}</small>`}</span></button>`;
  const isSendable = !message.is_note && !message.revoked;
  return html`
    ${item("lucide-reply", said.reply(), () => act.reply(message), permits.reply)}
    ${message.text && item("lucide-copy", said.copyText(), () => void act.copy(message))}
    ${isSendable && item("lucide-forward", said.forward(), () => act.forward([message]))}
    ${item("lucide-list-checks", said.select(), () => talk.select(message))}
    ${item("lucide-link-2", said.copyLink(), () => void act.link(message))}
    ${item("lucide-info", said.info(), () => act.info(message))}`;
}

/** Ours can be taken off where it stands. @param {{message: Message, emoji: string, label: string, children: unknown}} props */
export function OwnReaction({ message, emoji, label, children }) {
  const parts = useParts();
  const thread = parts.desk.current.value;
  if (!thread) return null;
  const { react } = permitsOf(parts, thread, message);
  return html`<button type="button" aria-label=${react ? label : `${label}. ${said.removeReaction(emoji)}`} title=${react || said.removeReaction(emoji)} aria-disabled=${react ? "true" : undefined}
    onClick=${() => doings(parts, thread).react(message, emoji)}>${children}</button>`;
}

/** Keys on a message that has the focus. @param {import("desk/views/html.js").Parts} parts @param {ThreadStore} thread @param {Message} message @param {KeyboardEvent} event @returns {boolean} */
export function messageKey(parts, thread, message, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  const act = doings(parts, thread);
  const key = event.key.toLowerCase();
  if (key === "r") act.reply(message);
  else if (key === "c" && message.text) void act.copy(message);
  else if (key === "f" && !message.is_note) act.forward([message]);
  else if (key === "x") parts.talk.select(message);
  else if (key === "e" || key === "enter" || key === "contextmenu") openTools(key === "e" ? 0 : -1);
  else return false;
  return true;
}

/** The bar's menus, by the keyboard: it stands beside the focused message already. @param {0 | -1} which */
function openTools(which) {
  const openers = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".message-tools [aria-haspopup]"));
  [...openers].at(which)?.click();
}

