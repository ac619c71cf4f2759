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
from contacts.actions.members import is_out_of_reach, keep, lead_on
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
    progress, or that somebody is on the telephone with, only remembers the attempt; but one that was given back while it waited for this
    very outcome, and that nobody touched since, goes where it leads all the same.

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    if is_awaited(member, interaction_id):
        move(member, "engaged", State.IN_PROGRESS)
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


def is_awaited(member: BaseMember, interaction_id: uuid.UUID) -> bool:
    """Whether this interaction is the last thing that happened to a record to be tried again, and has no outcome yet."""
    if member.state != State.RETRY or member.last_contact_at is None:
        return False
    waiting = member.attempts_made.filter(cycle=member.cycle, typification__isnull=True, at=member.last_contact_at)
    return waiting.filter(interaction_id=interaction_id).exists()


@transaction.atomic
def give_up_calls(member_id: int, *, before: datetime.datetime) -> bool:
    """A record whose last call began before a moment, and has no outcome still, is to be tried again; return whether this one was.

    For who knows that no conversation about it goes on. The attempt stays one, and its outcome may still be said (see `land_outcome`).

    Raises:
        NotFound: there is no such member.
    """
    member = held_member(member_id)
    calls = member.attempts_made.filter(cycle=member.cycle, typification__isnull=True, medium=Attempt.Medium.CALL)
    last = calls.order_by("-at").first()
    if member.state != State.IN_PROGRESS or last is None or last.at > before:
        return False
    move(member, "timed_out", State.SUPPRESSED if is_out_of_reach(member) else State.RETRY)
    keep(member, "member_timed_out", by=None, before=State.IN_PROGRESS, user_id=last.user_id)
    return True


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
