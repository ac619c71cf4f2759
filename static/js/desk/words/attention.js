// The words of what becomes of a conversation between two hands. Names come as elements, in the place of the marks.

import { gettext } from "desk/words/gettext.js";

export const attentionWords = {
  transferredTo: () => gettext("%(actor)s transferred it to %(assignee)s"),
  transferredToCampaign: () => gettext("%(actor)s transferred it to the campaign %(campaign)s"),
  noAgentNow: () => gettext("%(assignee)s does not attend this campaign any more: the conversation is back in the queue"),
  missed: () => gettext("%(assignee)s did not pick it up: it is offered to the next one"),
  declined: () => gettext("%(assignee)s could not take it: it is offered to the next one"),
  snoozedUntil: () => gettext("%(actor)s snoozed it until %(until)s"),
  woken: () => gettext("%(actor)s went on before its time"),
  wokenInTime: () => gettext("It was time: the conversation is back"),
  exclusive: () => gettext("%(actor)s made %(assignee)s the exclusive agent"),
  associated: () => gettext("%(actor)s associated it with a record of %(base)s"),
  routed: () => gettext("The customer chose %(campaign)s"),
  exclusiveMyself: () => gettext("%(actor)s is the exclusive agent from now on"),
  everybodys: () => gettext("%(actor)s removed the exclusive agent"),
};
