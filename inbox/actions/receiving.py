"""Customers' messages come in: once each, in their place, one live conversation per sender (R01, R09)."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, ChannelAccount
from connectors.kinds import MEDIA_KINDS, POLICIES, ChannelKind, MessageKind
from connectors.messages import Identity, InboundMessage
from contacts.actions import (
    Found,
    hold_free_identities,
    identify,
    is_worth_noting,
    note_interactions,
    share_with_teams,
)
from contacts.models import Contact
from core.bulk import copy_rows, give_keys
from core.events import publish
from core.text import fold, without_nul
from inbox.actions.changing import apply_parked_changes
from inbox.actions.copies import give_to
from inbox.actions.lanes import follow_conversations
from inbox.actions.locking import lock_conversations, next_change, note_event, save_all_touched, save_touched
from inbox.actions.renumbering import answer_through
from inbox.events import AttachmentsWanted, ConversationsQueued, MessagesReceived
from inbox.models import Attachment, Conversation, ConversationEvent, Message
from inbox.models.conversation import LIVE, Status
from inbox.previews import preview_of

# What is kept of a text far beyond any channel's limit: enough for evidence, not enough to stop a screen (S38).
STORED_TEXT_LIMIT = 65_536


@dataclass(frozen=True)
class Received:
    """What became of a batch: how many were new and how many were known already."""

    stored: int
    known: int


def receive_messages(account: ChannelAccount, batch: Sequence[InboundMessage]) -> Received:
    """Store a batch of one account's messages and move their conversations. The number of statements does not grow with the batch.

    Repeating a batch, or two workers with overlapping batches at once, stores each message once: senders and their contacts are
    held before anything is read, and (account, provider id) is unique. Whom another worker holds is left for a second transaction,
    which waits for them in one order for everybody: two batches of hundreds nearly always overlap, and would take turns otherwise.
    """
    received, others = receive_free(account, once_each(batch))
    if not others:
        return received
    rest = receive_held(account, others)
    return Received(stored=received.stored + rest.stored, known=received.known + rest.known)


@transaction.atomic
def receive_free(account: ChannelAccount, batch: Sequence[InboundMessage]) -> tuple[Received, Sequence[InboundMessage]]:
    """Receive from those nobody else works on; return the messages of the others as well."""
    free = hold_free_identities([message.sender for message in batch], kind=ChannelKind(account.kind))
    mine = [message for message in batch if message.sender in free]
    received = receive_held(account, mine) if mine else Received(stored=0, known=0)
    return received, [message for message in batch if message.sender not in free]


@transaction.atomic
def receive_held(account: ChannelAccount, batch: Sequence[InboundMessage]) -> Received:
    people = identify([message.sender for message in batch], kind=ChannelKind(account.kind))
    fresh = unknown_to_us(account, batch)
    if not fresh:
        return Received(stored=0, known=len(batch))
    conversations, opened = conversations_for(account, fresh, people)
    messages = store(account, fresh, people, conversations)
    attachments = attach(fresh, messages)
    copy_rows(Attachment, attachments)
    share_with_teams((each.contact_id, each.team_id) for each in conversations.values() if each.team_id)
    note_interactions(last_words(fresh, people))
    apply_parked_changes(account.pk, messages)
    touched = tuple(sorted({message.conversation_id for message in messages}))
    publish(MessagesReceived(conversation_ids=touched, message_ids=tuple(message.pk for message in messages)))
    if opened:
        publish(ConversationsQueued(conversation_ids=tuple(sorted(opened))))
    if attachments:
        publish(AttachmentsWanted(attachment_ids=tuple(str(each.pk) for each in attachments)))
    return Received(stored=len(messages), known=len(batch) - len(messages))


def last_words(batch: Iterable[InboundMessage], people: dict[Identity, Found]) -> dict[int, datetime.datetime]:
    """When each contact of the batch wrote last, of those of whom that is news. They are in hand: a batch of people who are being
    talked with costs no statement."""
    moments: dict[int, datetime.datetime] = {}
    for message in batch:
        contact = people[message.sender].contact
        if is_worth_noting(contact.last_interaction_at, message.happened_at):
            moments[contact.pk] = max(moments.get(contact.pk, message.happened_at), message.happened_at)
    return moments


def once_each(batch: Sequence[InboundMessage]) -> list[InboundMessage]:
    return list({message.provider_id: message for message in batch}.values())


def unknown_to_us(account: ChannelAccount, batch: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Those not stored yet, oldest first. Their senders and contacts are held, so nobody stores them meanwhile."""
    ids = [message.provider_id for message in batch]
    known = set(
        Message.objects.filter(channel_account=account, provider_id__in=ids).values_list("provider_id", flat=True)
    )
    return sorted(
        (message for message in batch if message.provider_id not in known),
        # The provider's seconds repeat: what was written within one stands in the order in which it arrived.
        key=lambda message: message.happened_at,
    )


