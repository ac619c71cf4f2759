"""What changes a message after it was written: reactions, edits, revocations, and the message that a reply was waiting for.

Every order of arrival ends in the same state (R12): a change finds its message or is parked until that comes; of several reactions or
edits the one that happened last stands, whichever came last; what was revoked stays so. A repeated or late change is none.
"""

from __future__ import annotations

import datetime
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind, MessageKind
from connectors.messages import InboundMessage
from contacts.actions import lock_identities
from core.events import publish
from inbox.actions.attachments import remove_file
from inbox.actions.locking import hold_provider_ids, lock_conversations, next_change, save_touched
from inbox.events import MessagesChanged
from inbox.models import Attachment, Conversation, Message, ParkedChange, Reaction
from inbox.models.message import Direction
from inbox.previews import preview_of

logger = logging.getLogger(__name__)

# As long as the provider goes on trying to deliver what the change speaks of (CHANNELS.md).
PARKED_FOR = datetime.timedelta(days=7)
SWEEP_LIMIT = 500
# How long after it came a reply is still looked after by the net.
LINKED_WITHIN = datetime.timedelta(hours=6)
# The database's trouble is nobody's: the next sweep finds the same.
DATABASE_AWAY = (OperationalError, InterfaceError)
STORED_TEXT_LIMIT = 65_536
EMOJI_LIMIT = 40


@dataclass(frozen=True)
class Change:
    """One reaction, edit or revocation, fresh from the provider or out of its parking place."""

    kind: str
    target_id: str
    provider_id: str
    happened_at: datetime.datetime
    text: str
    details: dict[str, Any]

    @property
    def order(self) -> tuple[datetime.datetime, str]:
        """Later wins. The provider's seconds repeat, so the ids settle what seconds cannot, alike in every order of arrival."""
        return self.happened_at, self.provider_id


def apply_changes(account: ChannelAccount, batch: Sequence[InboundMessage]) -> int:
    """Change the messages the batch speaks of; return how many moved. What speaks of a message that is not here is parked."""
    moved, rest = 0, [each for each in batch if each.target_provider_id]
    while rest:
        # In a transaction of its own: whoever holds provider ids never waits for a conversation.
        more, known = apply_held(account, rest)
        moved += more
        rest = [each for each in rest if each.target_provider_id in known]
    return moved


@transaction.atomic
def apply_held(account: ChannelAccount, batch: Sequence[InboundMessage]) -> tuple[int, set[str]]:
    """Return how many messages moved, and the ids of those that became known only while theirs were about to be parked.

    Senders are locked first, as whoever stores their messages locks them: a change either finds its message or is found by it.
    """
    lock_identities([each.sender for each in batch], kind=ChannelKind(account.kind))
    return apply(account.pk, [as_change(each) for each in batch])


def as_change(incoming: InboundMessage) -> Change:
    limit = EMOJI_LIMIT if incoming.kind == MessageKind.REACTION else STORED_TEXT_LIMIT
    return Change(
        kind=incoming.kind,
        target_id=incoming.target_provider_id or "",
        provider_id=incoming.provider_id,
        happened_at=incoming.happened_at,
        text=incoming.text[:limit],
        details=incoming.details,
    )


