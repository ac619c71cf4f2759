// The dialog that adds somebody who writes.

import * as api from "./api.js";
import { byId } from "./dom.js";

/** @param {(customer: import("./store.js").Customer) => void} added */
export function showNewCustomer(added) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("new-customer"));
  const form = /** @type {HTMLFormElement} */ (byId("new-customer-form"));
  const name = /** @type {HTMLInputElement} */ (byId("new-customer-name"));
  const phone = /** @type {HTMLInputElement} */ (byId("new-customer-phone"));
  const hidden = /** @type {HTMLInputElement} */ (byId("new-customer-hidden"));

  byId("new-customer-button").addEventListener("click", () => {
    form.reset();
    phone.disabled = false;
    problem("");
    dialog.showModal();
  });
  byId("new-customer-cancel").addEventListener("click", () => dialog.close());
  hidden.addEventListener("change", () => {
    phone.disabled = hidden.checked;
    problem("");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const digits = phone.value.replace(/\D/g, "");
    if (!name.value.trim()) return problem("Falta el nombre.", name);
    if (!hidden.checked && (digits.length < 8 || digits.length > 15)) return problem("Escribe el número con código de país, por ejemplo +595 981 123 456.", phone);
    try {
      const person = await api.addCustomer({ name: name.value.trim(), ...(hidden.checked ? hiddenIdentity(name.value) : { phone: digits }) });
      dialog.close();
      added(person);
    } catch (error) {
      problem(error instanceof Error ? `No se agregó: ${error.message}.` : "No se agregó.", phone);
    }
  });
}

/** @param {string} name */
function hiddenIdentity(name) {
  const random = crypto.getRandomValues(new Uint32Array(2));
  const username = name.trim().toLowerCase().normalize("NFD").replace(/[^a-z0-9 ]/g, "").split(/ +/).slice(0, 2).join(".");
  return { user_id: `PY.${random[0]}${String(random[1]).padStart(10, "0")}`.slice(0, 19), username };
}

/** @param {string} text @param {HTMLInputElement} [field] */
function problem(text, field) {
  byId("new-customer-problem").textContent = text;
  for (const input of document.querySelectorAll("#new-customer-form input")) input.toggleAttribute("aria-invalid", false);
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}
