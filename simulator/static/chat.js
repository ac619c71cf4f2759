// The open chat, as the customer sees it: own messages at the right, the business at the left.

import * as api from "./api.js";
import { byId, icon, make, ring } from "./dom.js";
import { isOnPhone, now, on, state } from "./store.js";
import * as words from "./words.js";

const STARTERS = ["Hola", "¿Tienen cobertura en mi barrio?", "Quiero hablar con una persona"];
const JOINED_SECONDS = 180;
const DAY = 24 * 3600;

/** What the one tick of a message of ours means. */
const TICKS = {
  pending: { icon: "clock", words: "Pendiente: la empresa aún no lo recibió" },
  stored: { icon: "check", words: "Recibido por la empresa" },
  read: { icon: "checks", words: "Leído por la empresa" },
};

/** @param {(text: string) => void} write @param {(number: string) => void} chooseNumber */
export function showChat(write, chooseNumber) {
  on("thread", () => paintMessages(write));
  on("chat", paintHead);
  on("people", paintHead);
  byId("chat-online").addEventListener("click", async () => {
    const person = state.customers.get(state.customer);
    if (person) await api.changeCustomer(person.id, { online: !person.online });
  });
  const numbers = byId("chat-number-select");
  numbers.addEventListener("change", () => chooseNumber(/** @type {HTMLSelectElement} */ (numbers).value));
  const log = byId("messages");
  // Content that grows fires no scroll event: while the end was in sight it is kept there, a late picture included.
  log.addEventListener("scroll", () => (isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80));
  addEventListener("resize", stayAtEnd);
  setInterval(paintClock, 10_000);
  paintClock();
}

let isAtEnd = true;

function stayAtEnd() {
  if (isAtEnd) scrollToEnd();
}

export function scrollToEnd() {
  isAtEnd = true;
  byId("messages").scrollTop = byId("messages").scrollHeight;
}

function paintClock() {
  byId("phone-time").textContent = words.time(now());
  paintHead();
}

function paintHead() {
  const person = state.customers.get(state.customer);
  byId("chat").hidden = !person;
  byId("phone-empty").hidden = Boolean(person);
  if (!person) return;
  const number = state.numbers.find((one) => one.id === state.number);
  byId("chat-business").textContent = number?.name ?? state.business;
  paintNumber(number?.display ?? "");
  paintOnline(person);
  const who = `${person.name} · ${words.address(person)}`;
  byId("chat-me").replaceChildren(make("span", { class: "me", title: who }, "Eres ", make("b", {}, person.name)), answerWindow(person));
}

/** How long the business may still answer freely. @param {import("./store.js").Customer} person */
function answerWindow(person) {
  const until = person.chats[state.number]?.window_until ?? 0;
  const left = until - now();
  if (!until) return make("span", { class: "window" }, words.address(person));
  const title = `La empresa puede responder libremente hasta 24 h después de tu último mensaje`;
  if (left <= 0) return make("span", { class: "window", title }, "Ventana cerrada");
  return make("span", { class: "window", title }, ring(left / DAY), `Ventana: ${words.duration(left)}`);
}

/** @param {string} display */
function paintNumber(display) {
  const select = /** @type {HTMLSelectElement} */ (byId("chat-number-select"));
  const several = state.numbers.length > 1;
  byId("chat-number").hidden = several;
  byId("chat-number").textContent = display;
  select.hidden = !several;
  if (several && select.options.length !== state.numbers.length) {
    select.replaceChildren(...state.numbers.map((one) => make("option", { value: one.id }, one.display)));
  }
  if (several) select.value = state.number;
}

/** @param {import("./store.js").Customer} person */
function paintOnline(person) {
  const button = byId("chat-online");
  const name = person.online ? "wifi" : "wifi-off";
  button.setAttribute("aria-pressed", String(person.online));
  button.setAttribute("aria-label", person.online ? "Con señal. Quitar la señal al teléfono" : "Sin señal. Devolver la señal al teléfono");
  button.title = person.online ? "Con señal" : "Sin señal: los mensajes esperan";
  button.querySelector("use")?.setAttribute("href", `#i-${name}`);
  byId("phone-signal").setAttribute("href", `#i-${name}`);
}

