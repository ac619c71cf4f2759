"""The states of a base's member and what leads from one to the next: DOMAIN.md's table, once, for every action that moves one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.models import BaseMember
from core.refusals import Refusal

State = BaseMember.State

# What an agent may be offered; the promised ones once they are due.
OFFERED = frozenset({State.UNPROCESSED, State.RETRY, State.AUTO_CALLBACK, State.SCHEDULED})
PROMISED = frozenset({State.AUTO_CALLBACK, State.SCHEDULED})
# Bulk processes never touch these.
UNTOUCHABLE = frozenset({State.RESERVED, State.IN_PROGRESS, State.SUPPRESSED})


class NotFromHere(Refusal):
    """A member in this state cannot go there."""

    code = "not_from_here"


@dataclass(frozen=True)
class Move:
    """From which states an event leads, and to which."""

    before: frozenset[State]
    after: frozenset[State]


MOVES: Mapping[str, Move] = {
    "taken": Move(OFFERED, frozenset({State.RESERVED})),
    # To the state before.
    "released": Move(frozenset({State.RESERVED}), OFFERED),
    "begun": Move(frozenset({State.RESERVED}), frozenset({State.IN_PROGRESS})),
    # A conversation that is under way is associated with it, and taken off it again (000-12).
    "engaged": Move(OFFERED | {State.RESERVED}, frozenset({State.IN_PROGRESS})),
    "disengaged": Move(frozenset({State.IN_PROGRESS}), frozenset({State.UNPROCESSED, State.RETRY})),
    # Nobody said in time how its call went.
    "timed_out": Move(frozenset({State.IN_PROGRESS}), frozenset({State.RETRY, State.SUPPRESSED})),
    # By the typification; to suppressed where the contact asked meanwhile not to be contacted.
    "finished": Move(
        frozenset({State.IN_PROGRESS}),
        frozenset({State.CLOSED, State.RETRY, State.AUTO_CALLBACK, State.SCHEDULED, State.SUPPRESSED}),
    ),
    # The promise was taken back, or kept elsewhere.
    "unpromised": Move(PROMISED, frozenset({State.RETRY})),
    # An outcome that is corrected afterwards; a promise made meanwhile stays one.
    "corrected": Move(
        frozenset({State.CLOSED, State.RETRY, State.AUTO_CALLBACK, State.SCHEDULED}),
        frozenset({State.CLOSED, State.RETRY, State.AUTO_CALLBACK, State.SUPPRESSED}),
    ),
    # What is in progress ends by itself, and is suppressed then; what is closed is not offered any more.
    "suppressed": Move(OFFERED | {State.RESERVED}, frozenset({State.SUPPRESSED})),
    "allowed": Move(frozenset({State.SUPPRESSED}), frozenset({State.UNPROCESSED, State.RETRY})),
    "detached": Move(OFFERED | {State.CLOSED}, frozenset({State.DETACHED})),
}


def move(member: BaseMember, event: str, to: State) -> None:
    """Put a member that is held into another state; the caller saves it. What belongs to the state it leaves goes.

    Raises:
        NotFromHere: the event does not lead from where it is to there.
    """
    allowed = MOVES[event]
    if member.state not in allowed.before or to not in allowed.after:
        raise NotFromHere(_("This record is «{state}» now.").format(state=member.get_state_display()))
    if member.state == State.RESERVED:
        member.reserved_by_id, member.reserved_until, member.reserved_from = None, None, ""
    if to not in PROMISED | {State.RESERVED}:
        member.due_at = None
    member.state = to


# What `move` may change.
MOVED = ("state", "due_at", "reserved_by", "reserved_until", "reserved_from")
