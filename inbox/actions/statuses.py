"""What became of sent messages: statuses climb one ladder, whatever their order (R01, R02)."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import ChannelAccount
from connectors.kinds import MessageStatus, advance, is_contradiction
from connectors.messages import StatusUpdate
from connectors.whatsapp.errors import rule_for
from core.events import publish
from core.locks import hold_names
from inbox.actions.heeding import heed_failures
from inbox.actions.locking import lock_conversations, next_change, save_touched
from inbox.events import MessagesChanged
from inbox.models import Message, ParkedStatus

logger = logging.getLogger(__name__)

PARKED_FOR = datetime.timedelta(days=7)


@transaction.atomic
def apply_statuses(account: ChannelAccount, batch: Sequence[StatusUpdate]) -> int:
    """Move the messages the statuses speak of; return how many changed.

    A message is found by the provider's id, or by the id we gave it when sending (so that a status may come before the answer of
    the send call, or settle one that was lost). One that is not known yet is parked.
    """
    by_provider, by_opaque = find_messages(account, batch)
    ids = {message.conversation_id for message in (*by_provider.values(), *by_opaque.values())}
    conversations = lock_conversations(ids)
    # Read again under the lock: what was found may have moved while we waited.
    by_provider, by_opaque = find_messages(account, batch)
    changed: dict[int, Message] = {}
    named, strangers = [], []
    for update in batch:
        message = by_provider.get(update.provider_id) or by_opaque.get(update.opaque or "")
        if message is None or message.conversation_id not in conversations:
            strangers.append(update)
            continue
        is_new_name = message.provider_id is None
        if move(message, update):
            message.change = next_change(conversations[message.conversation_id])
            changed[message.pk] = message
        if is_new_name:
            named.append(message)
    heed_failures(account.pk, batch)
    moved_late = park(account, strangers)
    save(changed)
    for message in named:
        apply_parked(message)
    for conversation_id in {message.conversation_id for message in changed.values()}:
        save_touched(conversations[conversation_id])
    if changed:
        touched = tuple(sorted({message.conversation_id for message in changed.values()}))
        publish(MessagesChanged(conversation_ids=touched, message_ids=tuple(sorted(changed))))
    return len(changed) + moved_late


def find_messages(
    account: ChannelAccount, batch: Sequence[StatusUpdate]
) -> tuple[dict[str, Message], dict[str, Message]]:
    opaque = [uuid.UUID(each.opaque) for each in batch if is_uuid(each.opaque)]
    ids = [each.provider_id for each in batch]
    rows = list(
        Message.objects.filter(
            Q(channel_account=account), Q(provider_id__in=ids) | Q(uuid__in=opaque), direction="out"
        ).order_by("pk")
    )
    return {row.provider_id: row for row in rows if row.provider_id}, {str(row.uuid): row for row in rows}


def move(message: Message, update: StatusUpdate) -> bool:
    """Put the message where the status says, if that is further. Tell whether anything changed."""
    before, incoming = MessageStatus(message.status), update.status
    if is_contradiction(before, incoming):
        logger.warning("message %s: %s after %s", message.pk, incoming, before)
    after = advance(before, incoming)
    learned_id = message.provider_id is None
    if learned_id:
        message.provider_id = update.provider_id
    if after == before:
        return learned_id
    put(message, after, error_code=update.error.code if update.error else None)
    return True


def put(message: Message, status: MessageStatus, *, error_code: int | None) -> None:
    """A failure brings its reason; what stands higher than a failure has none."""
    message.status = status
    message.failure_code, message.failure_reason, message.failure_is_permanent = None, "", False
    if status == MessageStatus.FAILED and error_code is not None:
        rule = rule_for(error_code)
        message.failure_code, message.failure_reason = error_code, rule.reason[:300]
        message.failure_is_permanent = rule.permanent


def save(changed: dict[int, Message]) -> None:
    for _pk, message in sorted(changed.items()):
        message.save(
            update_fields=["status", "provider_id", "change", "failure_code", "failure_reason", "failure_is_permanent"]
        )


def park(account: ChannelAccount, strangers: Sequence[StatusUpdate]) -> int:
    """Keep statuses of messages that are not known yet; return how many messages moved because they are known by now.

    The ids are held while we look once more: whoever writes such an id into a message holds it too (`delivery.settle`), so a
    status is either found there or parked where it will be looked for.
    """
    if not strangers:
        return 0
    hold_provider_ids(account.pk, [each.provider_id for each in strangers])
    by_provider, _by_opaque = find_messages(account, strangers)
    ParkedStatus.objects.bulk_create(
        ParkedStatus(
            channel_account=account,
            provider_id=each.provider_id,
            status=each.status,
            payload={"error_code": each.error.code} if each.error else {},
        )
        for each in strangers
        if each.provider_id not in by_provider
    )
    known_by_now = [each for each in strangers if each.provider_id in by_provider]
    return apply_statuses(account, known_by_now) if known_by_now else 0


def hold_provider_ids(channel_account_id: int, provider_ids: Sequence[str]) -> None:
    hold_names(f"provider id|{channel_account_id}|{each}" for each in provider_ids)


def purge_parked() -> int:
    """Forget parked statuses of messages that nobody here sent: the provider gives up after seven days (CHANNELS.md)."""
    since = timezone.now() - PARKED_FOR
    return ParkedStatus.objects.filter(received_at__lt=since).delete()[0]


@transaction.atomic
def apply_parked(message: Message) -> None:
    """Apply what came before the message's id was known. The caller holds the conversation's lock."""
    parked = list(
        ParkedStatus.objects.filter(
            channel_account_id=message.channel_account_id, provider_id=message.provider_id
        ).order_by("pk")
    )
    for each in parked:
        after = advance(MessageStatus(message.status), MessageStatus(each.status))
        if after != message.status:
            put(message, after, error_code=each.payload.get("error_code"))
            message.save(update_fields=["status", "failure_code", "failure_reason", "failure_is_permanent"])
    ParkedStatus.objects.filter(pk__in=[each.pk for each in parked]).delete()


def is_uuid(text: str | None) -> bool:
    try:
        uuid.UUID(text or "")
    except ValueError:
        return False
    return True
