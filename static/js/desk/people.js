// Me, my auxiliary, and who else is here.

import { computed, signal } from "@preact/signals";

/** @typedef {import("desk/types.js").Me} Me */
/** @typedef {import("desk/types.js").AuxState} AuxState */
/** @typedef {import("desk/types.js").Person} Person */

const PRESENCE_PAUSE_MS = 3_000;

/** Whether new or active conversations are worked on in it; the others are pauses. @param {{routing: string}} state */
export function isAttending(state) {
  return state.routing === "ready" || state.routing === "drain";
}

/** @param {{api: import("desk/api.js").Api, me: Me}} options */
export function createPeople({ api, me: firstMe }) {
  const me = signal(firstMe);
  const auxStates = signal(/** @type {AuxState[]} */ ([]));
  const everybody = signal(/** @type {Person[]} */ ([]));
  // Whoever reads this is here, though the server may not have heard of this socket yet: never «0 online».
  const online = computed(() => {
    const { id, name, initials, hue, aux_state } = me.value;
    const others = everybody.value.filter((person) => person.online && person.id !== id);
    return [{ id, name, initials, hue, aux_state, online: true }, ...others];
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let presenceTimer;
  let isSwitching = false;

  async function readMe() {
    me.value = await api.get("me/");
  }
  async function readAuxStates() {
    auxStates.value = listOf(await api.get("aux-states/"));
  }
  async function readOnline() {
    everybody.value = listOf(await api.get("users/"));
  }

  return {
    me,
    auxStates,
    /** Whether the switch that one hears of is asked for here. */
    get isSwitching() {
      return isSwitching;
    },
    /** Of the teams I may see, here or not. */
    everybody,
    online,
    readMe: () => readMe().catch(() => {}),
    start() {
      for (const reading of [readMe(), readAuxStates(), readOnline()]) reading.catch(() => {});
    },
    /** Somebody came, left or switched: one reading for many of these. */
    presenceChanged() {
      presenceTimer ??= setTimeout(() => {
        presenceTimer = undefined;
        readOnline().catch(() => {});
      }, PRESENCE_PAUSE_MS);
    },
    /** Throws an ApiError. @param {number} id @param {string} [reason] */
    async switchAux(id, reason = "") {
      isSwitching = true;
      const state = await api.put("me/aux-state/", { aux_state: id, reason }).finally(() => (isSwitching = false));
      me.value = { ...me.value, aux_state: state, resumes_to: isAttending(state) ? state.id : me.value.resumes_to };
    },
    /** Throws an ApiError. @param {number} user @param {number} id @param {string} reason */
    async forceAux(user, id, reason) {
      const state = await api.put(`users/${user}/aux-state/`, { aux_state: id, reason });
      everybody.value = everybody.value.map((person) => (person.id === user ? { ...person, aux_state: state } : person));
    },
    /** Throws an ApiError. @param {Record<string, string>} keys */
    async changeKeys(keys) {
      const kept = await api.put("me/preferences/", { keys });
      me.value = { ...me.value, keys: kept.keys };
    },
  };
}

/** @typedef {ReturnType<typeof createPeople>} People */

/** @param {any} answer  a list, or a page with one */
function listOf(answer) {
  return Array.isArray(answer) ? answer : answer.results;
}