def conversations_for(
    account: ChannelAccount, batch: Sequence[InboundMessage], people: dict[Identity, Found]
) -> tuple[dict[int, Conversation], set[int]]:
    """Return the live conversation of every contact in the batch, locked, and the ids of those that now wait anew."""
    senders = {found.contact.pk: found for found in (people[message.sender] for message in batch)}
    campaign = campaign_for(account)
    survivors = identities_of(senders)
    by_contact = lock_live(account, survivors, {point.pk for found in senders.values() for point in found.points})
    awoken = {each.pk for each in by_contact.values() if each.status in AWOKEN and wake(each) == Status.QUEUED}
    resting = {contact_id: found for contact_id, found in senders.items() if contact_id not in by_contact}
    reopened = reopen_recent(account, campaign, resting, survivors)
    by_contact |= reopened
    adopted = adopt(account, {pk: found for pk, found in senders.items() if pk not in by_contact})
    by_contact |= adopted
    opened = {
        contact_id: new_conversation(account, campaign, found)
        for contact_id, found in sorted(senders.items())
        if contact_id not in by_contact
    }
    copy_rows(Conversation, list(opened.values()))
    by_contact |= opened
    return by_contact, awoken | {each.pk for each in (*reopened.values(), *opened.values())}


def lock_live(
    account: ChannelAccount, survivors: Mapping[int, int], point_ids: Collection[int]
) -> dict[int, Conversation]:
    """The live conversations of the people whose identities these are (`identities_of`), by who stands for them, in the order of their keys. One that was closed while we waited for it is not among them:
    the database looks at a row again once it has the lock.

    Those of contacts that were merged into one of these are theirs: the rows keep their contact, and the point is taken there. Where
    a person has several, the one that is held through the point they wrote from goes on.
    """
    live = Conversation.objects.filter(
        contact_id__in=list(survivors), channel_account=account, thread_key="", status__in=LIVE
    )
    by_contact: dict[int, Conversation] = {}
    # Only what a message may move: a time costs as much to read as ten numbers.
    needed = live.only(
        "contact_id", "assignee_id", "team_id", "campaign_id", "last_outbound_at", "version", "change", *CARRIED
    )
    for each in needed.select_for_update().order_by("pk"):
        contact_id = survivors[each.contact_id]
        if contact_id not in by_contact or (
            each.contact_point_id in point_ids and by_contact[contact_id].contact_point_id not in point_ids
        ):
            by_contact[contact_id] = each
    return by_contact


def adopt(account: ChannelAccount, newcomers: dict[int, Found]) -> dict[int, Conversation]:
    """The live conversations that are held through these people's points and stand under another contact, theirs from now on. By contact.

    Two who were one and were parted: what was begun meanwhile goes with its point (copies.sort_out_parted), and a message may come
    before that was done. A second live one through the same point there cannot be.
    """
    owners = {point.pk: pk for pk, found in newcomers.items() if not found.is_new for point in found.points}
    if not owners:
        return {}
    strays = Conversation.objects.filter(
        contact_point_id__in=list(owners), channel_account=account, thread_key="", status__in=LIVE
    )
    locked = lock_conversations(strays.values_list("pk", flat=True))
    adopted: dict[int, Conversation] = {}
    for each in locked.values():
        if each.is_live and (contact_id := owners[each.contact_point_id]) not in adopted:
            give_to(each, newcomers[contact_id].contact)
            adopted[contact_id] = each
    return adopted


def identities_of(contact_ids: Iterable[int]) -> dict[int, int]:
    """Each of the contacts, and every one merged into it, with the one that stands for them."""
    standing = list(contact_ids)
    merged = Contact.objects.filter(merged_into__in=standing).values_list("pk", "merged_into_id")
    return {pk: pk for pk in standing} | dict(merged)


