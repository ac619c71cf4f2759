// What is asked of the server for the tree: one step, and the tree as it is afterwards.

import { csrfToken } from "lib/dom.js";

/** @typedef {{ok: true, node: {id?: number, name?: string, version?: string, parent?: number | null}, said: string[]} | {ok: false, message: string}} Done */

/**
 * @param {string} url
 * @param {Record<string, string>} values
 * @param {string} failed words for when the server was not reached
 * @returns {Promise<Done>}
 */
export async function post(url, values, failed) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: new URLSearchParams(values),
    });
    const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    if (!answer.ok || answer.redirected) return { ok: false, message: said.message || failed };
    return { ok: true, node: said.node ?? {}, said: said.said ?? [] };
  } catch {
    return { ok: false, message: failed };
  }
}

/**
 * The tree's markup as it is now, or an empty string when it did not come.
 * @param {string} url
 */
export async function readTree(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    return answer.ok && !answer.redirected ? await answer.text() : "";
  } catch {
    return "";
  }
}
