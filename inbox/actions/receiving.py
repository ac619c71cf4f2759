"""Customers' messages come in: once each, in their place, one live conversation per sender (R01, R09)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, ChannelAccount
from connectors.kinds import MEDIA_KINDS, POLICIES, ChannelKind, MessageKind
from connectors.messages import Identity, InboundMessage
from contacts.actions import Found, hold_contacts, identify, share_with_team
from core.events import publish
from core.text import fold, without_nul
from inbox.actions.locking import lock_conversations, next_change, note_event, save_touched
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


@transaction.atomic
def receive_messages(account: ChannelAccount, batch: Sequence[InboundMessage]) -> Received:
    """Store a batch of one account's messages and move their conversations.

    Repeating a batch, or two workers with overlapping batches at once, stores each message once: senders are locked in one
    order before anything is read, and (account, provider id) is unique.
    """
    batch = once_each(batch)
    people = identify([message.sender for message in batch], kind=ChannelKind(account.kind))
    fresh = unknown_to_us(account, batch)
    if not fresh:
        return Received(stored=0, known=len(batch))
    conversations, opened = conversations_for(account, fresh, people)
    messages, attachments = store(account, fresh, people, conversations)
    for team_id in sorted({each.team_id for each in conversations.values() if each.team_id}):
        share_with_team([each.contact_id for each in conversations.values() if each.team_id == team_id], team_id)
    touched = tuple(sorted({message.conversation_id for message in messages}))
    publish(MessagesReceived(conversation_ids=touched, message_ids=tuple(message.pk for message in messages)))
    if opened:
        publish(ConversationsQueued(conversation_ids=tuple(sorted(opened))))
    if attachments:
        publish(AttachmentsWanted(attachment_ids=tuple(str(each.pk) for each in attachments)))
    return Received(stored=len(messages), known=len(batch) - len(messages))


def once_each(batch: Sequence[InboundMessage]) -> list[InboundMessage]:
    return list({message.provider_id: message for message in batch}.values())


def unknown_to_us(account: ChannelAccount, batch: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Those not stored yet, oldest first. Their senders are locked, so nobody stores them meanwhile."""
    ids = [message.provider_id for message in batch]
    known = set(
        Message.objects.filter(channel_account=account, provider_id__in=ids).values_list("provider_id", flat=True)
    )
    return sorted(
        (message for message in batch if message.provider_id not in known),
        key=lambda message: (message.happened_at, message.provider_id),
    )


def conversations_for(
    account: ChannelAccount, batch: Sequence[InboundMessage], people: dict[Identity, Found]
) -> tuple[dict[int, Conversation], set[int]]:
    """Return the live conversation of every contact in the batch, locked, and the ids of those that now wait anew."""
    contact_points = {found.contact.pk: found for found in (people[message.sender] for message in batch)}
    # One contact may write under two identities at once, and those locks are two.
    hold_contacts(contact_points)
    campaign = campaign_for(account)
    live = Conversation.objects.filter(
        contact_id__in=contact_points, channel_account=account, thread_key="", status__in=LIVE
    )
    by_contact: dict[int, Conversation] = {}
    for each in lock_conversations(live.values_list("pk", flat=True)).values():
        # It may have been closed while we waited for it.
        if each.is_live:
            by_contact.setdefault(each.contact_id, each)
    opened: set[int] = set()
    for contact_id, found in sorted(contact_points.items()):
        if contact_id not in by_contact:
            reopened = reopen_recent(account, campaign, contact_id)
            by_contact[contact_id] = reopened or open_conversation(account, campaign, found)
            opened.add(by_contact[contact_id].pk)
        elif by_contact[contact_id].status in AWOKEN and wake(by_contact[contact_id]) == Status.QUEUED:
            opened.add(by_contact[contact_id].pk)
    return by_contact, opened


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


def open_conversation(account: ChannelAccount, campaign: Campaign | None, found: Found) -> Conversation:
    now = timezone.now()
    number = next((point for point in found.points if point.is_number), None)
    name = found.contact.name
    return Conversation.objects.create(
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
        last_activity_at=now,
    )


