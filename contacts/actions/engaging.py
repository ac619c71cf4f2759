"""Records that an interaction is about: in hand while it goes on, and what came of it lands on them (000-12).

The interaction belongs to an upper floor, which asks whether it may begin or end; here nothing of that is refused.
"""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction

from accounts.models import User
from contacts.actions.attempts import complete, held_member, write_attempt
from contacts.actions.member_states import MOVES, PROMISED, State, move
from contacts.actions.members import keep, lead_on
from contacts.models import Attempt, BaseMember
from typification.models import Typification


@transaction.atomic
def land_outcome(
    member_id: int,
    *,
    by: User | None,
    typification: Typification,
    medium: str,
    interaction_id: uuid.UUID,
    due_at: datetime.datetime | None = None,
) -> BaseMember:
    """What came of an interaction that is about a member: its attempt is written, and one in progress goes where the outcome leads.

    For who ends the interaction, and has asked whether it may end: it ends whatever became of the record meanwhile. One that is not in
    progress, or that somebody is on the telephone with, only remembers the attempt.

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    recorded = write_attempt(
        member, medium=medium, by=by, typification=typification, interaction_id=interaction_id, at=None
    )
    if recorded.attempt.typification_id != typification.pk:
        # Taken up again since, and ended otherwise: it is one interaction still.
        complete(recorded.attempt, member, typification, by=by)
    calls = member.attempts_made.filter(cycle=member.cycle, typification__isnull=True, medium=Attempt.Medium.CALL)
    if member.state == State.IN_PROGRESS and not calls.exists():
        lead_on(member, typification, by=by, due_at=due_at)
    return member


@transaction.atomic
def engage_member(member_id: int, *, by: User) -> BaseMember:
    """A conversation with a member's contact is under way: nobody is offered the member meanwhile. One that is closed, out of reach or in
    somebody else's hands stays as it is.

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    is_anothers = member.state == State.RESERVED and member.reserved_by_id != by.pk
    if member.state not in MOVES["engaged"].before or is_anothers:
        return member
    before = member.state
    move(member, "engaged", State.IN_PROGRESS)
    keep(member, "member_begun", by=by, before=before)
    return member


@transaction.atomic
def disengage_member(member_id: int, *, by: User) -> BaseMember:
    """The conversation was about somebody else's record: this one is offered again. One that is not in progress stays as it is.

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    if member.state != State.IN_PROGRESS:
        return member
    move(member, "disengaged", State.RETRY if member.attempts else State.UNPROCESSED)
    keep(member, "member_released", by=by, before=State.IN_PROGRESS)
    return member


@transaction.atomic
def move_promise(member_id: int, *, due_at: datetime.datetime | None, by: User) -> BaseMember:
    """What was promised a member is for another time, or (None) for none: then it is to be tried again. Without a promise it stays as it is.

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    if member.state not in PROMISED:
        return member
    before = member.state
    if due_at is None:
        move(member, "unpromised", State.RETRY)
    else:
        member.due_at = due_at
    keep(member, "member_promise_moved", by=by, before=before)
    return member
