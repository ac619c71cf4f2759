"""Reading deliveries: claimed in batches, split, handed to the inbox; what cannot be read becomes a dead letter."""

from __future__ import annotations

import dataclasses
import datetime
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import orjson
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind, MessageKind
from connectors.messages import AccountError, InboundMessage, Notice, Reading, StatusUpdate, Unparseable, Unreadable
from connectors.whatsapp import parse
from connectors.whatsapp.pieces import Piece
from core.counters import count
from inbox.actions.changing import apply_changes
from inbox.actions.receiving import Received, receive_messages
from inbox.actions.renumbering import follow_customers
from inbox.actions.statuses import apply_statuses
from webhooks.actions.burying import Burial, bury, unconnected
from webhooks.actions.notices import keep_notices
from webhooks.models import Delivery

logger = logging.getLogger(__name__)

BATCH = 500
CLAIMED_BYTES = 4 * 1024 * 1024
# A batch takes a second; what a dead worker had in hand, or one that lost its database, waits this long for another.
LEASE_SECONDS = 20
DEAD_LOCK_TRIES = 3
# One transaction's worth. A hundred deliveries may hold a hundred thousand messages, and each sender's lock takes a place in a
# table of the server's that has some ten thousand.
PORTION = 500
# The database's trouble is not the piece's: the batch is tried again when its lease has run out. A dead-lock is tried again at once.
DATABASE_AWAY = (OperationalError, InterfaceError)
# Claimed that often, by a database that could be asked for them: the trouble is in a piece after all.
STUBBORN_ATTEMPTS = 10


@dataclass(frozen=True)
class Read:
    """A piece and what it says."""

    delivery: Delivery
    piece: Piece
    reading: Reading


@dataclass
class TakenIn:
    """What became of a batch: messages stored, messages that were there already (a provider's repetition or a replay, S25), messages that
    statuses moved, and what is to be buried once the batch is done."""

    deliveries: int = 0
    stored: int = 0
    known: int = 0
    moved: int = 0
    burials: list[Burial] = field(default_factory=list)

    def bury(self, delivery: Delivery, *, body: bytes, reason: str, number: str = "") -> None:
        self.burials.append(Burial(delivery=delivery, body=body, reason=reason, number=number))

    def count(self, outcome: object) -> None:
        if isinstance(outcome, Received):
            self.stored += outcome.stored
            self.known += outcome.known
        elif isinstance(outcome, int):
            self.moved += outcome


@transaction.atomic
def claim_deliveries(*, limit: int = BATCH) -> list[Delivery]:
    """Return waiting deliveries, oldest first, leased to the caller. Others skip them; a lost lease gives them back.

    No more than `CLAIMED_BYTES` of bodies at once, but always one delivery: a provider's delivery may weigh megabytes.
    """
    now = timezone.now()
    leased_until = now + datetime.timedelta(seconds=LEASE_SECONDS)
    claimed = Delivery.objects.raw(CLAIM, [now, limit, leased_until, CLAIMED_BYTES])
    return sorted(claimed, key=lambda delivery: delivery.pk)


# One statement, so that a row is leased by whom it was locked. Both columns of the partitioned table's key are named.
CLAIM = """
WITH waiting AS MATERIALIZED (
    SELECT id, received_at, octet_length(body) AS bytes FROM webhooks_delivery
    WHERE processed_at IS NULL AND (locked_until IS NULL OR locked_until <= %s)
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT id, received_at, sum(bytes) OVER (ORDER BY id) - bytes AS bytes_before FROM waiting
)
UPDATE webhooks_delivery AS delivery SET locked_until = %s, attempt = delivery.attempt + 1 FROM chosen
WHERE delivery.id = chosen.id AND delivery.received_at = chosen.received_at AND chosen.bytes_before < %s
RETURNING delivery.*
"""


