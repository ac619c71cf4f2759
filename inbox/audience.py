"""Who sees which conversations, in two readings that must agree: a condition for SQL and a test for a row in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import TeamMember, User
from campaigns.models import CampaignAgent


@dataclass(frozen=True)
class Arm:
    """One reason to see conversations, led by one indexed column. Without a column: all of them."""

    column: str = ""
    ids: tuple[int, ...] = ()
    # Where the reason holds in one status only.
    status: str | None = None

    @property
    def is_small(self) -> bool:
        """What one person holds, or waits in a campaign, is narrower than anything a filter could name."""
        return self.column in ("assignee_id", "campaign_id")

    def lead(self) -> Q:
        return Q(**{f"{self.column}__in": self.ids}) if self.column else Q()

    def condition(self) -> Q:
        return self.lead() & Q(status=self.status) if self.status else self.lead()

    def within(self, statuses: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the statuses in which the reason holds."""
        return tuple(each for each in statuses if self.status in (None, each))


@dataclass(frozen=True)
class Audience:
    """What one user may see. Read anew whenever teams, campaigns or roles change; never kept longer than that."""

    user_id: int
    sees_all: bool
    team_ids: frozenset[int]
    campaign_ids: frozenset[int]
    sees_numbers: bool

    @classmethod
    def of(cls, user: User) -> Audience:
        """Two short queries beside Django's own permission cache."""
        sees_all = user.has_perm("accounts.see_all_teams")
        return cls(
            user_id=user.pk,
            sees_all=sees_all,
            team_ids=frozenset() if sees_all else frozenset(seen_teams(user)),
            campaign_ids=frozenset()
            if sees_all
            else frozenset(CampaignAgent.objects.filter(user=user).values_list("campaign_id", flat=True)),
            sees_numbers=user.has_perm("accounts.see_numbers"),
        )

    def arms(self) -> list[Arm]:
        """The condition taken apart, each part answered in order by one index: a list is a merge of them (PERFORMANCE.md)."""
        if self.sees_all:
            return [Arm()]
        arms = [Arm("assignee_id", (self.user_id,))]
        if self.campaign_ids:
            arms.append(Arm("campaign_id", tuple(sorted(self.campaign_ids)), status="queued"))
        if self.team_ids:
            arms.append(Arm("team_id", tuple(sorted(self.team_ids))))
        return arms

    def condition(self) -> Q:
        condition, *others = (arm.condition() for arm in self.arms())
        for other in others:
            condition |= other
        return condition

    def sees(self, row: Mapping[str, Any]) -> bool:
        """The same, of a conversation's row in hand (`assignee_id`, `status`, `campaign_id`, `team_id`)."""
        return (
            self.sees_all
            or row["assignee_id"] == self.user_id
            or (row["status"] == "queued" and row["campaign_id"] in self.campaign_ids)
            or row["team_id"] in self.team_ids
        )


def seen_teams(user: User) -> list[int]:
    """Teams whose work the user sees: those supervised, and with the permission, those belonged to."""
    memberships = TeamMember.objects.filter(user=user)
    if not user.has_perm("inbox.view_team_conversations"):
        memberships = (
            memberships.filter(is_supervisor=True) if user.has_perm("accounts.supervise_teams") else memberships.none()
        )
    return list(memberships.values_list("team_id", flat=True))
