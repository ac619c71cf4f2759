"""Making the provider's call for one entry of the outbox, and recording how it ended, whatever that is.

No worker waits here: what may not go now is put back, due later (R15, R20).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import IO, Any, NoReturn, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from campaigns.models import ChannelAccount
from connectors.kinds import MEDIA_KINDS, MessageKind
from connectors.whatsapp.errors import Action, AnswerLost, NotSent, ProviderFailure, Scope, SendFailed
from connectors.whatsapp.send import Recipient, Sender, file_content, reaction_content
from connectors.whatsapp.templates import with_header_file
from core import gates
from core.secrets import CannotOpen
from inbox.actions import delivery
from inbox.actions.heeding import gate_of, heed, limits
from inbox.models import Attachment, Message, OutboxEntry

logger = logging.getLogger(__name__)

FILE_GONE = gettext_noop("The file is no longer there. Attach it again.")
HOLD_SECONDS = 60.0
# A call lasts 10 s at most, an upload before it 120 s (connectors.transport, connectors.whatsapp.send).
CALL_SECONDS, UPLOAD_SECONDS = 12.0, 135.0
# What finds no turn comes back with the next sweep; the spread keeps hundreds from coming back in one instant. What finds no room is
# looked for as soon as somebody leaves (inbox.tasks.keep_sending).
SPREAD_SECONDS = 1.0

# Before each further try of recording what was sent: a dead-lock is over at once, a restart of the database in some seconds.
RECORD_PAUSES = (0.05, 0.5, 2.0, 5.0)

making_sender = threading.Lock()


class Held(Exception):
    """Not now: the entry was put back."""


@contextlib.contextmanager
def passage(entry: OutboxEntry) -> Iterator[None]:
    """Go through the number's gate for one call, or put the entry back.

    Raises:
        Held: the number is away, rests, is too fast, has no room, or does not answer.
    """
    account = account_of(entry)
    key = gate_of(account.pk)
    if account.state == ChannelAccount.State.DISCONNECTED:
        hold(entry, HOLD_SECONDS)
    now = timezone.now()
    if account.paused_until is not None and account.paused_until > now:
        hold(entry, (account.paused_until - now).total_seconds())
    lasts = UPLOAD_SECONDS if attachment_of(entry) is not None else CALL_SECONDS
    admission = gates.enter(key, limits(), lasts_seconds=lasts)
    if isinstance(admission, gates.Probe):
        admission = probe(entry, key, lasts)
    if not isinstance(admission, gates.Pass):
        spread = 0.0 if admission.reason is gates.Reason.ROOM else SPREAD_SECONDS
        hold(entry, admission.seconds + spread * (entry.pk % 97) / 97)
    if admission.delay_seconds:
        lend_connection()
        time.sleep(admission.delay_seconds)
    is_answered = True
    try:
        yield
    except (AnswerLost, NotSent):
        is_answered = False
        raise
    finally:
        gates.leave(key, admission.ticket, answered=is_answered)


def probe(entry: OutboxEntry, key: str, lasts_seconds: float) -> gates.Pass | gates.Wait:
    """Ask the provider for the number itself: no customer's message is spent on finding out whether it answers again (R20)."""
    answers = False
    try:
        sender = sender_of(account_of(entry))
        lend_connection()
        sender.ping()
        answers = True
    except SendFailed:
        # A refusal is an answer.
        answers = True
    except (ProviderFailure, CannotOpen) as failure:
        logger.warning("account %s still does not answer: %s", entry.channel_account_id, type(failure).__name__)
    gates.probed(key, answered=answers)
    admission = gates.enter(key, limits(), lasts_seconds=lasts_seconds)
    return gates.Wait(seconds=1.0, reason=gates.Reason.BROKEN) if isinstance(admission, gates.Probe) else admission


def hold(entry: OutboxEntry, seconds: float) -> NoReturn:
    delivery.hold(entry, seconds=seconds)
    raise Held


def send_claimed(entry: OutboxEntry) -> None:
    """Make the one call for a claimed entry and record how it ended.

    Raises AnswerLost or NotSent once more after recording them: the gate counts calls that nobody answered.
    """
    try:
        provider_id = call_provider(entry)
    except AnswerLost:
        if entry.reaction_id is None:
            delivery.record_unknown(entry)
        else:
            delivery.postpone(entry)
        raise
    except NotSent:
        delivery.postpone(entry)
        raise
    except FileNotFoundError:
        delivery.record_failed(entry, code=None, reason=FILE_GONE, permanent=True)
    except CannotOpen:
        logger.error("credentials of account %s cannot be opened", entry.channel_account_id)
        delivery.hold(entry, seconds=HOLD_SECONDS)
    except SendFailed as failure:
        record_refusal(entry, failure)
    else:
        record_surely(entry, provider_id)


def record_surely(entry: OutboxEntry, provider_id: str) -> None:
    """Record what the provider took, again when the database chose us to end a ring of waiting or was away for a moment.

    Its id is in hand and nowhere else: given up, the message would be shown as not confirmed although it was. Recording it twice
    changes nothing.
    """
    for pause in RECORD_PAUSES:
        try:
            delivery.record_sent(entry, provider_id=provider_id)
            return
        except (OperationalError, InterfaceError) as error:
            logger.warning("entry %s was sent, recording it failed: %s", entry.pk, type(error).__name__)
            # A connection that broke is not used again.
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    delivery.record_sent(entry, provider_id=provider_id)


