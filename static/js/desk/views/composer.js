// Where the agent writes. When nothing may be written the reason stands in its place, with what can be done about it.
// What stands around the box (buttons, completions) is composer_tools.js.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Channel, Icon } from "desk/views/bits.js";
import { attachReason, Chosen } from "desk/views/attach.js";
import { Answering } from "desk/views/answering.js";
import { AnsweredMeanwhile } from "desk/views/company.js";
import { missingNames, MissingBanner, Mirror } from "desk/views/missing.js";
import { COMPLETIONS, TOOLS, WAYS_OUT } from "desk/views/composer_tools.js";
import { blockOf, keyMeaning, likelyBlockOf, refusalToSend } from "desk/composing.js";
import { Recorder } from "desk/views/voice.js";
import { doesEnterSend } from "desk/shortcuts.js";
import { createWriter } from "desk/writer.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";
import { media } from "desk/words/media.js";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/types.js").Mode} Mode */
/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */
/** @typedef {import("desk/writer.js").Writer} Writer */

const NOT_ALLOWED_YET = { allowed: true, code: "", reason: "" };

/** @param {{thread: ThreadStore, row: Row}} props */
export function Composer({ thread, row }) {
  const { desk, clock, people, attachments } = useParts();
  const detail = thread.detail.value;
  const mode = desk.modes.value[thread.id] ?? "reply";
  const now = clock.second.value;
  const block = mode === "note" ? null : detail ? blockOf(detail, now) : likelyBlockOf(row, people.me.value.id, now);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const why = block ? block.title : attachReason(detail, mode);
  useKeptFocus(block !== null);
  const isOver = useDrop(form, attach);

  /** @param {Iterable<File>} files @param {string} [as] */
  function attach(files, as) {
    if (why) return desk.say({ text: why, tone: "" });
    void attachments.add(thread.id, files, row.channel, as);
    document.getElementById("desk-composer")?.focus();
  }

  return html`<form class="composer" data-mode=${mode} data-drop=${isOver || undefined} ref=${form} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${Head} thread=${thread} row=${row} mode=${mode} />
    ${block
      ? html`<${Closed} thread=${thread} block=${block} />`
      : html`<${Writing} key=${mode} thread=${thread} row=${row} mode=${mode} attach=${attach} isReady=${detail !== null} />`}
    ${isOver && html`<div class="drop-here" data-refused=${why ? "" : undefined} aria-hidden="true"><${Icon} name=${why ? "lucide-lock" : "lucide-upload"} size="lg" /><span>${why ? html`<b>${media.dropRefused()}</b> ${why}` : media.dropHere()}</span></div>`}
  </form>`;
}

/** @param {{thread: ThreadStore, row: Row, mode: Mode}} props */
function Head({ thread, row, mode }) {
  const { desk, drafts } = useParts();
  const note = thread.detail.value?.actions["note"] ?? NOT_ALLOWED_YET;
  /** Whoever switches the mode goes on writing. @param {Mode} to */
  function choose(to) {
    desk.setMode(thread.id, to);
    requestAnimationFrame(() => document.getElementById("desk-composer")?.focus());
  }
  /** @param {Mode} to @param {string} icon @param {string} name @param {string} [why] */
  const choice = (to, icon, name, why) => html`<${Button} class="" why=${why} aria-pressed=${mode === to ? "true" : "false"} data-mode=${to}
      data-draft=${mode !== to && drafts.of(thread.id, to).value.text !== "" ? "" : undefined} onClick=${() => choose(to)}>
      <${Icon} name=${icon} size="sm" />${name}<//>`;
  return html`<div class="composer-head">
    <div class="segmented" role="group" aria-label=${words.mode()}>
      ${choice("reply", "lucide-reply", words.reply())}
      ${choice("note", "lucide-lock", words.note(), note.allowed ? "" : note.reason)}
    </div>
    ${mode === "note"
      ? html`<span class="via">${words.onlyTeam()}</span>`
      : html`<span class="via"><${Channel} channel=${row.channel} name=${row.account_name} /><span>${row.number ? words.toFrom(row.number, row.account_name) : words.from(row.account_name)}</span></span>`}
  </div>`;
}

/** @param {{thread: ThreadStore, block: NonNullable<ReturnType<typeof blockOf>>}} props */
function Closed({ thread, block }) {
  const { desk, drafts, attachments } = useParts();
  const canTake = thread.detail.value?.actions["take"]?.allowed;
  const isOthers = canTake && thread.detail.value?.assignee_id;
  const whisper = () => {
    desk.setMode(thread.id, "note");
    requestAnimationFrame(() => document.getElementById("desk-composer")?.focus());
  };
  const hasDraft = drafts.of(thread.id, "reply").value.text !== "" || attachments.of(thread.id).length > 0;
  return html`<div class="composer-closed" role="status" tabIndex=${-1}>
    <${Icon} name=${canTake ? "lucide-hand" : "lucide-lock"} size="lg" />
    <div><b>${block.title}</b><p>${isOthers ? said.stepInHint() : block.hint}${hasDraft && ` ${words.draftIsKept()}`}</p></div>
    ${canTake && html`<span class="ways"><${Button} onClick=${() => takeAndWrite(desk, thread.id)}><${Icon} name="lucide-hand" size="sm" />${isOthers ? said.stepIn() : words.take()}<//>
      ${isOthers && html`<${Button} onClick=${whisper}><${Icon} name="lucide-lock" size="sm" />${said.whisper()}<//>`}</span>`}
    ${WAYS_OUT.map((Way) => html`<${Way} thread=${thread} block=${block} />`)}
  </div>`;
}

