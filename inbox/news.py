"""What makes a desk sound: a frame for those whom it concerns, whatever list they are looking at (P0-37).

Lists push what they show; a message in another tray would be silent. `news` says only which conversation and what kind: the panel
decides whether it makes a sound.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from accounts.topics import Unwatchable
from campaigns.models import CampaignAgent
from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import Hub
from inbox.events import (
    ConversationAssigned,
    ConversationOffered,
    ConversationsLeftWaiting,
    ConversationsQueued,
    ConversationWoken,
    MessagesReceived,
    OfferEnded,
)
from inbox.models import Conversation, Offer
from inbox.models.conversation import Status

NEWS = "news"
MESSAGE, ASSIGNED, WAITING, OFFERED, UNOFFERED, LATE, WOKEN = "m", "a", "w", "o", "u", "l", "k"
KINDS = {
    MESSAGE: "message", ASSIGNED: "assigned", WAITING: "waiting", OFFERED: "offered", UNOFFERED: "offer_over",
    LATE: "late", WOKEN: "woken",
}  # fmt: skip
# About what rings at somebody, whose it is not yet.
RINGING = (OFFERED, UNOFFERED)
# A burst says little by its hundredth sound; whoever looks sees the list.
MOST_AT_ONCE = 100


def tell_of_messages(event: MessagesReceived) -> None:
    announce(NEWS, [f"{MESSAGE}{each}" for each in event.conversation_ids])


def tell_of_waiting(event: ConversationsQueued) -> None:
    announce(NEWS, [f"{WAITING}{each}" for each in event.conversation_ids])


def tell_of_assigned(event: ConversationAssigned) -> None:
    if event.by_id != event.user_id:
        announce(NEWS, [f"{ASSIGNED}{each}" for each in event.conversation_ids])


def tell_of_offers(event: ConversationOffered) -> None:
    announce(NEWS, [f"{OFFERED}{each}" for each in event.conversation_ids])


def tell_of_ended_offers(event: OfferEnded) -> None:
    announce(NEWS, [f"{UNOFFERED}{each}" for each in event.conversation_ids])


def tell_of_left_waiting(event: ConversationsLeftWaiting) -> None:
    announce(NEWS, [f"{LATE}{each}" for each in event.conversation_ids])


def tell_of_woken(event: ConversationWoken) -> None:
    # Whoever woke it knows.
    if event.by_id is None:
        announce(NEWS, [f"{WOKEN}{each}" for each in event.conversation_ids])


class NewsTopic(Unwatchable):
    """Everybody's own news. The announcement names conversations; whose they are is read here, so that a forged one tells nobody."""

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        wanted = sorted(each for each in ids if isinstance(each, str) and each[:1] in KINDS and each[1:].isdigit())
        wanted = wanted[:MOST_AT_ONCE]
        if not wanted:
            return
        here = {socket.scope["user"].pk for socket in hub.sockets}
        for user_id, told in (await whose(wanted, here)).items():
            frames = [
                encode({"type": "news", "kind": KINDS[kind], "conversation": conversation})
                for kind, conversation in told
            ]
            for socket in list(hub.sockets):
                if socket.scope["user"].pk == user_id:
                    for frame in frames:
                        socket.push(frame)

    async def resync(self, hub: Hub) -> None:
        return


@partial(database_sync_to_async, thread_sensitive=False)
def whose(wanted: list[str], here: set[int]) -> dict[int, list[tuple[str, int]]]:
    """News by user: a message is its assignee's, what waits is everybody's in the campaign."""
    found = {
        row["pk"]: row
        for row in Conversation.objects.filter(pk__in=[int(each[1:]) for each in wanted]).values(
            "pk", "status", "assignee_id", "campaign_id"
        )
    }
    agents: dict[int, list[int]] = {}
    waiting = {found[int(each[1:])]["campaign_id"] for each in wanted if each[0] == WAITING and int(each[1:]) in found}
    for campaign_id, user_id in CampaignAgent.objects.filter(
        campaign_id__in=waiting - {None}, user_id__in=here
    ).values_list("campaign_id", "user_id"):
        agents.setdefault(campaign_id, []).append(user_id)
    ringing = {int(each[1:]) for each in wanted if each[0] in RINGING}
    rings_at: dict[tuple[str, int], int] = {}
    # The newest last: it rings at one, and rang at the one before.
    for conversation_id, user_id, ended_at in (
        Offer.objects.filter(conversation_id__in=ringing)
        .order_by("pk")
        .values_list("conversation_id", "user_id", "ended_at")
        if ringing
        else ()
    ):
        rings_at[UNOFFERED if ended_at else OFFERED, conversation_id] = user_id
    told: dict[int, list[tuple[str, int]]] = {}
    for each in wanted:
        kind, row = each[0], found.get(int(each[1:]))
        if row is None:
            continue
        if kind in RINGING:
            people = [user_id] if (user_id := rings_at.get((kind, row["pk"]), 0)) in here else []
        elif kind == WAITING:
            people = agents.get(row["campaign_id"], []) if row["status"] == Status.QUEUED else []
        else:
            people = [row["assignee_id"]] if row["assignee_id"] in here else []
        for user_id in people:
            told.setdefault(user_id, []).append((kind, row["pk"]))
    return told
