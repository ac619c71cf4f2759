// The recorder in the composer's foot: the microphone's button, and what stands there while somebody speaks.

import { useEffect, useRef } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Wave } from "desk/views/sound.js";
import { playingTime } from "desk/formatting.js";
import { barsOf } from "desk/recorder.js";
import { voiceWords } from "desk/words/voice.js";
import { media } from "desk/words/media.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/recorder.js").Note} Note */

const BARS = 48;

/** @param {{writer: Writer}} props */
export function VoiceTool({ writer }) {
  const { desk, recorder } = useParts();
  const other = recorder.note.value;
  function record() {
    if (other && other.phase !== "refused" && other.conversation !== writer.thread.id) {
      return desk.say({ text: voiceWords.elsewhere(), tone: "", action: { label: voiceWords.goThere(), run: () => desk.open(other.conversation) } });
    }
    void recorder.begin(writer.thread.id);
  }
  return html`<${Button} class="icon-button" label=${voiceWords.record()} why=${writer.mode === "note" ? media.notInNotes() : ""} onClick=${record}><${Icon} name="lucide-mic" /><//>`;
}

/** In the place of the foot. Whoever goes to another conversation, or to a note, finds it held. @param {{writer: Writer, note: Note}} props */
export function Recorder({ writer, note }) {
  const { recorder } = useParts();
  const root = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => () => recorder.pause(), []);
  // The button that was pressed is gone: the one that goes on takes the focus.
  useEffect(() => {
    if (document.activeElement === document.body || root.current?.contains(document.activeElement) === false) /** @type {HTMLElement | null | undefined} */ (root.current?.querySelector("[data-next]"))?.focus();
  }, [note.phase]);
  function drop() {
    recorder.drop();
    writer.focus();
  }
  const { phase } = note;
  const state = { recording: voiceWords.recording(), paused: voiceWords.paused(), ready: voiceWords.ready(), asking: voiceWords.asking(), explaining: "", refused: "" }[phase];
  return html`<div class="recorder" role="group" aria-label=${voiceWords.recorder()} data-phase=${phase} ref=${root}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && (event.stopPropagation(), event.preventDefault(), phase === "recording" ? recorder.pause() : undefined)}>
    <span class="visually-hidden" role="status">${state}</span>
    ${phase === "explaining" && html`<${Icon} name="lucide-mic" size="lg" /><p>${voiceWords.explain()}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${drop}>${voiceWords.notNow()}</button>
      <button class="button" data-variant="primary" type="button" data-next onClick=${() => recorder.start()}>${voiceWords.allow()}</button>`}
    ${phase === "refused" && html`<${Icon} name="lucide-circle-alert" size="lg" /><p role="alert">${note.reason}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${drop}>${voiceWords.close()}</button>
      <button class="button" type="button" data-next onClick=${() => recorder.begin(writer.thread.id)}>${words.tryAgain()}</button>`}
    ${phase === "asking" && html`<${Icon} name="lucide-mic" size="lg" /><p>${voiceWords.asking()}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${drop}>${words.cancel()}</button>`}
    ${(phase === "recording" || phase === "paused" || phase === "ready") && html`<${Speaking} writer=${writer} note=${note} drop=${drop} />`}
  </div>`;
}

/** @param {{writer: Writer, note: Note, drop: () => void}} props */
function Speaking({ writer, note, drop }) {
  const { desk, recorder, player } = useParts();
  const { phase } = note;
  const track = { id: note.url, url: note.url, conversation: note.conversation, kind: "voice" };
  const isMine = player.track.value?.id === note.url && note.url !== "";
  const isPlaying = isMine && player.isPlaying.value;
  const total = note.elapsed / 1000;
  const at = isMine ? player.at.value : 0;

  async function send() {
    const file = await recorder.finish();
    if (!file) return;
    if (isMine) player.stop();
    desk.sendContent(note.conversation, { kind: "voice", body: { text: "" }, file });
    drop();
  }
  const live = note.levels.slice(-BARS);
  return html`
    <button class="icon-button" data-tone="danger" type="button" aria-label=${voiceWords.discard()} title=${voiceWords.discard()} onClick=${drop}><${Icon} name="lucide-trash-2" /></button>
    ${phase === "ready"
      ? html`<button class="icon-button" type="button" data-next aria-label=${isPlaying ? words.pause() : words.play(voiceWords.recorder())} title=${isPlaying ? words.pause() : words.play(voiceWords.recorder())} onClick=${() => player.toggle(track)}><${Icon} name=${isPlaying ? "lucide-pause" : "lucide-play"} /></button>`
      : html`<span class="recorder-light" data-on=${phase === "recording" || undefined} aria-hidden="true"></span>`}
    <span class="recorder-time" role="timer" aria-label=${voiceWords.recorder()}>${playingTime(isMine && at > 0 ? at * 1000 : note.elapsed)}</span>
    <span class="recorder-wave">
      <${Wave} heights=${phase === "ready" ? barsOf(note.levels, BARS) : [...Array.from({ length: BARS - live.length }, () => 0), ...live]} share=${phase === "ready" ? (total ? at / total : 0) : 1} />
      ${phase === "ready" && html`<input type="range" min="0" max=${total || 1} step="0.1" value=${at} aria-label=${`${voiceWords.recorder()}: ${words.playPosition()}`} aria-valuetext=${words.elapsedOf(playingTime(at * 1000), playingTime(note.elapsed))} onInput=${(/** @type {any} */ event) => player.seek(track, Number(event.currentTarget.value))} />`}
    </span>
    ${phase === "recording" && html`<button class="icon-button" type="button" data-next aria-label=${voiceWords.pause()} title=${voiceWords.pause()} onClick=${() => recorder.pause()}><${Icon} name="lucide-pause" /></button>`}
    ${phase === "paused" && html`<button class="icon-button" type="button" data-next aria-label=${voiceWords.resume()} title=${voiceWords.resume()} onClick=${() => recorder.resume()}><${Icon} name="lucide-mic" /></button>`}
    ${phase !== "ready" && html`<button class="icon-button" type="button" aria-label=${voiceWords.stop()} title=${voiceWords.stop()} onClick=${() => recorder.finish()}><${Icon} name="lucide-circle-check" /></button>`}
    <button class="button" data-variant="primary" type="button" onClick=${send}><${Icon} name="lucide-send" size="sm" />${voiceWords.send()}</button>`;
}
