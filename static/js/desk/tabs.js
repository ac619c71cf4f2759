// Several tabs of one person in one browser: one of them speaks for all (P1-42), and it knows which conversation another has before
// somebody's eyes.

/**
 * @param {object} options
 * @param {number} options.userId
 * @param {LockManager | undefined} [options.locks]
 * @param {(name: string) => Pick<BroadcastChannel, "postMessage" | "onmessage"> | null} [options.channel]
 * @param {() => string} [options.newId]
 */
export function createTabs({ userId, locks = globalThis.navigator?.locks, channel = openChannel, newId = () => crypto.randomUUID() }) {
  const id = newId();
  /** @type {Map<string, number>}  tab -> the conversation somebody looks at there */
  const lookingAt = new Map();
  let mine = /** @type {number | null} */ (null);
  // Without locks each tab is alone: two sounds are better than none.
  let leads = !locks;
  const others = channel(`ventanilla.tabs.${userId}`);

  function tell() {
    others?.postMessage({ tab: id, conversation: mine });
  }

  if (others) {
    others.onmessage = ({ data }) => {
      if (data.ask) return tell();
      if (data.conversation === null) lookingAt.delete(data.tab);
      else lookingAt.set(data.tab, data.conversation);
    };
  }

  return {
    /** Whether this tab is the one that sounds. */
    leads: () => leads,

    /** Whether a person has this conversation before them, in this tab or another. @param {number} conversation */
    isSeen: (conversation) => mine === conversation || [...lookingAt.values()].includes(conversation),

    /** @param {number | null} conversation  what is looked at here, now; null: nothing */
    look(conversation) {
      if (conversation === mine) return;
      mine = conversation;
      tell();
    },

    start() {
      others?.postMessage({ tab: id, ask: true });
      // Held for as long as the tab lives; the next in line gets it when this one is closed or crashes.
      locks?.request(`ventanilla.sounds.${userId}`, () => {
        leads = true;
        return new Promise(() => {});
      }).catch(() => (leads = true));
      globalThis.addEventListener?.("pagehide", () => others?.postMessage({ tab: id, conversation: null }));
    },
  };
}

/** @typedef {ReturnType<typeof createTabs>} Tabs */

/** @param {string} name */
function openChannel(name) {
  return "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : null;
}
