"""Handing queued messages to the provider: each at most once, oldest first, its outcome recorded whatever it is (R13, R16 … R18).

Only rows here; the call itself is made by inbox.tasks between `claim_next` and one of the `record_*`.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.kinds import MessageStatus, advance
from core.counters import count
from core.events import publish
from inbox.actions.locking import lock_conversation, next_change, save_touched
from inbox.actions.statuses import apply_parked, hold_provider_ids
from inbox.events import MessagesChanged
from inbox.models import Message, OutboxEntry

MAX_ATTEMPTS = 8
BACKOFF_SECONDS = (1, 2, 5, 15, 30, 60, 120)
# What the last try failed of says mostly that the message leaves by itself; after it that is no longer true.
NOT_REACHED = gettext_noop("WhatsApp could not be reached. Try again in a moment.")


@transaction.atomic
def claim_next(conversation_id: int) -> OutboxEntry | None:
    """Return the conversation's oldest entry if it is due, marked as being sent; None when there is nothing to do now.

    The caller holds the conversation's lease. An entry already marked belongs to a worker that lost it: it may have been sent,
    so its message becomes `unknown` and is never sent again by itself.
    """
    while True:
        entry = (
            OutboxEntry.objects.select_for_update(of=("self",))
            .select_related(
                "message",
                "message__channel_account",
                "message__attachment",
                "message__reply_to",
                "conversation__contact_point",
                "conversation__contact",
            )
            .filter(conversation_id=conversation_id)
            .order_by("id")
            .first()
        )
        if entry is None or entry.due_at > timezone.now():
            # A later message never overtakes an earlier one that waits for its next try.
            return None
        if entry.claimed_at is None:
            entry.claimed_at, entry.attempt = timezone.now(), entry.attempt + 1
            entry.save(update_fields=["claimed_at", "attempt"])
            return entry
        record_unknown(entry)


@transaction.atomic
def record_sent(entry: OutboxEntry, *, provider_id: str) -> None:
    """The provider took it and named it. Statuses that came before this answer are applied now (R02, R03)."""
    message = settle(entry, status=MessageStatus.SENT, provider_id=provider_id)
    apply_parked(message)


@transaction.atomic
def record_unknown(entry: OutboxEntry) -> None:
    """It may have been sent, the answer was lost: shown as not confirmed, settled by the next status, never resent by itself."""
    settle(entry, status=MessageStatus.UNKNOWN)


@transaction.atomic
def record_failed(entry: OutboxEntry, *, code: int | None, reason: str, permanent: bool) -> None:
    """The provider refused it, or the last try was spent. `reason` is an English message id, shown in the reader's language."""
    count("send_failures", code=str(code))
    settle(
        entry,
        status=MessageStatus.FAILED,
        failure_code=code,
        failure_reason=reason[:300],
        failure_is_permanent=permanent,
    )


@transaction.atomic
def postpone(entry: OutboxEntry, *, code: int | None = None, seconds: float | None = None, counts: bool = True) -> None:
    """It was surely not sent: try again later, or fail it when the tries are spent.

    Each try waits longer than the one before, and never less than the provider asks (`seconds`). `counts=False` is for a number
    that waits for its new token: the wait is nobody's failure (R19).
    """
    if counts and entry.attempt >= MAX_ATTEMPTS:
        record_failed(entry, code=code, reason=NOT_REACHED, permanent=False)
        return
    wait = max(seconds or 0, BACKOFF_SECONDS[min(entry.attempt, len(BACKOFF_SECONDS)) - 1])
    OutboxEntry.objects.filter(pk=entry.pk).update(
        claimed_at=None,
        due_at=timezone.now() + datetime.timedelta(seconds=wait),
        attempt=entry.attempt if counts else max(0, entry.attempt - 1),
    )


def settle(entry: OutboxEntry, *, status: MessageStatus, **fields: object) -> Message:
    """Write the outcome and drop the entry, under the conversation's lock. A status that was faster is not moved back."""
    conversation = lock_conversation(entry.conversation_id)
    # Never joined to its account here: FOR UPDATE would hold that row too, and every batch coming in through it.
    message = Message.objects.select_for_update().get(pk=entry.message_id)
    advanced = advance(MessageStatus(message.status), status)
    if advanced != status:
        # The provider's status overtook our own bookkeeping: keep it, and only what the answer adds (its id).
        fields = {name: value for name, value in fields.items() if name == "provider_id"}
    if "provider_id" in fields:
        hold_provider_ids(message.channel_account_id, [str(fields["provider_id"])])
    message.status = advanced
    message.change = next_change(conversation)
    for name, value in fields.items():
        setattr(message, name, value)
    message.save(update_fields=["status", "change", *fields])
    OutboxEntry.objects.filter(pk=entry.pk).delete()
    save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,)))
    count("sends", outcome=status.value)
    return message


def release_held(channel_account_id: int) -> None:
    """What waited for an account to come back is due now."""
    OutboxEntry.objects.filter(message__channel_account_id=channel_account_id, claimed_at__isnull=True).update(
        due_at=timezone.now()
    )
