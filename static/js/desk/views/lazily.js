// Views that are not seen at first. Each is a module of its own, read when it is to be shown, or before, while the browser is idle.

import { h } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { useParts } from "desk/views/html.js";
import { words } from "desk/words.js";

const AGAIN_MS = 3_000;
const MOST_PATIENT_MS = 2_000;

/** @type {(() => Promise<void>)[]} */
const known = [];
/** What is on its way to be shown. @type {Set<Promise<unknown>>} */
const underWay = new Set();

/**
 * A view that stands for another one. Once that is there it is drawn at once, as if it had been imported.
 * @param {() => Promise<(props: any) => unknown>} read  gives the view: `() => import("…").then(({ View }) => View)`
 * @param {() => unknown} [meanwhile]  what stands in its place until then
 * @returns {(props: any) => unknown}
 */
export function lazily(read, meanwhile = () => null) {
  /** @type {((props: any) => unknown) | null} */
  let View = null;
  /** @type {Promise<void> | null} */
  let reading = null;

  function fetchView() {
    reading ??= read().then(
      (view) => void (View = view),
      (error) => {
        reading = null;
        throw error;
      },
    );
    return reading;
  }
  known.push(fetchView);

  return function Lazy(props) {
    const { desk } = useParts();
    const [, setDrawn] = useState(View !== null);
    // Before the frame is painted: whoever waits in `onceDrawn` must find it under way.
    useLayoutEffect(() => {
      if (View) return setDrawn(true);
      let again = 0;
      let isGone = false;
      const show = async () => {
        const wait = fetchView();
        underWay.add(wait);
        try {
          await wait;
          setDrawn(true);
        } catch {
          // Somebody went elsewhere meanwhile: what they have open there is not this one's to close.
          if (isGone) return;
          // A dialog is asked for again by whoever wants it; what cannot be closed comes by itself.
          desk.say({ text: words.noAnswer(), tone: "danger" });
          props.close?.();
          again = window.setTimeout(show, AGAIN_MS);
        } finally {
          underWay.delete(wait);
        }
      };
      void show();
      return () => {
        isGone = true;
        clearTimeout(again);
      };
    }, []);
    return View ? h(/** @type {any} */ (View), props) : meanwhile();
  };
}

/** In the frame in which everything asked for is drawn: what the focus is to go to may be on its way. @param {() => void} act */
export async function onceDrawn(act) {
  const held = document.activeElement;
  // What was just asked for is drawn by then, or is under way.
  await nextFrame();
  if (underWay.size > 0) {
    while (underWay.size > 0) await Promise.allSettled(underWay);
    // Who went elsewhere meanwhile stays there.
    if (document.activeElement !== held && document.activeElement !== document.body) return;
    await nextFrame();
  }
  act();
}

/** @returns {Promise<unknown>} */
function nextFrame() {
  return new Promise(requestAnimationFrame);
}

/** Read every view that is not there yet, one after the other, so that the first press finds it. */
export async function fetchAhead() {
  for (const fetchView of known) {
    await idle();
    // Without a connection it is asked for again when it is to be shown.
    await fetchView().catch(() => {});
  }
}

/** @returns {Promise<void>} */
function idle() {
  return new Promise((done) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => done(), { timeout: MOST_PATIENT_MS });
    else setTimeout(done, 0);
  });
}
