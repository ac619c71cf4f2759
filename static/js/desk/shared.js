// What another app shared with ours: the service worker kept it (static/js/sw), a person says to whom it goes.

import { signal } from "@preact/signals";

/** @typedef {{text: string, files: File[]}} Shared */

export const shared = signal(/** @type {Shared | null} */ (null));

/** Look whether we were opened by a share. */
export async function readShared() {
  if (new URLSearchParams(location.search).get("shared") !== "1" || !("caches" in globalThis)) return;
  const cache = await caches.open("shared");
  const text = (await (await cache.match("/share/text"))?.text()) ?? "";
  /** @type {File[]} */
  const files = [];
  for (const request of await cache.keys()) {
    const answer = request.url.includes("/share/file/") ? await cache.match(request) : undefined;
    if (answer) files.push(new File([await answer.blob()], decodeURIComponent(answer.headers.get("X-Name") ?? "archivo"), { type: answer.headers.get("Content-Type") ?? "" }));
  }
  if (text || files.length > 0) shared.value = { text, files };
}

export async function forgetShared() {
  shared.value = null;
  await globalThis.caches?.delete("shared");
}
