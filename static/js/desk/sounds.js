// A sound for what happens elsewhere: one kind of tone per kind of news, never for what somebody looks at, at most one in two seconds,
// in one tab. Made on the spot: nothing is fetched, so the first one is as quick as the others.

import { signal } from "@preact/signals";

/** @typedef {"message" | "assigned" | "waiting"} SoundKind */
/** @typedef {Record<SoundKind, number>} Volumes  0 to 100 */

export const SOUND_KINDS = /** @type {const} */ (["message", "assigned", "waiting"]);
export const SOUND_EVERY_MS = 2_000;
/** @type {Volumes} */
const AT_FIRST = { message: 60, assigned: 70, waiting: 30 };
/** What weighs more is heard when several come at once. @type {Record<SoundKind, number>} */
const WEIGHT = { assigned: 3, message: 2, waiting: 1 };
/** Each note: its pitch in Hz, when it begins and how long it sounds, in seconds. @type {Record<SoundKind, [number, number, number][]>} */
const TONES = { message: [[880, 0, 0.12], [1174.7, 0.1, 0.18]], assigned: [[659.3, 0, 0.14], [880, 0.12, 0.14], [1318.5, 0.24, 0.24]], waiting: [[587.3, 0, 0.22]] };

/**
 * @param {object} options
 * @param {number} options.userId
 * @param {import("desk/tabs.js").Tabs} options.tabs
 * @param {Pick<Storage, "getItem" | "setItem">} [options.storage]
 * @param {(kind: SoundKind, volume: number) => void} [options.play]
 * @param {{setTimeout: (run: () => void, ms: number) => any, now: () => number}} [options.platform]
 */
export function createSounds({ userId, tabs, storage = localStorage, play = playTones, platform = { setTimeout: (run, ms) => setTimeout(run, ms), now: () => Date.now() } }) {
  const kept = `ventanilla.sounds.${userId}`;
  const volumes = signal(restore());
  let lastPlayed = -Infinity;
  /** @type {SoundKind | null} */
  let waiting = null;

  /** @returns {Volumes} */
  function restore() {
    try {
      const found = JSON.parse(storage.getItem(kept) ?? "{}");
      const known = SOUND_KINDS.filter((kind) => Number.isFinite(found[kind])).map((kind) => [kind, Math.max(0, Math.min(100, found[kind]))]);
      return { ...AT_FIRST, ...Object.fromEntries(known) };
    } catch {
      return AT_FIRST;
    }
  }

  function sound() {
    const kind = waiting;
    waiting = null;
    if (!kind) return;
    lastPlayed = platform.now();
    play(kind, volumes.value[kind] / 100);
  }

  return {
    volumes,

    /** @param {SoundKind} kind @param {number} volume */
    setVolume(kind, volume) {
      volumes.value = { ...volumes.value, [kind]: Math.max(0, Math.min(100, Math.round(volume))) };
      try {
        storage.setItem(kept, JSON.stringify(volumes.value));
      } catch {
        // A browser that keeps nothing: as loud as at first, next time.
      }
    },

    /** Somebody wants to hear it. @param {SoundKind} kind */
    listen: (kind) => play(kind, Math.max(0.05, volumes.value[kind] / 100)),

    /** @param {{kind: string, conversation: number}} news  a `news` frame (docs/socket.md) */
    hear({ kind, conversation }) {
      const known = SOUND_KINDS.find((each) => each === kind);
      if (!known || volumes.value[known] === 0 || !tabs.leads() || tabs.isSeen(conversation)) return;
      const isFirst = waiting === null;
      if (!waiting || WEIGHT[known] > WEIGHT[waiting]) waiting = known;
      if (isFirst) platform.setTimeout(sound, Math.max(0, lastPlayed + SOUND_EVERY_MS - platform.now()));
    },
  };
}

/** @typedef {ReturnType<typeof createSounds>} Sounds */

/** @type {AudioContext | null} */
let audio = null;

/** Browsers let a page sound once somebody has touched it: the first touch makes the rest possible. */
export function readySounds() {
  const wake = () => {
    audio ??= new AudioContext();
    void audio.resume();
    for (const name of ["pointerdown", "keydown"]) removeEventListener(name, wake, true);
  };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, wake, true);
}

/** @param {SoundKind} kind @param {number} volume  0 to 1 */
function playTones(kind, volume) {
  const context = audio;
  if (!context || context.state !== "running") return;
  for (const [pitch, begins, lasts] of TONES[kind]) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const from = context.currentTime + begins;
    tone.type = "sine";
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(volume * 0.4, from + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + lasts);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + lasts + 0.02);
  }
}
