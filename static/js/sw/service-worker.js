// The service worker, behind `const KNOWN = {…}` of core/pwa.py. It does four things and nothing else: it shows what the push service
// brings, keeps hashed static files and the page without a connection, and takes what is shared into the app.
//
// Answers of the API and pages are never kept: they hold customers' words.

const SHELL = `shell-${KNOWN.version}`;
const STATIC = `static-${KNOWN.version}`;
const SHARED = "shared";
/** Twelve hex digits of the content before the ending (core, ManifestStaticFilesStorage): such an address never changes its meaning. */
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/u;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL);
      await cache.addAll([KNOWN.offline, ...KNOWN.files].map((url) => new Request(url, { cache: "reload", credentials: "same-origin" })));
      // Nothing a page holds depends on which version serves it: the new one takes over at once.
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const mine = new Set([SHELL, STATIC, SHARED]);
      for (const name of await caches.keys()) if (!mine.has(name)) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === KNOWN.share) event.respondWith(takeShared(request));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => withoutConnection(request)));
  else if (url.pathname.startsWith(KNOWN.statics) && HASHED.test(url.pathname)) event.respondWith(fromStatic(request));
});

/** @param {Request} request */
async function withoutConnection(request) {
  // A file somebody opens in a tab of its own is not a page: the browser says so itself.
  const page = request.headers.get("Accept")?.includes("text/html") ? await caches.match(KNOWN.offline) : undefined;
  return page ?? Response.error();
}

/** @param {Request} request */
async function fromStatic(request) {
  const kept = await caches.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  // Part of a file, or an error, is not the file.
  if (answer.status === 200 && answer.type === "basic") {
    const cache = await caches.open(STATIC);
    await cache.put(request.url, answer.clone()).catch(() => {});
  }
  return answer;
}

/** Kept until a person says to whom it goes: in the browser only. @param {Request} request */
async function takeShared(request) {
  const form = await request.formData();
  const cache = await caches.open(SHARED);
  for (const key of await cache.keys()) await cache.delete(key);
  const text = ["title", "text", "url"].map((name) => form.get(name)).filter((part) => typeof part === "string" && part.trim() !== "").join("\n");
  await cache.put("/share/text", new Response(text));
  const files = form.getAll("files").filter((each) => each instanceof File && each.size > 0);
  for (const [index, file] of files.entries()) {
    await cache.put(`/share/file/${index}`, new Response(file, { headers: { "Content-Type": file.type || "application/octet-stream", "X-Name": encodeURIComponent(file.name) } }));
  }
  return Response.redirect("/?shared=1", 303);
}

// ── Notifications ────────────────────────────────────────────────────────────────────────────────────────────────────

self.addEventListener("push", (event) => {
  event.waitUntil(tell(read(event.data)));
});

/** @param {PushMessageData | null} data */
function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** @param {{kind?: string, conversation?: number, title?: string, body?: string}} message */
async function tell(message) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desks = windows.filter(isDesk);
  for (const desk of desks) desk.postMessage({ type: "pushed", message });
  // Whoever has the desk before them sees and hears it there. A browser lets us keep quiet only then.
  if (message.kind !== "test" && desks.some((desk) => desk.focused && desk.visibilityState === "visible")) return;
  await self.registration.showNotification(message.title || KNOWN.fallback, {
    body: message.body,
    // One per conversation: a later message takes the place of the earlier one.
    tag: message.conversation ? `conversation-${message.conversation}` : (message.kind ?? "news"),
    renotify: true,
    icon: KNOWN.icon,
    badge: KNOWN.badge,
    lang: KNOWN.language,
    // An open desk has its own sounds, with the volume its agent chose.
    silent: message.kind !== "test" && desks.length > 0,
    data: { conversation: message.conversation ?? null },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.conversation ?? null));
});

/** In the desk that is open; a new one only where there is none. @param {number | null} conversation */
async function open(conversation) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const [desk] = windows.filter(isDesk).sort((a, b) => Number(b.focused) - Number(a.focused));
  if (!desk) return self.clients.openWindow(conversation ? `/?c=${conversation}` : "/");
  if (conversation) desk.postMessage({ type: "open", conversation });
  return desk.focus().catch(() => {});
}

/** Its address as it was loaded: the desk changes only what follows the question mark. @param {WindowClient} client */
function isDesk(client) {
  return new URL(client.url).pathname === "/";
}
