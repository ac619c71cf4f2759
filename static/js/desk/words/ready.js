// The words of shortcuts, the gallery of resources, and variables that wait for a value.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const readyWords = {
  shortcuts: () => gettext("Shortcuts"),
  loading: () => gettext("Reading the shortcuts…"),
  noneYet: () => gettext("There are no shortcuts yet. Whoever runs the campaign makes them in Settings."),
  moveChoose: () => gettext("↑ ↓ to move · Enter to insert · Esc to close"),
  /** @param {string} kind */
  kind: (kind) => ({ text: gettext("Text"), image: gettext("Image"), video: gettext("Video"), document: gettext("Document") })[kind] ?? kind,
  notInNotes: () => gettext("Files are not part of internal notes."),

  // ── Variables ──
  /** @param {string[]} names */
  missing: (names) => fill(ngettext("%(names)s has no value here. Write it before sending.", "%(names)s have no value here. Write them before sending.", names.length), { names: names.map((name) => `{${name}}`).join(", ") }),
  /** @param {string} name */
  write: (name) => fill(gettext("Write %(name)s"), { name: `{${name}}` }),
  sendAnyway: () => gettext("Send as it is"),
  /** @param {string[]} names */
  needs: (names) => fill(gettext("Write first: %(names)s"), { names: names.map((name) => `{${name}}`).join(", ") }),

  // ── The gallery ──
  gallery: () => gettext("Gallery of resources"),
  galleryHint: () => gettext("What you insert waits in the box; nothing is sent yet."),
  search: () => gettext("Search in the gallery"),
  kinds: () => gettext("Kind of resource"),
  all: () => gettext("All"),
  texts: () => gettext("Texts"),
  images: () => gettext("Images"),
  videos: () => gettext("Videos"),
  documents: () => gettext("Documents"),
  /** @param {string} name */
  insert: (name) => fill(gettext("Put «%(name)s» in the box"), { name }),
  /** @param {string} name */
  look: (name) => fill(gettext("Look at «%(name)s»"), { name }),
  ofCompany: () => gettext("Company"),
  emptyGallery: () => gettext("The gallery is empty"),
  emptyGalleryHint: () => gettext("Whoever runs the campaign adds texts and files in Settings."),
  noneFound: () => gettext("No resource matches"),
  noneFoundHint: () => gettext("Try another word or another kind."),
  more: () => gettext("Show more"),
  /** @param {number} count */
  found: (count) => fill(ngettext("%(count)s resource", "%(count)s resources", count), { count: figure(count) }),
  close: () => gettext("Close"),
};
