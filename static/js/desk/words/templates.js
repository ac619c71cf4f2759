// The words of templates: choosing one, filling it, and why one cannot be sent.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

/** A language as the page's language calls it. @param {string} code */
function languageName(code) {
  try {
    return new Intl.DisplayNames([globalThis.document?.documentElement.lang || "es"], { type: "language" }).of(code.replace("_", "-")) ?? code;
  } catch {
    return code;
  }
}

export const templateWords = {
  templates: () => gettext("Templates"),
  choose: () => gettext("Choose a template"),
  notInNotes: () => gettext("Templates are not part of internal notes."),
  /** @param {string} name */
  title: (name) => fill(gettext("Template for %(name)s"), { name }),
  search: () => gettext("Search by name or words"),
  language: () => gettext("Language"),
  anyLanguage: () => gettext("All languages"),
  languageName,
  /** @param {number} count */
  found: (count) => fill(ngettext("%(count)s template", "%(count)s templates", count), { count: figure(count) }),
  none: () => gettext("No approved templates yet"),
  noneHint: () => gettext("They are written and approved in WhatsApp Manager and appear here within the hour."),
  noneFound: () => gettext("No template matches"),
  noneFoundHint: () => gettext("Try another word or another language."),
  chooseFirst: () => gettext("Choose a template to see it as WhatsApp shows it."),
  back: () => gettext("Other templates"),
  variables: () => gettext("Variables"),
  noVariables: () => gettext("It has nothing to fill in."),
  preview: () => gettext("As WhatsApp shows it"),
  send: () => gettext("Send template"),
  sending: () => gettext("Sending…"),
  ready: () => gettext("Ready to send."),
  cancel: () => gettext("Cancel"),

  // ── What it costs ──
  /** @param {string} category */
  category: (category) => ({ MARKETING: gettext("Marketing"), UTILITY: gettext("Utility"), AUTHENTICATION: gettext("Authentication") })[category] ?? category,
  /** @param {string} category */
  cost: (category) =>
    ({
      MARKETING: gettext("Each one is charged, at the marketing rate."),
      UTILITY: gettext("Free while the 24 h window is open; charged outside it."),
      AUTHENTICATION: gettext("Each one is charged, at the authentication rate."),
    })[category] ?? "",

  // ── Why not ──
  /** @param {string} status */
  status: (status) =>
    ({
      PENDING: gettext("WhatsApp is still reviewing it."),
      REJECTED: gettext("WhatsApp rejected it."),
      PAUSED: gettext("WhatsApp paused it: too many people marked it as unwanted."),
      DISABLED: gettext("WhatsApp disabled it."),
      GONE: gettext("It was removed in WhatsApp Manager."),
    })[status] ?? gettext("WhatsApp has not approved it."),
  locationHeader: () => gettext("Its header wants a location, which cannot be filled in here."),

  // ── Filling it ──
  /** @param {string} name */
  headerField: (name) => fill(gettext("Header · {{%(name)s}}"), { name }),
  /** @param {string} name */
  bodyField: (name) => fill(gettext("Text · {{%(name)s}}"), { name }),
  /** @param {string} text */
  buttonField: (text) => fill(gettext("Button «%(text)s»"), { text }),
  /** @param {string} value */
  example: (value) => fill(gettext("For example: %(value)s"), { value }),
  /** @param {string} url */
  urlEnding: (url) => fill(gettext("The ending of %(url)s"), { url }),
  needed: () => gettext("It needs a value."),
  /** @param {number} length @param {number} most */
  tooLong: (length, most) => fill(gettext("%(length)s characters; at most %(most)s fit."), { length: figure(length), most: figure(most) }),
  noBreaks: () => gettext("No line breaks, tabs or long gaps."),
  /** @param {string} kind */
  needsFile: (kind) => ({ image: gettext("Its header needs a picture."), video: gettext("Its header needs a video."), document: gettext("Its header needs a document.") })[kind] ?? "",
  header: () => gettext("Header"),
  uploadFile: () => gettext("Upload a file"),
  fromGallery: () => gettext("From the gallery"),
  /** @param {string} name */
  removeFile: (name) => fill(gettext("Remove %(name)s"), { name }),
  onlyGallery: () => gettext("For a new number the file comes from the gallery."),
  uploading: () => gettext("Uploading…"),
};
