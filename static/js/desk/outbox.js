// Where messages wait that the server has not confirmed: in the browser, not in the tab, so that a tab that is closed or crashes loses
// nothing. Each tab has a shelf of its own; a shelf whose tab is gone is taken over by the next one that starts. The message's client_id
// makes sure that it is sent once whoever sends it.

const PREFIX = "ventanilla.outgoing.";

/**
 * A storage for desk/outgoing.js: one name, one text.
 * @param {object} options
 * @param {number} options.userId
 * @param {string} [options.tab]
 * @param {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} [options.storage]
 * @param {LockManager | undefined} [options.locks]
 */
export function createOutbox({ userId, tab = tabId(), storage = localStorage, locks = globalThis.navigator?.locks }) {
  const mine = `${PREFIX}${userId}.${tab}`;

  function shelves() {
    const names = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    return names.filter((name) => name.startsWith(`${PREFIX}${userId}.`) && name !== mine);
  }

  return {
    getItem: () => storage.getItem(mine),
    /** @param {string} _name @param {string} text */
    setItem: (_name, text) => storage.setItem(mine, text),
    removeItem: () => storage.removeItem(mine),

    /**
     * Hold our own shelf for as long as this tab lives, and take over those whose tab is gone.
     * @param {(messages: any[]) => void} take
     */
    async adopt(take) {
      if (!locks) return;
      void locks.request(mine, () => new Promise(() => {})).catch(() => {});
      for (const name of shelves()) {
        // Free only when its tab is gone; taken by one of us at a time.
        await locks.request(name, { ifAvailable: true }, (lock) => {
          if (!lock) return;
          const messages = parse(storage.getItem(name));
          if (messages.length > 0) take(messages);
          storage.removeItem(name);
        });
      }
    },
  };
}

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/** The same across a reload, another one in another tab (a duplicated tab copies it: its shelf is then shared, and client ids keep it true). */
function tabId() {
  const kept = "ventanilla.tab";
  try {
    const found = sessionStorage.getItem(kept) ?? crypto.randomUUID();
    sessionStorage.setItem(kept, found);
    return found;
  } catch {
    return crypto.randomUUID();
  }
}

/** @param {string | null} text @returns {any[]} */
function parse(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
