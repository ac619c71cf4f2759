// The commands of the palette, as they are true now. What is refused stands among them with its reason.

import { isAttending } from "desk/people.js";
import { changeTo, FLAGS, isEverywhere, TRAYS } from "desk/route.js";
import { isCompact, setCompact } from "desk/views/density.js";
import { keysOf, ACTIONS, caps } from "desk/keys.js";
import { chooseTheme } from "desk/views/appearance.js";
import { associatingWords } from "desk/words/associating.js";
import { callbackWords } from "desk/words/callbacks.js";
import { keyWords } from "desk/words/keys.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @typedef {{icon: string, title: string, hint?: string, why?: string, isFirst?: boolean, run: () => void}} Command  isFirst: shown before anything is typed */

const TALK = /** @type {const} */ ([
  ["take", "lucide-hand", "take"], ["finish", "lucide-check", "close"], ["begin", "lucide-play", "begin"], ["release", "lucide-undo-2", "release"],
]);

/** @param {import("desk/views/html.js").Parts} parts @param {import("desk/outcomes.js").Outcome[]} outcomes @returns {Command[]} */
export function commandsOf(parts, outcomes) {
  return [...talk(parts, outcomes), ...places(parts), ...desk(parts), ...status(parts), ...appearance(), ...pages()];
}

/** @param {import("desk/views/html.js").Parts} parts @param {import("desk/outcomes.js").Outcome[]} outcomes @returns {Command[]} */
function talk({ desk, commands, people }, outcomes) {
  const id = desk.route.value.conversation;
  const detail = desk.current.value?.detail.value;
  if (id === null || !detail) return [];
  const may = (/** @type {string} */ name) => (detail.actions[name]?.allowed ? "" : (detail.actions[name]?.reason ?? ""));
  const hint = hints(people);
  const own = TALK.map(([name, icon, permit]) => ({ icon, title: keyWords.action(name), why: may(permit), hint: hint(name), isFirst: true, run: commands[name] }));
  const reopening = detail.tray === "attended" ? [{ icon: "lucide-rotate-cw", title: listWords.reopen(), why: may("reopen"), isFirst: true, run: commands.reopen }] : [];
  return [
    ...own, ...reopening,
    { icon: "lucide-reply", title: keyWords.action("write"), hint: hint("write"), run: commands.write },
    { icon: "lucide-sticky-note", title: keyWords.action("note"), hint: hint("note"), run: commands.note },
    { icon: "lucide-database", title: associatingWords.associate(), why: may("associate"), run: commands.associate },
    { icon: "lucide-panel-right", title: keyWords.action("side"), hint: hint("side"), run: commands.side },
    ...outcomes.map(({ typification, path }) => ({
      icon: "lucide-circle-check", title: keyWords.closeAs(path.join(" › ")),
      run: () => void (desk.dialog.value = { kind: "closing", conversation: id, outcome: typification.id }),
    })),
    ...composerTools(),
  ];
}

/** Whatever the composer offers now (templates, files, a place): its buttons, by the names they show. */
function composerTools() {
  return buttonsOf(".composer button.icon-button[aria-label], .composer-closed button");
}

/** What stands over the list and opens a dialog: a new conversation. */
function listTools() {
  return buttonsOf('.list-title button[aria-haspopup="dialog"]');
}

/** @param {string} selector @returns {Command[]} */
function buttonsOf(selector) {
  return [...document.querySelectorAll(selector)].flatMap((element) => {
    const button = /** @type {HTMLButtonElement} */ (element);
    const title = button.getAttribute("aria-label") ?? button.textContent?.trim() ?? "";
    const isOff = button.getAttribute("aria-disabled") === "true";
    return title ? [{ icon: iconOf(button), title, why: isOff ? button.title : "", run: () => button.click() }] : [];
  });
}

/** @param {Element} element */
function iconOf(element) {
  return element.querySelector("use")?.getAttribute("href")?.split("#")[1] ?? "lucide-plus";
}