/** The button that was pressed goes away: the focus goes to where one writes. Not for a finger: it would call up the keyboard. @param {import("desk/desk.js").Desk} desk @param {number} id */
export async function takeAndWrite(desk, id) {
  if (await desk.take(id)) requestAnimationFrame(() => matchMedia("(pointer: fine)").matches && document.getElementById("desk-composer")?.focus());
}

/** @param {{thread: ThreadStore, row: Row, mode: Mode, attach: (files: Iterable<File>, as?: string) => void, isReady: boolean}} props */
function Writing({ thread, row, mode, attach, isReady }) {
  const { desk, drafts, attachments, limits, recorder, talk, collision, people } = useParts();
  const note = mode === "reply" && recorder.note.value?.conversation === thread.id ? recorder.note.value : null;
  const draft = drafts.of(thread.id, mode).value;
  const chosen = mode === "reply" ? attachments.of(thread.id) : [];
  const going = chosen.filter((one) => one.problem === "");
  const channel = limits.channels[row.channel];
  const why = refusalToSend({ text: draft.text, files: going, limits, channel });
  const isTooLong = why !== "" && draft.text.trim() !== "";
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const keys = useRef(/** @type {import("desk/writer.js").KeyListener | null} */ (null));
  const writer = createWriter({ thread, row, mode, box, keys, drafts, desk, attach });
  const [caret, setCaret] = useState(-1);
  const gaps = mode === "reply" ? missingNames(draft.text, limits) : [];
  // Sent before the server said what may be done here; who went on writing since sends it once more.
  const wanted = useRef(/** @type {string | null} */ (null));
  useEffect(() => {
    if (!isReady || wanted.current === null) return;
    if (drafts.of(thread.id, mode).peek().text === wanted.current) send();
    wanted.current = null;
  }, [isReady]);
  // Somebody tried to send words with a variable still in them.
  const [isAsked, setAsked] = useState(false);
  useGrowing(box, draft.text);

  function send({ asItIs = false } = {}) {
    // What is sent is read from the draft, and the draft is empty at once: a second Enter finds nothing.
    const { text } = drafts.of(thread.id, mode).peek();
    const files = mode === "reply" ? attachments.of(thread.id).filter((one) => one.problem === "") : [];
    if (refusalToSend({ text, files, limits, channel })) return;
    if (!isReady) return void (wanted.current = text);
    if (mode === "reply" && !talk.maySend(thread, people.me.value.id)) return;
    collision.stopWriting();
    if (!asItIs && mode === "reply" && missingNames(text, limits).length > 0) return setAsked(true);
    setAsked(false);
    desk.send(thread.id, mode, text.trim(), mode === "reply" ? attachments.takeAll(thread.id) : []);
    box.current?.focus();
  }

  /** Others see it, and what they answer from now on is news. @param {string} text */
  function wrote(text) {
    collision.noteWriting(mode);
    if (mode === "reply" && text) talk.noteWriting(thread);
    else if (mode === "reply") talk.forgetWriting(thread.id);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!event.isComposing && keys.current?.(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (keyMeaning(event, { isTouch: matchMedia("(pointer: coarse) and (hover: none)").matches, enterSends: doesEnterSend.value }) !== "send") return;
    event.preventDefault();
    if (!event.repeat) send();
  }

  /** @param {ClipboardEvent} event */
  function paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    // A table copied from a sheet comes as words and as a picture of them: the words are meant.
    if (files.length === 0 || mode === "note" || event.clipboardData?.getData("text/plain")) return;
    event.preventDefault();
    attach(files);
  }

  const name = mode === "note" ? words.note() : words.message();
  const hint = mode === "note" ? words.writeNote() : going.some((one) => limits.captioned.includes(one.kind)) ? words.caption() : words.writeReply();
  const lookAtCaret = (/** @type {any} */ event) => setCaret(event.currentTarget.selectionStart);
  return html`
    ${mode === "reply" && html`<${AnsweredMeanwhile} thread=${thread} send=${send} /><${Answering} thread=${thread} />`}
    ${draft.theirs !== null && html`<${Conflict} thread=${thread} mode=${mode} theirs=${draft.theirs} />`}
    ${chosen.length > 0 && html`<${Chosen} writer=${writer} />`}
    ${gaps.length > 0 && html`<${MissingBanner} writer=${writer} text=${draft.text} isAsked=${isAsked} sendAnyway=${() => send({ asItIs: true })} />`}
    <${Completing} writer=${writer} text=${draft.text} caret=${caret} />
    <div class="composer-box"><${Mirror} text=${mode === "reply" ? draft.text : ""} />
    <textarea id="desk-composer" rows="2" dir="auto" ref=${box} aria-label=${name} placeholder=${hint} value=${draft.text} enterkeyhint="send"
      aria-describedby=${isTooLong ? "desk-composer-why" : undefined} aria-invalid=${isTooLong ? "true" : undefined}
      onInput=${(/** @type {any} */ event) => { drafts.write(thread.id, mode, event.currentTarget.value); wrote(event.currentTarget.value); lookAtCaret(event); }}
      onKeyUp=${lookAtCaret} onClick=${lookAtCaret} onKeyDown=${key} onPaste=${paste}></textarea></div>
    ${note ? html`<${Recorder} writer=${writer} note=${note} />` : html`<div class="composer-foot">
      ${TOOLS.map((Tool) => html`<${Tool} writer=${writer} />`)}
      <span class="push">
        ${isTooLong ? html`<span class="too-long" id="desk-composer-why">${why}</span>` : html`<${DraftState} state=${draft.state} hasText=${draft.text !== ""} />`}
        <button class="button" type="button" data-variant=${mode === "note" ? undefined : "primary"} aria-disabled=${why ? "true" : undefined} title=${why || undefined} onClick=${() => send()}>
          ${mode === "note" && html`<${Icon} name="lucide-lock" size="sm" />`}${mode === "note" ? words.saveNote() : words.send()}<kbd data-wide-only aria-hidden="true">${doesEnterSend.value ? "↵" : "Ctrl ↵"}</kbd>
        </button>
      </span>
    </div>`}`;
}

