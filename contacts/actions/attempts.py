"""Attempts: what was tried with a member and what came of it. Idempotent by interaction; the member's figures follow it."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.slices import touch
from contacts.models import Attempt, BaseMember
from core import journal
from core.refusals import NotFound
from typification.models import Typification

FIGURES = ("attempts", "first_contact_at", "last_contact_at", "last_user", "last_typification")


@dataclass(frozen=True)
class Recorded:
    """The attempt of an interaction, and whether this call wrote it."""

    attempt: Attempt
    is_new: bool


@transaction.atomic
def record_attempt(
    member_id: int,
    *,
    medium: str,
    by: User | None,
    typification: Typification | None = None,
    interaction_id: uuid.UUID | None = None,
    at: datetime.datetime | None = None,
) -> Recorded:
    """Write down one time somebody tried to reach a member, in its cycle of now. It moves no state (see finish_member).

    The same interaction told again is the same attempt: it takes the typification if it had none, and counts once. An attempt that is
    told late counts, but never overwrites who and what came last.

    Raises:
        NotFound: there is no such member.
    """
    return write_attempt(
        held_member(member_id), medium=medium, by=by, typification=typification, interaction_id=interaction_id, at=at
    )


def write_attempt(
    member: BaseMember,
    *,
    medium: str,
    by: User | None,
    typification: Typification | None,
    interaction_id: uuid.UUID | None,
    at: datetime.datetime | None,
) -> Recorded:
    """The same on a member that is held already; its figures are saved."""
    at = at or timezone.now()
    known = interaction_id and member.attempts_made.filter(interaction_id=interaction_id).first()
    if known:
        if known.typification_id is None and typification is not None:
            complete(known, member, typification, by=known.user)
        return Recorded(attempt=known, is_new=False)
    attempt = Attempt.objects.create(
        member=member,
        cycle=member.cycle,
        medium=medium,
        user=by,
        typification=typification,
        counts=typification is None or typification.counts_as_attempt,
        at=at,
        interaction_id=interaction_id,
    )
    member.attempts += attempt.counts
    member.first_contact_at = min(at, member.first_contact_at or at)
    if member.last_contact_at is None or at >= member.last_contact_at:
        member.last_contact_at, member.last_user, member.last_typification = at, by, typification
    member.save(update_fields=FIGURES)
    touch([(member.base_id, member.pk)])
    journal.record(
        "attempt_recorded",
        member,
        by=by,
        details={"attempt_id": attempt.pk, "typification_id": attempt.typification_id, "attempts": member.attempts},
    )
    return Recorded(attempt=attempt, is_new=True)


def complete(attempt: Attempt, member: BaseMember, typification: Typification, *, by: User | None) -> None:
    """An interaction gets its outcome after it was told: when it ends, or when that is corrected. The member is held."""
    counted = attempt.counts
    attempt.typification, attempt.counts = typification, typification.counts_as_attempt
    attempt.save(update_fields=["typification", "counts"])
    if attempt.cycle == member.cycle:
        member.attempts += int(attempt.counts) - int(counted)
        if member.last_contact_at == attempt.at:
            member.last_typification = typification
        member.save(update_fields=FIGURES)
        touch([(member.base_id, member.pk)])
    journal.record(
        "attempt_recorded",
        member,
        by=by,
        details={"attempt_id": attempt.pk, "typification_id": typification.pk, "attempts": member.attempts},
    )


def held_member(member_id: int, *, by: User | None = None) -> BaseMember:
    """A member, held to the end of the transaction; with `by`, only one that is theirs to see.

    Raises:
        NotFound: there is none.
    """
    members = BaseMember.objects.all() if by is None else BaseMember.objects.visible_to(by)
    member: BaseMember | None = (
        members.select_for_update(of=("self",), no_key=True).filter(pk=member_id).order_by("pk").first()
    )
    if member is None:
        raise NotFound(_("There is no such record."))
    return member
