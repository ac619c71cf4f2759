"""Which conversation a customer's words go on in: the one that is live, one closed a short while ago, or a new one (R09, R11).

All that a batch may touch is taken in hand at once, in the order of its keys: in several rounds, two who need the same rows would wait for
each other in a ring.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping

from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, ChannelAccount
from campaigns.routing import Routes
from connectors.messages import InboundMessage
from contacts.actions import Found
from contacts.models import Contact
from core.bulk import copy_rows
from core.text import fold
from inbox.actions.copies import give_to
from inbox.actions.lanes import follow_conversations
from inbox.actions.locking import note_event, save_touched
from inbox.actions.renumbering import answer_through
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import LIVE, Status

# What an inbound message may change of its conversation.
CARRIED = (
    "status", "last_activity_at", "last_inbound_at", "window_expires_at", "waiting_since", "answered", "unread",
    "preview", "preview_kind", "preview_direction", "preview_at", "contact_number", "contact_digits",
    "contact_point", "reminders_sent",
)  # fmt: skip
# What the customer's word sets in motion again, where somebody holds it; what nobody holds joins the queue.
AWOKEN = {Status.OUTREACH: Status.ASSIGNED, Status.SNOOZED: Status.IN_PROGRESS}


def conversations_for(
    account: ChannelAccount, routes: Routes, senders: Mapping[int, Found], first_words: Mapping[int, InboundMessage]
) -> tuple[dict[int, Conversation], set[int]]:
    """Return the conversation of every sender, by contact, locked and live; and the ids of those that now wait anew.

    The caller holds the senders (`identify`). `first_words`: what each of them writes first, which says whose a new conversation is.
    """
    survivors = identities_of(senders)
    theirs = hold_theirs(account, routes, senders, survivors)
    by_contact: dict[int, Conversation] = {}
    queued: set[int] = set()
    reopened: list[int] = []
    for contact_id, found in sorted(senders.items()):
        conversation = chosen(theirs.get(contact_id, ()), found)
        if conversation is None:
            continue
        by_contact[contact_id] = conversation
        if not conversation.is_live:
            reopen(conversation, found, campaign=routes.campaigns.get(conversation.campaign_id or 0))
            reopened.append(conversation.pk)
            queued.add(conversation.pk)
            continue
        if survivors.get(conversation.contact_id) != contact_id:
            give_to(conversation, found.contact)
        if conversation.status in AWOKEN and wake(conversation) == Status.QUEUED:
            queued.add(conversation.pk)
    if reopened:
        follow_conversations(reopened)
    opened = {
        contact_id: begun_by(account, routes, found, first=first_words[contact_id])
        for contact_id, found in sorted(senders.items())
        if contact_id not in by_contact
    }
    copy_rows(Conversation, list(opened.values()))
    return by_contact | opened, queued | {each.pk for each in opened.values()}


def hold_theirs(
    account: ChannelAccount, routes: Routes, senders: Mapping[int, Found], survivors: Mapping[int, int]
) -> dict[int, list[Conversation]]:
    """What may go on of each sender's, in the order of its keys: all that is live, and what was closed so short ago that its campaign
    opens it again. What changed while we waited for it is as it is now: the database looks at a row again once it has the lock.

    Those of contacts that were merged into a sender are the sender's: the rows keep their contact, and the point is taken there. What is
    held through a sender's own point is theirs even where it stands under another contact: two who were one and were parted take what was
    begun meanwhile with the point (copies.sort_out_parted), and a message may come before that was done.
    """
    owners = {point.pk: pk for pk, found in senders.items() if not found.is_new for point in found.points}
    live = Q(status__in=LIVE)
    wanted = Q(contact_id__in=list(survivors)) & live | Q(contact_point_id__in=list(owners)) & live
    for campaign in routes.reopening():
        since = timezone.now() - datetime.timedelta(hours=campaign.reopen_within_h)
        wanted |= Q(contact_id__in=list(survivors), campaign=campaign, status=Status.CLOSED, closed_at__gte=since)
    # Only what is asked here or may change: a time costs as much to read as ten numbers.
    needed = Conversation.objects.filter(wanted, channel_account=account, thread_key="").only(
        "contact_id", "assignee_id", "team_id", "campaign_id", "last_outbound_at", "closed_at", "chooses_since", "version", "change", *CARRIED
    )  # fmt: skip
    theirs: dict[int, list[Conversation]] = {}
    for each in needed.select_for_update().order_by("pk"):
        whose = owners.get(each.contact_point_id) if each.is_live else None
        whose = survivors[each.contact_id] if whose is None else whose
        theirs.setdefault(whose, []).append(each)
    return theirs


def chosen(theirs: Collection[Conversation], found: Found) -> Conversation | None:
    """The live one that is held through the point they wrote from, else any live one, else the one closed last."""
    point_ids = {point.pk for point in found.points}
    live = [each for each in theirs if each.is_live]
    if live:
        return next((each for each in live if each.contact_point_id in point_ids), live[0])
    return max(theirs, key=closing_order, default=None)


def closing_order(conversation: Conversation) -> tuple[datetime.datetime, int]:
    assert conversation.closed_at is not None
    return conversation.closed_at, conversation.pk


def identities_of(contact_ids: Iterable[int]) -> dict[int, int]:
    """Each of the contacts, and every one merged into it, with the one that stands for them."""
    standing = list(contact_ids)
    merged = Contact.objects.filter(merged_into__in=standing).values_list("pk", "merged_into_id")
    return {pk: pk for pk in standing} | dict(merged)


def wake(conversation: Conversation) -> str:
    conversation.status = AWOKEN[Status(conversation.status)] if conversation.assignee_id else Status.QUEUED
    return conversation.status


def begun_by(account: ChannelAccount, routes: Routes, found: Found, *, first: InboundMessage) -> Conversation:
    """What a customer begins with these words, in the campaign that the rules say; or they are to be asked which (choosing.py)."""
    conversation = new_conversation(account, routes.choose(first.text, first.happened_at), found)
    if conversation.campaign_id is not None and routes.asks(first.text, first.happened_at):
        conversation.awaits_greeting, conversation.chooses_since = True, timezone.now()
    return conversation


def new_conversation(account: ChannelAccount, campaign: Campaign | None, found: Found) -> Conversation:
    number = next((point for point in found.points if point.is_number), None)
    name = found.contact.name
    return Conversation(
        contact=found.contact,
        contact_point=found.point,
        channel_account=account,
        campaign=campaign,
        team_id=campaign.team_id if campaign else None,
        status=Status.QUEUED,
        contact_name=name[:170],
        contact_name_folded=fold(name)[:170],
        contact_number=number.shown if number else "",
        contact_digits=number.digits if number else "",
        contact_is_vip=found.contact.is_vip,
        last_activity_at=timezone.now(),
        awaits_greeting=campaign is not None and campaign.speaks_by_itself,
    )


def reopen(conversation: Conversation, found: Found, *, campaign: Campaign | None) -> None:
    """It goes on with whoever wrote, where they wrote from: the number it was held through may be somebody else's by now."""
    moved = (
        ()
        if conversation.contact_point_id in {point.pk for point in found.points}
        else answer_through(conversation, found.point)
    )
    conversation.status, conversation.assignee, conversation.assigned_at = Status.QUEUED, None, None
    conversation.closed_at = conversation.closed_by = conversation.typification = None
    conversation.close_mode, conversation.close_note = "", ""
    conversation.needs_first_reply, conversation.answered = True, False
    conversation.chooses_since = None
    conversation.awaits_greeting = campaign is not None and campaign.speaks_by_itself
    note_event(conversation, ConversationEvent.Kind.REOPENED, at=timezone.now(), by=None)
    save_touched(
        conversation, "status", "assignee", "assigned_at", "closed_at", "closed_by", "typification", "close_mode", "close_note", "needs_first_reply", "answered", "awaits_greeting", "chooses_since", *moved
    )  # fmt: skip