def record_refusal(entry: OutboxEntry, failure: SendFailed) -> None:
    """Act as the table says (docs/whatsapp-errors.md): on the number, then on this entry."""
    seconds = failure.retry_after.total_seconds() if failure.retry_after else None
    asked_at = entry.claimed_at or timezone.now()
    heed(account_of(entry).pk, failure.code, failure.rule, said_at=asked_at, retry_after=failure.retry_after)
    is_wider = failure.scope in (Scope.ACCOUNT, Scope.NUMBER)
    if is_wider and failure.action in (Action.RECONNECT, Action.STOP_CHANNEL):
        # Nobody's message failed: the number did. They wait, and leave by themselves once it is back (R19).
        delivery.hold(entry, seconds=HOLD_SECONDS)
    elif is_wider and failure.action in (Action.PAUSE_CAMPAIGN, Action.RETRY):
        delivery.hold(entry, seconds=seconds or HOLD_SECONDS)
    elif failure.permanent:
        delivery.record_failed(entry, code=failure.code, reason=failure.reason, permanent=True)
    elif failure.action is Action.SLOW_DOWN:
        delivery.defer(entry, seconds=seconds or 1.0)
    elif failure.action is Action.DELAY_CONTACT:
        # Only this lane: its later entries wait behind it, nobody else's do (R14).
        delivery.defer(entry, seconds=max(seconds or 0.0, delivery.backoff_of(entry)))
    else:
        delivery.postpone(entry, code=failure.code, seconds=seconds)


def call_provider(entry: OutboxEntry) -> str:
    """Send the entry and return the provider's id. Raises as connectors.whatsapp.send does, FileNotFoundError, or CannotOpen."""
    sender, to = sender_of(account_of(entry)), recipient_of(entry)
    if entry.reaction is not None:
        target = entry.reaction.message.provider_id or ""
        lend_connection()
        # No id of ours: its statuses speak of no message, and setting the same emoji again is harmless.
        return sender.send(to, "reaction", reaction_content(target, entry.reaction.emoji), opaque=None).provider_id
    message = entry.message
    assert message is not None
    opaque, reply_to = str(message.uuid), message.reply_to.provider_id if message.reply_to else None
    type_, content = content_of(message, sender)
    lend_connection()
    return sender.send(to, type_, content, opaque=opaque, reply_to=reply_to).provider_id


def lend_connection() -> None:
    """Give the database's connection back while this thread waits: threads that send are many, connections are not.

    The next query takes another. Inside a transaction there is nothing to give.
    """
    if not connection.in_atomic_block:
        connection.close()


def content_of(message: Message, sender: Sender) -> tuple[str, Any]:
    """The provider's type and object for a message; its file is uploaded on the way."""
    kind, attachment = MessageKind(message.kind), getattr(message, "attachment", None)
    if kind in MEDIA_KINDS and attachment is not None:
        content = file_content(kind, uploaded(attachment, sender), caption=message.text, filename=attachment.name)
        return ("audio" if kind is MessageKind.VOICE else kind.value), content
    if kind is MessageKind.TEXT:
        return "text", {"body": message.text, "preview_url": False}
    content = message.payload[kind.value]
    if kind is MessageKind.TEMPLATE and attachment is not None:
        media = file_content(attachment.kind, uploaded(attachment, sender), filename=attachment.name)
        header = with_header_file(content.get("components", []), MessageKind(attachment.kind), media)
        content = {**content, "components": header}
    return kind.value, content


def uploaded(attachment: Attachment, sender: Sender) -> str:
    """The provider's id of the file, uploaded now unless an earlier try did a short while ago."""
    if delivery.is_still_uploaded(attachment):
        return attachment.provider_media_id
    try:
        lend_connection()
        with default_storage.open(attachment.path) as file:
            media_id = sender.upload_media(
                cast(IO[Any], file.file), mime=attachment.mime, filename=attachment.name or attachment.kind
            )
    except FileNotFoundError:
        raise
    except (AnswerLost, OSError) as lost:
        # Only the file left, or not even that where the storage is away: nothing reached the customer, so unlike a message it is
        # safe to try again.
        raise NotSent(str(lost)) from lost
    delivery.record_uploaded(attachment, provider_media_id=media_id)
    return media_id


def attachment_of(entry: OutboxEntry) -> Attachment | None:
    return getattr(entry.message, "attachment", None) if entry.message is not None else None


def account_of(entry: OutboxEntry) -> ChannelAccount:
    # What has no lane is in nobody's hands (inbox.actions.lanes).
    assert entry.channel_account is not None
    return entry.channel_account


def sender_of(account: ChannelAccount) -> Sender:
    token = (account.credentials or {}).get("token", "")
    # A cache alone makes two when two workers ask at once, and the one that loses keeps its connections for ever.
    with making_sender:
        return sender_for(str(account.external_id), token)


@cache
def sender_for(phone_number_id: str, token: str) -> Sender:
    """One client per number and token, kept open: a new connection per message would cost more than the message."""
    return Sender(settings.META_GRAPH_URL, token, phone_number_id)


def recipient_of(entry: OutboxEntry) -> Recipient:
    """Whom the entry's own lane leads to: the conversation may be answered through another number since it was read."""
    point = entry.contact_point
    assert point is not None
    if point.is_number:
        # As the provider wrote it, not our canonical form: it is the provider's own name for the customer.
        return Recipient(phone="".join(char for char in point.value if char.isdigit()))
    return Recipient(business_id=point.normalised)
