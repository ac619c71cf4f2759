"""Where an account's new conversations go, over JSON: its rules in order, and the question. For who manages accounts; another team's
account, and a rule that brings conversations to another team, are 404.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from campaigns.actions.rules import (
    RuleSheet,
    add_rule,
    edit_rule,
    menu_version,
    order_rules,
    remove_rule,
    set_menu_text,
)
from campaigns.actions.schedules import WEEKDAYS
from campaigns.api import serializers
from campaigns.api.campaigns import checked
from campaigns.attention_forms import hours_words
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from core.refusals import NotAllowed, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
MADE = {201: OpenApiTypes.OBJECT}
MANAGE = "campaigns.manage_channel_accounts"


class AccountRules(APIView):
    @extend_schema(operation_id="channel_account_rules_list", responses=OBJECT)
    def get(self, request: SignedInRequest, account_id: int) -> Response:
        """In the order in which they are asked; `others`: how many more there are that bring conversations to another team."""
        return Response(rules_of(seen_account(account_id, request), request))

    @extend_schema(request=serializers.RoutingRuleInput, responses=MADE)
    def post(self, request: SignedInRequest, account_id: int) -> Response:
        """Below the others."""
        seen_account(account_id, request)
        sheet, _version = sheet_of(request)
        return Response(rule_row(add_rule(account_id, sheet=sheet, by=request.user)), status=201)


class AccountRuleOrder(APIView):
    @extend_schema(request=serializers.RoutingRuleOrderInput, responses=OBJECT)
    def put(self, request: SignedInRequest, account_id: int) -> Response:
        """Those not named follow as they stood."""
        account = seen_account(account_id, request)
        order_rules(account_id, checked(serializers.RoutingRuleOrderInput, request)["rules"], by=request.user)
        return Response(rules_of(account, request))


class AccountQuestion(APIView):
    @extend_schema(operation_id="channel_account_question_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, account_id: int) -> Response:
        """What whoever fits no rule is asked, and what they choose from: the labels of its rules by choice."""
        account = seen_account(account_id, request)
        return Response({"text": account.menu_text, "version": menu_version(account)})

    @extend_schema(request=serializers.QuestionInput, responses=OBJECT)
    def put(self, request: SignedInRequest, account_id: int) -> Response:
        """Empty: nobody is asked."""
        seen_account(account_id, request)
        body = checked(serializers.QuestionInput, request)
        set_menu_text(account_id, body["text"], by=request.user, version=body["version"])
        return self.get(request, account_id)


class OneRule(APIView):
    @extend_schema(operation_id="routing_rule_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, route_id: int) -> Response:
        return Response(rule_row(seen_rule(route_id, request)))

    @extend_schema(request=serializers.RoutingRuleInput, responses=OBJECT)
    def put(self, request: SignedInRequest, route_id: int) -> Response:
        seen_rule(route_id, request)
        sheet, version = sheet_of(request)
        return Response(rule_row(edit_rule(route_id, sheet=sheet, by=request.user, version=version)))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, route_id: int) -> Response:
        """Refused where several campaigns share the account and nothing else says whither."""
        seen_rule(route_id, request)
        remove_rule(route_id, by=request.user)
        return Response(status=204)


def rules_of(account: ChannelAccount, request: SignedInRequest) -> dict[str, Any]:
    mine = set(Campaign.objects.visible_to(request.user).values_list("pk", flat=True))
    rules = list(account.rules.order_by("position", "pk"))
    shown = [rule_row(each) for each in rules if each.campaign_id in mine]
    default = account.default_campaign_id if account.default_campaign_id in mine else None
    return {"results": shown, "others": len(rules) - len(shown), "default_campaign": default}


def rule_row(rule: RoutingRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "account": rule.account_id,
        "campaign": rule.campaign_id,
        "kind": rule.kind,
        "words": rule.words,
        "weekdays": [WEEKDAYS[each] for each in rule.weekdays],
        "hours": hours_words(rule),
        "label": rule.label,
        "version": RuleSheet.of(rule).version,
    }


def sheet_of(request: SignedInRequest) -> tuple[RuleSheet, str | None]:
    """What the body says of a rule, and the version that it was read in."""
    body = checked(serializers.RoutingRuleInput, request)
    from_minute, until_minute = body["hours"] or (None, None)
    sheet = RuleSheet(
        campaign_id=body["campaign"],
        kind=body["kind"],
        words=tuple(body["words"]),
        weekdays=tuple(WEEKDAYS.index(each) for each in body["weekdays"]),
        from_minute=from_minute,
        until_minute=until_minute,
        label=body["label"],
    )
    return sheet, body["version"]


def seen_account(account_id: int, request: SignedInRequest) -> ChannelAccount:
    """The account, for whoever sees it and manages accounts. Raises NotFound, then NotAllowed."""
    _body = request.data
    account: ChannelAccount | None = ChannelAccount.objects.visible_to(request.user).filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    require_managing(request)
    return account


def seen_rule(route_id: int, request: SignedInRequest) -> RoutingRule:
    """The rule, its account and its campaign for the user to see. Raises NotFound, then NotAllowed. What is not JSON is refused as such,
    whoever sends it (S20).
    """
    _body = request.data
    rule: RoutingRule | None = RoutingRule.objects.filter(
        pk=route_id,
        account__in=ChannelAccount.objects.visible_to(request.user),
        campaign__in=Campaign.objects.visible_to(request.user),
    ).first()
    if rule is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    require_managing(request)
    return rule


def require_managing(request: SignedInRequest) -> None:
    if not request.user.has_perm(MANAGE):
        raise NotAllowed(_("Your role does not allow this."))
