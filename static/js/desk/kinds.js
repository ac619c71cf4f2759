// The pure part of showing what messages hold: addresses that are safe to follow, amounts as people read them.

/**
 * Where to see a place: the map everybody's browser can open. Made of numbers alone, so that nothing of the customer's is in it.
 * @param {{latitude: number, longitude: number}} place
 */
export function mapAddress({ latitude, longitude }) {
  return `https://www.google.com/maps/search/?api=1&query=${encodeURIComponent(`${Number(latitude)},${Number(longitude)}`)}`;
}

/**
 * A link to call or to write, or nothing where the value is neither a number nor an address.
 * @param {"tel" | "mailto"} scheme @param {string} value
 */
export function hrefOf(scheme, value) {
  if (scheme === "tel") {
    const digits = value.replace(/[\s().-]/gu, "");
    return /^\+?\d{5,20}$/u.test(digits) ? `tel:${digits}` : "";
  }
  return /^[\w.%+-]+@[\w-]+(\.[\w-]+)+$/u.test(value) ? `mailto:${value}` : "";
}

/**
 * A decimal number in words and its currency, in the reader's form; an unknown currency stands beside the number as it came.
 * @param {string} value @param {string} currency @param {string} language
 */
export function amount(value, currency, language) {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 2, minimumFractionDigits: 0 }).format(number);
  } catch {
    return `${new Intl.NumberFormat("es").format(number)} ${currency}`.trim();
  }
}

/**
 * The state that a message's sign tells, or none where its account shows no receipts; that it failed, or may have, is told in any case (004-32).
 * @param {{status: string, shows_receipt?: boolean}} message @returns {string | undefined}
 */
export function shownStatus({ status, shows_receipt = true }) {
  return shows_receipt || status === "failed" || status === "unknown" ? status : undefined;
}
