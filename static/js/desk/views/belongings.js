// What is known of the contact beside the conversation: tags and groups (001-27, 001-28), and the team's notes (001-30).

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon, PersonAvatar } from "desk/views/bits.js";
import { ApiError } from "desk/api.js";
import { keep, kept } from "desk/kept.js";
import { labelWords } from "desk/words/labels.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Label} Label */
/** @typedef {{id: number, text: string, author: string, author_id: number | null, initials: string, hue: string, team: string, created_at: string, edited_at: string | null}} ContactNote */

const EDIT = "contacts.edit_contacts";

/** The row carries them, and a change comes back with the next push of the row. @param {{row: import("desk/types.js").Row}} props */
export function Labels({ row }) {
  const { people, desk, api } = useParts();
  const me = people.me.value;
  const id = useId();
  // One after the other, in the order they were asked for: none is refused because another is on its way.
  const line = useRef(Promise.resolve());
  // What was just done stands until the row says so itself.
  const [hasty, setHasty] = useState(/** @type {{tags: Label[], groups: Label[]} | null} */ (null));
  useEffect(() => setHasty(null), [row.version]);
  // The button that took a label off goes with it: the focus goes to where one is added.
  const isLeaving = useRef(false);
  const tags = hasty?.tags ?? row.tags ?? [];
  const groups = hasty?.groups ?? row.groups ?? [];
  const why = me.permissions.includes(EDIT) ? "" : labelWords.noRight();
  const kinds = new Map((me.groups ?? []).map((group) => [group.id, group.kind]));
  const moreTags = (me.tags ?? []).filter((tag) => !tags.some((each) => each.id === tag.id));
  const moreGroups = (me.groups ?? []).filter((group) => group.kind === "manual" && !groups.some((each) => each.id === group.id));

  /** @param {{tags: Label[], groups: Label[]}} next @param {() => Promise<unknown>} act */
  function change(next, act) {
    setHasty(next);
    line.current = line.current.then(async () => {
      try {
        await act();
      } catch (error) {
        setHasty(null);
        desk.say({ text: error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer(), tone: "danger" });
      }
    });
  }
  useEffect(() => {
    if (isLeaving.current) document.getElementById(id)?.focus();
    isLeaving.current = false;
  }, [tags.length + groups.length]);
  const base = `contacts/${row.contact_id}`;
  const setTags = (/** @type {Label[]} */ next) => change({ tags: next, groups }, () => api.put(`${base}/tags/`, { tags: next.map((each) => each.id) }));
  const leave = (/** @type {Label} */ group) => change({ tags, groups: groups.filter((each) => each.id !== group.id) }, () => api.delete(`${base}/groups/${group.id}/`));
  /** @param {string} value  "tag 7" or "group 3" */
  function add(value) {
    const [kind, number] = value.split(" ");
    if (kind === "tag") {
      const tag = moreTags.find((each) => each.id === Number(number));
      if (tag) setTags([...tags, tag]);
    } else {
      const group = moreGroups.find((each) => each.id === Number(number));
      if (group) change({ tags, groups: [...groups, group] }, () => api.put(`${base}/groups/${group.id}/`));
    }
  }

  const nothingLeft = moreTags.length + moreGroups.length === 0;
  return html`<section class="section"><header><h3>${labelWords.title()}</h3></header>
    <div class="tag-cloud">
      ${tags.map((tag) => html`<${Chip} key=${`t${tag.id}`} label=${tag} why=${why} words=${labelWords.removeTag(tag.name)} remove=${() => ((isLeaving.current = true), setTags(tags.filter((each) => each.id !== tag.id)))} />`)}
      ${groups.map((group) => html`<${Chip} key=${`g${group.id}`} label=${group} icon="lucide-users" why=${why || (kinds.get(group.id) === "rule" ? labelWords.byRule() : "")} words=${labelWords.leaveGroup(group.name)} remove=${() => ((isLeaving.current = true), leave(group))} />`)}
      ${tags.length + groups.length === 0 && html`<p class="muted small">${labelWords.none()}</p>`}
    </div>
    ${why ? html`<p class="reason"><${Icon} name="lucide-lock" size="sm" />${why}</p>` : !nothingLeft && html`<div class="label-add"><label class="visually-hidden" for=${id}>${labelWords.add()}</label>
      <select class="input" data-size="sm" id=${id} value="" onChange=${(/** @type {any} */ event) => {
        add(event.currentTarget.value);
        event.currentTarget.value = "";
      }}>
        <option value="">${labelWords.add()}</option>
        ${moreTags.length > 0 && html`<optgroup label=${labelWords.tags()}>${moreTags.map((tag) => html`<option key=${tag.id} value=${`tag ${tag.id}`}>${tag.name}</option>`)}</optgroup>`}
        ${moreGroups.length > 0 && html`<optgroup label=${labelWords.groups()}>${moreGroups.map((group) => html`<option key=${group.id} value=${`group ${group.id}`}>${group.name}</option>`)}</optgroup>`}
      </select></div>`}
  </section>`;
}

