"""What is done to users, teams, sessions and auxiliaries."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import presence
from accounts.events import AccessRevoked, AuxStateLeft, AuxStateSwitched, MembershipChanged, SessionEnded
from accounts.models import ROLES, AgentStateInterval, ApiToken, AuxState, Team, TeamMember, User
from core import journal
from core.events import publish
from core.refusals import Invalid

# What each built-in role may do. Upper floors' permissions are named, not imported: Django keeps them by name.
ROLE_PERMISSIONS = {
    "agent": ["see_numbers"],
    "supervisor": ["see_numbers", "supervise_teams", "view_team_conversations", "see_channel_accounts"],
    "admin": [
        "see_numbers",
        "supervise_teams",
        "see_all_teams",
        "view_team_conversations",
        "manage_dead_letters",
        "see_channel_accounts",
        "manage_channel_accounts",
        "manage_typifications",
    ],
}

# A panel not heard of for this long is taken to be closed (its sockets speak every quarter of a minute).
ABANDONED_SECONDS = 600

# Each: its code, name, colour, icon and routing; then what it accepts, works on and counts as; then its most minutes (DOMAIN.md).
SEEDED_AUX_STATES = [
    (
        "social_new_and_active",
        "Redes Sociales (chat nuevos + activos)",
        "green",
        "messages-square",
        "ready",
        True,
        True,
        True,
        None,
    ),
    ("social_active_only", "Redes Sociales (sólo activos)", "blue", "message-square", "drain", False, True, True, None),
    ("telephony", "Telefonía", "violet", "phone", "not_ready", False, True, True, None),
    ("preview", "Preview", "ochre", "id-card", "not_ready", False, True, True, None),
    ("mixed", "Mixto", "green", "layers", "ready", True, True, True, None),
    ("break", "Descanso", "gray", "coffee", "not_ready", False, False, False, 15),
    ("bathroom", "Baño", "gray", "door-open", "not_ready", False, False, False, 10),
    ("training", "Capacitación", "blue", "graduation-cap", "not_ready", False, False, True, None),
    ("meeting", "Reunión", "blue", "users", "not_ready", False, False, True, None),
    ("back_office", "Back office", "blue", "inbox", "not_ready", False, True, True, None),
    ("offline", "Desconectado", "gray", "circle-off", "offline", False, False, False, None),
]


@transaction.atomic
def seed_roles_and_aux_states() -> None:
    """Make the built-in roles and auxiliaries. Repeating it changes nothing that an admin changed."""
    for role in ROLES:
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.add(*Permission.objects.filter(codename__in=ROLE_PERMISSIONS[role]))
    for position, (code, name, color, icon, routing, accepts_new, works_active, productive, max_minutes) in enumerate(
        SEEDED_AUX_STATES
    ):
        AuxState.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "color": color,
                "icon": icon,
                "routing": routing,
                "accepts_new": accepts_new,
                "works_active": works_active,
                "productive": productive,
                "max_minutes": max_minutes,
                "is_initial": position == 0,
                "position": position,
            },
        )


def ensure_team(name: str) -> Team:
    """Return the team called `name`, made where it is missing."""
    team, _created = Team.objects.get_or_create(name=name)
    return team


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
            user = User.objects.create_user(username, password=password, first_name=first_name, last_name=last_name)
    except IntegrityError:
        raise Invalid(fields={"username": [f"There is already a user «{username}»."]}) from None
    user.groups.set([Group.objects.get(name=role)])
    for team in teams:
        join_team(user, team, is_supervisor=role == "supervisor", by=by)
    journal.record("user_created", user, by=by, details={"role": role})
    return user


@transaction.atomic
def join_team(user: User, team: Team, *, is_supervisor: bool, by: User | None) -> None:
    TeamMember.objects.update_or_create(team=team, user=user, defaults={"is_supervisor": is_supervisor})
    journal.record("team_joined", user, by=by, details={"team": team.pk, "is_supervisor": is_supervisor})
    publish(MembershipChanged(user_id=user.pk))


@transaction.atomic
def leave_team(user: User, team: Team, *, by: User | None) -> None:
    TeamMember.objects.filter(team=team, user=user).delete()
    journal.record("team_left", user, by=by, details={"team": team.pk})
    publish(MembershipChanged(user_id=user.pk))


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
    close_interval(user_id)
    revoke_access(user_id, by=by, verb="user_deactivated")


@transaction.atomic
def revoke_access(user_id: int, *, by: User | None, verb: str = "sessions_ended") -> None:
    """End every session of the user at once (S12)."""
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    user = User.objects.get(pk=user_id)
    journal.record(verb, user, by=by)
    publish(AccessRevoked(user_id=user_id))


@transaction.atomic
def begin_session(user: User) -> None:
    """Somebody signed in: they stand in the initial auxiliary unless another browser already holds one."""
    journal.record("signed_in", user, by=user)
    stand_in(user)


@transaction.atomic
def stand_in(user: User) -> None:
    """Give whoever is here an auxiliary, the initial one, if they have none: at sign-in, or back after a long absence."""
    hold_user(user)
    if AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).exists():
        return
    initial = AuxState.objects.filter(is_initial=True).first()
    if initial is not None:
        open_interval(user, initial)


@transaction.atomic
def end_session(user: User, *, session_digest: str) -> None:
    """Somebody signed out of one browser: its sockets close, and they leave their auxiliary unless another browser is open."""
    hold_user(user)
    journal.record("signed_out", user, by=user)
    if not presence.has_other_session(user.pk, session_digest):
        close_interval(user.pk)
    publish(SessionEnded(user_id=user.pk, session_digest=session_digest))


def close_abandoned_intervals() -> int:
    """End the auxiliary of everybody whose panel was not heard of for ten minutes; return how many.

    Somebody who closed the laptop is not ready, and new work must not be given to them. While Redis is away nobody can be told
    from the absent, so nothing is done.
    """
    if not presence.is_known():
        return 0
    here = presence.connected_user_ids(within_seconds=ABANDONED_SECONDS)
    since = timezone.now() - datetime.timedelta(seconds=ABANDONED_SECONDS)
    open_ones = AgentStateInterval.objects.filter(ended_at__isnull=True, started_at__lt=since).exclude(user_id__in=here)
    user_ids = list(open_ones.order_by("user_id").values_list("user_id", flat=True))
    for user_id in user_ids:
        leave_auxiliary(user_id)
    return len(user_ids)


@transaction.atomic
def leave_auxiliary(user_id: int) -> None:
    user = User.objects.get(pk=user_id)
    hold_user(user)
    close_interval(user_id)
    journal.record("aux_state_abandoned", user, by=None)
    publish(AuxStateLeft(user_id=user_id))


@transaction.atomic
def switch_aux_state(user: User, aux_state: AuxState, *, reason: str = "") -> AgentStateInterval:
    """Put the user into another auxiliary; the same one again changes nothing (001-20)."""
    hold_user(user)
    current = AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).first()
    if current is not None and current.aux_state_id == aux_state.pk:
        return current
    close_interval(user.pk)
    interval = open_interval(user, aux_state, reason=reason)
    journal.record("aux_state_switched", user, by=user, details={"aux_state": aux_state.code})
    return interval


def hold_user(user: User) -> None:
    """The user's row is the lock: two browsers that sign in or switch at once give one open interval, not a constraint error."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def open_interval(user: User, aux_state: AuxState, *, reason: str = "") -> AgentStateInterval:
    interval = AgentStateInterval.objects.create(user=user, aux_state=aux_state, reason=reason)
    publish(AuxStateSwitched(user_id=user.pk, aux_state_id=aux_state.pk))
    return interval


def close_interval(user_id: int) -> None:
    # Never before its own start, whatever the clocks of two machines say: nobody's way out depends on that.
    AgentStateInterval.objects.filter(user_id=user_id, ended_at__isnull=True).update(
        ended_at=Greatest(Value(timezone.now()), F("started_at"))
    )


def change_preferences(user: User, *, theme: str | None = None, language: str | None = None) -> None:
    """Keep the user's theme and language."""
    changes = {name: value for name, value in (("theme", theme), ("language", language)) if value is not None}
    if changes:
        User.objects.filter(pk=user.pk).update(**changes)


@transaction.atomic
def create_api_token(user: User, *, name: str, by: User | None) -> str:
    """Return a new token in plain: the only time it is ever seen."""
    plain = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, name=name, digest=hashlib.sha256(plain.encode()).hexdigest())
    journal.record("api_token_created", token, by=by, details={"user": user.pk})
    return plain


@transaction.atomic
def revoke_api_token(token: ApiToken, *, by: User | None) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    journal.record("api_token_revoked", token, by=by)


def note_token_use(token: ApiToken) -> None:
    # A minute's grain: a busy program must not cost a write per request.
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > datetime.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