def is_awaited(channel_account_id: int, provider_id: str) -> bool:
    """Whether anything here speaks of this message already: a change that is parked, a reply that quotes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM inbox_parkedchange WHERE channel_account_id = %(account)s AND target_id = %(id)s)"
            " OR EXISTS (SELECT FROM inbox_message WHERE channel_account_id = %(account)s AND quoted_provider_id = %(id)s"
            " AND quoted_provider_id <> '' AND reply_to_id IS NULL)",
            {"account": channel_account_id, "id": provider_id},
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def apply_parked_changes(channel_account_id: int, messages: Sequence[Message]) -> int:
    """Apply what came before these messages, and link the replies that waited for them; return how many messages moved.

    The caller has stored them, holds their conversations and has written the counters; or has learned their ids in a transaction
    that is over. Never while provider ids are held: it waits for the conversations of replies.
    """
    ids = [message.provider_id for message in messages if message.provider_id]
    if not ids:
        return 0
    parked = ParkedChange.objects.filter(channel_account_id=channel_account_id, target_id__in=ids)
    changes = [as_parked(each) for each in parked]
    moved, known = apply(channel_account_id, changes)
    done = [each.provider_id for each in changes if each.target_id not in known]
    if done:
        parked.filter(provider_id__in=done).delete()
    return moved + link_replies(channel_account_id, ids)


def as_parked(parked: ParkedChange) -> Change:
    return Change(
        kind=parked.kind,
        target_id=parked.target_id,
        provider_id=parked.provider_id,
        happened_at=parked.happened_at,
        text=parked.text,
        details=parked.details,
    )


def apply(channel_account_id: int, changes: Sequence[Change]) -> tuple[int, set[str]]:
    """Return how many messages moved, and the ids that became known too late for this transaction (`park`)."""
    if not changes:
        return 0, set()
    ids = {change.target_id for change in changes}
    found = find_messages(channel_account_id, ids)
    conversations = lock_conversations(conversations_of(found.values()))
    # Read again under the lock: what was found may have changed while we waited.
    found = {
        provider_id: message
        for provider_id, message in find_messages(channel_account_id, ids).items()
        if message.conversation_id in conversations
    }
    by_target: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_target[change.target_id].append(change)
    strangers = [change for target_id in sorted(by_target.keys() - found.keys()) for change in by_target[target_id]]
    moved = {message.pk: message for message in react(found, by_target)}
    rewritten = {message.pk: message for id_, message in found.items() if rewrite(message, by_target[id_])}
    erase_files([message for message in rewritten.values() if message.revoked_at is not None])
    moved |= rewritten
    # What quotes it shows its words: those rows are changed too.
    for reply in Message.objects.filter(reply_to__in=rewritten, conversation__in=conversations).order_by("pk"):
        moved.setdefault(reply.pk, reply)
    save(moved, conversations, renewed=rewritten)
    return len(moved), park(channel_account_id, strangers)


def find_messages(channel_account_id: int, provider_ids: Iterable[str]) -> dict[str, Message]:
    rows = Message.objects.filter(channel_account_id=channel_account_id, provider_id__in=sorted(provider_ids))
    return {str(row.provider_id): row for row in rows.order_by("pk")}


def conversations_of(messages: Iterable[Message]) -> set[int]:
    """Theirs, and those of the replies to them."""
    messages = list(messages)
    quoting = Message.objects.filter(reply_to__in=[message.pk for message in messages])
    return {message.conversation_id for message in messages} | set(quoting.values_list("conversation_id", flat=True))


# ── Reactions


def react(found: dict[str, Message], by_target: dict[str, list[Change]]) -> list[Message]:
    """Set the customer's emoji on each message where a newer one came; return the messages that show another now."""
    newest = {
        found[target_id].pk: max(reactions, key=lambda each: each.order)
        for target_id, changes in by_target.items()
        if target_id in found and (reactions := [each for each in changes if each.kind == MessageKind.REACTION])
    }
    if not newest:
        return []
    standing = {each.message_id: each for each in Reaction.objects.filter(message__in=newest, direction=Direction.IN)}
    moved, made = [], []
    by_pk = {message.pk: message for message in found.values()}
    for message_id, change in sorted(newest.items()):
        reaction = standing.get(message_id)
        if reaction is None:
            # Kept even when it takes back what we never saw: only so can an older one, still on its way, not put it back.
            reaction = Reaction(message_id=message_id, direction=Direction.IN)
            made.append(reaction)
        elif change.order <= (reaction.happened_at, reaction.provider_id):
            continue
        is_shown_anew = reaction.emoji != change.text
        reaction.emoji, reaction.happened_at, reaction.provider_id = change.text, *change.order
        if reaction.pk is not None:
            reaction.save(update_fields=["emoji", "happened_at", "provider_id"])
        if is_shown_anew:
            moved.append(by_pk[message_id])
    Reaction.objects.bulk_create(made)
    return moved


