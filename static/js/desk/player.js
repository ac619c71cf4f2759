// The one player of the desk. A sound goes on while its bubble is scrolled away and while another conversation is open; a second one
// takes its place; the speed is remembered.

import { signal } from "@preact/signals";

/** @typedef {{id: string, url: string, conversation: number, kind: string}} Track */

const RATES = [1, 1.5, 2];
const KEPT = "ventanilla.speed";

/** @param {{storage?: Pick<Storage, "getItem" | "setItem">, audio?: HTMLAudioElement}} [options] */
export function createPlayer({ storage = localStorage, audio = document.createElement("audio") } = {}) {
  const track = signal(/** @type {Track | null} */ (null));
  const isPlaying = signal(false);
  const at = signal(0);
  /** As the browser measures it; 0: not known. */
  const seconds = signal(0);
  const rate = signal(readRate());
  const trouble = signal(/** @type {{id: string, isUnreadable: boolean} | null} */ (null));
  /** Where others were left. @type {Map<string, number>} */
  const places = new Map();

  function readRate() {
    try {
      const kept = Number(storage.getItem(KEPT));
      return RATES.includes(kept) ? kept : 1;
    } catch {
      return 1;
    }
  }

  /** @param {Track} next @param {number} [from] */
  function load(next, from) {
    if (track.value?.id === next.id) return;
    if (track.value) places.set(track.value.id, at.value);
    trouble.value = null;
    audio.src = next.url;
    track.value = next;
    seconds.value = 0;
    at.value = from ?? places.get(next.id) ?? 0;
    if (at.value > 0) audio.currentTime = at.value;
  }

  function play() {
    audio.playbackRate = rate.value;
    // A refusal comes as the element's own `error`, too: that one speaks.
    audio.play().catch(() => (isPlaying.value = false));
  }

  audio.id = "desk-player";
  audio.preload = "none";
  audio.hidden = true;
  audio.addEventListener("play", () => (isPlaying.value = true));
  audio.addEventListener("pause", () => (isPlaying.value = false));
  audio.addEventListener("timeupdate", () => (at.value = audio.currentTime));
  audio.addEventListener("durationchange", () => (seconds.value = Number.isFinite(audio.duration) ? audio.duration : 0));
  audio.addEventListener("ended", () => {
    if (track.value) places.delete(track.value.id);
    audio.currentTime = 0;
    at.value = 0;
    isPlaying.value = false;
  });
  audio.addEventListener("error", () => {
    if (!track.value) return;
    const { error } = audio;
    trouble.value = { id: track.value.id, isUnreadable: error?.code === MediaError.MEDIA_ERR_DECODE || error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED };
    isPlaying.value = false;
    track.value = null;
  });

  return {
    track, isPlaying, at, seconds, rate, trouble, audio,
    /** @param {Track} which */
    toggle(which) {
      load(which);
      if (audio.paused) play();
      else audio.pause();
    },
    /** @param {Track} which @param {number} to */
    seek(which, to) {
      load(which, to);
      audio.currentTime = to;
      at.value = to;
    },
    faster() {
      rate.value = RATES[(RATES.indexOf(rate.value) + 1) % RATES.length] ?? 1;
      audio.playbackRate = rate.value;
      try {
        storage.setItem(KEPT, String(rate.value));
      } catch {
        // A device that keeps nothing: as long as the page lives.
      }
    },
    pause: () => audio.pause(),
    /** Off the screen as well. */
    stop() {
      audio.pause();
      if (track.value) places.set(track.value.id, at.value);
      track.value = null;
    },
    /** Where it was left. @param {string} id */
    placeOf: (id) => places.get(id) ?? 0,
    forgive: () => (trouble.value = null),
  };
}

/** @typedef {ReturnType<typeof createPlayer>} Player */
