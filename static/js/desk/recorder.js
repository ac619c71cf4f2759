// A voice note being spoken: asked for, recorded, held, listened to, sent or thrown away. One at a time, of one conversation; whoever
// goes elsewhere finds it held where it was left. What is recorded leaves this page only when it is sent.

import { signal } from "@preact/signals";
import { voiceWords } from "desk/words/voice.js";

/** @typedef {"explaining" | "asking" | "recording" | "paused" | "ready" | "refused"} Phase */
/** @typedef {{conversation: number, phase: Phase, elapsed: number, levels: number[], reason: string, file: File | null, url: string}} Note */

const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];
const BITS_PER_SECOND = 32_000;
const TICK_MS = 100;
/** A quarter of an hour: nobody listens to more, and a forgotten microphone ends. */
const LONGEST_MS = 15 * 60_000;
const LOUDEST = 100;

/** @param {{onBegin?: () => void}} [options]  `onBegin`: what plays should be silent */
export function createRecorder({ onBegin = () => {} } = {}) {
  const note = signal(/** @type {Note | null} */ (null));
  /** @type {MediaRecorder | null} */ let machine = null;
  /** @type {MediaStream | null} */ let stream = null;
  /** @type {AudioContext | null} */ let context = null;
  /** @type {AnalyserNode | null} */ let ear = null;
  /** @type {Blob[]} */ let chunks = [];
  let timer = 0;
  let lastTick = 0;

  /** @param {Partial<Note>} change */
  function set(change) {
    if (note.value) note.value = { ...note.value, ...change };
  }

  /** @param {number} conversation */
  async function begin(conversation) {
    if (note.value && note.value.phase !== "refused") return;
    note.value = { conversation, phase: "asking", elapsed: 0, levels: [], reason: "", file: null, url: "" };
    const why = reasonNot();
    if (why) return set({ phase: "refused", reason: why });
    const state = await permission();
    if (state === "denied") set({ phase: "refused", reason: voiceWords.blocked() });
    else if (state === "prompt") set({ phase: "explaining" });
    else await start();
  }

  /** The browser asks now, if it has to. */
  async function start() {
    set({ phase: "asking" });
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      return set({ phase: "refused", reason: reasonOf(error) });
    }
    // Somebody changed their mind while the browser was asking.
    if (note.value?.phase !== "asking") return release();
    onBegin();
    chunks = [];
    const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
    machine = new MediaRecorder(stream, { audioBitsPerSecond: BITS_PER_SECOND, ...(type ? { mimeType: type } : {}) });
    machine.addEventListener("dataavailable", (event) => event.data.size > 0 && chunks.push(event.data));
    // Unplugged, or taken by a call: what was said so far is kept.
    stream.getAudioTracks()[0]?.addEventListener("ended", () => void finish());
    listenToLevels(stream);
    machine.start(1_000);
    lastTick = performance.now();
    timer = window.setInterval(tick, TICK_MS);
    set({ phase: "recording" });
  }

  /** @param {MediaStream} from */
  function listenToLevels(from) {
    context = new AudioContext();
    ear = context.createAnalyser();
    ear.fftSize = 1_024;
    context.createMediaStreamSource(from).connect(ear);
  }

  function tick() {
    const now = performance.now();
    const passed = now - lastTick;
    lastTick = now;
    const one = note.value;
    if (one?.phase !== "recording") return;
    set({ elapsed: one.elapsed + passed, levels: [...one.levels, loudness()] });
    if (one.elapsed + passed >= LONGEST_MS) void finish();
  }

  /** 0 to 100, by ear: speech is around the middle. */
  function loudness() {
    if (!ear) return 0;
    const heard = new Float32Array(ear.fftSize);
    ear.getFloatTimeDomainData(heard);
    const power = heard.reduce((sum, each) => sum + each * each, 0) / heard.length;
    return Math.min(LOUDEST, Math.round(Math.sqrt(Math.sqrt(power)) * LOUDEST * 1.3));
  }

  function pause() {
    if (note.value?.phase !== "recording") return;
    machine?.pause();
    set({ phase: "paused" });
  }

  function resume() {
    if (note.value?.phase !== "paused") return;
    onBegin();
    machine?.resume();
    lastTick = performance.now();
    set({ phase: "recording" });
  }

  /** Nothing more is recorded: it can be listened to and sent. @returns {Promise<File | null>} */
  async function finish() {
    const one = note.value;
    if (one?.file) return one.file;
    if (!machine || machine.state === "inactive") return null;
    const stopping = machine;
    await new Promise((resolve) => {
      stopping.addEventListener("stop", resolve, { once: true });
      stopping.stop();
    });
    const type = stopping.mimeType || "audio/webm";
    const file = new File(chunks, `voice.${type.includes("ogg") ? "ogg" : type.includes("mp4") ? "m4a" : "webm"}`, { type: type.split(";")[0] ?? type });
    release();
    set({ phase: "ready", file, url: URL.createObjectURL(file) });
    return file;
  }

  /** The microphone's light goes out. */
  function release() {
    window.clearInterval(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    void context?.close();
    stream = null;
    context = null;
    ear = null;
    machine = null;
  }

  function drop() {
    if (machine && machine.state !== "inactive") machine.stop();
    release();
    const url = note.value?.url;
    note.value = null;
    if (url) setTimeout(() => URL.revokeObjectURL(url), 1_000);
  }

  return { note, begin, start, pause, resume, finish, drop };
}

/** @typedef {ReturnType<typeof createRecorder>} Recorder */

/** Why this browser cannot record at all. */
function reasonNot() {
  if (!globalThis.isSecureContext || !navigator.mediaDevices?.getUserMedia) return voiceWords.insecure();
  return typeof MediaRecorder === "undefined" ? voiceWords.oldBrowser() : "";
}

/** @returns {Promise<string>}  "prompt" where the browser does not tell */
async function permission() {
  try {
    return (await navigator.permissions.query({ name: /** @type {any} */ ("microphone") })).state;
  } catch {
    return "prompt";
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return voiceWords.blocked();
  if (name === "NotFoundError" || name === "OverconstrainedError") return voiceWords.noMicrophone();
  return name === "NotReadableError" || name === "AbortError" ? voiceWords.busyMicrophone() : voiceWords.notRecorded();
}

/** The loudest of each stretch, so that a short word is seen in a long note. @param {readonly number[]} levels @param {number} bars @returns {number[]} */
export function barsOf(levels, bars) {
  if (levels.length <= bars) return [...levels, ...Array.from({ length: bars - levels.length }, () => 0)];
  return Array.from({ length: bars }, (_, index) => Math.max(...levels.slice(Math.floor((index * levels.length) / bars), Math.max(Math.floor((index * levels.length) / bars) + 1, Math.floor(((index + 1) * levels.length) / bars)))));
}
