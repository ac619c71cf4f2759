"""Who am I, what am I doing, who else is here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import actions, presence
from accounts.actions import keeping
from accounts.models import AgentStateInterval, AuxState, Team, TeamMember, User
from accounts.requests import SignedInRequest
from core.refusals import Invalid, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}


class AuxStateInput(serializers.Serializer[None]):
    aux_state = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class ForcedAuxStateInput(serializers.Serializer[None]):
    aux_state = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=200)


class PreferencesInput(serializers.Serializer[None]):
    theme = serializers.ChoiceField(choices=["system", "light", "dark"], required=False)
    language = serializers.ChoiceField(choices=["es", "en", "pt-br"], required=False)
    keys = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=80), required=False)


class MyAuxState(APIView):
    @extend_schema(request=AuxStateInput, responses=OBJECT)
    def put(self, request: SignedInRequest) -> Response:
        serializer = AuxStateInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        aux_state = chosen_aux_state(serializer.validated_data["aux_state"])
        interval = actions.switch_aux_state(request.user, aux_state, reason=serializer.validated_data["reason"])
        return Response(interval_row(interval))


class AuxStateOf(APIView):
    @extend_schema(request=ForcedAuxStateInput, responses=OBJECT)
    def put(self, request: SignedInRequest, user_id: int) -> Response:
        """Put somebody one supervises into another auxiliary; the reason is theirs to read."""
        # What is not JSON is refused as such, whoever sends it; then whom one does not see does not exist (S01, S20).
        _body = request.data
        if not User.objects.visible_to(request.user).filter(pk=user_id, is_active=True).exists():
            raise NotFound(_("It does not exist or is not yours to see."))
        serializer = ForcedAuxStateInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        interval = actions.force_aux_state(
            user_id, chosen_aux_state(said["aux_state"]), by=request.user, reason=said["reason"]
        )
        return Response(interval_row(interval))


class MyPreferences(APIView):
    @extend_schema(request=PreferencesInput, responses=OBJECT)
    def put(self, request: SignedInRequest) -> Response:
        serializer = PreferencesInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = dict(serializer.validated_data)
        keys = wanted.pop("keys", None)
        if keys is not None:
            keeping.change_desk_keys(request.user, keys)
        actions.change_preferences(request.user, **wanted)
        request.user.refresh_from_db(fields=["theme", "language", "desk_keys"])
        user = request.user
        return Response({"theme": user.theme, "language": user.language, "keys": user.desk_keys})


class AuxStates(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        return Response({"results": [aux_row(each) for each in AuxState.objects.live()]})


class Users(APIView):
    """Who is connected, of the teams the user belongs to: nobody sees another team's people (S05)."""

    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        connected = presence.connected_user_ids()
        users = User.objects.filter(is_active=True)
        if not request.user.has_perm("accounts.see_all_teams"):
            users = users.filter(memberships__team__in=Team.objects.filter(memberships__user=request.user)).distinct()
        users = list(users.order_by("first_name", "username")[:500])
        supervised = set(
            User.objects.supervised_by(request.user)
            .filter(pk__in=[each.pk for each in users])
            .values_list("pk", flat=True)
        )
        intervals = open_intervals().filter(user__in=[each.pk for each in users])
        states = {each.user_id: interval_row(each) for each in intervals}
        return Response(
            {
                "results": [
                    {
                        "id": each.pk,
                        "name": each.name,
                        "initials": each.initials,
                        "hue": each.hue,
                        "aux_state": states.get(each.pk),
                        "online": each.pk in connected,
                        "supervised": each.pk in supervised,
                    }
                    for each in users
                ]
            }
        )


def chosen_aux_state(aux_state_id: int) -> AuxState:
    """One that may be chosen. Raises Invalid."""
    aux_state: AuxState | None = AuxState.objects.live().filter(pk=aux_state_id).first()
    if aux_state is None:
        raise Invalid(
            _("Check the marked fields."), fields={"aux_state": [_("This auxiliary does not exist any more.")]}
        )
    return aux_state


def me_row(user: User) -> dict[str, Any]:
    """docs/api.md's `me/` but for channel accounts and campaigns, which the inbox adds: this floor does not know them."""
    interval = open_intervals().filter(user=user).first()
    return {
        "id": user.pk,
        "username": user.username,
        "name": user.name,
        "initials": user.initials,
        "hue": user.hue,
        "role": user.role,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "permissions": sorted(user.get_all_permissions() & SHOWN_PERMISSIONS),
        "aux_state": interval_row(interval) if interval else None,
        "resumes_to": resumes_to(user),
        "keys": user.desk_keys,
        "teams": list(TeamMember.objects.filter(user=user).values_list("team_id", flat=True)),
    }


def resumes_to(user: User) -> int | None:
    """The auxiliary to go back to after a pause: the last one in which this person attended, else where everybody begins (001-20)."""
    attending = [AuxState.Routing.READY, AuxState.Routing.DRAIN]
    last = (
        AgentStateInterval.objects.filter(user=user, aux_state__routing__in=attending)
        .order_by("-started_at")
        .values_list("aux_state_id", flat=True)
        .first()
    )
    if last is None:
        return AuxState.objects.filter(is_initial=True).values_list("pk", flat=True).first()
    return int(last)


# Named, not imported: the panel only needs to know which parts to draw.
SHOWN_PERMISSIONS = {
    "contacts.edit_contacts",
    "accounts.see_numbers",
    "accounts.see_all_teams",
    "accounts.supervise_teams",
    "inbox.view_team_conversations",
    "processes.run_processes",
}


def aux_row(aux_state: AuxState) -> dict[str, Any]:
    names = (
        "id",
        "code",
        "name",
        "color",
        "icon",
        "routing",
        "accepts_new",
        "works_active",
        "productive",
        "max_minutes",
    )
    return {name: getattr(aux_state, name) for name in names}


def interval_row(interval: AgentStateInterval) -> dict[str, Any]:
    return aux_row(interval.aux_state) | {
        "since": interval.started_at,
        "reason": interval.reason,
        "forced_by": interval.forced_by.name if interval.forced_by is not None else "",
    }


def open_intervals() -> QuerySet[AgentStateInterval]:
    return AgentStateInterval.objects.filter(ended_at__isnull=True).select_related("aux_state", "forced_by")
