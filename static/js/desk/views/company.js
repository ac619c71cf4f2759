// Who else is here, seen: faces in the header, a line while somebody writes, and the warning before one answers past a colleague.

import { useEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar } from "desk/views/bits.js";
import { present } from "desk/collision.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */

const MOST_FACES = 3;

/** @param {number} conversation @returns {readonly import("desk/collision.js").Companion[]} */
function useCompany(conversation) {
  const { collision, clock } = useParts();
  const { conversation: told, people } = collision.company.value;
  if (told !== conversation || people.length === 0) return [];
  // Ticks only while somebody is here: they leave the screen by themselves.
  void clock.second.value;
  return present(people, Date.now());
}

/** @param {{conversation: number}} props */
export function Viewers({ conversation }) {
  const here = useCompany(conversation);
  if (here.length === 0) return null;
  const names = said.here(here.map((one) => one.name).join(", "));
  return html`<span class="viewers" title=${names}><span class="visually-hidden">${names}</span>
    ${here.slice(0, MOST_FACES).map((one) => html`<${PersonAvatar} key=${one.id} initials=${one.initials} hue=${one.hue} />`)}${here.length > MOST_FACES && html`<small aria-hidden="true">+${here.length - MOST_FACES}</small>`}</span>`;
}

/** @param {{conversation: number}} props */
export function Typing({ conversation }) {
  const writers = useCompany(conversation).filter((one) => one.doing !== "looking");
  const [first] = writers;
  const line = !first ? "" : writers.length > 1 ? said.severalWriting(writers.length) : first.doing === "noting" ? said.writingNote(first.name) : said.writing(first.name);
  return html`<div class="typing-line" role="status">${line && html`<span class="typing"><span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>${line}</span>`}</div>`;
}

/** @param {{thread: ThreadStore, send: () => void}} props */
export function AnsweredMeanwhile({ thread, send }) {
  const { talk, desk } = useParts();
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const { conversation, messages } = talk.warning.value ?? { conversation: 0, messages: [] };
  const last = messages.at(-1);
  const isShown = conversation === thread.id && last !== undefined;
  useEffect(() => {
    if (isShown) first.current?.focus();
  }, [isShown]);
  if (!isShown) return null;
  const keep = () => {
    talk.warning.value = null;
    void desk.goTo(last.id);
    document.getElementById("desk-composer")?.focus();
  };
  const anyway = () => {
    talk.accept(thread);
    send();
  };
  return html`<div class="banner answered-meanwhile" data-tone="warning" role="alert"><${Icon} name="lucide-triangle-alert" />
    <div><b>${said.answeredMeanwhile(last.author_name.split(" ")[0] ?? "")}</b>${messages.map((message) => html`<q key=${message.id} dir="auto"><bdi>${message.text.slice(0, 300)}</bdi></q>`)}</div>
    <span class="banner-actions"><button class="button" data-size="sm" type="button" ref=${first} onClick=${keep}>${said.keepEditing()}</button>
    <button class="button" data-size="sm" type="button" onClick=${anyway}>${said.sendAnyway()}</button></span>
  </div>`;
}
