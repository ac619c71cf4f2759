"""What became of sent messages: statuses climb one ladder, whatever their order (R01, R02)."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import ChannelAccount
from connectors.kinds import MessageStatus, advance, is_contradiction
from connectors.messages import StatusUpdate
from connectors.whatsapp.errors import rule_for
from core.bulk import copy_rows, update_from
from core.events import publish
from inbox.actions.changing import apply_parked_changes
from inbox.actions.heeding import heed_failures
from inbox.actions.locking import hold_provider_ids, lock_rows, next_change, save_all_touched
from inbox.events import MessagesChanged
from inbox.models import Conversation, Message, ParkedStatus

logger = logging.getLogger(__name__)

PARKED_FOR = datetime.timedelta(days=7)


def apply_statuses(account: ChannelAccount, batch: Sequence[StatusUpdate]) -> int:
    """Move the messages the statuses speak of; return how many changed. The number of statements does not grow with the batch.

    A message is found by the provider's id, or by the id we gave it when sending (so that a status may come before the answer of
    the send call, or settle one that was lost). One that is not known yet is parked.
    """
    changed, rest = 0, list(batch)
    while rest:
        # In a transaction of its own: whoever holds provider ids never waits for a conversation.
        moved, rest, named = apply_known(account, rest)
        changed += moved
        if named:
            # And in another one: what waited for these names may be in any conversation.
            apply_parked_changes(account.pk, named)
    heed_failures(account.pk, batch)
    return changed


@transaction.atomic
def apply_known(
    account: ChannelAccount, batch: Sequence[StatusUpdate]
) -> tuple[int, list[StatusUpdate], list[Message]]:
    """Return how many messages changed, the statuses of messages that became known only after the locks were taken, and the messages
    that were told their provider's id.

    Conversations are locked first, then the provider ids that no message has yet: whoever writes such an id into a message holds it
    too (`delivery.settle`), so a status is either found there or parked where it will be looked for.
    """
    ids = Message.objects.filter(spoken_of(account, batch)).values_list("conversation_id", flat=True)
    conversations = lock_rows(ids)
    known, _by_opaque = find_messages(account, batch)
    if strange := [each.provider_id for each in batch if each.provider_id not in known]:
        hold_provider_ids(account.pk, strange)
    # Read again under the locks: what was found may have moved while we waited.
    by_provider, by_opaque = find_messages(account, batch)
    changed: dict[int, Message] = {}
    named: list[Message] = []
    strangers, again = [], []
    for update in batch:
        message = by_provider.get(update.provider_id) or by_opaque.get(update.opaque or "")
        if message is None:
            strangers.append(update)
        elif message.conversation_id not in conversations:
            again.append(update)
        else:
            is_new_name = message.provider_id is None
            if move(message, update):
                changed[message.pk] = message
            if is_new_name:
                # From now on it is known by this name, to the rest of the batch as well.
                by_provider[update.provider_id] = message
                named.append(message)
    take_parked(account.pk, named)
    save(changed.values(), conversations)
    park(account, strangers)
    return len(changed), again, named


def spoken_of(account: ChannelAccount, batch: Sequence[StatusUpdate]) -> Q:
    opaque = [uuid.UUID(each.opaque) for each in batch if is_uuid(each.opaque)]
    names = Q(provider_id__in=[each.provider_id for each in batch])
    return Q(channel_account=account, direction="out") & (names | Q(uuid__in=opaque) if opaque else names)


def find_messages(
    account: ChannelAccount, batch: Sequence[StatusUpdate]
) -> tuple[dict[str, Message], dict[str, Message]]:
    """By the provider's id and by ours. Only what a status may move is read: the text may be long."""
    rows = list(
        Message.objects.filter(spoken_of(account, batch))
        .only("uuid", "conversation_id", "channel_account_id", "change", *MOVED)
        .order_by("pk")
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
    if status == MessageStatus.FAILED:
        rule = rule_for(error_code)
        message.failure_code, message.failure_reason = error_code, rule.reason[:300]
        message.failure_is_permanent = rule.permanent


MOVED = ("status", "provider_id", "failure_code", "failure_reason", "failure_is_permanent")


def save(changed: Collection[Message], conversations: Mapping[int, Conversation]) -> None:
    """Write the moved messages, each stamped with its conversation's next change, and tell of them at once."""
    if not changed:
        return
    messages = sorted(changed, key=lambda message: message.pk)
    for message in messages:
        message.change = next_change(conversations[message.conversation_id])
    update_from(Message, messages, *MOVED, "change")
    touched = sorted({message.conversation_id for message in messages})
    save_all_touched(conversations[pk] for pk in touched)
    publish(MessagesChanged(conversation_ids=tuple(touched), message_ids=tuple(message.pk for message in messages)))


def park(account: ChannelAccount, strangers: Sequence[StatusUpdate]) -> None:
    """Keep statuses of messages that are not known yet. Their ids are held; what is kept already is not kept twice."""
    parked = {
        (row.provider_id, row.status): row
        for row in (
            ParkedStatus(
                channel_account=account,
                provider_id=each.provider_id,
                status=each.status,
                payload={"error_code": each.error.code} if each.error else {},
            )
            for each in strangers
        )
    }
    if not parked:
        return
    kept = ParkedStatus.objects.filter(
        channel_account=account, provider_id__in=[provider_id for provider_id, _status in parked]
    ).values_list("provider_id", "status")
    for key in kept:
        parked.pop(key, None)
    copy_rows(ParkedStatus, list(parked.values()))


def purge_parked() -> int:
    """Forget parked statuses of messages that nobody here sent: the provider gives up after seven days (CHANNELS.md)."""
    since = timezone.now() - PARKED_FOR
    return ParkedStatus.objects.filter(received_at__lt=since).delete()[0]


def take_parked_of(message: Message) -> set[str]:
    """Move the message by what came before its id was known, which is then gone; return the names of the fields to be saved.

    The caller holds the conversation's lock and the id.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM inbox_parkedstatus WHERE channel_account_id = %s AND provider_id = %s)",
            [message.channel_account_id, message.provider_id],
        )
        if not cursor.fetchone()[0]:
            return set()
    before = message.status
    take_parked(message.channel_account_id, [message])
    return set() if message.status == before else set(MOVED) - {"provider_id"}


def take_parked(account_id: int, named: Sequence[Message]) -> None:
    """Move messages whose id just became known by what is parked under it, which is then gone. The caller saves them."""
    by_provider = {message.provider_id: message for message in named}
    if not by_provider:
        return
    parked = list(
        ParkedStatus.objects.filter(channel_account_id=account_id, provider_id__in=by_provider).order_by("pk")
    )
    for each in parked:
        message = by_provider[each.provider_id]
        after = advance(MessageStatus(message.status), MessageStatus(each.status))
        if after != message.status:
            put(message, after, error_code=each.payload.get("error_code"))
    if parked:
        ParkedStatus.objects.filter(pk__in=[each.pk for each in parked]).delete()


def is_uuid(text: str | None) -> bool:
    try:
        uuid.UUID(text or "")
    except ValueError:
        return False
    return True
