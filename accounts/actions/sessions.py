"""Sessions: begun, ended, all ended at once."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from accounts import presence
from accounts.actions import pushing
from accounts.actions.states import hold_user, leave, stand_in
from accounts.events import AccessRevoked, SessionEnded
from accounts.models import User
from core import journal
from core.events import publish


@transaction.atomic
def revoke_access(user_id: int, *, by: User | None, verb: str = "sessions_ended") -> None:
    """End every session of the user at once (S12)."""
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    pushing.forget_all_of(user_id)
    user = User.objects.get(pk=user_id)
    journal.record(verb, user, by=by)
    publish(AccessRevoked(user_id=user_id))


@transaction.atomic
def begin_session(user: User) -> None:
    """Somebody signed in: they stand in the initial auxiliary unless another browser already holds one."""
    journal.record("signed_in", user, by=user)
    stand_in(user)


@transaction.atomic
def end_session(user: User, *, session_digest: str) -> None:
    """Somebody signed out of one browser: its sockets close, and they leave their auxiliary unless another browser is open."""
    hold_user(user)
    journal.record("signed_out", user, by=user)
    if not presence.has_other_session(user.pk, session_digest):
        leave(user.pk)
    publish(SessionEnded(user_id=user.pk, session_digest=session_digest))


def note_refused_entry(user: User, *, path: str, method: str) -> None:
    """Somebody asked for a page their role does not open (S07)."""
    journal.record("entry_refused", user, by=user, details={"path": path[:200], "method": method})
