// The words of promises to contact somebody again.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const callbackWords = {
  title: () => gettext("Callbacks"),
  hint: () => gettext("Yours and those of your campaigns, the soonest first."),
  ofTeams: () => gettext("See and reassign those of your teams"),
  none: () => gettext("Nobody waits for you to come back to them."),
  noneHint: () => gettext("Callbacks come from outcomes that ask for one."),
  failed: () => gettext("The callbacks could not be read."),
  more: () => gettext("Show more"),
  /** @param {number} count */
  due: (count) => fill(ngettext("%(count)s callback due", "%(count)s callbacks due", count), { count: figure(count) }),
  done: () => gettext("Done"),
  cancel: () => gettext("Cancel the callback"),
  move: () => gettext("Another time"),
  save: () => gettext("Save the time"),
  back: () => gettext("Back"),
  overdue: () => gettext("Overdue"),
  anybodys: () => gettext("Anybody's"),
  kept: () => gettext("Marked as done."),
  cancelled: () => gettext("Callback cancelled."),
  moved: () => gettext("Time changed."),
  see: () => gettext("See the contact"),
  show: () => gettext("Show"),
  /** @param {string} name @param {string} when */
  now: (name, when) => fill(gettext("Callback: %(name)s, %(when)s"), { name, when }),
  when: () => gettext("When to contact them again"),
  whenHint: () => gettext("It goes to your callbacks."),
  whenHintGlobal: () => gettext("Anybody of the campaign may take it."),
  chooseWhen: () => gettext("Say when to contact them again."),
  whenPast: () => gettext("Choose a time to come."),
  asks: () => gettext("Asks when to contact them again"),
  inAnHour: () => gettext("In 1 hour"),
  tomorrowMorning: () => gettext("Tomorrow 9:00"),
  mondayMorning: () => gettext("Monday 9:00"),
};