def take_in_deliveries(deliveries: list[Delivery]) -> TakenIn:
    """Hand every piece of the batch to the inbox, and mark the deliveries done. Return what became of them.

    Repeating it stores nothing twice: that is the inbox's promise. Messages go before what changes them and before statuses, so
    that a batch that holds both a message and news of it needs no second look.
    """
    taken = TakenIn(deliveries=len(deliveries))
    read = [each for delivery in deliveries for each in read_pieces(delivery, taken)]
    take_in_notices([each for each in read if is_notice(each)], taken)
    read = [each for each in read if not is_notice(each)]
    for (app_key, external_id), pieces in by_account(read).items():
        account = find_account(external_id, app_key=app_key)
        for is_wanted, action in routes():
            hand_over_in_portions(account, [each for each in pieces if is_wanted(each.reading)], action, taken)
    finish_deliveries(deliveries, taken.burials)
    count("messages", taken.stored, direction="in")
    if taken.known:
        count("duplicates", taken.known, kind="message")
        logger.info("%s of %s messages were known already", taken.known, taken.stored + taken.known)
    return taken


@transaction.atomic
def finish_deliveries(deliveries: Sequence[Delivery], burials: Sequence[Burial]) -> None:
    """Mark the batch done and bury what it leaves. What another reader finished meanwhile, because our lease ran out, was buried by it."""
    with connection.cursor() as cursor:
        # By the whole key: by the id alone every month's partition would be looked at.
        cursor.execute(
            "UPDATE webhooks_delivery AS delivery SET processed_at = %s, locked_until = NULL"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS done(id, received_at)"
            " WHERE delivery.id = done.id AND delivery.received_at = done.received_at AND delivery.processed_at IS NULL"
            " RETURNING delivery.id",
            [timezone.now(), [each.pk for each in deliveries], [each.received_at for each in deliveries]],
        )
        finished = {pk for (pk,) in cursor.fetchall()}
    if burials:
        bury([each for each in burials if each.delivery.pk in finished])


def read_pieces(delivery: Delivery, taken: TakenIn) -> list[Read]:
    try:
        pieces = parse.split(bytes(delivery.body))
    except Unreadable as error:
        taken.bury(delivery, body=bytes(delivery.body), reason=str(error))
        return []
    read = []
    for piece in pieces:
        try:
            reading = parse.read(piece)
            read.append(Read(delivery=delivery, piece=piece, reading=within_its_second(reading, delivery.received_at)))
        except Unparseable as error:
            taken.bury(delivery, body=orjson.dumps(piece.envelope), reason=error.reason)
        except Exception as error:
            # A shape our reader stumbles over. Let through, it would hold back the whole batch, again at every try.
            logger.exception("a piece of delivery %s could not be read", delivery.pk)
            taken.bury(delivery, body=orjson.dumps(piece.envelope), reason=f"{type(error).__name__} while reading it.")
    return read


def within_its_second(reading: Reading, received_at: datetime.datetime) -> Reading:
    """The message at a place within its second that grows with when its delivery came.

    The provider tells whole seconds, and two workers may store two deliveries in any order: words written in one second would stand
    as they were stored, not as they were written. However late it comes, it stays in its second (R11).
    """
    if not is_message(reading) or reading.happened_at.microsecond:
        return reading
    late = max(0.0, (received_at - reading.happened_at).total_seconds())
    place = min(999_999, int(1_000_000 * late / (1 + late)))
    return dataclasses.replace(reading, happened_at=reading.happened_at.replace(microsecond=place))


def is_message(reading: Reading) -> TypeGuard[InboundMessage]:
    return isinstance(reading, InboundMessage) and not reading.is_change


def is_change(reading: Reading) -> bool:
    return isinstance(reading, InboundMessage) and reading.is_change and reading.kind is not MessageKind.SYSTEM


def is_news(reading: Reading) -> bool:
    """Whether it tells of the sender: another number, another device."""
    return isinstance(reading, InboundMessage) and reading.kind is MessageKind.SYSTEM