/** What can finish the word at the caret, if anything. @param {{writer: Writer, text: string, caret: number}} props */
function Completing({ writer, text, caret }) {
  // Somebody who pressed Esc goes on typing the same word in peace.
  const [closed, setClosed] = useState("");
  if (caret < 0 || caret > text.length) return null;
  for (const completion of COMPLETIONS) {
    const found = completion.find(text, caret, writer.mode);
    if (!found) continue;
    const place = `${completion.name}.${found.from}`;
    if (place === closed) return null;
    return html`<${completion.View} key=${place} writer=${writer} found=${found} close=${() => setClosed(place)} />`;
  }
  if (closed !== "") queueMicrotask(() => setClosed(""));
  return null;
}

/** @param {{thread: ThreadStore, mode: Mode, theirs: string}} props */
function Conflict({ thread, mode, theirs }) {
  const { drafts } = useParts();
  return html`<div class="banner draft-conflict" data-tone="warning" role="status"><${Icon} name="lucide-circle-alert" />
    <div>${words.draftElsewhere()} <q dir="auto">${theirs.slice(0, 300)}</q></div>
    <button class="button" data-size="sm" type="button" onClick=${() => drafts.choose(thread.id, mode, "theirs")}>${words.useTheirs()}</button>
    <button class="button" data-size="sm" type="button" onClick=${() => drafts.choose(thread.id, mode, "mine")}>${words.useMine()}</button>
  </div>`;
}

/** @param {{state: import("desk/drafts.js").DraftState, hasText: boolean}} props */
function DraftState({ state, hasText }) {
  if (!hasText) return null;
  if (state === "unsaved") return html`<span>${words.draftHere()}</span>`;
  if (state === "saved" || state === "clean") return html`<span>${words.draftSaved()}</span>`;
  return html`<span>${words.draftSaving()}</span>`;
}

/** Whoever was writing when the box went away (the window closed, another took it) stays in this place, not at the page's top. @param {boolean} isClosed */
function useKeptFocus(isClosed) {
  const was = useRef(isClosed);
  useLayoutEffect(() => {
    if (isClosed && !was.current && document.activeElement === document.body) /** @type {HTMLElement | null} */ (document.querySelector(".composer-closed"))?.focus();
    was.current = isClosed;
  }, [isClosed]);
}

/** Files dragged over the conversation; whether they may go, `onFiles` says. @param {{current: HTMLElement | null}} form @param {(files: File[]) => void} onFiles */
function useDrop(form, onFiles) {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const pane = form.current?.closest(".thread-pane");
    if (!pane) return;
    /** @param {Event} event */
    const drag = (event) => {
      const { dataTransfer, type, relatedTarget } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const leaves = type === "dragleave" && !pane.contains(/** @type {Node | null} */ (relatedTarget));
      setOver(type !== "drop" && !leaves);
      if (type === "drop") latest.current([...dataTransfer.files]);
    };
    const names = ["dragenter", "dragover", "dragleave", "drop"];
    for (const name of names) pane.addEventListener(name, drag);
    return () => names.forEach((name) => pane.removeEventListener(name, drag));
  }, []);
  return isOver;
}

/** Where the style sheet cannot let a text area grow by itself. @param {{current: HTMLTextAreaElement | null}} box @param {string} text */
function useGrowing(box, text) {
  useEffect(() => {
    const area = box.current;
    if (!area || CSS.supports("field-sizing", "content")) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight}px`;
  }, [text]);
}
