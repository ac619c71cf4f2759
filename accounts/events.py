"""What happens to people and their sessions."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """One browser signed out. `session_digest` names it without being of use to anybody."""

    user_id: int
    session_digest: str


@dataclass(frozen=True, kw_only=True)
class AccessRevoked(Event):
    """Every session of the user ended: password, role, deactivation, or an admin's order."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class MembershipChanged(Event):
    """The user's teams or campaigns changed: what they may see is another set now."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class AuxStateSwitched(Event):
    user_id: int
    aux_state_id: int


@dataclass(frozen=True, kw_only=True)
class AuxStateOverran(Event):
    """Somebody is in an auxiliary for longer than it allows."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class AuxStateLeft(Event):
    """Nobody sits at that panel any more: what they had in hand is for others now."""

    user_id: int
