// The words of what is said later.

import { fill, gettext } from "desk/words/gettext.js";

export const schedulingWords = {
  schedule: () => gettext("Schedule"),
  title: () => gettext("Schedule the message"),
  hint: () => gettext("It goes out at that time if it may be sent then."),
  when: () => gettext("When it goes out"),
  whenHint: () => gettext("If the customer writes before, you can still call it off."),
  writeFirst: () => gettext("Write something first."),
  sayWhen: () => gettext("Say when it goes out: a time to come."),
  /** @param {string} when */
  done: (when) => fill(gettext("It goes out %(when)s."), { when }),
  waiting: () => gettext("Waiting to go out"),
  notSent: () => gettext("Not sent:"),
  callOff: () => gettext("Call it off"),
};
