"""What could not be read: seen, fixed, replayed or discarded by a person, each step written down."""

from __future__ import annotations

import logging

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.messages import Unparseable, Unreadable
from connectors.whatsapp import parse
from core.journal import record
from core.refusals import Invalid, NotFound, Refusal
from webhooks.models import DeadLetter, Delivery

EDITED_BYTES = 1_000_000

logger = logging.getLogger(__name__)


class AlreadySettled(Refusal):
    """Somebody replayed, discarded or rewrote it meanwhile."""

    code = "already_settled"


@transaction.atomic
def rewrite_letter(letter_id: int, *, by: User, body: str, version: int) -> DeadLetter:
    """Replace what a waiting letter holds by what somebody mended.

    Raises:
        NotFound: there is none. AlreadySettled: it waits no more, or another wrote it meanwhile.
        Invalid: it is not JSON, or still cannot be read; its field says why.
    """
    letter = held(letter_id, version=version)
    mended = checked(body)
    if letter.first_body is None:
        # What the provider sent is evidence, whatever is made of it.
        letter.first_body = letter.body
    letter.body, letter.version = mended, letter.version + 1
    letter.save(update_fields=["body", "first_body", "version"])
    record("dead_letter_rewritten", letter, by=by, details={"size": len(mended), "version": letter.version})
    return letter


@transaction.atomic
def replay_letter(letter_id: int, *, by: User) -> Delivery | None:
    """Put a letter back in front of the readers, as a delivery of its own; None where that was done already (a double click).

    Raises:
        NotFound: there is none. AlreadySettled: it was discarded.
    """
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state == DeadLetter.State.REPLAYED:
        return None
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It was discarded meanwhile."))
    delivery = Delivery.objects.create(app_key=letter.app_key, body=bytes(letter.body))
    settle(letter, DeadLetter.State.REPLAYED)
    record("dead_letter_replayed", letter, by=by, details={"delivery_id": delivery.pk})
    return delivery


@transaction.atomic
def discard_letter(letter_id: int, *, by: User) -> bool:
    """Set a letter aside for good; False where that was done already. It is kept, and can still be looked at.

    Raises:
        NotFound: there is none. AlreadySettled: it was replayed.
    """
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state == DeadLetter.State.DISCARDED:
        return False
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It was replayed meanwhile."))
    settle(letter, DeadLetter.State.DISCARDED)
    record("dead_letter_discarded", letter, by=by)
    return True


def held(letter_id: int, *, version: int) -> DeadLetter:
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It waits no more: somebody replayed or discarded it meanwhile."))
    if letter.version != version:
        raise AlreadySettled(_("Somebody else changed it meanwhile. Your text is below; reload to see theirs."))
    return letter


def checked(body: str) -> bytes:
    """The bytes to keep, after asking our own reader whether every piece of them can be read now."""
    if len(body) > EDITED_BYTES:
        raise Invalid(fields={"body": [_("It is too long.")]})
    try:
        mended = orjson.dumps(orjson.loads(body))
    except (orjson.JSONDecodeError, TypeError, UnicodeEncodeError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        raise Invalid(
            fields={
                "body": [_("This is not JSON: line %(line)s, column %(column)s.") % {"line": line, "column": column}]
            }
        ) from None
    try:
        pieces = parse.split(mended)
        for piece in pieces:
            parse.read(piece)
    except (Unreadable, Unparseable) as error:
        raise Invalid(fields={"body": [_("It can still not be read: %(why)s") % {"why": str(error)}]}) from None
    except Exception as error:  # noqa: BLE001  # whatever it stumbles over, the field says so
        # Our reader stumbles over it, which is why it lies here: the kind of error says where to look, its text may quote it (S51).
        logger.warning("a dead letter's new body makes the reader stumble: %s", type(error).__name__)
        why = type(error).__name__
        raise Invalid(fields={"body": [_("It can still not be read: %(why)s") % {"why": why}]}) from None
    if not pieces:
        raise Invalid(fields={"body": [_("It holds no message, status or notice.")]})
    return mended


def settle(letter: DeadLetter, state: str) -> None:
    letter.state, letter.settled_at, letter.version = state, timezone.now(), letter.version + 1
    letter.save(update_fields=["state", "settled_at", "version"])