def reopen_recent(account: ChannelAccount, campaign: Campaign | None, contact_id: int) -> Conversation | None:
    """A conversation closed a short while ago goes on, where the campaign says so."""
    if campaign is None or not campaign.reopen_within_h:
        return None
    since = timezone.now() - datetime.timedelta(hours=campaign.reopen_within_h)
    last = (
        Conversation.objects.filter(
            contact_id=contact_id, channel_account=account, campaign=campaign, thread_key="", closed_at__gte=since
        )
        .order_by("-closed_at")
        .first()
    )
    if last is None:
        return None
    conversation = lock_conversations([last.pk])[last.pk]
    conversation.status, conversation.assignee, conversation.assigned_at = Status.QUEUED, None, None
    conversation.closed_at = conversation.closed_by = conversation.typification = None
    conversation.close_mode, conversation.close_note = "", ""
    conversation.needs_first_reply, conversation.answered = True, False
    note_event(conversation, ConversationEvent.Kind.REOPENED, at=timezone.now(), by=None)
    save_touched(
        conversation, "status", "assignee", "assigned_at", "closed_at", "closed_by", "typification", "close_mode", "close_note", "needs_first_reply", "answered"
    )  # fmt: skip
    return conversation


def store(
    account: ChannelAccount,
    batch: Sequence[InboundMessage],
    people: dict[Identity, Found],
    conversations: dict[int, Conversation],
) -> tuple[list[Message], list[Attachment]]:
    """Insert the messages, each stamped, and carry what the list shows into the conversations' rows."""
    quoted = find_quoted(account, batch)
    messages, attachments = [], []
    for incoming in batch:
        conversation = conversations[people[incoming.sender].contact.pk]
        text = without_nul(incoming.text)
        message = Message(
            conversation=conversation,
            channel_account=account,
            change=next_change(conversation),
            happened_at=incoming.happened_at,
            direction="in",
            kind=incoming.kind if incoming.kind in SHOWN_KINDS else MessageKind.UNSUPPORTED,
            text=text[:STORED_TEXT_LIMIT],
            payload=incoming.payload if incoming.kind != MessageKind.TEXT else {},
            reply_to_id=quoted.get(incoming.reply_to_provider_id or ""),
            status="received",
            provider_id=incoming.provider_id,
        )
        messages.append(message)
        if incoming.media is not None and incoming.kind in MEDIA_KINDS and message.kind != MessageKind.UNSUPPORTED:
            attachments.append(
                Attachment(
                    conversation=conversation,
                    message=message,
                    kind=incoming.kind,
                    name=without_nul(incoming.media.filename)[:255],
                    mime=incoming.media.mime[:100],
                    provider_media_id=incoming.media.id[:250],
                    sha256=incoming.media.sha256[:64],
                    next_attempt_at=timezone.now(),
                )
            )
        carry(conversation, message)
        learn_number(conversation, people[incoming.sender])
    Message.objects.bulk_create(messages)
    Attachment.objects.bulk_create(attachments)
    for conversation in {id(each): each for each in conversations.values()}.values():
        save_touched(conversation, *CARRIED)
    return messages, attachments


def learn_number(conversation: Conversation, found: Found) -> None:
    """A customer known only by a business-scoped id shows their number from the message that brings it."""
    number = next((point for point in found.points if point.is_number), None)
    if number is not None and not conversation.contact_number:
        conversation.contact_number, conversation.contact_digits = number.shown, number.digits


SHOWN_KINDS = frozenset({MessageKind.TEXT, MessageKind.UNSUPPORTED}) | MEDIA_KINDS
CARRIED = (
    "status", "last_activity_at", "last_inbound_at", "window_expires_at", "waiting_since", "answered", "unread",
    "preview", "preview_kind", "preview_direction", "preview_at", "contact_number", "contact_digits",
)  # fmt: skip


def find_quoted(account: ChannelAccount, batch: Sequence[InboundMessage]) -> dict[str, int]:
    wanted = {message.reply_to_provider_id for message in batch if message.reply_to_provider_id}
    if not wanted:
        return {}
    known = Message.objects.filter(channel_account=account, provider_id__in=wanted).values_list("provider_id", "pk")
    return {provider_id: pk for provider_id, pk in known if provider_id}


def carry(conversation: Conversation, message: Message) -> None:
    """The row's copies after one inbound message. A late one stands at its own time: it never moves a newer fact back (R11)."""
    at = message.happened_at
    is_newest = conversation.preview_at is None or at >= conversation.preview_at
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
    conversation.last_activity_at = at if conversation.preview_at is None else max(conversation.last_activity_at, at)
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    if policy is not None and policy.window_hours is not None:
        # The window opens at the message's own time, not at its arrival (CHANNELS.md).
        expires_at = at + datetime.timedelta(hours=policy.window_hours)
        conversation.window_expires_at = max(conversation.window_expires_at or expires_at, expires_at)
    conversation.unread += 1
    if conversation.last_outbound_at is None or at > conversation.last_outbound_at:
        conversation.waiting_since = min(conversation.waiting_since or at, at)
        conversation.answered = False
    if is_newest:
        conversation.preview, conversation.preview_kind = preview_of(message), message.kind
        conversation.preview_direction, conversation.preview_at = "in", at
