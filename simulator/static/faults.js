// «Fallas del proveedor»: each control acts at once.

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { on, state, tell } from "./store.js";

const RATES = [[0, "Nunca"], [0.05, "5 %"], [0.2, "20 %"], [0.5, "La mitad"], [1, "Siempre"]];
const MEDIA = [
  ["none", "Bien"], ["expired", "Vencida (404)"], ["unauthorised", "Sin permiso (401)"], ["slow", "Muy lenta"], ["short", "Cortada"],
  ["wrong_type", "Otro tipo"], ["wrong_bytes", "Dañada"],
  ["gone", "Ya no existe"], ["altered", "Un byte distinto"], ["endless", "Sin fin"], ["dripping", "Gota a gota"],
];

/** @type {{title: string, faults: [name: string, label: string, hint: string, choices?: any[][]][]}[]} */
const GROUPS = [
  {
    title: "Cuando la empresa envía",
    faults: [
      ["rate_limited", "Demasiados envíos", "Error 429, código 130429", RATES],
      ["server_error", "Error interno", "Error 500, código 131000", RATES],
      ["reset_before", "Conexión cortada", "No llega a enviarse nada", RATES],
      ["lost_answer", "Respuesta perdida", "Se envía, pero la empresa no se entera", RATES],
      ["slow_p95_ms", "Respuestas lentas", "El 5 % tarda más que esto", [[0, "No"], [1000, "1 s"], [3000, "3 s"], [8000, "8 s"]]],
      ["black_hole", "No responde nunca", "Acepta la conexión y calla"],
      ["pair_limited", "Límite con este cliente", "Código 131056, solo a quien eres"],
      ["token_revoked", "Token revocado", "Error 401, código 190"],
      ["media", "Descarga de fotos", "Lo que recibe la empresa", MEDIA],
    ],
  },
  {
    title: "Cuando se avisa a la empresa",
    faults: [
      ["webhook_duplicates", "Avisos repetidos", "Copias de más de cada aviso", [[0, "No"], [1, "1 copia"], [3, "3 copias"], [5, "5 copias"]]],
      ["webhook_shuffle", "Avisos desordenados", "Se juntan y salen barajados", [[0, "No"], [5, "De a 5"], [20, "De a 20"], [100, "De a 100"]]],
      ["webhook_delay_ms", "Avisos demorados", "En promedio", [[0, "No"], [1000, "1 s"], [5000, "5 s"], [15000, "15 s"]]],
      ["webhook_batch", "Avisos agrupados", "Varios en un mismo envío", [[1, "No"], [5, "De a 5"], [20, "De a 20"], [100, "De a 100"]]],
      ["webhook_paused", "Avisos en pausa", "Esperan hasta que la quites"],
      ["early_status", "Estado adelantado", "Llega antes que la respuesta"],
      ["skip_delivered", "Leído sin entregado", "Se salta un paso, como a veces Meta"],
    ],
  },
];

export function showFaults() {
  const form = byId("faults");
  const clear = make("button", { type: "button", class: "button", click: () => apply(api.clearFaults) }, "Quitar todas las fallas");
  form.replaceChildren(make("p", { class: "lead" }, "Valen al instante y para todos los clientes."), ...GROUPS.map(group), clear);
  form.addEventListener("submit", (event) => event.preventDefault());
  on("faults", paint);
  on("chat", paint);
}

/** @param {(typeof GROUPS)[number]} wanted */
function group(wanted) {
  return make("fieldset", {}, make("legend", {}, wanted.title), ...wanted.faults.map(([name, label, hint, choices]) => control(name, label, hint, choices)));
}

/** @param {string} name @param {string} label @param {string} hint @param {any[][]} [choices] */
function control(name, label, hint, choices) {
  const input = choices
    ? make("select", { id: `fault-${name}`, data: { fault: name } }, ...choices.map(([, words], index) => make("option", { value: index }, words)))
    : make("input", { id: `fault-${name}`, type: "checkbox", role: "switch", class: "switch", data: { fault: name } });
  input.addEventListener("change", () => {
    const changed = { [name]: valueOf(/** @type {any} */ (input), name, choices) };
    apply(() => api.changeFaults(changed));
  });
  return make("label", { class: "fault", for: input.id, data: { row: name } }, make("span", {}, make("b", {}, label), make("small", {}, hint)), input);
}

/** @param {HTMLSelectElement & HTMLInputElement} input @param {string} name @param {any[][]} [choices] */
function valueOf(input, name, choices) {
  if (choices) return choices[Number(input.value)][0];
  if (name !== "pair_limited") return input.checked;
  const others = state.faults.pair_limited.filter((/** @type {string} */ id) => id !== state.customer);
  return input.checked ? [...others, state.customer] : others;
}

function paint() {
  // What was pressed stays as it was pressed until its answer is there.
  if (underway) return;
  let active = 0;
  for (const [name, , , choices] of GROUPS.flatMap((one) => one.faults)) {
    const value = state.faults[name];
    const input = /** @type {any} */ (byId(`fault-${name}`));
    if (choices) choose(input, choices, value);
    else input.checked = name === "pair_limited" ? value?.includes(state.customer) : Boolean(value);
    const isActive = name === "pair_limited" ? value?.length > 0 : value !== (choices ? choices[0][0] : false);
    active += Number(isActive);
    input.closest("[data-row]").toggleAttribute("data-active", isActive);
  }
  byId("faults-count").hidden = !active;
  byId("faults-count").textContent = active === 1 ? "1 activa" : `${active} activas`;
}

/** A value set by a test may be none of the choices: it is shown as itself. @param {HTMLSelectElement} select @param {any[][]} choices @param {any} value */
function choose(select, choices, value) {
  const index = choices.findIndex(([one]) => one === value);
  const odd = select.querySelector("[data-odd]");
  if (index >= 0) {
    odd?.remove();
    select.value = String(index);
    return;
  }
  const option = odd ?? make("option", { value: "odd", data: { odd: "" }, disabled: true });
  option.textContent = String(value);
  select.append(option);
  select.value = "odd";
}

let underway = 0;
/** @type {Promise<any>} */
let before = Promise.resolve();

/** One after the other: the answer to an earlier press says nothing of a later one. @param {() => Promise<any>} ask */
async function apply(ask) {
  underway += 1;
  const mine = before.catch(() => undefined).then(ask);
  before = mine;
  try {
    state.faults = (await mine).faults;
  } finally {
    underway -= 1;
    tell("faults"); // refused: the control goes back to what is in force
  }
}