# ── Edits and revocations


def rewrite(message: Message, changes: Sequence[Change]) -> bool:
    """Carry edits and a revocation into the message; tell whether anything changed.

    Only what the customer wrote is theirs to change. The versions are kept by the time they were written, the first one included, so
    that the newest is known in every order of arrival; a revocation removes them all.
    """
    mine = [each for each in changes if each.kind in (MessageKind.EDIT, MessageKind.REVOKE)]
    if mine and message.direction != Direction.IN:
        logger.warning("message %s is ours: a change of it by the customer is ignored", message.pk)
        return False
    revoked = [each.happened_at for each in mine if each.kind == MessageKind.REVOKE]
    if message.revoked_at is not None or revoked:
        return erase(message, [*revoked, *([message.revoked_at] if message.revoked_at else [])])
    edits = [each for each in mine if each.kind == MessageKind.EDIT]
    # Each of them, not only up to the first that tells.
    carried = [edit(message, each) for each in sorted(edits, key=lambda each: each.order)]
    return True in carried


def edit(message: Message, change: Change) -> bool:
    versions = message.payload.get("versions") or [
        version(message.happened_at, str(message.provider_id), message.text, message.details)
    ]
    if change.provider_id in [each["id"] for each in versions]:
        return False
    versions = [*versions, version(change.happened_at, change.provider_id, change.text, change.details)]
    # The first is what was written at the beginning, whatever its second says.
    newest = max(versions[1:], key=lambda each: (each["at"], each["id"]))
    message.payload = {**message.payload, "versions": versions}
    message.text = newest["text"]
    message.details = {**versions[0]["details"], **newest["details"]}
    message.edited_at = max(message.edited_at or change.happened_at, change.happened_at)
    return True


def version(at: datetime.datetime, provider_id: str, text: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"at": at.astimezone(datetime.UTC).isoformat(), "id": provider_id, "text": text, "details": details}


def erase(message: Message, times: Sequence[datetime.datetime]) -> bool:
    """Nothing of what was said stays but that something was said; the first revocation counts."""
    at = min(times)
    if message.revoked_at == at:
        return False
    message.revoked_at, message.edited_at = at, None
    message.text, message.payload, message.details = "", {}, {}
    return True


def erase_files(messages: Sequence[Message]) -> None:
    """Take back the files, fetched or not. The rows stay: a worker that is fetching one must find it settled."""
    for file in Attachment.objects.filter(message__in=[message.pk for message in messages]).order_by("pk"):
        remove_file(file)


# ── Replies to what was not here


def link_replies(channel_account_id: int, provider_ids: Sequence[str]) -> int:
    """Let the replies to messages that were missing point to them; return how many."""
    waiting = Message.objects.filter(
        channel_account_id=channel_account_id, quoted_provider_id__in=provider_ids, reply_to__isnull=True
    ).exclude(quoted_provider_id="")
    ids = set(waiting.values_list("conversation_id", flat=True))
    if not ids:
        return 0
    conversations = lock_conversations(ids)
    originals = find_messages(channel_account_id, provider_ids)
    moved: dict[int, Message] = {}
    for reply in waiting.filter(conversation__in=conversations).order_by("pk"):
        original = originals.get(reply.quoted_provider_id)
        if original is not None and original.pk != reply.pk:
            reply.reply_to = original
            moved[reply.pk] = reply
    save(moved, conversations, renewed={})
    return len(moved)


# ── Writing it down


def save(moved: dict[int, Message], conversations: dict[int, Conversation], *, renewed: dict[int, Message]) -> None:
    """Stamp and write the messages, let the previews of `renewed` follow, and say so once."""
    if not moved:
        return
    for _pk, message in sorted(moved.items()):
        message.change = next_change(conversations[message.conversation_id])
        message.save(update_fields=["change", "text", "payload", "details", "edited_at", "revoked_at", "reply_to"])
    for conversation_id in sorted({message.conversation_id for message in moved.values()}):
        follow_preview(conversations[conversation_id], renewed)
    touched = tuple(sorted({message.conversation_id for message in moved.values()}))
    publish(MessagesChanged(conversation_ids=touched, message_ids=tuple(sorted(moved))))


