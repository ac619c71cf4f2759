"""What administrators write about users: who they are, what they may do, where they belong."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions.rights import (
    hold_rights,
    keep_an_administrator,
    refuse_becoming,
    refuse_giving_more,
    user_within_reach,
)
from accounts.actions.sessions import revoke_access
from accounts.actions.states import leave
from accounts.events import MembershipChanged
from accounts.models import Team, TeamMember, User
from core import journal
from core.events import publish
from core.refusals import Invalid
from core.versions import refuse_stale, version_of

PERSONAL = ("first_name", "last_name", "email")
MOST_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Everything of a user that an administrator may write. `teams` says of each team whether they supervise it."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    roles: frozenset[int] = frozenset()
    teams: Mapping[int, bool] = field(default_factory=dict)
    language: str = "es"
    time_zone: str = "America/Asuncion"
    capacity: Mapping[str, int] = field(default_factory=dict)
    may_export: bool = False
    may_log_out_with_active: bool = False

    @classmethod
    def of(cls, user: User) -> Profile:
        return cls(
            first_name=user.first_name,
            last_name=user.last_name,
            email=user.email,
            roles=frozenset(user.groups.values_list("pk", flat=True)),
            teams=dict(user.memberships.values_list("team_id", "is_supervisor")),
            language=user.language,
            time_zone=user.time_zone,
            capacity=dict(user.capacity),
            may_export=user.may_export,
            may_log_out_with_active=user.may_log_out_with_active,
        )

    def as_values(self) -> dict[str, Any]:
        values = asdict(self)
        values["roles"] = sorted(self.roles)
        values["teams"] = {str(team): self.teams[team] for team in sorted(self.teams)}
        return values

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def add_user(username: str, *, profile: Profile, by: User | None, password: str | None = None) -> User:
    """Return a new user. Without a password nobody can sign in until one is set (by the invitation's link).

    Raises:
        Invalid: the name or the address is taken, or something is wrong or beyond what `by` may give.
    """
    hold_rights()
    username = username.strip()
    refuse_wrong(profile, user_id=None)
    refuse_beyond(Profile(), profile, by=by)
    if by is not None and not by.has_perm("accounts.see_all_teams") and not profile.teams:
        raise Invalid(
            fields={"teams": [_("Choose at least one of your teams: you would not see this user otherwise.")]}
        )
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid(fields={"username": [_("There is already a user «{name}».").format(name=username)]})
    user = User(username=username, first_name=profile.first_name, last_name=profile.last_name, email=profile.email)
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise Invalid(fields={"password": list(error.messages)}) from None
        user.set_password(password)
    else:
        user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Invalid(fields={"username": [_("There is already a user «{name}».").format(name=username)]}) from None
    journal.record(
        "user_created", user, by=by, details={"roles": sorted(profile.roles)}, personal={"username": username}
    )
    store(user, before=Profile.of(user), after=profile)
    return user


@transaction.atomic
def edit_user(user_id: int, *, profile: Profile, by: User | None, version: str | None = None) -> User:
    """Write a user's profile. With other roles their sessions end; with other teams their sockets look again.

    Raises:
        NotFound, NotAllowed: not theirs to change (accounts.actions.rights).
        Stale: somebody else changed it since `version`.
        Invalid: something is wrong or beyond what `by` may give.
        LastAdministrator: nobody would be left to mend it.
    """
    hold_rights()
    user = user_within_reach(user_id, by=by)
    before = Profile.of(user)
    refuse_stale(version, before.version)
    if before == profile:
        return user
    refuse_wrong(profile, user_id=user.pk)
    refuse_beyond(before, profile, by=by)
    if before.email != profile.email:
        # Whoever reads the mail chooses the password.
        refuse_becoming(user, by=by)
    journal.record("user_edited", user, by=by, **told(before, profile))
    store(user, before=before, after=profile)
    if before.roles != profile.roles:
        keep_an_administrator()
        revoke_access(user.pk, by=by, verb="role_changed")
    elif before.teams != profile.teams:
        publish(MembershipChanged(user_id=user.pk))
    return user


def refuse_wrong(profile: Profile, *, user_id: int | None) -> None:
    fields: dict[str, list[str]] = {}
    if profile.email:
        try:
            validate_email(profile.email)
        except ValidationError as error:
            fields["email"] = list(error.messages)
        if User.objects.filter(email__iexact=profile.email).exclude(pk=user_id).exists():
            fields["email"] = [_("Another user has this address already.")]
    if not profile.roles:
        fields["roles"] = [_("Choose at least one role.")]
    elif Group.objects.filter(pk__in=profile.roles).count() != len(profile.roles):
        fields["roles"] = [_("One of the roles does not exist any more.")]
    if profile.language not in dict(settings.LANGUAGES):
        fields["language"] = [_("Choose one of the languages.")]
    if profile.time_zone not in zoneinfo.available_timezones():
        fields["time_zone"] = [_("Choose one of the time zones.")]
    if any(not 0 <= most <= MOST_AT_ONCE for most in profile.capacity.values()):
        fields["capacity"] = [_("Write a number between 0 and {most}.").format(most=MOST_AT_ONCE)]
    if fields:
        raise Invalid(fields=fields)


def refuse_beyond(before: Profile, after: Profile, *, by: User | None) -> None:
    """Whoever writes it may give and take what changes, team by team and role by role."""
    if by is None:
        return
    refuse_giving_more(set(before.roles ^ after.roles), by=by)
    changed = {
        team for team in before.teams.keys() | after.teams.keys() if before.teams.get(team) != after.teams.get(team)
    }
    known = set(Team.objects.visible_to(by).filter(pk__in=changed).values_list("pk", flat=True))
    if changed - known:
        raise Invalid(fields={"teams": [_("You can only change the teams that you see.")]})
    if not by.has_perm("accounts.see_all_teams"):
        supervised = set(by.memberships.filter(is_supervisor=True).values_list("team_id", flat=True))
        if any(after.teams.get(team) and team not in supervised for team in changed):
            raise Invalid(fields={"supervised": [_("Only a supervisor of the team can name another.")]})
    if after.may_export and not before.may_export and not (by.may_export or by.has_perm("accounts.manage_roles")):
        raise Invalid(fields={"may_export": [_("You may not export yourself, so you cannot give it.")]})


def told(before: Profile, after: Profile) -> dict[str, Any]:
    """What the journal keeps of a change: what names a person apart from the rest."""
    changes = journal.changes(before.as_values(), after.as_values())
    personal: dict[str, str] = {}
    for name in PERSONAL:
        if name in changes["before"]:
            personal |= {f"{name}.before": changes["before"].pop(name), f"{name}.after": changes["after"].pop(name)}
    return {"details": changes, "personal": personal}


def store(user: User, *, before: Profile, after: Profile) -> None:
    for name in (*PERSONAL, "language", "time_zone", "may_export", "may_log_out_with_active"):
        setattr(user, name, getattr(after, name))
    user.capacity = dict(after.capacity)
    user.save(update_fields=[*PERSONAL, "language", "time_zone", "may_export", "may_log_out_with_active", "capacity"])
    if before.email != after.email:
        # The sign-in library keeps addresses of its own: to the old one it would still send the link for a new password (S15).
        EmailAddress.objects.filter(user=user).delete()
    user.groups.set(after.roles)
    TeamMember.objects.filter(user=user, team_id__in=before.teams.keys() - after.teams.keys()).delete()
    for team, is_supervisor in after.teams.items():
        TeamMember.objects.update_or_create(team_id=team, user=user, defaults={"is_supervisor": is_supervisor})


@transaction.atomic
def switch_user_off(user_id: int, *, by: User | None) -> User:
    """Close the door for a user within reach; repeating it changes nothing (S12).

    Raises: as edit_user, and Invalid for oneself.
    """
    hold_rights()
    user = user_within_reach(user_id, by=by)
    if by is not None and user.pk == by.pk:
        raise Invalid(_("You cannot deactivate yourself: somebody else must do it."))
    if not user.is_active:
        return user
    user.is_active = False
    user.save(update_fields=["is_active"])
    keep_an_administrator()
    leave(user.pk)
    revoke_access(user.pk, by=by, verb="user_deactivated")
    return user


@transaction.atomic
def switch_user_on(user_id: int, *, by: User | None) -> User:
    """Let a user in again, with the rights they had; repeating it changes nothing."""
    hold_rights()
    user = user_within_reach(user_id, by=by)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        journal.record("user_reactivated", user, by=by)
    return user