/** @param {import("desk/views/html.js").Parts} parts @returns {Command[]} */
function places({ desk, savedViews, people }) {
  const route = desk.route.value;
  const hint = hints(people);
  return [
    ...TRAYS.filter((tray) => tray !== route.tray || isEverywhere(route)).map((tray) => ({ icon: "lucide-inbox", title: keyWords.goTo(words.tray(tray)), hint: hint(tray), isFirst: true, run: () => desk.go({ tray, everywhere: false }) })),
    ...savedViews.views.value.map((view) => ({ icon: "lucide-star", title: keyWords.view(view.name), run: () => desk.go(changeTo(view.filters)) })),
    ...FLAGS.map((name) => ({ icon: "lucide-sliders-horizontal", title: `${listWords.filters()}: ${listWords.flag(name)}`, run: () => desk.go({ [name]: !route[name] }) })),
  ];
}

/** @param {import("desk/views/html.js").Parts} parts @returns {Command[]} */
function desk({ commands, people }) {
  const hint = hints(people);
  return [
    ...listTools(),
    { icon: "lucide-search", title: keyWords.action("search"), hint: hint("search"), run: commands.search },
    { icon: "lucide-sliders-horizontal", title: listWords.filters(), hint: hint("filters"), run: commands.filters },
    { icon: "lucide-circle-alert", title: keyWords.action("attention"), hint: hint("attention"), isFirst: true, run: commands.attention },
    { icon: "lucide-calendar-clock", title: callbackWords.title(), run: commands.callbacks },
    { icon: "lucide-circle-question-mark", title: keyWords.title(), hint: hint("help"), isFirst: true, run: commands.help },
    { icon: "lucide-layers", title: isCompact.value ? keyWords.comfortable() : keyWords.compact(), run: () => setCompact(!isCompact.value) },
  ];
}

/** @param {import("desk/views/html.js").Parts} parts @returns {Command[]} */
function status({ desk, people, commands }) {
  const mine = people.me.value.aux_state;
  const pausing = { icon: "lucide-pause", title: listWords.pause(), isFirst: true, run: commands.pause };
  return [
    ...(mine && isAttending(mine) ? [pausing] : []),
    ...people.auxStates.value.filter((state) => state.id !== mine?.id).map((state) => ({
      icon: isAttending(state) ? "lucide-headset" : "lucide-coffee", title: keyWords.status(state.name), run: () => void desk.switchAux(state.id),
    })),
  ];
}

/** @returns {Command[]} */
function appearance() {
  const themes = /** @type {const} */ ([["light", "lucide-sun"], ["dark", "lucide-moon"], ["system", "lucide-monitor"]]);
  const languages = [...document.querySelectorAll('[data-behaviour="language"] button[name="language"]')].map((element) => /** @type {HTMLButtonElement} */ (element));
  return [
    ...themes.map(([theme, icon]) => ({ icon, title: keyWords.theme(theme), run: () => chooseTheme(theme) })),
    ...languages.filter((button) => button.getAttribute("aria-pressed") !== "true").map((button) => ({ icon: "lucide-languages", title: keyWords.language(button.title || button.value), run: () => button.click() })),
  ];
}

/** The pages this person may open, as the navigation names them. @returns {Command[]} */
function pages() {
  return [...document.querySelectorAll(".rail a[href], .account-menu a[href]")].flatMap((element) => {
    const link = /** @type {HTMLAnchorElement} */ (element);
    const title = link.querySelector("span:not(.rail-count)")?.textContent?.trim() || link.textContent?.trim() || "";
    if (!title || link.matches(".logo, [aria-current=page]")) return [];
    return [{ icon: iconOf(link), title: keyWords.page(title), run: () => link.click() }];
  });
}

/** @param {import("desk/people.js").People} people */
function hints(people) {
  const own = people.me.value.keys ?? {};
  /** @param {string} name */
  return (name) => {
    const action = ACTIONS.find((each) => each.name === name);
    const [first] = action ? keysOf(action, own) : [];
    return first ? caps(first).join(" ") : "";
  };
}
