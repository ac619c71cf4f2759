// The words of a supervisor who puts somebody into another auxiliary, and of who stays in one for too long.

import { fill, gettext, ngettext, figure } from "desk/words/gettext.js";

export const forcingWords = {
  change: () => gettext("Change auxiliary"),
  /** @param {string} name */
  changeOf: (name) => fill(gettext("Change the auxiliary of %(name)s"), { name }),
  hint: () => gettext("It takes effect at once. They are told who did it and why."),
  auxiliary: () => gettext("Auxiliary"),
  why: () => gettext("Why"),
  /** @param {{accepts_new: boolean, works_active: boolean}} state */
  reaches: (state) => (state.accepts_new ? gettext("New conversations reach them") : state.works_active ? gettext("They go on with what they have") : gettext("They attend no conversations")),
  chooseOne: () => gettext("Choose an auxiliary."),
  sayWhy: () => gettext("Say why: they will read it."),
  /** @param {string} name @param {string} state */
  changed: (name, state) => fill(gettext("%(name)s is in %(state)s now."), { name, state }),
  /** @param {string} state @param {string} reason */
  spared: (state, reason) => fill(gettext("You are in %(state)s now: %(reason)s"), { state, reason }),
  /** @param {string} by @param {string} state @param {string} reason */
  forced: (by, state, reason) => fill(gettext("%(by)s put you in %(state)s: %(reason)s"), { by, state, reason }),
  /** @param {string} state @param {number} minutes */
  overrun: (state, minutes) => fill(ngettext("You have been in %(state)s for longer than its %(count)s minute.", "You have been in %(state)s for longer than its %(count)s minutes.", minutes), { state, count: figure(minutes) }),
  /** @param {string} name @param {string} state @param {number} minutes */
  overrunOf: (name, state, minutes) => fill(ngettext("%(name)s has been in %(state)s for longer than its %(count)s minute.", "%(name)s has been in %(state)s for longer than its %(count)s minutes.", minutes), { name, state, count: figure(minutes) }),
};
