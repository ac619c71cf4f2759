// A scrolled log that does not jump: whatever comes above, below or goes away, the first thing on the screen stays where it was;
// and who is at the end stays at the end.

import { useLayoutEffect, useRef } from "preact/hooks";

const END_SLACK = 48;

/** @typedef {{atEnd: true} | {atEnd: false, key: string, offset: number}} Place */

/** @param {HTMLElement} log @returns {Place} */
export function placeOf(log) {
  if (log.scrollHeight - log.scrollTop - log.clientHeight <= END_SLACK) return { atEnd: true };
  const top = log.getBoundingClientRect().top;
  for (const element of log.querySelectorAll("[data-key]")) {
    const box = element.getBoundingClientRect();
    if (box.bottom > top) return { atEnd: false, key: /** @type {HTMLElement} */ (element).dataset["key"] ?? "", offset: box.top - top };
  }
  return { atEnd: true };
}

/** @param {HTMLElement} log @param {Place} place */
export function returnTo(log, place) {
  if (place.atEnd) {
    log.scrollTop = log.scrollHeight;
    return;
  }
  const element = log.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
  if (element) log.scrollTop += element.getBoundingClientRect().top - log.getBoundingClientRect().top - place.offset;
}

/**
 * @param {{current: HTMLElement | null}} ref
 * @param {{target: Place | null, onPlace: (place: Place, log: HTMLElement) => void}} options  `target`: go there instead of staying
 */
export function useSteadyScroll(ref, { target, onPlace }) {
  // Read while drawing, before the page changes: the last scroll event may be a frame old by now.
  const before = ref.current ? placeOf(ref.current) : null;
  const last = useRef(/** @type {Place} */ ({ atEnd: true }));
  const tell = useRef(onPlace);
  tell.current = onPlace;

  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) return;
    const place = target ?? before ?? { atEnd: true };
    returnTo(log, place);
    last.current = placeOf(log);
    tell.current(last.current, log);
  });

  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) return;
    const scrolled = () => {
      last.current = placeOf(log);
      tell.current(last.current, log);
    };
    log.addEventListener("scroll", scrolled, { passive: true });
    // The composer grew, a phone's keyboard came up: the end stays in sight.
    const sizes = new ResizeObserver(() => last.current.atEnd && returnTo(log, last.current));
    sizes.observe(log);
    return () => {
      log.removeEventListener("scroll", scrolled);
      sizes.disconnect();
    };
  }, []);
}
