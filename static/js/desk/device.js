// What this browser lets us do: notifications, microphone, location, camera. Asked for only when somebody presses, told in words, and the
// desk works without any of it.

import { signal } from "@preact/signals";

/** @typedef {"notifications" | "microphone" | "geolocation" | "camera"} PermissionKind */
/** @typedef {"granted" | "denied" | "prompt" | "off" | "missing" | "insecure"} PermissionStateWord */

export const PERMISSION_KINDS = /** @type {const} */ (["notifications", "microphone", "geolocation", "camera"]);
const TEST_PATIENCE_MS = 15_000;

/**
 * @param {object} options
 * @param {import("desk/api.js").Api} options.api
 * @param {number} options.userId
 * @param {string} options.worker  the address of the service worker
 * @param {(conversation: number) => void} options.onOpen  a notification was pressed
 */
export function createDevice({ api, userId, worker, onOpen }) {
  const seen = "ventanilla.device.seen";
  const wish = `ventanilla.notifications.${userId}`;
  const states = signal(/** @type {Record<PermissionKind, PermissionStateWord>} */ ({ notifications: "prompt", microphone: "prompt", geolocation: "prompt", camera: "prompt" }));
  const isOpen = signal(false);
  const isNew = signal(read(seen) === null);
  const testing = signal(/** @type {"" | "sending" | "arrived" | "lost" | "refused"} */ (""));
  /** The browser's offer to install the app, kept until somebody takes it. */
  const installOffer = signal(/** @type {any} */ (null));
  /** @type {ServiceWorkerRegistration | null} */
  let registration = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let testTimer;

  /** @param {PermissionKind} kind @param {PermissionStateWord} state */
  function set(kind, state) {
    if (states.value[kind] !== state) states.value = { ...states.value, [kind]: state };
  }

  async function look() {
    set("notifications", await notificationState());
    for (const kind of /** @type {const} */ (["microphone", "geolocation", "camera"])) set(kind, await stateOf(kind));
  }

  /** @returns {Promise<PermissionStateWord>} */
  async function notificationState() {
    if (!isSecureContext) return "insecure";
    if (!("Notification" in globalThis) || !("PushManager" in globalThis) || !navigator.serviceWorker) return "missing";
    if (Notification.permission === "granted") return (await subscription()) ? "granted" : "off";
    return Notification.permission === "denied" ? "denied" : "prompt";
  }

  /** @param {"microphone" | "geolocation" | "camera"} kind @returns {Promise<PermissionStateWord>} */
  async function stateOf(kind) {
    if (!isSecureContext) return "insecure";
    if (kind === "geolocation" ? !navigator.geolocation : !navigator.mediaDevices?.getUserMedia) return "missing";
    try {
      const status = await navigator.permissions.query({ name: /** @type {any} */ (kind) });
      status.onchange = () => set(kind, status.state);
      return status.state;
    } catch {
      // A browser that does not tell: asking is the only way to know.
      return states.value[kind];
    }
  }

  async function subscription() {
    return (await registration?.pushManager.getSubscription()) ?? null;
  }

  /** The browser gives an address to push to, and the server keeps it with this session. @returns {Promise<boolean>} */
  async function subscribe() {
    if (!registration) return false;
    const { public_key: key } = await api.get("me/push-subscription/");
    const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
    let found = await registration.pushManager.getSubscription();
    if (found && !isFor(found, options.applicationServerKey)) {
      await found.unsubscribe();
      found = null;
    }
    found ??= await registration.pushManager.subscribe(options);
    const { endpoint, keys } = found.toJSON();
    await api.put("me/push-subscription/", { endpoint, keys, name: navigator.userAgent.slice(0, 120) });
    return true;
  }

  /** As somebody wished before: a new session, or a key that changed, needs to be told again. */
  async function resume() {
    if (read(wish) === "off" || !("Notification" in globalThis) || Notification.permission !== "granted") return;
    await subscribe().catch(() => {});
    await look();
  }

  async function askNotifications() {
    keep(wish, "on");
    const answer = Notification.permission === "granted" ? "granted" : await Notification.requestPermission();
    let done = false;
    if (answer === "granted") done = await subscribe().catch(() => false);
    await look();
    if (answer === "granted" && !done) testing.value = "refused";
  }

  /** @param {"microphone" | "camera"} kind */
  async function askMedia(kind) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(kind === "camera" ? { video: true } : { audio: true });
      for (const track of stream.getTracks()) track.stop();
      set(kind, "granted");
    } catch (error) {
      const { name } = /** @type {DOMException} */ (error);
      set(kind, name === "NotFoundError" ? "missing" : await stateOf(kind));
    }
  }

  /** @returns {Promise<void>} */
  function askPlace() {
    return new Promise((resolve) => {
      const done = async () => {
        set("geolocation", await stateOf("geolocation"));
        resolve();
      };
      navigator.geolocation.getCurrentPosition(done, done, { timeout: 10_000 });
    });
  }

  return {
    states, isOpen, isNew, testing, installOffer,
    isInstalled: () => matchMedia("(display-mode: standalone)").matches,

    /** @param {PermissionKind} kind */
    ask(kind) {
      if (kind === "notifications") return askNotifications();
      return kind === "geolocation" ? askPlace() : askMedia(kind);
    },

    async turnOff() {
      keep(wish, "off");
      const found = await subscription();
      if (found) {
        await api.delete("me/push-subscription/", { endpoint: found.endpoint }).catch(() => {});
        await found.unsubscribe();
      }
      await look();
    },

    async test() {
      const found = await subscription();
      if (!found) return;
      testing.value = "sending";
      clearTimeout(testTimer);
      testTimer = setTimeout(() => (testing.value = "lost"), TEST_PATIENCE_MS);
      try {
        await api.post("me/push-test/", { endpoint: found.endpoint });
      } catch {
        clearTimeout(testTimer);
        testing.value = "lost";
      }
    },

    async install() {
      const offer = installOffer.value;
      installOffer.value = null;
      await offer?.prompt();
    },

    open() {
      isOpen.value = true;
      void look();
    },
    /** Whoever closed it once knows where it is. */
    dismiss() {
      isOpen.value = false;
      isNew.value = false;
      keep(seen, "1");
    },

    /** Conversations of which this browser still shows a notification. @returns {Promise<{conversation: number, close: () => void}[]>} */
    async shown() {
      const all = (await registration?.getNotifications().catch(() => [])) ?? [];
      return all.filter((each) => each.data?.conversation).map((each) => ({ conversation: each.data.conversation, close: () => each.close() }));
    },

    start() {
      addEventListener("beforeinstallprompt", (event) => {
        event.preventDefault();
        installOffer.value = event;
      });
      addEventListener("appinstalled", () => (installOffer.value = null));
      const fromAddress = () => {
        if (location.hash !== "#device") return;
        history.replaceState(null, "", location.pathname + location.search);
        this.open();
      };
      addEventListener("hashchange", fromAddress);
      fromAddress();
      if (!navigator.serviceWorker) return;
      navigator.serviceWorker.addEventListener("message", ({ data }) => {
        if (data?.type === "open") onOpen(data.conversation);
        else if (data?.type === "pushed" && data.message?.kind === "test") {
          clearTimeout(testTimer);
          testing.value = "arrived";
        }
      });
      navigator.serviceWorker.register(worker, { scope: "/" }).then(
        async (found) => {
          registration = found;
          await navigator.serviceWorker.ready;
          await resume();
          await look();
        },
        () => void look(),
      );
    },
  };
}

/** @typedef {ReturnType<typeof createDevice>} Device */

/** @param {string} key  base64url */
function bytesOf(key) {
  return Uint8Array.from(atob(key.replace(/-/gu, "+").replace(/_/gu, "/")), (char) => char.charCodeAt(0));
}

/** @param {PushSubscription} found @param {Uint8Array} key */
function isFor(found, key) {
  const held = found.options.applicationServerKey;
  return held !== null && new Uint8Array(held).join() === key.join();
}

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing asks again.
  }
}