/** @param {(text: string) => void} write */
function paintMessages(write) {
  const log = byId("messages");
  const messages = state.thread.filter(isOnPhone);
  if (!messages.length) {
    // The same for everybody: drawn once, it is not exchanged under a finger.
    if (!log.querySelector(".chat-start")) log.replaceChildren(invitation(write));
    return;
  }
  // Known bubbles stay where they are: the log announces what is new, and a picture is not loaded twice.
  const known = new Map([...log.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key ?? "", child]));
  const wanted = withDays(messages).map(({ key, version, build }) => {
    const old = /** @type {HTMLElement | undefined} */ (known.get(key));
    if (old?.dataset.version === version) return old;
    const made = build();
    made.dataset.key = key;
    made.dataset.version = version;
    return made;
  });
  reconcile(log, wanted);
  stayAtEnd();
}

/** @param {HTMLElement} log @param {HTMLElement[]} wanted */
function reconcile(log, wanted) {
  const keep = new Set(wanted);
  for (const child of [...log.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((element, index) => {
    if (log.children[index] !== element) log.insertBefore(element, log.children[index] ?? null);
  });
}

/** @param {import("./store.js").Message[]} messages */
function withDays(messages) {
  /** @type {{key: string, version: string, build: () => HTMLElement}[]} */
  const parts = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const isNewDay = !before || words.dayKey(before.at) !== words.dayKey(message.at);
    if (isNewDay) parts.push({ key: `day ${words.dayKey(message.at)}`, version: words.day(message.at), build: () => make("p", { class: "day" }, words.day(message.at)) });
    const joined = !isNewDay && before.direction === message.direction && message.at - before.at < JOINED_SECONDS;
    parts.push({ key: message.id, version: `${message.state} ${joined}`, build: () => bubble(message, joined) });
  });
  return parts;
}

/** @param {import("./store.js").Message} message @param {boolean} joined */
function bubble(message, joined) {
  const isMine = message.direction === "in";
  const element = make("div", { class: "message", data: { from: isMine ? "me" : "business", kind: message.kind } });
  if (joined) element.dataset.joined = "";
  if (message.kind === "image" && message.media) element.append(picture(message));
  else if (message.kind !== "text" && message.kind !== "template" && message.kind !== "interactive") element.append(other(message));
  if (message.text) element.append(make("span", { class: "message-text", dir: "auto" }, message.text));
  element.append(make("span", { class: "message-meta" }, make("time", {}, words.time(message.at)), isMine ? tick(message.state) : null));
  return element;
}

/** @param {import("./store.js").Message} message */
function picture(message) {
  return make("img", { class: "message-picture", src: message.media?.url, alt: message.text ? "" : "Foto", load: stayAtEnd });
}

/** @param {import("./store.js").Message} message */
const other = (message) => make("span", { class: "message-other" }, icon("file"), words.kindName(message.kind));

/** @param {string} name */
function tick(name) {
  const shown = TICKS[/** @type {keyof typeof TICKS} */ (name)] ?? TICKS.pending;
  const element = make("span", { class: "tick", title: shown.words, data: { state: name } }, name === "pending" ? "Pendiente" : "", icon(shown.icon, "sm"));
  element.append(make("span", { class: "visually-hidden" }, shown.words));
  return element;
}

/** @param {(text: string) => void} write */
function invitation(write) {
  const starters = STARTERS.map((text) => make("button", { type: "button", click: () => write(text) }, text));
  return make("div", { class: "chat-start" }, make("p", {}, `Aún no hay mensajes con ${state.business}.`), make("div", { class: "starters" }, ...starters));
}
