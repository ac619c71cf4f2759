"""Users: made, given a role, let out."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.actions.sessions import revoke_access
from accounts.actions.states import leave
from accounts.actions.teams import join_team
from accounts.models import ROLES, Team, User
from core import journal
from core.refusals import Invalid


@transaction.atomic
def create_user(
    username: str,
    *,
    role: str,
    password: str | None,
    by: User | None = None,
    teams: Iterable[Team] = (),
    first_name: str = "",
    last_name: str = "",
) -> User:
    """Return a new user. Without a password nobody can sign in with it until one is set.

    Raises:
        Invalid: the name is taken or the role is unknown.
    """
    if role not in ROLES:
        raise Invalid(fields={"role": [f"«{role}» is not a role: {', '.join(ROLES)}."]})
    try:
        with transaction.atomic():
            user: User = User.objects.create_user(
                username, password=password, first_name=first_name, last_name=last_name
            )
    except IntegrityError:
        raise Invalid(fields={"username": [f"There is already a user «{username}»."]}) from None
    user.groups.set([Group.objects.get(name=role)])
    for team in teams:
        join_team(user, team, is_supervisor=role == "supervisor", by=by)
    journal.record("user_created", user, by=by, details={"role": role})
    return user


@transaction.atomic
def change_role(user_id: int, *, role: str, by: User | None) -> None:
    """Give the user another role. Their sessions end: pages opened with the old one would show what the new one may not."""
    user = User.objects.select_for_update().get(pk=user_id)
    user.groups.set([Group.objects.get(name=role)])
    revoke_access(user_id, by=by, verb="role_changed")


@transaction.atomic
def deactivate_user(user_id: int, *, by: User | None) -> None:
    """Close the door for a user: no sign-in, sessions and auxiliary end, sockets close."""
    User.objects.filter(pk=user_id).update(is_active=False)
    leave(user_id)
    revoke_access(user_id, by=by, verb="user_deactivated")


def change_preferences(user: User, *, theme: str | None = None, language: str | None = None) -> None:
    """Keep the user's theme and language."""
    changes = {name: value for name, value in (("theme", theme), ("language", language)) if value is not None}
    if changes:
        User.objects.filter(pk=user.pk).update(**changes)
