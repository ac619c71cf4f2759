"""Teams and who belongs to them."""

from __future__ import annotations

from django.db import transaction

from accounts.events import MembershipChanged
from accounts.models import Team, TeamMember, User
from core import journal
from core.events import publish


def ensure_team(name: str) -> Team:
    """Return the team called `name`, made where it is missing."""
    team, _created = Team.objects.get_or_create(name=name)
    return team


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
