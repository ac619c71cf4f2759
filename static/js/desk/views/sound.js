// A sound in a bubble: played, stopped, searched through, made faster, by the desk's one player. What it looks like and how long it is
// the server measured, so that nothing of it is fetched before somebody listens.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { playingTime } from "desk/formatting.js";
import { words } from "desk/words.js";
import { voiceWords } from "desk/words/voice.js";

/** @typedef {import("desk/types.js").Attachment} Attachment */

const LOWEST_BAR = 8;
/** Where the server could not measure it: a quiet line. */
const FLAT = Array.from({ length: 64 }, () => 0);

/** @param {{attachment: Attachment}} props */
export function Sound({ attachment }) {
  const { desk, player } = useParts();
  const conversation = desk.current.value?.id ?? 0;
  const track = { id: attachment.id, url: attachment.url, conversation, kind: attachment.kind };
  const isMine = player.track.value?.id === attachment.id;
  const isPlaying = isMine && player.isPlaying.value;
  const at = isMine ? player.at.value : player.placeOf(attachment.id);
  // The browser's figure, where it knows one; a stream without an end has none.
  const seconds = (isMine && player.seconds.value) || (attachment.duration_ms ?? 0) / 1000;
  const rate = speed(player.rate.value);
  const kind = words.kindName(attachment.kind);
  return html`<div class="voice" data-kind=${attachment.kind}>
    <button class="play" type="button" aria-label=${isPlaying ? words.pause() : words.play(kind)} title=${isPlaying ? words.pause() : words.play(kind)} onClick=${() => player.toggle(track)}><${Icon} name=${isPlaying ? "lucide-pause" : "lucide-play"} /></button>
    <span class="wave-place">
      <${Wave} heights=${attachment.waveform ?? FLAT} share=${seconds ? at / seconds : 0} />
      <input type="range" min="0" max=${seconds || 1} step="0.1" value=${at} aria-label=${`${kind}: ${words.playPosition()}`} aria-valuetext=${words.elapsedOf(clock(at), clock(seconds))} onInput=${(/** @type {any} */ event) => player.seek(track, Number(event.currentTarget.value))} />
    </span>
    <button class="speed" type="button" aria-label=${words.playSpeed(rate)} title=${words.playSpeed(rate)} onClick=${player.faster}>${rate}×</button>
    <span class="voice-line"><span>${clock(at)}</span><span>${seconds ? clock(seconds) : ""}</span></span>
  </div>`;
}

/** What plays goes on while its conversation is not open: here it can be stopped, and gone back to. */
export function NowPlaying() {
  const { desk, board, player } = useParts();
  const track = player.track.value;
  if (!track || track.conversation === desk.current.value?.id || (!player.isPlaying.value && player.at.value === 0)) return null;
  const who = board.rowOf(track.conversation)?.name ?? words.kindName(track.kind);
  return html`<div class="now-playing" role="region" aria-label=${voiceWords.playingFrom(who)}>
    <button class="icon-button" type="button" aria-label=${player.isPlaying.value ? words.pause() : words.play(words.kindName(track.kind))} onClick=${() => player.toggle(track)}><${Icon} name=${player.isPlaying.value ? "lucide-pause" : "lucide-play"} /></button>
    <button class="now-who" type="button" title=${voiceWords.goToIt()} onClick=${() => desk.open(track.conversation)}><bdi class="truncate">${who}</bdi><small>${clock(player.at.value)}${player.seconds.value ? ` / ${clock(player.seconds.value)}` : ""}</small></button>
    <button class="speed" type="button" aria-label=${words.playSpeed(speed(player.rate.value))} onClick=${player.faster}>${speed(player.rate.value)}×</button>
    <button class="icon-button" data-size="sm" type="button" aria-label=${voiceWords.stopPlaying()} title=${voiceWords.stopPlaying()} onClick=${player.stop}><${Icon} name="lucide-x" size="sm" /></button>
  </div>`;
}

/** Decoration: the range above it says the same. @param {{heights: readonly number[], share: number}} props */
export function Wave({ heights, share }) {
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

/** 1,5 where a comma is the decimal sign. @param {number} rate */
function speed(rate) {
  return new Intl.NumberFormat(document.documentElement.lang || "es").format(rate);
}
