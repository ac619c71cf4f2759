"""Handing queued messages to the provider: each at most once, oldest first, its outcome recorded whatever it is (R13, R16 … R18).

Only rows here; the call itself is made by inbox.actions.handing_over between `claim` and one of the `record_*`. Locks are taken in one
order everywhere: the conversation, then its message, then the outbox entry. A claim takes none: it compares and sets.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.kinds import MessageStatus, advance
from core import leases
from core.counters import count
from core.events import publish
from inbox.actions.changing import apply_parked_changes, is_awaited
from inbox.actions.lanes import Lane, bring_back, head_of
from inbox.actions.locking import hold_provider_ids, lock_row, next_change, save_touched
from inbox.actions.statuses import take_parked_of
from inbox.events import MessagesChanged
from inbox.models import Attachment, Message, OutboxEntry, Reaction

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
BACKOFF_SECONDS = (1, 2, 5, 15, 30, 60, 120)
# A day less than the provider says (CHANNELS.md): it is not asked about at the last minute.
UPLOAD_KEPT = datetime.timedelta(days=29)
# What the last try failed of says mostly that the message leaves by itself; after it that is no longer true.
NOT_REACHED = gettext_noop("WhatsApp could not be reached. Try again in a moment.")


def next_due(lane: Lane) -> OutboxEntry | None:
    """Return the lane's oldest entry if it is due and not marked. The caller holds the lane's lease.

    An entry already marked belongs to a worker that lost it: its message may have been sent, so it becomes `unknown` and is never
    sent again by itself. A reaction may: the same emoji twice is one emoji.
    """
    while (head := head_of(lane)) is not None:
        entry = head.entry
        if entry.due_at > timezone.now():
            # A later message never overtakes an earlier one that waits for its next try.
            return None
        if entry.claimed_at is None and entry.contact_point_id != head.home_point_id:
            # Its conversation is answered through another point by now, and nobody is sending it.
            bring_back(entry)
            continue
        if head.waits_for_another:
            return None
        if entry.claimed_at is None or entry.reaction_id is not None:
            return entry
        record_unknown(entry)
    return None


CLAIM = f"""
WITH kept AS ({leases.KEEP} RETURNING 1)
UPDATE inbox_outboxentry SET claimed_at = %s, attempt = attempt + 1
 WHERE id = %s AND claimed_at IS NOT DISTINCT FROM %s AND due_at <= %s AND contact_point_id = %s AND EXISTS (SELECT FROM kept)
"""  # noqa: S608  # made of constants


def claim(entry: OutboxEntry, lease: leases.HeldLease, *, seconds: float) -> bool:
    """Mark the entry as being sent, in one step with holding its lane for so long from now: never where the lane is not ours any more.

    False: somebody else was faster, it follows its customer to another number, it is gone; or this process was stopped for so long that
    another took its lane over, and calling now would overtake it.
    """
    now = timezone.now()
    unmoved = [entry.pk, entry.claimed_at, now, entry.contact_point_id]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [*leases.keeping(lease, seconds=seconds), now, *unmoved])
        if not cursor.rowcount:
            return False
    entry.claimed_at, entry.attempt = now, entry.attempt + 1
    return True


def record_sent(entry: OutboxEntry, *, provider_id: str) -> None:
    """The provider took it and named it. What came before this answer is applied now: statuses, reactions, replies (R02, R03, R12).

    The last two in a transaction of their own: they wait for other conversations, and whoever holds a provider's id waits for none.
    If it does not come to that, `changing.settle_parked` is the net.
    """
    message = record_named(entry, provider_id=provider_id)
    if message is not None and is_awaited(message.channel_account_id, provider_id):
        apply_parked_changes(message.channel_account_id, [message])


@transaction.atomic
def record_named(entry: OutboxEntry, *, provider_id: str) -> Message | None:
    if entry.reaction_id is not None:
        settle_reaction(entry, Reaction.Status.SENT)
        return None
    return settle(entry, status=MessageStatus.SENT, provider_id=provider_id)


@transaction.atomic
def record_unknown(entry: OutboxEntry) -> None:
    """It may have been sent, the answer was lost: shown as not confirmed, settled by the next status, never resent by itself."""
    settle(entry, status=MessageStatus.UNKNOWN, unconfirmed_since=timezone.now())


@transaction.atomic
def record_failed(entry: OutboxEntry, *, code: int | None, reason: str, permanent: bool) -> None:
    """The provider refused it, or the last try was spent. `reason` is an English message id, shown in the reader's language."""
    if entry.reaction_id is not None:
        settle_reaction(entry, Reaction.Status.FAILED, failure_code=code, failure_reason=reason[:300])
        return
    count("send_failures", code=str(code))
    settle(
        entry,
        status=MessageStatus.FAILED,
        failure_code=code,
        failure_reason=reason[:300],
        failure_is_permanent=permanent,
    )


def record_uploaded(attachment: Attachment, *, provider_media_id: str) -> None:
    """The provider holds the file for 30 days: another try of the same message need not send it again."""
    Attachment.objects.filter(pk=attachment.pk).update(provider_media_id=provider_media_id, uploaded_at=timezone.now())


def is_still_uploaded(attachment: Attachment) -> bool:
    """Whether the provider surely holds it still."""
    since = timezone.now() - UPLOAD_KEPT
    return bool(attachment.provider_media_id) and attachment.uploaded_at is not None and attachment.uploaded_at > since


