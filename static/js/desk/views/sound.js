// A sound in a bubble: played, stopped, searched through, made faster. What it looks like and how long it is the server measured, so
// that nothing of it is fetched before somebody listens.

import { useRef, useState } from "preact/hooks";
import { html } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { playingTime } from "desk/formatting.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Attachment} Attachment */

const RATES = [1, 1.5, 2];
const LOWEST_BAR = 8;
/** Where the server could not measure it: a quiet line. */
const FLAT = Array.from({ length: 64 }, () => 0);

/** @param {{attachment: Attachment, onError: (event: Event) => void}} props */
export function Sound({ attachment, onError }) {
  const player = useRef(/** @type {HTMLAudioElement | null} */ (null));
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [seconds, setSeconds] = useState((attachment.duration_ms ?? 0) / 1000);
  const [rate, setRate] = useState(1);
  const kind = words.kindName(attachment.kind);

  function toggle() {
    const audio = player.current;
    if (!audio) return;
    audio.playbackRate = rate;
    // A refusal comes as the player's own `error`, too: that one speaks.
    if (audio.paused) audio.play().catch(() => setPlaying(false));
    else audio.pause();
  }
  /** The browser's figure, where it knows one; a stream without an end has none. @param {HTMLAudioElement} audio */
  const measure = (audio) => Number.isFinite(audio.duration) && audio.duration > 0 && setSeconds(audio.duration);
  /** @param {number} to */
  function seek(to) {
    setAt(to);
    if (player.current) player.current.currentTime = to;
  }
  function faster() {
    const next = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
    setRate(next);
    if (player.current) player.current.playbackRate = next;
  }

  const spoken = words.elapsedOf(clock(at), clock(seconds));
  return html`<div class="voice" data-kind=${attachment.kind}>
    <audio src=${attachment.url} preload="none" ref=${player} onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)}
      onEnded=${() => { setPlaying(false); setAt(0); }}
      onDurationChange=${(/** @type {any} */ event) => measure(event.currentTarget)} onTimeUpdate=${(/** @type {any} */ event) => setAt(event.currentTarget.currentTime)} onError=${onError}></audio>
    <button class="play" type="button" aria-label=${isPlaying ? words.pause() : words.play(kind)} title=${isPlaying ? words.pause() : words.play(kind)} onClick=${toggle}><${Icon} name=${isPlaying ? "lucide-pause" : "lucide-play"} /></button>
    <span class="wave-place">
      <${Wave} heights=${attachment.waveform ?? FLAT} share=${seconds ? at / seconds : 0} />
      <input type="range" min="0" max=${seconds || 1} step="0.1" value=${at} aria-label=${`${kind}: ${words.playPosition()}`} aria-valuetext=${spoken} onInput=${(/** @type {any} */ event) => seek(Number(event.currentTarget.value))} />
    </span>
    <button class="speed" type="button" aria-label=${words.playSpeed(String(rate))} title=${words.playSpeed(String(rate))} onClick=${faster}>${rate}×</button>
    <span class="voice-line"><span>${clock(at)}</span><span>${seconds ? clock(seconds) : ""}</span></span>
  </div>`;
}

/** Decoration: the range above it says the same. @param {{heights: readonly number[], share: number}} props */
function Wave({ heights, share }) {
  return html`<svg class="wave" viewBox=${`0 0 ${heights.length * 3 - 1} 100`} preserveAspectRatio="none" aria-hidden="true">
    ${heights.map((height, index) => {
      const tall = Math.max(LOWEST_BAR, Math.min(100, height));
      return html`<rect key=${index} x=${index * 3} y=${(100 - tall) / 2} width="2" height=${tall} data-played=${index < share * heights.length || undefined} />`;
    })}
  </svg>`;
}

/** @param {number} seconds */
function clock(seconds) {
  return playingTime(seconds * 1000);
}
