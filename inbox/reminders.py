"""Who is told that a promise's time has come, or that a promise changed: whose it is, and for a campaign's its agents who are here."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async

from accounts.topics import Unwatchable
from campaigns.models import CampaignAgent
from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import Hub
from inbox.events import CallbackChanged, CallbackDue, CallbacksChanged, CallbacksHandedOver
from inbox.models import Callback

REMINDERS = "reminders"
DUE, CHANGED = "d", "c"
# Of a person instead of a promise: theirs are others now.
OWNER = "o"
KINDS = {DUE: "callback_due", CHANGED: "callback_changed"}
# A burst says little by its hundredth reminder; the list has them all.
MOST_AT_ONCE = 100


def tell_due(event: CallbackDue) -> None:
    announce(REMINDERS, [f"{DUE}{event.callback_id}"])


def tell_changed(event: CallbackChanged) -> None:
    announce(REMINDERS, [f"{CHANGED}{event.callback_id}"])


def tell_many_changed(event: CallbacksChanged) -> None:
    announce(REMINDERS, [f"{CHANGED}{each}" for each in event.callback_ids[:MOST_AT_ONCE]])


def tell_handed_over(event: CallbacksHandedOver) -> None:
    announce(REMINDERS, [f"{OWNER}{each}" for each in event.user_ids])


class ReminderTopic(Unwatchable):
    """The announcement names promises; whose they are is read here, so that a forged one tells nobody."""

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        known = sorted(each for each in ids if isinstance(each, str) and each[1:].isdecimal() and len(each) < 19)
        self.tell_owners(hub, {int(each[1:]) for each in known if each[:1] == OWNER})
        wanted = [each for each in known if each[:1] in KINDS][:MOST_AT_ONCE]
        if not wanted:
            return
        here = {socket.scope["user"].pk for socket in hub.sockets}
        people = await read_whose({int(each[1:]) for each in wanted}, here)
        for each in wanted:
            callback_id = int(each[1:])
            frame = encode({"type": KINDS[each[0]], "callback": callback_id})
            for socket in list(hub.sockets):
                if socket.scope["user"].pk in people.get(callback_id, ()):
                    socket.push(frame)

    def tell_owners(self, hub: Hub, user_ids: set[int]) -> None:
        """It names nothing: whoever is told reads their own list again."""
        frame = encode({"type": KINDS[CHANGED], "callback": None})
        for socket in list(hub.sockets):
            if socket.scope["user"].pk in user_ids:
                socket.push(frame)

    async def resync(self, hub: Hub) -> None:
        return


def whose_reminder(callback_ids: set[int], here: set[int]) -> dict[int, set[int]]:
    """Of those who are here, by promise: its owner, or everybody who works for its campaign."""
    found = list(Callback.objects.filter(pk__in=callback_ids).values_list("pk", "owner_id", "campaign_id"))
    campaigns = {campaign_id for _pk, owner_id, campaign_id in found if owner_id is None}
    agents: dict[int, set[int]] = {}
    members = CampaignAgent.objects.filter(campaign_id__in=campaigns, user_id__in=here)
    for campaign_id, user_id in members.values_list("campaign_id", "user_id"):
        agents.setdefault(campaign_id, set()).add(user_id)
    return {
        pk: {owner_id} & here if owner_id is not None else agents.get(campaign_id, set())
        for pk, owner_id, campaign_id in found
    }


read_whose = database_sync_to_async(whose_reminder, thread_sensitive=False)
