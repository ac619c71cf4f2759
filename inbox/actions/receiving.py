"""Customers' messages come in: once each, in their place, one live conversation per sender (R01, R09)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from campaigns.models import ChannelAccount
from campaigns.routing import Routes
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
from core.bulk import copy_rows, give_keys
from core.events import publish
from core.text import without_nul
from inbox.actions.changing import apply_parked_changes
from inbox.actions.choosing import follow_choices
from inbox.actions.continuing import CARRIED, conversations_for
from inbox.actions.lanes import follow_conversations
from inbox.actions.locking import next_change, save_all_touched
from inbox.actions.opting_out import opt_outs_in
from inbox.actions.renumbering import answer_through
from inbox.events import AttachmentsWanted, ConversationsQueued, MessagesReceived, OptOutsHeard
from inbox.models import Attachment, Conversation, ConversationEvent, Message, OptOut
from inbox.models.conversation import LIVE
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
    senders = {found.contact.pk: found for found in (people[message.sender] for message in fresh)}
    # Oldest first, so that the first of each stays.
    first_words = {people[message.sender].contact.pk: message for message in reversed(fresh)}
    routes = Routes.of(account)
    conversations, queued = conversations_for(account, routes, senders, first_words)
    messages = store(account, fresh, people, conversations)
    # Who began just now was not asked yet: what they say is no answer.
    asked = {each.pk: each for each in conversations.values() if each.chooses_since and each.pk not in queued}
    queued |= follow_choices(account, routes, asked, messages)
    opt_outs = opt_outs_in(
        messages, {each.pk: routes.campaigns.get(each.campaign_id or 0) for each in conversations.values()}
    )
    copy_rows(OptOut, opt_outs)
    attachments = attach(fresh, messages)
    copy_rows(Attachment, attachments)
    share_with_teams((each.contact_id, each.team_id) for each in conversations.values() if each.team_id)
    note_interactions(last_words(fresh, people))
    apply_parked_changes(account.pk, messages)
    touched = tuple(sorted({message.conversation_id for message in messages}))
    publish(MessagesReceived(conversation_ids=touched, message_ids=tuple(message.pk for message in messages)))
    if queued:
        publish(ConversationsQueued(conversation_ids=tuple(sorted(queued))))
    if opt_outs:
        publish(OptOutsHeard(opt_out_ids=tuple(each.pk for each in opt_outs)))
    if attachments:
        publish(AttachmentsWanted(attachment_ids=tuple(str(each.pk) for each in attachments)))
    return Received(stored=len(messages), known=len(batch) - len(messages))


def last_words(batch: Iterable[InboundMessage], people: dict[Identity, Found]) -> dict[int, datetime.datetime]:
    """When each contact of the batch wrote last, of those of whom that is news. They are in hand: a batch of people who are being
    talked with costs no statement.
    """
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
    conversation.reminders_sent = 0
    if conversation.last_outbound_at is None or at > conversation.last_outbound_at:
        conversation.waiting_since = min(conversation.waiting_since or at, at)
        conversation.answered = False
    if is_newest:
        conversation.preview, conversation.preview_kind = preview_of(message), message.kind
        conversation.preview_direction, conversation.preview_at = "in", at