def follow_preview(conversation: Conversation, renewed: dict[int, Message]) -> None:
    """Save the touched conversation; where its last message was rewritten, the list shows the new words."""
    if not any(message.conversation_id == conversation.pk for message in renewed.values()):
        save_touched(conversation)
        return
    newest = (
        Message.objects.filter(conversation=conversation, is_note=False, deleted_at=None)
        .order_by("-happened_at", "-id")
        .first()
    )
    if newest is not None and newest.pk in renewed:
        conversation.preview = preview_of(newest)
        conversation.preview_kind = "deleted" if newest.revoked_at else newest.kind
    save_touched(conversation, "preview", "preview_kind")


# ── Parking


def park(channel_account_id: int, strangers: Sequence[Change]) -> set[str]:
    """Keep changes of messages that are not known yet; return the ids of those that are known by now, for another transaction.

    The ids are held while we look once more: whoever names a sent message holds its id too (`delivery.settle`). Nothing is waited
    for after that.
    """
    if not strangers:
        return set()
    hold_provider_ids(channel_account_id, [each.target_id for each in strangers])
    known = find_messages(channel_account_id, {each.target_id for each in strangers})
    ParkedChange.objects.bulk_create(
        [
            ParkedChange(
                channel_account_id=channel_account_id,
                target_id=each.target_id,
                provider_id=each.provider_id,
                kind=each.kind,
                text=each.text,
                details=each.details,
                happened_at=each.happened_at,
            )
            for each in strangers
            if each.target_id not in known
        ],
        # Delivered twice before its message came.
        ignore_conflicts=True,
    )
    return set(known)


def settle_parked() -> int:
    """Apply parked changes whose message is here after all, and link replies whose original is; return how many messages moved.

    A net below the locks, for the sweeper: whoever names a message links and applies in a transaction of its own afterwards, and may
    die in between. Each by itself: one that fails is left for the next time, and holds back nobody.
    """
    moved = 0
    for account_id, provider_id in [*waiting_changes(), *waiting_replies()]:
        try:
            moved += apply_parked_changes(account_id, list(find_messages(account_id, [provider_id]).values()))
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # the others have their turn
            # The error's text may quote the row it refused (S51).
            logger.error("what waits for a message of account %s fails: %s", account_id, type(error).__name__)
    return moved


def waiting_changes() -> list[tuple[int, str]]:
    here = Message.objects.filter(channel_account_id=OuterRef("channel_account_id"), provider_id=OuterRef("target_id"))
    waiting = ParkedChange.objects.filter(Exists(here)).order_by("pk").values_list("channel_account_id", "target_id")
    # What fails again and again must not fill the sweep: the newest half has its turn as well.
    return list(dict.fromkeys([*waiting[: SWEEP_LIMIT // 2], *waiting.reverse()[: SWEEP_LIMIT // 2]]))


def waiting_replies() -> list[tuple[int, str]]:
    """Originals of replies of the last hours. The index holds only what quotes nothing that is here; older gaps are real ones."""
    here = Message.objects.filter(
        channel_account_id=OuterRef("channel_account_id"), provider_id=OuterRef("quoted_provider_id")
    )
    waiting = Message.objects.filter(
        Exists(here), reply_to__isnull=True, created_at__gt=timezone.now() - LINKED_WITHIN
    ).exclude(quoted_provider_id="")
    return list(waiting.order_by().values_list("channel_account_id", "quoted_provider_id").distinct()[:SWEEP_LIMIT])


def purge_parked_changes() -> int:
    """Forget changes of messages that never came: the provider gives up after seven days (CHANNELS.md)."""
    return ParkedChange.objects.filter(received_at__lt=timezone.now() - PARKED_FOR).delete()[0]