# What the customer's word sets in motion again, where somebody holds it; what nobody holds joins the queue.
AWOKEN = {Status.OUTREACH: Status.ASSIGNED, Status.SNOOZED: Status.IN_PROGRESS}


def wake(conversation: Conversation) -> str:
    conversation.status = AWOKEN[Status(conversation.status)] if conversation.assignee_id else Status.QUEUED
    return conversation.status


def campaign_for(account: ChannelAccount) -> Campaign | None:
    """The account's default campaign, else its only active one. Routing rules come with campaigns' configuration."""
    if account.default_campaign is not None:
        return account.default_campaign
    active = list(account.campaigns.filter(state=Campaign.State.ACTIVE)[:2])
    return active[0] if len(active) == 1 else None


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
    )


def reopen_recent(
    account: ChannelAccount, campaign: Campaign | None, senders: dict[int, Found], survivors: Mapping[int, int]
) -> dict[int, Conversation]:
    """The contacts' conversations that were closed a short while ago and go on, where the campaign says so. By contact, locked."""
    wanted = [pk for pk, standing in survivors.items() if standing in senders]
    if campaign is None or not campaign.reopen_within_h or not wanted:
        return {}
    since = timezone.now() - datetime.timedelta(hours=campaign.reopen_within_h)
    last = (
        Conversation.objects.filter(
            contact_id__in=wanted, channel_account=account, campaign=campaign, thread_key="", closed_at__gte=since
        )
        .order_by("contact_id", "-closed_at")
        .distinct("contact_id")
    )
    latest = {
        survivors[contact_id]: pk
        for _at, pk, contact_id in sorted(last.values_list("closed_at", "pk", "contact_id"), key=lambda each: each[:2])
    }
    conversations = lock_conversations(latest.values()).values()
    for each in conversations:
        reopen(each, senders[survivors[each.contact_id]])
    if conversations:
        follow_conversations(each.pk for each in conversations)
    return {survivors[each.contact_id]: each for each in conversations}


def reopen(conversation: Conversation, found: Found) -> None:
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
    note_event(conversation, ConversationEvent.Kind.REOPENED, at=timezone.now(), by=None)
    save_touched(
        conversation, "status", "assignee", "assigned_at", "closed_at", "closed_by", "typification", "close_mode", "close_note", "needs_first_reply", "answered", *moved
    )  # fmt: skip


def store(
    account: ChannelAccount,
    batch: Sequence[InboundMessage],
    people: dict[Identity, Found],
    conversations: dict[int, Conversation],
) -> list[Message]:
    """Insert the messages, each stamped, and carry what the list shows into the conversations' rows."""
    policy = POLICIES.get(ChannelKind(account.kind))
    messages = []
    wrote_last: dict[int, tuple[datetime.datetime, Found]] = {}
    for incoming in batch:
        found = people[incoming.sender]
        conversation = conversations[found.contact.pk]
        if conversation.last_inbound_at is None or incoming.happened_at >= conversation.last_inbound_at:
            wrote_last[conversation.pk] = incoming.happened_at, found
        message = Message(
            conversation_id=conversation.pk,
            channel_account_id=account.pk,
            change=next_change(conversation),
            happened_at=incoming.happened_at,
            direction="in",
            kind=incoming.kind,
            text=without_nul(incoming.text)[:STORED_TEXT_LIMIT],
            payload=incoming.payload if incoming.kind != MessageKind.TEXT else {},
            details=incoming.details,
            quoted_provider_id=(incoming.reply_to_provider_id or "")[:250],
            status="received",
            provider_id=incoming.provider_id,
        )
        messages.append(message)
        carry(conversation, message, window_hours=policy.window_hours if policy else None)
        learn_number(conversation, found)
    quote(account, batch, messages)
    copy_rows(Message, messages)
    moved = answer_where_they_wrote(account, {each.pk: each for each in conversations.values()}, wrote_last)
    save_all_touched(conversations.values(), *CARRIED)
    if moved:
        follow_conversations(moved)
    return messages


