"""How long things are kept: rules, dry runs and runs, each with how far it has come (S63)."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns.models import Campaign
from contacts.api.reading import Writing, checked
from core.refusals import Invalid
from privacy.actions.asking import require_right
from privacy.actions.retaining import LONGEST_DAYS, RuleSheet, ask_for_run, count_rule, remove_rule, save_rule
from privacy.api.people import ACCEPTED, LATEST, MADE, OBJECT, unknown
from privacy.models import RetentionRule, RetentionRun
from privacy.rows import rule_row, run_row


class RuleInput(serializers.Serializer[None]):
    kind = serializers.ChoiceField(choices=RetentionRule.Kind.choices)
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS)
    # Nothing: all campaigns.
    campaign = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True, default=None)
    is_on = serializers.BooleanField(default=False)


class Rules(Writing):
    @extend_schema(operation_id="retention_rules", responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        require_right(request.user)
        return Response({"results": [rule_row(each) for each in RetentionRule.objects.visible_to(request.user)]})

    @extend_schema(operation_id="retention_rule_make", request=RuleInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        """A rule removes nothing before it is run, or switched on."""
        made = save_rule(sheet(request), by=request.user)
        return Response(rule_row(made), status=status.HTTP_201_CREATED)


class OneRule(Writing):
    @extend_schema(operation_id="retention_rule", responses=OBJECT)
    def get(self, request: SignedInRequest, rule_id: int) -> Response:
        return Response(rule_row(seen_rule(rule_id, by=request.user)))

    @extend_schema(operation_id="retention_rule_edit", request=RuleInput, responses=OBJECT)
    def put(self, request: SignedInRequest, rule_id: int) -> Response:
        return Response(rule_row(save_rule(sheet(request), by=request.user, rule_id=rule_id)))

    @extend_schema(operation_id="retention_rule_remove", responses={204: None})
    def delete(self, request: SignedInRequest, rule_id: int) -> Response:
        remove_rule(rule_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Counts(Writing):
    @extend_schema(operation_id="retention_count", request=None, responses=MADE)
    def post(self, request: SignedInRequest, rule_id: int) -> Response:
        """The dry run: what a run would remove now. Nothing is removed."""
        return Response(run_row(count_rule(rule_id, by=request.user)), status=status.HTTP_201_CREATED)


class Runs(Writing):
    @extend_schema(operation_id="retention_runs", responses=OBJECT)
    def get(self, request: SignedInRequest, rule_id: int) -> Response:
        """The latest runs and counts of a rule."""
        runs = seen_rule(rule_id, by=request.user).runs.all()[:LATEST]
        return Response({"results": [run_row(each) for each in runs]})

    @extend_schema(operation_id="retention_run_ask", request=None, responses=ACCEPTED)
    def post(self, request: SignedInRequest, rule_id: int) -> Response:
        """Carry a rule out; while a run is under way, the same one. What it removes cannot be brought back."""
        return Response(run_row(ask_for_run(rule_id, by=request.user)), status=status.HTTP_202_ACCEPTED)


class OneRun(APIView):
    @extend_schema(operation_id="retention_run", responses=OBJECT)
    def get(self, request: SignedInRequest, run_id: uuid.UUID) -> Response:
        require_right(request.user)
        seen = RetentionRule.objects.visible_to(request.user)
        run = RetentionRun.objects.filter(pk=run_id, rule__in=seen).first()
        if run is None:
            raise unknown()
        return Response(run_row(run))


def seen_rule(rule_id: int, *, by: User) -> RetentionRule:
    """Raises NotAllowed, NotFound."""
    require_right(by)
    rule: RetentionRule | None = RetentionRule.objects.visible_to(by).filter(pk=rule_id).first()
    if rule is None:
        raise unknown()
    return rule


def sheet(request: SignedInRequest) -> RuleSheet:
    """Raises Invalid: no such campaign among those the user sees."""
    said = checked(RuleInput, request)
    campaign = None
    if said["campaign"] is not None:
        campaign = Campaign.objects.visible_to(request.user).filter(pk=said["campaign"]).first()
        if campaign is None:
            raise Invalid(_("Check the marked fields."), fields={"campaign": [_("Choose one of the list.")]})
    return RuleSheet(kind=said["kind"], days=said["days"], campaign=campaign, is_on=said["is_on"])
