"""The person at the desk, with the channels and campaigns they work for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.views import me_row
from accounts.models import Team, User
from accounts.requests import SignedInRequest
from campaigns.models import Campaign, ChannelAccount
from contacts.models import ContactGroup, Tag
from contacts.open_records import open_record_of
from inbox.audience import seen_teams


class Me(APIView):
    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: SignedInRequest) -> Response:
        return Response(me_with_work(request.user))


def me_with_work(user: User) -> dict[str, Any]:
    campaigns = Campaign.objects.select_related("project__client")
    if not user.has_perm("accounts.see_all_teams"):
        campaigns = (
            campaigns.filter(memberships__user=user) | campaigns.filter(team_id__in=seen_teams(user))
        ).distinct()
    found = list(campaigns)
    accounts = ChannelAccount.objects.filter(campaigns__in=found).distinct()
    record = open_record_of(user)
    return me_row(user) | {
        # What keeps new chats away and other conversations open (000-02).
        "open_record": {"base": record.base.name} if record is not None else None,
        "accounts": [{"id": each.pk, "name": each.name, "kind": each.kind, "color": each.color} for each in accounts],
        "filter_teams": [{"id": pk, "name": name} for pk, name in teams_to_filter(user)],
        "tags": list(Tag.objects.filter(archived_at=None).values("id", "name", "hue")),
        "groups": list(
            ContactGroup.objects.visible_to(user).filter(archived_at=None).values("id", "name", "hue", "kind")
        ),
        "campaigns": [
            {
                "id": each.pk,
                "name": each.name,
                "project": each.project.name,
                "client": each.project.client.name,
                # Below the first a wait is good, from the second on it is late: the list shows each row's by its campaign.
                "sla_optimal_s": each.project.client.sla_optimal_s,
                "sla_low_s": each.project.client.sla_low_s,
            }
            for each in found
        ],
    }


def teams_to_filter(user: User) -> list[tuple[int, str]]:
    """The teams by which a list can be narrowed: those whose work the user sees."""
    teams = Team.objects.all()
    if not user.has_perm("accounts.see_all_teams"):
        teams = teams.filter(pk__in=seen_teams(user))
    return list(teams.values_list("pk", "name"))
