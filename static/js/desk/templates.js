// What a template asks for, what it will look like, and why one cannot be sent. The provider's own components are read here; the server
// checks and fills them again (connectors/whatsapp/templates.py). Pure.

import { fold } from "desk/slash.js";
import { templateWords } from "desk/words/templates.js";

/** @typedef {Record<string, any>} Component */
/**
 * @typedef {object} Template
 * @property {number} id
 * @property {number} account_id
 * @property {string} name
 * @property {string} language
 * @property {string} category
 * @property {string} status
 * @property {Component[]} components
 * @property {{header_format: string, header: string[], body: string[], buttons: {index: number, type: string, text: string}[]}} wants
 */
/** @typedef {{header: Record<string, string>, body: Record<string, string>, buttons: Record<string, string>}} Values */
/** @typedef {{part: "header" | "body" | "buttons", name: string, label: string, hint: string, most: number}} Field */
/** @typedef {{text: string, variable: string | null}} Piece  `variable`: the name of one that has no value yet */

const MEDIA = /** @type {Record<string, string>} */ ({ IMAGE: "image", VIDEO: "video", DOCUMENT: "document" });
const VARIABLE = /\{\{\s*([a-z0-9_]+)\s*\}\}/giu;
// connectors/whatsapp/templates.py counts the same; a longer value would only be refused later.
const MOST = { header: 60, body: 1024, URL: 2000, COPY_CODE: 15 };

/** @returns {Values} */
export const noValues = () => ({ header: {}, body: {}, buttons: {} });

/** @param {Template} template @param {string} type @returns {Component} */
export function partOf(template, type) {
  return template.components.find((each) => String(each["type"]).toUpperCase() === type) ?? {};
}

/** The kind of file its header wants; "" for none. @param {Template} template */
export const mediaOf = (template) => MEDIA[template.wants.header_format] ?? "";

/** Why it cannot be sent; "" when it can. @param {Template} template */
export function whyNot(template) {
  if (template.status !== "APPROVED") return templateWords.status(template.status);
  return template.wants.header_format === "LOCATION" ? templateWords.locationHeader() : "";
}

/** One box for each variable, in the order in which they are read. @param {Template} template @returns {Field[]} */
export function fieldsOf(template) {
  const header = partOf(template, "HEADER");
  const body = partOf(template, "BODY");
  const buttons = /** @type {Component[]} */ (partOf(template, "BUTTONS")["buttons"] ?? []);
  return [
    ...template.wants.header.map((name) => ({ part: /** @type {const} */ ("header"), name, label: templateWords.headerField(name), hint: exampleOf(header, "header_text", name, 0), most: MOST.header })),
    ...template.wants.body.map((name, index) => ({ part: /** @type {const} */ ("body"), name, label: templateWords.bodyField(name), hint: exampleOf(body, "body_text", name, index), most: MOST.body })),
    ...template.wants.buttons.map(({ index, type, text }) => ({
      part: /** @type {const} */ ("buttons"), name: String(index), label: templateWords.buttonField(text),
      hint: type === "URL" ? templateWords.urlEnding(String(buttons[index]?.["url"] ?? "").replace(VARIABLE, "…")) : "",
      most: type === "URL" ? MOST.URL : MOST.COPY_CODE,
    })),
  ];
}

/** What the company wrote as an example when it asked for approval. @param {Component} part @param {string} key @param {string} name @param {number} index */
function exampleOf(part, key, name, index) {
  const example = part["example"] ?? {};
  const named = /** @type {any[] | undefined} */ (example[`${key}_named_params`])?.find((each) => each?.param_name === name)?.example;
  const list = key === "body_text" ? example[key]?.[0] : example[key];
  const told = named ?? (Array.isArray(list) ? list[index] : undefined);
  return typeof told === "string" && told ? templateWords.example(told) : "";
}

/** @param {Field} field @param {string} value @returns {string} why it cannot go like this; "" when it can */
export function problemOf(field, value) {
  if (!value.trim()) return templateWords.needed();
  if (value.length > field.most) return templateWords.tooLong(value.length, field.most);
  return /[\n\r\t]| {5,}/u.test(value) ? templateWords.noBreaks() : "";
}

/** @param {Template} template @param {Values} values @param {boolean} hasFile @returns {string} what is still missing, one thing at a time; "" when it may go */
export function lacksOf(template, values, hasFile) {
  const reason = whyNot(template);
  if (reason) return reason;
  if (mediaOf(template) && !hasFile) return templateWords.needsFile(mediaOf(template));
  const wrong = fieldsOf(template).find((field) => problemOf(field, values[field.part][field.name] ?? ""));
  return wrong ? `${wrong.label}: ${problemOf(wrong, values[wrong.part][wrong.name] ?? "")}` : "";
}

/** In one pass: what a value says is never a variable of its own. @param {string} text @param {Record<string, string>} values @returns {Piece[]} */
export function filledPieces(text, values) {
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0;
  for (const found of text.matchAll(VARIABLE)) {
    const name = found[1] ?? "";
    const value = (values[name] ?? "").trim();
    if (found.index > at) pieces.push({ text: text.slice(at, found.index), variable: null });
    pieces.push(value ? { text: value, variable: null } : { text: found[0], variable: name });
    at = found.index + found[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), variable: null });
  return pieces;
}

/** What the bubble and the lists say of it. @param {Template} template @param {Values} values */
export function wordsOf(template, values) {
  const plain = (/** @type {string} */ text, /** @type {Record<string, string>} */ given) => filledPieces(text, given).map((piece) => piece.text).join("");
  const header = template.wants.header_format === "TEXT" ? plain(String(partOf(template, "HEADER")["text"] ?? ""), values.header) : "";
  return [header, plain(String(partOf(template, "BODY")["text"] ?? ""), values.body), String(partOf(template, "FOOTER")["text"] ?? "")].filter(Boolean).join("\n\n");
}

/** @param {Values} values @returns {Values} without what nobody filled in */
export function trimmed(values) {
  const kept = (/** @type {Record<string, string>} */ given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value.trim()));
  return { header: kept(values.header), body: kept(values.body), buttons: kept(values.buttons) };
}

/** By name or words, in a language; those that can be sent first. @param {readonly Template[]} templates @param {{search: string, language: string}} wanted */
export function searchTemplates(templates, { search, language }) {
  const looked = fold(search.trim());
  const found = templates.filter((each) => (!language || each.language === language) && fold(`${each.name.replaceAll("_", " ")} ${each.name} ${wordsOf(each, noValues())}`).includes(looked));
  return [...found.filter((each) => !whyNot(each)), ...found.filter((each) => whyNot(each))];
}
