// «Avisos a la empresa»: the last webhooks and what was answered to each.

import { byId, make } from "./dom.js";
import { on, state } from "./store.js";
import * as words from "./words.js";

const SHOWN = 12;

export function showActivity() {
  on("activity", paint);
  on("connection", paintConnection);
}

function paint() {
  const { deliveries } = state.activity;
  const waiting = deliveries.filter((one) => one.state === "pending").length;
  byId("activity-pending").hidden = !waiting;
  byId("activity-pending").textContent = `${waiting} en espera`;
  byId("activity-where").textContent = state.webhookUrl;
  byId("activity-where").title = state.webhookUrl;
  const rows = deliveries.slice(-SHOWN).reverse().map(row);
  byId("activity-list").replaceChildren(
    ...(rows.length ? rows : [make("li", { class: "activity-empty" }, "Aquí se ve cada aviso (webhook) y lo que respondió la empresa.")]),
  );
}

/** @param {{title: string, at: number, attempts: number, answer: string, took_ms: number, state: string, copy: number}} delivery */
function row(delivery) {
  const tone = delivery.state === "acked" ? "good" : delivery.answer ? "bad" : null;
  const details = [words.exactTime(delivery.at)];
  if (delivery.copy) details.push(`copia ${delivery.copy}`);
  if (delivery.attempts > 1) details.push(`${delivery.attempts} intentos`);
  else if (delivery.answer) details.push(`${delivery.took_ms} ms`);
  if (delivery.state === "given_up") details.push("abandonado");
  return make(
    "li",
    { class: "delivery" },
    make("span", { class: "delivery-title", title: delivery.title }, delivery.title),
    make("span", { class: "delivery-when" }, details.join(" · ")),
    make("span", { class: "chip", data: tone ? { tone } : {} }, delivery.answer || "en espera"),
  );
}

function paintConnection() {
  const line = byId("connection");
  line.dataset.state = state.connected ? "ok" : "lost";
  line.textContent = state.connected ? "Conectado al simulador" : "Reconectando con el simulador…";
}