/** @param {{label: Label, icon?: string, why: string, words: string, remove: () => void}} props */
function Chip({ label, icon, why, words: say, remove }) {
  return html`<span class="tag" data-hue=${label.hue} data-size="md" title=${why || label.name}>${icon && html`<${Icon} name=${icon} />`}<span>${label.name}</span>
    ${!why && html`<button type="button" aria-label=${say} title=${say} onClick=${remove}><${Icon} name="lucide-x" /></button>`}</span>`;
}

/** What the next agent must know (004-15). A note written here is where the closing note begins (004-19). @param {{contact: number, conversation: number}} props */
export function Notes({ contact, conversation }) {
  const { api, desk, people, formatter } = useParts();
  const me = people.me.value;
  const id = useId();
  // As ui/kept.js names it: the contact's page goes on with the same words. One's own: the next one at this computer has others.
  const key = `contact-note ${me.id} ${contact} text`;
  const [notes, setNotes] = useState(/** @type {ContactNote[] | null} */ (null));
  const [failed, setFailed] = useState(false);
  const [text, setText] = useState(() => kept(key));
  const [busy, setBusy] = useState(false);
  const typed = useRef(text);
  const why = me.permissions.includes(EDIT) ? "" : labelWords.noRight();

  async function read() {
    try {
      setNotes((await api.get(`contacts/${contact}/notes/`)).results);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }
  useEffect(() => void read(), [contact]);

  /** Typed words stay in this tab until they are saved, whatever else is opened meanwhile. @param {string} value */
  function write(value) {
    typed.current = value;
    setText(value);
    keep(key, value);
  }

  async function save() {
    if (busy) return;
    setBusy(true);
    try {
      const note = await api.post(`conversations/${conversation}/contact-notes/`, { text });
      setNotes([note, ...(notes ?? [])]);
      // What was typed while it was on its way is the next note.
      if (typed.current === text) write("");
    } catch (error) {
      desk.say({ text: error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer(), tone: "danger" });
    } finally {
      setBusy(false);
    }
  }

  /** @param {number} note */
  async function remove(note) {
    try {
      await api.delete(`contacts/${contact}/notes/${note}/`);
      setNotes((notes ?? []).filter((each) => each.id !== note));
      desk.say({ text: labelWords.noteDeleted(), tone: "success", action: { label: listWords.undo(), run: () => void restore(note) } });
    } catch (error) {
      desk.say({ text: error instanceof ApiError ? error.message : words.noAnswer(), tone: "danger" });
    }
  }

  /** @param {number} note */
  async function restore(note) {
    desk.say(null);
    try {
      await api.put(`contacts/${contact}/notes/${note}/restoration/`);
      await read();
    } catch (error) {
      desk.say({ text: error instanceof ApiError ? error.message : words.noAnswer(), tone: "danger" });
    }
  }

  const lacks = why || (text.trim() ? "" : labelWords.emptyNote());
  return html`<section class="section contact-notes"><header><h3>${labelWords.notes()}</h3></header>
    <div class="field"><label class="visually-hidden" for=${id}>${labelWords.note()}</label>
      <textarea class="input" id=${id} rows="2" maxlength="4000" placeholder=${labelWords.note()} value=${text} readonly=${why ? true : undefined} aria-describedby=${`${id}-hint`} onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)}></textarea>
      <span class="hint" id=${`${id}-hint`}>${why || labelWords.noteHint()}</span></div>
    <div class="form-actions"><${Button} why=${lacks} data-size="sm" onClick=${() => void save()}>${labelWords.saveNote()}<//></div>
    ${failed && html`<p class="muted small">${labelWords.notesFailed()} <button class="button" data-variant="link" type="button" onClick=${() => void read()}>${words.tryAgain()}</button></p>`}
    ${notes?.length === 0 && html`<p class="muted small">${labelWords.noNotes()}</p>`}
    ${notes && notes.length > 0 && html`<ol class="card-list">${notes.map((note) => html`<li key=${note.id}><header><${PersonAvatar} initials=${note.initials} hue=${note.hue} /><b>${note.author}</b><time dateTime=${note.created_at} title=${note.team}>${formatter.moment(note.created_at, Date.now())}</time>
      ${note.author_id === me.id && !why && html`<button class="icon-button" data-size="sm" type="button" aria-label=${labelWords.deleteNote()} title=${labelWords.deleteNote()} onClick=${() => void remove(note.id)}><${Icon} name="lucide-trash-2" size="sm" /></button>`}</header>
      <p class="said" dir="auto">${note.text}</p>${note.edited_at && html`<p class="faint small">${labelWords.edited()}</p>`}</li>`)}</ol>`}
  </section>`;
}
