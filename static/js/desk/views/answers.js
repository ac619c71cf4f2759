// A question to the server whose answer is shown: asked anew when it changes, and only the last one counts.

import { useEffect, useState } from "preact/hooks";
import { useParts } from "desk/views/html.js";

const PAUSE_MS = 180;

/** @param {string | null} path  null: nothing is asked @returns {{answer: any, failed: boolean, again: () => void}} */
export function useAnswer(path) {
  const { api } = useParts();
  const [state, setState] = useState({ path: /** @type {string | null} */ (null), answer: /** @type {any} */ (null), failed: false });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await api.get(path, { signal: stop.signal });
        if (!stop.signal.aborted) setState({ path, answer, failed: false });
      } catch {
        if (!stop.signal.aborted) setState({ path, answer: null, failed: true });
      }
    }, state.path === null ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, turn]);
  const isCurrent = path !== null && state.path === path;
  return { answer: path === null ? null : state.answer, failed: isCurrent && state.failed, again: () => setTurn(turn + 1) };
}

/** The same in pages: what came is kept, and more of it is asked for. @param {string} path  without its cursor @returns {{items: any[] | null, page: any, hasMore: boolean, failed: boolean, more: () => void}}  page: the last one, whole */
export function usePages(path) {
  const { api } = useParts();
  const [state, setState] = useState({ path: "", items: /** @type {any[]} */ ([]), page: /** @type {any} */ (null), next: /** @type {string | null} */ (null), failed: false });
  /** @param {string} cursor @param {any[]} before */
  async function read(cursor, before) {
    try {
      const page = await api.get(`${path}${cursor && `${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`}`);
      setState({ path, items: [...before, ...page.results], page, next: page.next, failed: false });
    } catch {
      setState({ path, items: before, page: null, next: null, failed: true });
    }
  }
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => isWanted && void read("", []), 0);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [path]);
  const isHere = state.path === path;
  return { items: isHere ? state.items : null, page: isHere ? state.page : null, hasMore: isHere && state.next !== null, failed: isHere && state.failed, more: () => void (state.next && read(state.next, state.items)) };
}
