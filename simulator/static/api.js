// The control API, as documented in docs/simulator.md.

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body] an object becomes JSON, a FormData stays one
 */
async function call(method, path, body) {
  const isForm = body instanceof FormData;
  const headers = body === undefined || isForm ? undefined : { "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers, body: body === undefined || isForm ? body : JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.error ?? `El simulador respondió ${answer.status}.`);
  return result;
}

const customer = (/** @type {string} */ id) => `/control/customers/${encodeURIComponent(id)}`;

export const readState = () => call("GET", "/control/state");
/** @param {string} id @param {string} number */
export const readThread = (id, number) => call("GET", `${customer(id)}/messages?number=${encodeURIComponent(number)}`);
/** @param {string} id @param {object} message */
export const write = (id, message) => call("POST", `${customer(id)}/messages`, message);
/** @param {object} values */
export const addCustomer = (values) => call("POST", "/control/customers", values);
/** @param {string} id @param {object} values */
export const changeCustomer = (id, values) => call("PATCH", customer(id), values);
/** @param {object} settings */
export const changeFaults = (settings) => call("PATCH", "/control/faults", settings);
export const clearFaults = () => call("PUT", "/control/faults", {});
/** @param {string} client @param {object} chat */
export const showPresence = (client, chat) => call("PUT", `/control/presence/${client}`, chat);

/** @param {string} id @param {string} number @param {File} file @param {string} caption */
export function sendPhoto(id, number, file, caption) {
  const form = new FormData();
  form.set("file", file);
  form.set("number", number);
  form.set("caption", caption);
  return call("POST", `${customer(id)}/messages`, form);
}
