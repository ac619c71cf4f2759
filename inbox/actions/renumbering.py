"""A customer who writes from another number is still the same person: their conversations follow them (R10)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind
from connectors.messages import Identity, InboundMessage
from contacts.actions import Followed, find_contact, follow_number, lock_identities
from contacts.models import Contact, ContactPoint
from core.events import publish
from inbox.actions.lanes import follow_conversations
from inbox.actions.locking import lock_conversations, note_event, save_touched
from inbox.events import MessagesChanged
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import LIVE

EventKind = ConversationEvent.Kind


@transaction.atomic
def follow_customers(account: ChannelAccount, batch: Sequence[InboundMessage]) -> int:
    """Take in what the provider says about senders themselves; return how many things were new. Repeating it changes nothing."""
    kind = ChannelKind(account.kind)
    everybody = [who for each in batch for who in (each.sender, each.changed_to) if who is not None]
    lock_identities(everybody, kind=kind)
    touched: list[int] = []
    for each in sorted(batch, key=lambda each: (each.happened_at, each.provider_id)):
        if each.changed_to is not None:
            followed = follow_number(each.sender, each.changed_to, kind=kind, happened_at=each.happened_at)
            touched += tell(account, each, followed.contact, followed)
        elif each.details.get("system", {}).get("type") in IDENTITY_CHANGED:
            contact = find_contact(each.sender, kind=kind)
            touched += tell(account, each, contact, None) if contact else []
    if touched:
        publish(MessagesChanged(conversation_ids=tuple(sorted(set(touched))), message_ids=()))
    return len(touched)


# They use another device, or installed WhatsApp anew: whoever answers may want to ask who it is.
IDENTITY_CHANGED = ("customer_identity_changed", "user_identity_changed")


def tell(account: ChannelAccount, news: InboundMessage, contact: Contact, followed: Followed | None) -> list[int]:
    """Write it into the story of the contact's conversation, once; where the number is theirs now, answers go to it."""
    people = list(Contact.objects.identity(contact).values_list("pk", flat=True))
    mine = Conversation.objects.filter(contact_id__in=people, channel_account=account, thread_key="")
    live = list(mine.filter(status__in=LIVE).values_list("pk", flat=True))
    last = mine.order_by("-last_activity_at", "-id").values_list("pk", flat=True)[:1]
    conversations = lock_conversations(live or last)
    told = set(
        ConversationEvent.objects.filter(
            conversation__contact_id__in=people, kind__in=TOLD, details__provider_id=news.provider_id
        ).values_list("conversation_id", flat=True)
    )
    if told:
        return []
    for conversation in conversations.values():
        changed: tuple[str, ...] = ()
        if followed is not None and followed.is_joined and is_latest(conversation, news):
            changed = move(conversation, followed, news.changed_to)
        note_event(
            conversation,
            EventKind.NEW_IDENTITY if followed is None else EventKind.NEW_NUMBER,
            at=news.happened_at,
            by=None,
            provider_id=news.provider_id,
            # False: the number belongs to another contact; joining two is a person's decision.
            joined=followed is None or followed.is_joined,
        )
        save_touched(conversation, *changed)
    follow_conversations(conversations)
    return list(conversations)


TOLD = (EventKind.NEW_NUMBER, EventKind.NEW_IDENTITY)


def is_latest(conversation: Conversation, news: InboundMessage) -> bool:
    """Whether no later change of number is known: one that comes late leaves the answers where they go now."""
    later = ConversationEvent.objects.filter(
        conversation=conversation, kind=EventKind.NEW_NUMBER, happened_at__gt=news.happened_at
    )
    return not later.exists()


def move(conversation: Conversation, followed: Followed, to: Identity | None) -> tuple[str, ...]:
    """Answer through the new number from now on. A closed conversation keeps what it was held through until it is opened again."""
    if followed.point is None or to is None or not conversation.is_live:
        return ()
    return answer_through(conversation, followed.point)


def answer_through(conversation: Conversation, point: ContactPoint) -> tuple[str, ...]:
    """Put the point and its copies on the row; return the names of the fields that changed. The caller saves them."""
    conversation.contact_point = point
    if not point.is_number:
        return ("contact_point",)
    conversation.contact_number, conversation.contact_digits = point.shown, point.digits
    return ("contact_point", "contact_number", "contact_digits")
