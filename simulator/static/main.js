// The table of contents: reads the state, listens, and ties the parts together.

import { showActivity } from "./activity.js";
import * as api from "./api.js";
import { scrollToEnd, showChat } from "./chat.js";
import { problem, showComposer } from "./composer.js";
import { byId } from "./dom.js";
import { showFaults } from "./faults.js";
import { showNewCustomer } from "./new-customer.js";
import { showPeople } from "./people.js";
import { clearUnseen, noteUnseen, put, putThread, restoreUnseen, state, tell } from "./store.js";

const DESKTOP = matchMedia("(min-width: 900px)");

/** The chat is in the address: a reload, or a second tab with somebody else, opens where it was. */
const chosen = () => decodeURIComponent(location.hash.slice(1));

async function load() {
  const read = await api.readState();
  Object.assign(state, { business: read.business, numbers: read.numbers, faults: read.faults, webhookUrl: read.webhook_url });
  state.customers = new Map(read.customers.map((/** @type {import("./store.js").Customer} */ one) => [one.id, one]));
  state.number = state.numbers.some((one) => one.id === state.number) ? state.number : state.numbers[0].id;
  state.clockOffset = read.clock_offset;
  state.activity = { counts: read.counts, deliveries: read.deliveries };
  restoreUnseen(read.customers);
  byId("business-name").textContent = state.business;
  const wanted = state.customers.has(chosen()) ? chosen() : DESKTOP.matches ? (read.customers[0]?.id ?? "") : "";
  await open(wanted);
  tell("faults", "activity");
}

/** @param {string} customer */
async function open(customer) {
  state.customer = customer;
  state.thread = [];
  byId("page").dataset.view = customer ? "chat" : "list";
  problem("");
  tell("chat", "people", "thread");
  if (!customer) return presence();
  const { messages } = await api.readThread(customer, state.number);
  if (state.customer !== customer) return; // somebody else was chosen meanwhile
  putThread(messages);
  clearUnseen(customer);
  tell("people");
  scrollToEnd();
  await presence();
}

/** Tells the simulator what is being looked at: that, and nothing else, is what reads a message. */
async function presence() {
  if (!state.client) return;
  const isLooking = document.visibilityState === "visible" && state.customer;
  await api.showPresence(state.client, isLooking ? { customer: state.customer, number: state.number } : {}).catch(() => undefined);
}

/** @param {string} customer */
function choose(customer) {
  if (chosen() === customer) open(customer);
  else location.hash = encodeURIComponent(customer);
}

/** @param {object} message */
async function write(message) {
  put(await api.write(state.customer, { ...message, number: state.number }));
  scrollToEnd();
}

function listen() {
  const events = new EventSource("/events");
  // What happens while the state is being read may be missing from it: it waits, and is applied on top.
  /** @type {(() => void)[] | null} */
  let waiting = null;
  /** @param {string} name @param {(body: any) => void} react */
  const hear = (name, react) =>
    events.addEventListener(name, (event) => {
      const body = JSON.parse(event.data);
      if (waiting) waiting.push(() => react(body));
      else react(body);
    });
  const reload = async () => {
    waiting = [];
    try {
      await load();
    } finally {
      const missed = waiting;
      waiting = null;
      missed?.forEach((react) => react());
    }
  };
  // On every (re)connection the whole state is read again: what was missed is not guessed.
  events.addEventListener("hello", (event) => {
    Object.assign(state, { client: JSON.parse(event.data).client, connected: true });
    tell("connection");
    reload();
  });
  events.addEventListener("resync", reload);
  hear("message", (message) => {
    noteUnseen(message);
    put(message);
  });
  hear("customer", (person) => {
    state.customers.set(person.id, person);
    tell("people", "chat");
  });
  hear("faults", (faults) => {
    state.faults = faults;
    tell("faults");
  });
  hear("activity", (activity) => {
    state.activity = activity;
    tell("activity");
  });
  events.onerror = () => {
    Object.assign(state, { client: "", connected: false });
    tell("connection");
  };
}

showPeople(choose);
showChat((text) => write({ text }), (number) => {
  state.number = number;
  open(state.customer);
});
showComposer({
  text: (text) => write({ text }),
  sample: (caption) => write({ image: { caption } }),
  photo: async (file, caption) => put(await api.sendPhoto(state.customer, state.number, file, caption)),
});
showFaults();
showActivity();
showNewCustomer((person) => {
  state.customers.set(person.id, person);
  choose(person.id);
});
byId("chat-back").addEventListener("click", () => choose(""));
addEventListener("hashchange", () => open(state.customers.has(chosen()) ? chosen() : ""));
document.addEventListener("visibilitychange", presence);
byId("activity-panel").toggleAttribute("open", matchMedia("(min-width: 1280px)").matches);
listen();