def postpone(entry: OutboxEntry, *, code: int | None = None, seconds: float | None = None) -> None:
    """It was surely not sent: try again later, or fail it when the tries are spent.

    Each try waits longer than the one before, and never less than the provider asks (`seconds`).
    """
    if entry.attempt >= MAX_ATTEMPTS:
        record_failed(entry, code=code, reason=NOT_REACHED, permanent=False)
    else:
        defer(entry, seconds=max(seconds or 0, backoff_of(entry)))


def defer(entry: OutboxEntry, *, seconds: float) -> None:
    """It was surely not sent, because of a limit: try again later, as often as it takes. A limit is nobody's failure (R14, R15)."""
    OutboxEntry.objects.filter(pk=entry.pk).update(claimed_at=None, due_at=in_seconds(seconds), attempt=entry.attempt)


def hold(entry: OutboxEntry, *, seconds: float) -> None:
    """It was not even tried, or is waiting for its number (R19): later, and the try does not count."""
    tries = entry.attempt if entry.claimed_at is None else max(0, entry.attempt - 1)
    OutboxEntry.objects.filter(pk=entry.pk, claimed_at=entry.claimed_at).update(
        claimed_at=None, due_at=in_seconds(seconds), attempt=tries
    )


def backoff_of(entry: OutboxEntry) -> float:
    return BACKOFF_SECONDS[min(entry.attempt, len(BACKOFF_SECONDS)) - 1]


def in_seconds(seconds: float) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(seconds=seconds)


HOLD = """
WITH held AS MATERIALIZED (SELECT id, change FROM inbox_conversation WHERE id = %s FOR UPDATE)
SELECT held.change, message.uuid, message.status, message.provider_id, message.channel_account_id
  FROM held, inbox_message AS message WHERE message.id = %s FOR UPDATE OF message
"""
WRITE = """
WITH message AS (UPDATE inbox_message SET {columns} WHERE id = %s), gone AS (DELETE FROM inbox_outboxentry WHERE id = %s)
UPDATE inbox_conversation SET version = version + 1, change = %s WHERE id = %s
"""


def settle(entry: OutboxEntry, *, status: MessageStatus, **fields: object) -> Message | None:
    """Write the outcome and drop the entry, under the conversation's lock. A status that was faster is not moved back.

    None when the message was put on its way again meanwhile: the outcome of a try that was given up is no news. Nor has one an outcome
    that was erased while it was on its way.
    """
    message = entry.message
    assert message is not None
    with connection.cursor() as cursor:
        # In this order, and never joined to what they point to: a lock on the number would hold up every batch coming in through it.
        cursor.execute(HOLD, [entry.conversation_id, message.pk])
        held = cursor.fetchone()
    if held is None:
        logger.warning("message %s is gone: nobody is told that it was %s", message.pk, status)
        return None
    # The try's own id stays in hand: where recording is tried again, a message that was put on its way anew must not look like this one.
    change, current, message.status, message.provider_id, message.channel_account_id = held
    if current != message.uuid:
        logger.warning("message %s: a late %s of an earlier try", message.pk, status)
        return None
    advanced = advance(MessageStatus(message.status), status)
    if advanced != status:
        # The provider's status overtook our own bookkeeping: keep it, and only what the answer adds (its id).
        fields = {name: value for name, value in fields.items() if name == "provider_id"}
    message.status, message.change = advanced, change + 1
    for name, value in fields.items():
        setattr(message, name, value)
    changed = {"status", "change", *fields}
    if "provider_id" in fields:
        hold_provider_ids(message.channel_account_id, [str(fields["provider_id"])])
        changed |= take_parked_of(message)
    write(entry, message, changed)
    publish(MessagesChanged(conversation_ids=(entry.conversation_id,), message_ids=(message.pk,)))
    count("sends", outcome=status.value)
    return message


def write(entry: OutboxEntry, message: Message, names: Collection[str]) -> None:
    """The message's named fields, the entry's end and the conversation's counters, in one statement. All of them are held."""
    fields = [field for field in Message._meta.concrete_fields if field.name in names]
    columns = ", ".join(f"{field.column} = %s" for field in fields)
    values = [field.get_db_prep_save(getattr(message, field.name), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE.format(columns=columns), [*values, message.pk, entry.pk, message.change, entry.conversation_id]
        )


def settle_reaction(entry: OutboxEntry, status: Reaction.Status, **fields: object) -> None:
    """Write what became of a reaction, unless a newer one took its place meanwhile, and show it on its message."""
    assert entry.reaction is not None
    assert entry.reaction_id is not None
    conversation = lock_row(entry.conversation_id)
    OutboxEntry.objects.filter(pk=entry.pk).delete()
    if OutboxEntry.objects.filter(reaction_id=entry.reaction_id).exists():
        return
    Reaction.objects.filter(pk=entry.reaction_id).update(status=status, **fields)
    Message.objects.filter(pk=entry.reaction.message_id).update(change=next_change(conversation))
    save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(entry.reaction.message_id,)))


def release_held(channel_account_id: int) -> None:
    """What waited for an account to come back is due now."""
    OutboxEntry.objects.filter(channel_account_id=channel_account_id, claimed_at__isnull=True).update(
        due_at=timezone.now()
    )
