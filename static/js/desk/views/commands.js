// What can be done from the keyboard, by name: the keys (shortcuts.js) and the palette call the same. Everything here is a wish; the
// server decides, and its refusal is said in its own words.

import { isAttending } from "desk/people.js";
import { NO_FILTERS } from "desk/route.js";
import { isSideOpen, toggleSide } from "desk/views/side_state.js";
import { openFilters } from "desk/views/filter_state.js";
import { onceDrawn } from "desk/views/lazily.js";
import { openAssociating, openCallbacks, openHelp, openPalette, openPausing, openSearch } from "desk/views/sheets.js";

/** @typedef {import("desk/types.js").Tray} Tray */

/**
 * @param {object} parts
 * @param {import("desk/desk.js").Desk} parts.desk
 * @param {import("desk/people.js").People} parts.people
 * @param {import("desk/talk.js").Talk} parts.talk
 */
export function createCommands({ desk, people, talk }) {
  const id = () => desk.route.value.conversation;

  /** @param {string} name  one of the detail's permits; what is refused says why */
  function may(name) {
    const permit = desk.current.value?.detail.value?.actions[name];
    if (permit && !permit.allowed) desk.say({ text: permit.reason, tone: "" });
    return permit?.allowed === true;
  }

  /** @param {1 | -1} direction */
  function step(direction) {
    const to = desk.neighbour(direction);
    if (to === null) return false;
    desk.open(to);
    return true;
  }

  /** @param {Tray} tray */
  function goTo(tray) {
    desk.go({ tray, everywhere: false });
    requestAnimationFrame(() => focusList());
  }

  /** @param {"reply" | "note"} mode */
  function write(mode) {
    const open = id();
    if (open === null) return false;
    desk.setMode(open, mode);
    void onceDrawn(() => /** @type {HTMLElement | null} */ (document.getElementById("desk-composer") ?? document.querySelector(".composer-closed"))?.focus());
    return true;
  }

  async function take() {
    const open = id();
    if (open !== null && may("take") && (await desk.take(open))) write("reply");
  }

  function finish() {
    const open = id();
    if (open !== null && may("close")) desk.dialog.value = { kind: "closing", conversation: open };
  }

  function pause() {
    const { aux_state: state, resumes_to: back } = people.me.value;
    if (state && !isAttending(state) && back) void desk.switchAux(back);
    else openPausing(desk);
  }

  function attention() {
    const { unanswered, everywhere } = desk.route.value;
    const isOn = unanswered && everywhere;
    desk.go({ ...NO_FILTERS, unanswered: !isOn, everywhere: !isOn });
  }

  /** A second press is the browser's own search. */
  function find() {
    const open = id();
    if (open === null || document.activeElement?.id === "desk-find") return false;
    talk.startFinding(open);
    void onceDrawn(() => document.getElementById("desk-find")?.focus());
    return true;
  }

  /** The topmost thing first; with nothing open, from the composer back to the list. */
  function close() {
    if (desk.toast.value) desk.say(null);
    else if (desk.view.value === "side") {
      desk.view.value = "thread";
      document.getElementById("desk-composer")?.focus();
    } else if (desk.view.value === "thread" && matchMedia("(width < 900px)").matches) desk.go({ conversation: null });
    else if (document.activeElement?.closest(".thread-pane, .side")) return focusList();
    else return false;
    return true;
  }

  return {
    next: () => step(1),
    previous: () => step(-1),
    list: focusList,
    search: () => document.getElementById("desk-search")?.focus(),
    pending: () => goTo("pending"),
    in_progress: () => goTo("in_progress"),
    attended: () => goTo("attended"),
    filters: openFilters,
    attention,
    write: () => write("reply"),
    note: () => write("note"),
    take: () => void take(),
    begin: () => void (id() !== null && may("begin") && desk.move(/** @type {number} */ (id()), "in_progress")),
    reopen: () => void (id() !== null && may("reopen") && desk.move(/** @type {number} */ (id()), "in_progress")),
    release: () => void (id() !== null && may("release") && desk.giveBack(/** @type {number} */ (id()))),
    finish,
    associate: () => {
      const open = id();
      if (open !== null && may("associate")) openAssociating(desk, open);
    },
    callbacks: () => openCallbacks(desk),
    find,
    everything: () => openSearch(desk),
    side: () => toggleSide(desk),
    isSideShown: () => isSideOpen.value,
    palette: () => openPalette(desk),
    pause,
    help: () => openHelp(desk),
    close,
  };
}

/** @typedef {ReturnType<typeof createCommands>} Commands */

/** The list is one stop of the Tab key; this goes to it from anywhere. */
function focusList() {
  const row = /** @type {HTMLElement | null} */ (document.querySelector('.conversation-row[tabindex="0"]') ?? document.querySelector(".conversation-row"));
  row?.focus();
  return row !== null;
}