def is_status(reading: Reading) -> bool:
    return isinstance(reading, StatusUpdate)


Action = Callable[[ChannelAccount, list[Any]], object]


def routes() -> tuple[tuple[Callable[[Reading], bool], Action], ...]:
    # What is spoken of comes before what speaks of it.
    return (
        (is_message, receive_messages),
        (is_change, apply_changes),
        (is_news, follow_customers),
        (is_status, apply_statuses),
    )


def is_notice(read: Read) -> bool:
    """Template reviews, quality ratings and account errors: kept, and handed to nobody yet."""
    return isinstance(read.reading, Notice | AccountError)


def by_account(read: Iterable[Read]) -> dict[tuple[str, str], list[Read]]:
    """By whose secret signed it, too: what one app says of another's number must not take the other's own pieces with it."""
    grouped: dict[tuple[str, str], list[Read]] = {}
    for each in read:
        grouped.setdefault((each.delivery.app_key, each.reading.account_external_id), []).append(each)
    return grouped


def find_account(external_id: str, *, app_key: str) -> ChannelAccount | None:
    """The account of this number, if it belongs to the app whose secret signed the deliveries (S24)."""
    account = (
        ChannelAccount.objects.select_related("provider_app")
        .filter(kind=ChannelKind.WHATSAPP, external_id=external_id)
        .first()
    )
    if account is None:
        return None
    key = account.provider_app.key if account.provider_app else ""
    return account if app_key == key else None


def take_in_notices(notices: list[Read], taken: TakenIn) -> None:
    """Keep them, piece by piece where they are refused: what is told of an account must not hold back its customers' words."""
    for start in range(0, len(notices), PORTION):
        take_in(notices[start : start + PORTION], keep_told, taken)


def keep_told(notices: list[Read]) -> None:
    keep_notices(
        (each.delivery.app_key, each.piece.waba_id, each.reading)
        for each in notices
        if isinstance(each.reading, Notice | AccountError)
    )


def hand_over_in_portions(account: ChannelAccount | None, pieces: list[Read], action: Action, taken: TakenIn) -> None:
    if account is None:
        for each in pieces:
            number = each.reading.account_external_id
            taken.bury(each.delivery, body=orjson.dumps(each.piece.envelope), reason=unconnected(number), number=number)
        return
    for start in range(0, len(pieces), PORTION):
        take_in(pieces[start : start + PORTION], lambda some: action(account, [each.reading for each in some]), taken)


def take_in(pieces: list[Read], job: Callable[[list[Read]], object], taken: TakenIn) -> None:
    """Do the job for the pieces. When it is refused, for each half by itself, so that one poisonous piece of hundreds is found in some
    ten tries and is the only one buried.
    """
    try:
        taken.count(after_dead_locks(lambda: job(pieces)))
    except Exception as error:
        is_dead_lock = isinstance(error.__cause__, DeadlockDetected) and len(pieces) > 1
        is_stubborn = max(each.delivery.attempt for each in pieces) >= STUBBORN_ATTEMPTS
        if isinstance(error, DATABASE_AWAY) and not is_dead_lock and not is_stubborn:
            raise
        if len(pieces) > 1:
            half = len(pieces) // 2
            take_in(pieces[:half], job, taken)
            take_in(pieces[half:], job, taken)
            return
        # The error's text may quote the row it refused, so only its kind is written down (S51).
        logger.error("a piece of delivery %s could not be stored: %s", pieces[0].delivery.pk, type(error).__name__)
        taken.bury(
            pieces[0].delivery,
            body=orjson.dumps(pieces[0].piece.envelope),
            reason=f"{type(error).__name__} while storing it.",
        )


def after_dead_locks(job: Callable[[], object]) -> object:
    """What the job returns, tried again when the database chose it to end a ring of waiting: by then the others have gone on."""
    for _try in range(DEAD_LOCK_TRIES - 1):
        try:
            return job()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return job()
