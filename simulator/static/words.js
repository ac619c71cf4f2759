// How times, people and states are said.

const HUES = ["rose", "blue", "green", "ochre", "violet", "gray"];
const clock = new Intl.DateTimeFormat("es", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exactClock = new Intl.DateTimeFormat("es", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const shortDay = new Intl.DateTimeFormat("es", { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat("es", { weekday: "long", day: "numeric", month: "long" });

/** @param {number} at seconds */
export const time = (at) => clock.format(at * 1000);
/** @param {number} at seconds */
export const exactTime = (at) => exactClock.format(at * 1000);
/** @param {number} at seconds */
export const dayKey = (at) => new Date(at * 1000).toDateString();

/** @param {number} at seconds */
export function day(at) {
  const days = daysFromToday(at);
  if (days === 0) return "Hoy";
  if (days === -1) return "Ayer";
  return longDay.format(at * 1000);
}

/** Whole calendar days, negative in the past. @param {number} at seconds */
function daysFromToday(at) {
  const [then, today] = [new Date(at * 1000), new Date()];
  return Math.round((then.setHours(0, 0, 0, 0) - today.setHours(0, 0, 0, 0)) / 86_400_000);
}

/** Of a row in the list: the hour today, the day before that. @param {number} at seconds */
export const when = (at) => (daysFromToday(at) === 0 ? time(at) : shortDay.format(at * 1000));

/** How long, to the minute. @param {number} seconds */
export function duration(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map((word) => [...word][0]?.toUpperCase() ?? "").join("") || "?";
}

/** @param {number} index */
export const hue = (index) => HUES[index % HUES.length];

/** Calling code and how each country groups what follows; the first that fits. */
const GROUPS = [
  ["595", 3, 3, 3], ["598", 2, 3, 3], ["591", 1, 3, 4], ["593", 2, 3, 4], ["549", 2, 4, 4], ["54", 2, 4, 4], ["55", 2, 5, 4], ["55", 2, 4, 4],
  ["521", 2, 4, 4], ["52", 2, 4, 4], ["56", 1, 4, 4], ["57", 3, 3, 4], ["51", 3, 3, 3], ["58", 3, 3, 4], ["34", 3, 3, 3], ["1", 3, 3, 4],
];

/** @param {string} number */
export function phone(number) {
  for (const [code, ...sizes] of /** @type {[string, ...number[]][]} */ (GROUPS)) {
    const rest = number.slice(code.length);
    if (!number.startsWith(code) || rest.length !== sizes.reduce((sum, size) => sum + size, 0)) continue;
    let from = 0;
    const parts = sizes.map((size) => rest.slice(from, (from += size)));
    // The mobile prefixes of Argentina and Mexico are part of the WhatsApp id, not of the calling code.
    const prefix = code === "549" || code === "521" ? `${code.slice(0, 2)} ${code.slice(2)}` : code;
    return `+${prefix} ${parts.join(" ")}`;
  }
  return `+${number}`;
}

/** @param {import("./store.js").Customer} person */
export function address(person) {
  if (person.wa_id) return phone(person.wa_id);
  return person.username ? `@${person.username} · sin número` : "Sin número visible";
}

const KINDS = {
  image: "Foto", video: "Video", audio: "Audio", document: "Documento", sticker: "Sticker", location: "Ubicación", contacts: "Contacto",
  reaction: "Reacción", interactive: "Mensaje con opciones", template: "Plantilla",
};

/** @param {string} kind */
export const kindName = (kind) => KINDS[/** @type {keyof typeof KINDS} */ (kind)] ?? `Mensaje de tipo «${kind}»`;

/** @param {import("./store.js").Message} message */
export function preview(message) {
  const words = message.text || kindName(message.kind);
  return message.direction === "in" ? `Tú: ${words}` : words;
}
