// The words of what a contact is described with: tags, groups, notes.

import { fill, gettext } from "desk/words/gettext.js";

export const labelWords = {
  tags: () => gettext("Tags"),
  groups: () => gettext("Groups"),
  tag: () => gettext("Tag"),
  group: () => gettext("Group"),
  title: () => gettext("Tags and groups"),
  search: () => gettext("Search"),
  nothingMatches: () => gettext("Nothing matches."),
  /** @param {string} names */
  more: (names) => fill(gettext("and also %(names)s"), { names }),
  none: () => gettext("No tags or groups yet."),
  add: () => gettext("Add a tag or a group"),
  /** @param {string} name */
  removeTag: (name) => fill(gettext("Take off the tag %(name)s"), { name }),
  /** @param {string} name */
  leaveGroup: (name) => fill(gettext("Take out of the group %(name)s"), { name }),
  byRule: () => gettext("By rule: whoever meets it is in it"),
  noRight: () => gettext("Your role does not allow changing contacts."),
  notes: () => gettext("Notes"),
  note: () => gettext("Note about the contact"),
  noteHint: () => gettext("Your team sees it. The contact never does."),
  saveNote: () => gettext("Save note"),
  noNotes: () => gettext("No notes yet."),
  emptyNote: () => gettext("Write the note first."),
  deleteNote: () => gettext("Delete my note"),
  noteDeleted: () => gettext("Note deleted."),
  notesFailed: () => gettext("The notes could not be read."),
  edited: () => gettext("edited"),
};
