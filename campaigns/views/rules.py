"""Where an account's new conversations go: its rules in order, and one rule's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from campaigns.actions.rules import add_rule, edit_rule, order_rules, remove_rule, set_menu_text
from campaigns.attention_forms import WEEKDAY_NAMES, MenuForm, RuleForm, hours_words
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from campaigns.views.accounts import MANAGE, seen
from core.forms import submit, submit_edit, tell
from core.refusals import NotFound, Refusal


@require_GET
@permitted(MANAGE)
def rules(request: HttpRequest, account_id: int) -> HttpResponse:
    """All of an account's in the order in which they are asked; another team's are counted, not told."""
    account = seen(request, account_id)
    mine = set(Campaign.objects.visible_to(signed_in_user(request)).values_list("pk", flat=True))
    rows = [row_of(each, is_seen=each.campaign_id in mine) for each in account.rules.select_related("campaign")]
    context = {
        "heading": _("New conversations of {name}").format(name=account.name),
        "account": account,
        "rows": rows,
        "default": account.default_campaign if account.default_campaign_id in mine else None,
        "is_anothers": account.default_campaign_id is not None and account.default_campaign_id not in mine,
        "is_shared": account.campaigns.count() > 1,
        "has_choices": any(each["rule"].kind == RoutingRule.Kind.MENU for each in rows),
    }
    return render(request, "campaigns/rules.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_rule(request: HttpRequest, account_id: int) -> HttpResponse:
    """One more, below the others."""
    account, by = seen(request, account_id), signed_in_user(request)
    campaigns = choices(account, by=by)
    # Who fits no rule goes to the default one already.
    proposed = next((each.pk for each in campaigns if each.pk != account.default_campaign_id), None)
    form = RuleForm(request.POST or None, campaigns=campaigns, initial={"kind": "keyword", "campaign": proposed})
    if request.method == "POST" and form.is_valid():
        made = submit(form, lambda: add_rule(account_id, sheet=form.sheet(), by=by))
        if made is not None:
            tell(request, _("The rule was created."))
            return redirect("account-rules", account_id=account_id)
    return rule_shown(request, account, form=form, rule=None)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def menu(request: HttpRequest, account_id: int) -> HttpResponse:
    """The question that whoever fits no rule is asked."""
    account, by = seen(request, account_id), signed_in_user(request)
    form = MenuForm(request.POST or None, initial=MenuForm.stored(account))
    if submit_edit(
        request,
        form,
        lambda version: set_menu_text(account_id, form.cleaned_data["menu_text"], by=by, version=version),
        again=lambda: MenuForm.stored(seen(request, account_id)),
    ):
        return redirect("account-rules", account_id=account_id)
    context = {
        "heading": _("Question"),
        "account": account,
        "form": form,
        "cancel_url": reverse("account-rules", args=[account.pk]),
    }
    return render(request, "campaigns/menu.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def rule_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule."""
    by = signed_in_user(request)
    rule = seen_rule(rule_id, by=by)
    form = RuleForm(
        request.POST or None, campaigns=choices(rule.account, by=by, rule=rule), initial=RuleForm.stored(rule)
    )
    if submit_edit(
        request,
        form,
        lambda version: edit_rule(rule_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: RuleForm.stored(seen_rule(rule_id, by=by)),
    ):
        return redirect("account-rules", account_id=rule.account_id)
    return rule_shown(request, rule.account, form=form, rule=rule)


def rule_shown(
    request: HttpRequest, account: ChannelAccount, *, form: RuleForm, rule: RoutingRule | None
) -> HttpResponse:
    context = {
        "heading": _("Rule") if rule else _("New rule"),
        "account": account,
        "rule": rule,
        "form": form,
        "cancel_url": reverse("account-rules", args=[account.pk]),
    }
    return render(request, "campaigns/rule.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(MANAGE)
def remove(request: HttpRequest, rule_id: int) -> HttpResponse:
    """It is asked no more."""
    by = signed_in_user(request)
    account_id = seen_rule(rule_id, by=by).account_id
    try:
        remove_rule(rule_id, by=by)
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(
            request, " ".join(text for texts in refusal.fields.values() for text in texts) or refusal.message
        )
    else:
        tell(request, _("The rule was removed."))
    return redirect("account-rules", account_id=account_id)


@require_POST
@permitted(MANAGE)
def order(request: HttpRequest, account_id: int) -> HttpResponse:
    """By drag: the whole order. By the arrows: one of them a step up or down."""
    account = seen(request, account_id)
    ids = list(account.rules.values_list("pk", flat=True))
    said = [int(each) for each in request.POST.get("order", "").split(",") if is_id(each)]
    way, _colon, which = request.POST.get("step", "").partition(":")
    if said:
        ids = said
    elif way in ("up", "down") and is_id(which) and int(which) in ids:
        at = ids.index(int(which))
        ids.insert(max(0, min(len(ids) - 1, at + (-1 if way == "up" else 1))), ids.pop(at))
    order_rules(account_id, ids, by=signed_in_user(request))
    return redirect("account-rules", account_id=account_id)


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def row_of(rule: RoutingRule, *, is_seen: bool) -> dict[str, Any]:
    return {
        "rule": rule,
        "is_seen": is_seen,
        "days": [WEEKDAY_NAMES[each] for each in rule.weekdays],
        "hours": hours_words(rule),
    }


def choices(account: ChannelAccount, *, by: User, rule: RoutingRule | None = None) -> list[Campaign]:
    """The account's campaigns that the user sees; a finished one only where the rule has it."""
    served = Campaign.objects.visible_to(by).filter(accounts=account)
    return [each for each in served if each.state != Campaign.State.FINISHED or (rule and rule.campaign_id == each.pk)]


def seen_rule(rule_id: int, *, by: User) -> RoutingRule:
    rule = (
        RoutingRule.objects.filter(
            pk=rule_id,
            account__in=ChannelAccount.objects.visible_to(by),
            campaign__in=Campaign.objects.visible_to(by),
        )
        .select_related("account", "campaign")
        .first()
    )
    if rule is None:
        raise Http404
    return rule
