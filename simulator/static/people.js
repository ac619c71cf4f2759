// «¿Quién eres?»: the customers, one row each.

import { byId, make } from "./dom.js";
import { on, state, unseenCount } from "./store.js";
import * as words from "./words.js";

/** @param {(customer: string) => void} choose */
export function showPeople(choose) {
  const list = byId("people-list");
  list.addEventListener("click", (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest("button[data-customer]");
    if (row instanceof HTMLElement) choose(row.dataset.customer ?? "");
  });
  let isDue = false;
  on("people", () => {
    if (isDue) return; // a burst of messages repaints once
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      paint(list);
    });
  });
}

/** @param {HTMLElement} list */
function paint(list) {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.customer : undefined;
  const people = [...state.customers.values()];
  people.forEach((person, index) => {
    const [made, shown] = [make("li", {}, row(person, index)), list.children[index]];
    // What did not change stays: a row that is exchanged under a finger is not pressed.
    if (!shown) list.append(made);
    else if (!shown.isEqualNode(made)) shown.replaceWith(made);
  });
  while (list.children.length > people.length) list.lastElementChild?.remove();
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-customer="${CSS.escape(focused)}"]`))?.focus();
}

/** @param {import("./store.js").Customer} person @param {number} index */
function row(person, index) {
  const last = person.chats[state.number]?.last ?? null;
  const unseen = unseenCount(person.id);
  return make(
    "button",
    { type: "button", class: "person", data: { customer: person.id }, "aria-current": person.id === state.customer ? "true" : null },
    avatar(person, index),
    make(
      "span",
      { class: "person-words" },
      make("span", { class: "person-name", title: person.name }, person.name),
      make("span", { class: "person-number" }, words.address(person)),
      make("span", { class: "person-last" }, last ? words.preview(last) : "Sin mensajes"),
    ),
    make(
      "span",
      { class: "person-side" },
      last ? make("time", { datetime: new Date(last.at * 1000).toISOString() }, words.when(last.at)) : null,
      unseen ? make("span", { class: "count" }, String(unseen), make("span", { class: "visually-hidden" }, " sin leer")) : null,
    ),
  );
}

/** @param {import("./store.js").Customer} person @param {number} index */
function avatar(person, index) {
  return make(
    "span",
    { class: "avatar", "aria-hidden": "true", data: { hue: words.hue(index) } },
    words.initials(person.name),
    make("span", { class: "country" }, person.country),
  );
}
