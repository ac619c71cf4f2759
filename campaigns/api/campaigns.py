"""Campaigns over JSON: the same parts as on the pages, each with its `version`. For who manages campaigns; another team's are 404."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns.actions.campaign_setup import (
    CampaignSheet,
    Outcomes,
    agents_version,
    change_campaign_state,
    create_campaign,
    edit_campaign,
    set_agents,
    set_outcomes,
    stored_agents,
)
from campaigns.actions.duplicating import copy_campaign
from campaigns.actions.schedules import ScheduleSheet, add_holiday, remove_holiday, set_schedule
from campaigns.actions.serving import AccountsSheet, set_accounts
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.actions.working_bases import BasesSheet, set_bases
from campaigns.api import serializers
from campaigns.models import Campaign, ChannelAccount, Holiday
from contacts.models import ContactBase
from core.refusals import Invalid, NotAllowed, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
MADE = {201: OpenApiTypes.OBJECT}
LIMIT = 50
CURSOR = OpenApiParameter("cursor", int, description="The id of the last one of the page before.")
MANAGE = "campaigns.manage_campaigns"


class Campaigns(APIView):
    @extend_schema(parameters=[OpenApiParameter("state", str, many=True), CURSOR], responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The campaigns of the user's teams, by age."""
        require_managing(request)
        states = [each for each in request.GET.getlist("state") if each]
        if set(states) - set(Campaign.State.values):
            raise Invalid(_("Check the marked fields."), fields={"state": [_("This value is not understood.")]})
        found = Campaign.objects.visible_to(request.user).filter(pk__gt=cursor(request)).order_by("pk")
        if states:
            found = found.filter(state__in=states)
        rows = list(found.select_related("project__client", "team")[: LIMIT + 1])
        last = str(rows[LIMIT - 1].pk) if len(rows) > LIMIT else None
        return Response({"results": [campaign_row(each) for each in rows[:LIMIT]], "next": last})

    @extend_schema(request=serializers.CampaignInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        """A draft, which offers every outcome of the tree."""
        require_managing(request)
        body = checked(serializers.CampaignInput, request)
        body.pop("version")
        return Response(campaign_row(create_campaign(CampaignSheet(**body), by=request.user)), status=201)


class OneCampaign(APIView):
    @extend_schema(operation_id="campaign_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        return Response(campaign_row(seen(campaign_id, request)))

    @extend_schema(request=serializers.CampaignInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        seen(campaign_id, request)
        body = checked(serializers.CampaignInput, request)
        version = body.pop("version")
        edit_campaign(campaign_id, sheet=CampaignSheet(**body), by=request.user, version=version)
        return self.get(request, campaign_id)


class CampaignState(APIView):
    @extend_schema(request=serializers.StateInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        """Start, pause, go on or finish; 409 `not_ready` says why not."""
        seen(campaign_id, request)
        change_campaign_state(campaign_id, state=checked(serializers.StateInput, request)["state"], by=request.user)
        return Response(campaign_row(seen(campaign_id, request)))


class CampaignCopies(APIView):
    @extend_schema(request=serializers.CampaignCopyInput, responses=MADE)
    def post(self, request: SignedInRequest, campaign_id: int) -> Response:
        """A draft with the same agents, channels, outcomes, hours, holidays, messages and bases."""
        seen(campaign_id, request)
        copy = copy_campaign(campaign_id, name=checked(serializers.CampaignCopyInput, request)["name"], by=request.user)
        return Response(campaign_row(copy), status=201)


class CampaignAgents(APIView):
    @extend_schema(operation_id="campaign_agents_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """Who works in it, of those the user sees; no channels: all."""
        held = stored_agents(seen(campaign_id, request))
        people = visible_people(held, request.user)
        rows = [{"user": pk, "name": people[pk], "channels": held[pk]} for pk in sorted(people)]
        return Response({"agents": rows, "version": agents_version(held)})

    @extend_schema(request=serializers.AgentsInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        held = stored_agents(seen(campaign_id, request))
        body = checked(serializers.AgentsInput, request)
        people = visible_people(held, request.user)
        # Whom the user does not see they neither add nor take away.
        unseen = {pk: channels for pk, channels in held.items() if pk not in people}
        wanted = {each["user"]: tuple(each["channels"]) for each in body["agents"]} | unseen
        set_agents(campaign_id, agents=wanted, by=request.user, version=body["version"])
        return self.get(request, campaign_id)


class CampaignAccounts(APIView):
    @extend_schema(operation_id="campaign_accounts_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """Through which accounts it works, and which of them bring their new conversations here."""
        campaign = seen(campaign_id, request)
        sheet = AccountsSheet.of(campaign)
        named = ChannelAccount.objects.filter(pk__in=sheet.accounts).order_by("pk").values("pk", "name", "kind")
        rows = [{"id": each["pk"], "name": each["name"], "kind": each["kind"]} for each in named]
        return Response({"accounts": rows, "default_for": sorted(sheet.defaults), "version": sheet.version})

    @extend_schema(request=serializers.AccountsInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        seen(campaign_id, request)
        body = checked(serializers.AccountsInput, request)
        set_accounts(
            campaign_id,
            account_ids=frozenset(body["accounts"]),
            default_for=frozenset(body["default_for"]),
            by=request.user,
            version=body["version"],
        )
        return self.get(request, campaign_id)


class CampaignOutcomes(APIView):
    @extend_schema(operation_id="campaign_typifications_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """Per purpose what it offers, and the one chosen beforehand."""
        sheet = Outcomes.of(seen(campaign_id, request))
        offers = {
            purpose: {"offered": sorted(offered), "default_id": sheet.defaults.get(purpose)}
            for purpose, offered in sheet.offered.items()
        }
        return Response(offers | {"version": sheet.version})

    @extend_schema(request=serializers.OutcomesInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        """A purpose that is not named stays as it is."""
        before = Outcomes.of(seen(campaign_id, request))
        body = checked(serializers.OutcomesInput, request)
        version = body.pop("version")
        offered = {purpose: frozenset(said["offered"]) for purpose, said in body.items()}
        defaults = {purpose: said["default_id"] for purpose, said in body.items()}
        sheet = Outcomes(offered={**before.offered, **offered}, defaults={**before.defaults, **defaults})
        set_outcomes(campaign_id, outcomes=sheet, by=request.user, version=version)
        return self.get(request, campaign_id)


class CampaignSchedule(APIView):
    @extend_schema(operation_id="campaign_schedule_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """Its week in its own time zone (empty: the installation's). Without any period it always attends."""
        sheet = ScheduleSheet.of(seen(campaign_id, request))
        return Response(sheet.as_values() | {"version": sheet.version})

    @extend_schema(request=serializers.ScheduleInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        seen(campaign_id, request)
        body = checked(serializers.ScheduleInput, request)
        version = body.pop("version")
        set_schedule(campaign_id, sheet=ScheduleSheet(**body), by=request.user, version=version)
        return self.get(request, campaign_id)


class CampaignHolidays(APIView):
    @extend_schema(operation_id="campaign_holidays_list", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        return Response({"results": [holiday_row(each) for each in seen(campaign_id, request).holidays.all()]})

    @extend_schema(request=serializers.HolidayInput, responses=MADE)
    def post(self, request: SignedInRequest, campaign_id: int) -> Response:
        """The same day again takes the new name."""
        seen(campaign_id, request)
        holiday = add_holiday(campaign_id, by=request.user, **checked(serializers.HolidayInput, request))
        return Response(holiday_row(holiday), status=201)


class CampaignHoliday(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, campaign_id: int, holiday_id: int) -> Response:
        seen(campaign_id, request)
        remove_holiday(campaign_id, holiday_id, by=request.user)
        return Response(status=204)


class CampaignMessages(APIView):
    @extend_schema(operation_id="campaign_messages_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """What it says by itself, and the words by which customers ask to be left alone."""
        sheet = MessagesSheet.of(seen(campaign_id, request))
        return Response(sheet.as_values() | {"version": sheet.version})

    @extend_schema(request=serializers.MessagesInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        seen(campaign_id, request)
        body = checked(serializers.MessagesInput, request)
        words = tuple(body["opt_out_words"])
        sheet = MessagesSheet(
            welcome_message=body["welcome_message"], inactivity_message=body["inactivity_message"], opt_out_words=words
        )
        set_messages(campaign_id, sheet=sheet, by=request.user, version=body["version"])
        return self.get(request, campaign_id)


class CampaignBases(APIView):
    @extend_schema(operation_id="campaign_bases_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, campaign_id: int) -> Response:
        """The bases its agents may use, of those the user sees; `default_base` is the one proposed."""
        sheet = BasesSheet.of(seen(campaign_id, request))
        shown = list(
            ContactBase.objects.visible_to(request.user)
            .filter(pk__in=sheet.bases)
            .order_by("pk")
            .values("id", "name", "state")
        )
        default = sheet.default_base if sheet.default_base in {each["id"] for each in shown} else None
        return Response({"bases": shown, "default_base": default, "version": sheet.version})

    @extend_schema(request=serializers.BasesInput, responses=OBJECT)
    def put(self, request: SignedInRequest, campaign_id: int) -> Response:
        seen(campaign_id, request)
        body = checked(serializers.BasesInput, request)
        sheet = BasesSheet(bases=frozenset(body["bases"]), default_base=body["default_base"])
        set_bases(campaign_id, sheet=sheet, by=request.user, version=body["version"])
        return self.get(request, campaign_id)


def campaign_row(campaign: Campaign) -> dict[str, Any]:
    sheet, project = CampaignSheet.of(campaign), campaign.project
    return sheet.as_values() | {
        "id": campaign.pk,
        "state": campaign.state,
        "team": {"id": campaign.team_id, "name": campaign.team.name},
        "project": {"id": project.pk, "name": project.name},
        "client": {"id": project.client_id, "name": project.client.name},
        "version": sheet.version,
    }


def holiday_row(holiday: Holiday) -> dict[str, Any]:
    return {"id": holiday.pk, "on": holiday.on.isoformat(), "name": holiday.name, "is_yearly": holiday.is_yearly}


def visible_people(held: dict[int, tuple[str, ...]], user: User) -> dict[int, str]:
    return {each.pk: each.name for each in User.objects.visible_to(user).filter(pk__in=held)}


def seen(campaign_id: int, request: SignedInRequest) -> Campaign:
    """The campaign, for whoever sees it and manages campaigns. Raises NotFound, then NotAllowed."""
    campaign: Campaign | None = (
        Campaign.objects.visible_to(request.user)
        .select_related("project__client", "team")
        .filter(pk=campaign_id)
        .first()
    )
    if campaign is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    require_managing(request)
    return campaign


def require_managing(request: SignedInRequest) -> None:
    """What is not JSON is refused as such, whoever sends it (S20)."""
    _body = request.data
    if not request.user.has_perm(MANAGE):
        raise NotAllowed(_("Your role does not allow this."))


def checked(serializer_class: Any, request: SignedInRequest) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def cursor(request: SignedInRequest) -> int:
    said = request.GET.get("cursor", "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 19):
        text = _("This cursor belongs to another list. Start again without it.")
        raise Invalid(_("Check the marked fields."), fields={"cursor": [text]})
    return int(said or 0)
