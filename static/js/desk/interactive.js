// Buttons and lists being composed: what is counted, what is wrong, and what is sent. The figures are the server's own. Pure.

import { interactiveWords } from "desk/words/interactive.js";

/** @typedef {NonNullable<import("desk/limits.js").ChannelLimits["interactive"]>} Limits */
/** @typedef {{title: string, description: string}} Choice */
/**
 * @typedef {object} Form
 * @property {"buttons" | "list"} type
 * @property {string} body
 * @property {string} header
 * @property {string} footer
 * @property {string} button  what opens the list
 * @property {string} section  the list's heading
 * @property {Choice[]} buttons
 * @property {Choice[]} rows
 */

/** @param {string} body @returns {Form} */
export function newForm(body) {
  return { type: "buttons", body, header: "", footer: "", button: "", section: "", buttons: [blank(), blank()], rows: [blank(), blank()] };
}

export const blank = () => ({ title: "", description: "" });

/** @param {Form} form */
export const choicesOf = (form) => (form.type === "buttons" ? form.buttons : form.rows);

/** @param {Form} form @param {Limits} limits */
export const mostOf = (form, limits) => (form.type === "buttons" ? limits.buttons : limits.rows);

/** @param {Form} form @param {Limits} limits */
export const longestTitle = (form, limits) => (form.type === "buttons" ? limits.button_title : limits.row_title);

/**
 * What keeps it from being sent, by the name of its place (`body`, `choice.0.title` …), in the order in which it is read.
 * @param {Form} form @param {Limits} limits @returns {Map<string, string>}
 */
export function problemsOf(form, limits) {
  /** @type {Map<string, string>} */
  const found = new Map();
  /** @param {string} place @param {string} text @param {number} most @param {string} [empty] */
  const look = (place, text, most, empty) => {
    if (empty && !text.trim()) found.set(place, empty);
    else if (text.trim().length > most) found.set(place, interactiveWords.tooLong(text.trim().length, most));
  };
  look("header", form.header, limits.header);
  look("body", form.body, form.type === "list" ? limits.list_body : limits.body, interactiveWords.needsBody());
  look("footer", form.footer, limits.footer);
  if (form.type === "list") {
    look("button", form.button, limits.button_title, interactiveWords.needsButton());
    look("section", form.section, limits.section_title);
  }
  const seen = new Set();
  choicesOf(form).forEach(({ title, description }, index) => {
    look(`choice.${index}.title`, title, longestTitle(form, limits), interactiveWords.needsTitle());
    if (form.type === "list") look(`choice.${index}.description`, description, limits.row_description);
    const name = title.trim();
    if (name && seen.has(name)) found.set(`choice.${index}.title`, interactiveWords.twice());
    seen.add(name);
  });
  return found;
}

/** What the server is sent. The ids come back with the answer: they say which it was. @param {Form} form */
export function contentOf(form) {
  const ends = { header: form.header.trim(), footer: form.footer.trim() };
  const choices = choicesOf(form).map(({ title, description }, index) => ({ id: `${index + 1}`, title: title.trim(), description: description.trim() }));
  if (form.type === "buttons") return { type: "buttons", ...ends, buttons: choices.map(({ id, title }) => ({ id, title })) };
  return { type: "list", ...ends, button: form.button.trim(), sections: [{ title: form.section.trim(), rows: choices }] };
}

/** What the bubble shows until the server's own message comes. @param {Form} form @returns {import("desk/types.js").Details} */
export function offerOf(form) {
  const choices = choicesOf(form).map(({ title, description }) => ({ title: title.trim(), description: form.type === "list" ? description.trim() : "", url: "" }));
  return { offer: { type: form.type === "buttons" ? "button" : "list", header: form.header.trim(), footer: form.footer.trim(), button: form.type === "list" ? form.button.trim() : "", choices } };
}
