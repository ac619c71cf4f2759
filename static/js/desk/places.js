// A place out of what people paste: coordinates in any usual form, or a link of a map. Pure; nothing is asked of anybody.

/** @typedef {{latitude: number, longitude: number, name: string}} Place */

const NUMBER = String.raw`[-+]?\d{1,3}(?:\.\d+)?`;
const PAIR = new RegExp(String.raw`(${NUMBER})\s*[,;]\s*(${NUMBER})`, "u");
/** «-25,2867; -57,3333», as it is written where the comma is the decimal sign. */
const COMMA_PAIR = /^\s*([-+]?\d{1,3},\d+)\s*[;\s]\s*([-+]?\d{1,3},\d+)\s*$/u;
const DEGREES = /(\d{1,3})\s*°\s*(?:(\d{1,2})\s*['′’]\s*)?(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["″”]|'')\s*)?([NSEWOLnsewol])/gu;
/** Where links carry the pair by name, the place itself before the middle of the picture. */
const PARAMETERS = ["query", "q", "ll", "destination", "daddr", "coordinate", "sll", "center", "cp"];
const SHORT = /^(?:maps\.app\.goo\.gl|goo\.gl|g\.co|maps\.apple|bit\.ly|osm\.org)$/u;

/**
 * @param {string} text
 * @returns {{place: Place} | {problem: "short" | "range" | "unknown"}}
 */
export function readPlace(text) {
  const trimmed = text.trim();
  const link = asLink(trimmed);
  if (link) return fromLink(link);
  const found = fromDegrees(trimmed) ?? fromPair(trimmed);
  return checked(found);
}

/** @param {string} text */
function asLink(text) {
  const first = /(?:https?:\/\/|geo:)\S+/iu.exec(text)?.[0] ?? (/^(?:www\.|maps\.)\S+\.\S+\//iu.test(text) ? `https://${text}` : "");
  if (!first) return null;
  try {
    return new URL(first);
  } catch {
    return null;
  }
}

/** @param {URL} link @returns {ReturnType<typeof readPlace>} */
function fromLink(link) {
  if (link.protocol === "geo:") return checked(fromGeo(link));
  const address = decoded(link.href);
  // Google's own mark of the place; «@» is only the middle of the picture.
  const pin = new RegExp(String.raw`!3d(${NUMBER})!4d(${NUMBER})`, "u").exec(address);
  const asked = PARAMETERS.map((name) => PAIR.exec(link.searchParams.get(name) ?? "")).find(Boolean);
  const marked = pairOf(link.searchParams.get("mlat"), link.searchParams.get("mlon")) ?? pairOf(link.searchParams.get("lat"), link.searchParams.get("lon") ?? link.searchParams.get("lng"));
  const middle = new RegExp(String.raw`@(${NUMBER}),(${NUMBER})`, "u").exec(address);
  const hash = new RegExp(String.raw`#map=\d+/(${NUMBER})/(${NUMBER})`, "u").exec(address);
  const path = new RegExp(String.raw`/(?:search|place|dir/[^/]*)/(${NUMBER}),[+\s]*(${NUMBER})`, "u").exec(address);
  const found = pin ?? marked ?? asked ?? path ?? middle ?? hash;
  if (!found) return { problem: SHORT.test(link.hostname.replace(/^www\./u, "")) ? "short" : "unknown" };
  return checked({ latitude: Number(found[1]), longitude: Number(found[2]), name: nameIn(link) });
}

/** geo:-25.28,-57.63?q=-25.3,-57.6(Casa) @param {URL} link @returns {Place | null} */
function fromGeo(link) {
  const query = decoded(link.search);
  const named = new RegExp(String.raw`q=(${NUMBER}),(${NUMBER})(?:\(([^)]*)\))?`, "u").exec(query);
  const pair = named ?? PAIR.exec(link.pathname);
  return pair && { latitude: Number(pair[1]), longitude: Number(pair[2]), name: named?.[3] ?? "" };
}

/** /maps/place/Plaza+Uruguaya/@… @param {URL} link */
function nameIn(link) {
  const called = /\/maps\/place\/([^/@]+)/u.exec(link.pathname)?.[1] ?? "";
  const name = decoded(called.replaceAll("+", " ")).trim();
  return /^[\d\s°'".,+-]+[NSEWO]?/u.test(name) ? "" : name.slice(0, 200);
}

/** @param {string} text @returns {Place | null} */
function fromPair(text) {
  const comma = COMMA_PAIR.exec(text);
  if (comma) return { latitude: Number(comma[1]?.replace(",", ".")), longitude: Number(comma[2]?.replace(",", ".")), name: "" };
  const pair = new RegExp(String.raw`^\(?\s*(${NUMBER})\s*(?:[,;]\s*|\s+)(${NUMBER})\s*\)?$`, "u").exec(text);
  return pair && { latitude: Number(pair[1]), longitude: Number(pair[2]), name: "" };
}

/** 25°17'05.2"S 57°38'00"O @param {string} text @returns {Place | null} */
function fromDegrees(text) {
  const parts = [...text.matchAll(DEGREES)];
  if (parts.length !== 2) return null;
  /** @type {Partial<Place>} */
  const place = {};
  for (const [, degrees, minutes = "0", seconds = "0", side = ""] of parts) {
    const value = Number(degrees) + Number(minutes) / 60 + Number(seconds.replace(",", ".")) / 3600;
    const letter = side.toUpperCase();
    if (letter === "N" || letter === "S") place.latitude = letter === "S" ? -value : value;
    else place.longitude = letter === "W" || letter === "O" ? -value : value;
  }
  return place.latitude === undefined || place.longitude === undefined ? null : { latitude: place.latitude, longitude: place.longitude, name: "" };
}

/** @param {string | null} latitude @param {string | null} longitude @returns {RegExpExecArray | null} */
function pairOf(latitude, longitude) {
  return latitude && longitude ? PAIR.exec(`${latitude},${longitude}`) : null;
}

/** @param {Place | null} place @returns {ReturnType<typeof readPlace>} */
function checked(place) {
  if (!place || !Number.isFinite(place.latitude) || !Number.isFinite(place.longitude)) return { problem: "unknown" };
  return isOnEarth(place) ? { place: { ...place, latitude: rounded(place.latitude), longitude: rounded(place.longitude) } } : { problem: "range" };
}

/** @param {{latitude: number, longitude: number}} place */
export function isOnEarth({ latitude, longitude }) {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

/** To a tenth of a metre; what is beyond is noise. @param {number} degrees */
export function rounded(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
