"""Teams as administrators set them up: their name, who belongs, who supervises; archived when they are no longer used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.events import MembershipChanged
from accounts.models import Team, TeamMember, User
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound
from core.versions import refuse_stale, version_of


@dataclass(frozen=True, kw_only=True)
class TeamSheet:
    """What is written of a team: `members` says of each whether they supervise it."""

    name: str
    members: Mapping[int, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, team: Team) -> TeamSheet:
        return cls(name=team.name, members=dict(team.memberships.values_list("user_id", "is_supervisor")))

    def as_values(self) -> dict[str, Any]:
        return {"name": self.name, "members": {str(each): self.members[each] for each in sorted(self.members)}}

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_team(sheet: TeamSheet, *, by: User) -> Team:
    """Return a new team. Whoever does not see every team joins it as supervisor, or it would be out of their sight.

    Raises:
        Invalid: the name is taken, or somebody is not for `by` to see.
    """
    members = dict(sheet.members)
    if not by.has_perm("accounts.see_all_teams"):
        members[by.pk] = True
    refuse_unseen(members.keys(), by=by)
    team = Team(name=sheet.name.strip())
    save_named(team)
    journal.record("team_created", team, by=by, details={"name": team.name})
    seat(team, before={}, after=members)
    return team


@transaction.atomic
def edit_team(team_id: int, *, sheet: TeamSheet, by: User, version: str | None = None) -> Team:
    """Write a team. Whoever joins or leaves sees another set at once (S04).

    Raises:
        NotFound: there is none for `by` to see.
        Stale: somebody else changed it since `version`.
        Invalid: the name is taken, somebody who changes is not for `by` to see, or becomes a supervisor without one naming them.
    """
    team = held_team(team_id, by=by)
    before = TeamSheet.of(team)
    refuse_stale(version, before.version)
    changed = {
        each
        for each in before.members.keys() | sheet.members.keys()
        if before.members.get(each) != sheet.members.get(each)
    }
    refuse_unseen(changed, by=by)
    refuse_naming(sheet, before=before, changed=changed, by=by)
    if not changed and before.name == sheet.name.strip():
        return team
    team.name = sheet.name.strip()
    save_named(team)
    journal.record("team_edited", team, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    seat(team, before=before.members, after=sheet.members)
    return team


@transaction.atomic
def archive_team(team_id: int, *, by: User) -> Team:
    """Take a team out of what may be chosen. Its people and conversations stay as they are; repeating it changes nothing."""
    return set_archived(team_id, archived=True, verb="team_archived", by=by)


@transaction.atomic
def restore_team(team_id: int, *, by: User) -> Team:
    """Bring an archived team back."""
    return set_archived(team_id, archived=False, verb="team_restored", by=by)


def set_archived(team_id: int, *, archived: bool, verb: str, by: User) -> Team:
    team = held_team(team_id, by=by)
    if team.archived != archived:
        team.archived = archived
        team.save(update_fields=["archived"])
        journal.record(verb, team, by=by)
    return team


def held_team(team_id: int, *, by: User) -> Team:
    team: Team | None = (
        Team.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=team_id).first()
    )
    if team is None:
        raise NotFound(_("There is no such team."))
    return team


def refuse_unseen(user_ids: Any, *, by: User) -> None:
    wanted = set(user_ids)
    if wanted - set(User.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", flat=True)):
        raise Invalid(fields={"members": [_("You can only add and take away people that you see.")]})


def refuse_naming(sheet: TeamSheet, *, before: TeamSheet, changed: set[int], by: User) -> None:
    """As on a user's page (accounts.actions.profiles): who only belongs to a team does not make its supervisors, least of all themselves."""
    if by.has_perm("accounts.see_all_teams") or before.members.get(by.pk):
        return
    if any(sheet.members.get(each) for each in changed):
        raise Invalid(fields={"supervisors": [_("Only a supervisor of the team can name another.")]})


def save_named(team: Team) -> None:
    taken = Invalid(fields={"name": [_("There is already a team «{name}».").format(name=team.name)]})
    if Team.objects.filter(name__iexact=team.name).exclude(pk=team.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise taken from None


def seat(team: Team, *, before: Mapping[int, bool], after: Mapping[int, bool]) -> None:
    """Make the memberships what `after` says, and tell whom it touches."""
    TeamMember.objects.filter(team=team, user_id__in=before.keys() - after.keys()).delete()
    for user_id, is_supervisor in after.items():
        if before.get(user_id) != is_supervisor:
            TeamMember.objects.update_or_create(team=team, user_id=user_id, defaults={"is_supervisor": is_supervisor})
    for user_id in sorted(before.keys() | after.keys()):
        if before.get(user_id) != after.get(user_id):
            publish(MembershipChanged(user_id=user_id))