def answer_where_they_wrote(
    account: ChannelAccount,
    conversations: dict[int, Conversation],
    wrote_last: dict[int, tuple[datetime.datetime, Found]],
) -> list[int]:
    """Answer each conversation through the point its customer wrote from last; return the ids of those that moved. The caller saves.

    An older message that comes after a change of number moves nothing back; nor does anything into the place of another live
    conversation with that point, which one_live_conversation would refuse (docs/decisions/013-answering-where-they-wrote.md).
    """
    elsewhere = {
        pk: (at, found)
        for pk, (at, found) in wrote_last.items()
        if conversations[pk].contact_point_id not in {point.pk for point in found.points}
    }
    if not elsewhere:
        return []
    changes = ConversationEvent.objects.filter(
        conversation__in=elsewhere, kind=ConversationEvent.Kind.NEW_NUMBER
    ).values_list("conversation_id", "happened_at")
    overtaken = {pk for pk, changed_at in changes if changed_at > elsewhere[pk][0]}
    theirs = Conversation.objects.filter(
        contact_point__in=[found.point.pk for _at, found in elsewhere.values()],
        channel_account=account,
        thread_key="",
        status__in=LIVE,
    )
    taken = set(theirs.values_list("contact_point_id", "campaign_id"))
    moved = []
    for pk, (_at, found) in sorted(elsewhere.items()):
        if pk not in overtaken and (found.point.pk, conversations[pk].campaign_id) not in taken:
            answer_through(conversations[pk], found.point)
            moved.append(pk)
    return moved


def quote(account: ChannelAccount, batch: Sequence[InboundMessage], messages: Sequence[Message]) -> None:
    """Point the answers at what they quote, whether it is stored already or comes in the same batch."""
    wanted = {incoming.reply_to_provider_id for incoming in batch if incoming.reply_to_provider_id}
    if not wanted:
        return
    # They may point to each other before they are stored.
    give_keys(Message, messages)
    stored = Message.objects.filter(channel_account=account, provider_id__in=wanted).values_list("provider_id", "pk")
    quoted = {message.provider_id: message.pk for message in messages} | dict(stored)
    for incoming, message in zip(batch, messages, strict=True):
        if incoming.reply_to_provider_id and incoming.reply_to_provider_id != incoming.provider_id:
            message.reply_to_id = quoted.get(incoming.reply_to_provider_id)


def attach(batch: Sequence[InboundMessage], messages: Sequence[Message]) -> list[Attachment]:
    """The files the messages bring, still to be fetched."""
    return [
        Attachment(
            conversation_id=message.conversation_id,
            message_id=message.pk,
            kind=incoming.kind,
            name=without_nul(incoming.media.filename)[:255],
            mime=incoming.media.mime[:100],
            provider_media_id=incoming.media.id[:250],
            sha256=incoming.media.sha256[:64],
            next_attempt_at=timezone.now(),
        )
        for incoming, message in zip(batch, messages, strict=True)
        if incoming.media is not None and incoming.kind in MEDIA_KINDS
    ]


def learn_number(conversation: Conversation, found: Found) -> None:
    """A customer known only by a business-scoped id shows their number from the message that brings it."""
    number = next((point for point in found.points if point.is_number), None)
    if number is not None and not conversation.contact_number:
        conversation.contact_number, conversation.contact_digits = number.shown, number.digits


CARRIED = (
    "status", "last_activity_at", "last_inbound_at", "window_expires_at", "waiting_since", "answered", "unread",
    "preview", "preview_kind", "preview_direction", "preview_at", "contact_number", "contact_digits",
    "contact_point",
)  # fmt: skip


def carry(conversation: Conversation, message: Message, *, window_hours: int | None) -> None:
    """The row's copies after one inbound message. A late one stands at its own time: it never moves a newer fact back (R11)."""
    at = message.happened_at
    is_newest = conversation.preview_at is None or at >= conversation.preview_at
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
    conversation.last_activity_at = at if conversation.preview_at is None else max(conversation.last_activity_at, at)
    if window_hours is not None:
        # The window opens at the message's own time, not at its arrival (CHANNELS.md).
        expires_at = at + datetime.timedelta(hours=window_hours)
        conversation.window_expires_at = max(conversation.window_expires_at or expires_at, expires_at)
    conversation.unread += 1
    if conversation.last_outbound_at is None or at > conversation.last_outbound_at:
        conversation.waiting_since = min(conversation.waiting_since or at, at)
        conversation.answered = False
    if is_newest:
        conversation.preview, conversation.preview_kind = preview_of(message), message.kind
        conversation.preview_direction, conversation.preview_at = "in", at
