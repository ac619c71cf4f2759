"""Settings › Privacy › Retention: how long things are kept, how much a rule would remove, and how far its runs have come."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from campaigns.models import Campaign
from core.forms import SwitchInput, submit, tell
from core.fragments import answer_fragment
from core.refusals import NotFound, Refusal
from privacy.actions.asking import MANAGE
from privacy.actions.retaining import LONGEST_DAYS, RuleSheet, ask_for_run, count_rule, remove_rule, save_rule
from privacy.models import RetentionRule, RetentionRun

RUNS = 20


class RuleForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=RetentionRule.Kind.choices)
    days = forms.IntegerField(label=gettext_lazy("Kept for"), min_value=1, max_value=LONGEST_DAYS)
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=gettext_lazy("All campaigns"),
    )
    is_on = forms.BooleanField(label=gettext_lazy("Every night"), required=False, widget=SwitchInput)

    def __init__(self, *arguments: Any, by: User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        chosen: Any = self.fields["campaign"]
        chosen.queryset = Campaign.objects.visible_to(by).order_by("name")
        chosen.label_from_instance = lambda campaign: campaign.name

    def sheet(self) -> RuleSheet:
        said = self.cleaned_data
        return RuleSheet(kind=said["kind"], days=said["days"], campaign=said["campaign"], is_on=said["is_on"])


@require_GET
@permitted(MANAGE)
def retention(request: HttpRequest) -> HttpResponse:
    """The rules, each with its latest run."""
    runs = RetentionRun.objects.order_by("-asked_at")
    seen = RetentionRule.objects.visible_to(signed_in_user(request))
    rules = seen.select_related("campaign").prefetch_related(Prefetch("runs", queryset=runs, to_attr="its_runs"))
    return render(request, "privacy/retention.html", {"heading": _("Retention"), "rules": rules})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_rule(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    form = RuleForm(request.POST if request.method == "POST" else None, by=by, initial={"days": 365})
    if request.method == "POST" and form.is_valid():
        made = submit(form, lambda: save_rule(form.sheet(), by=by))
        if made is not None:
            tell(request, _("Saved."))
            return redirect("retention-rule", rule_id=made.pk)
    context = {"form": form, "heading": _("New rule"), "cancel_url": reverse("retention")}
    return render(request, "privacy/rule.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def rule_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule, what it would remove now, and its runs."""
    by = signed_in_user(request)
    rule = seen_rule(rule_id, by=by)
    stored = {"kind": rule.kind, "days": rule.days, "campaign": rule.campaign, "is_on": rule.is_on}
    form = RuleForm(request.POST if request.method == "POST" else None, by=by, initial=stored)
    if (
        request.method == "POST"
        and form.is_valid()
        and submit(form, lambda: save_rule(form.sheet(), by=by, rule_id=rule_id)) is not None
    ):
        tell(request, _("Saved."))
        return redirect("retention-rule", rule_id=rule_id)
    context = {
        "form": form,
        "about": rule,
        "heading": rule.get_kind_display(),
        "cancel_url": reverse("retention"),
        **runs_context(rule),
    }
    return render(request, "privacy/rule.html", context, status=400 if form.errors else 200)


@require_GET
@permitted(MANAGE)
def rule_runs(request: HttpRequest, rule_id: int) -> HttpResponse:
    """How far the runs of a rule have come: a part of its page, asked for while one is under way."""
    rule = seen_rule(rule_id, by=signed_in_user(request))
    return answer_fragment(request, "privacy/_runs.html", runs_context(rule), title=_("Runs"))


def runs_context(rule: RetentionRule) -> dict[str, Any]:
    runs = list(rule.runs.all()[:RUNS])
    return {"about": rule, "runs": runs, "is_running": any(each.is_open for each in runs)}


def seen_rule(rule_id: int, *, by: User) -> RetentionRule:
    rule: RetentionRule | None = (
        RetentionRule.objects.visible_to(by).select_related("campaign").filter(pk=rule_id).first()
    )
    if rule is None:
        raise Http404
    return rule


@require_POST
@permitted(MANAGE)
def count(request: HttpRequest, rule_id: int) -> HttpResponse:
    by = signed_in_user(request)
    seen_rule(rule_id, by=by)
    run = count_rule(rule_id, by=by)
    words = _("It would remove {count} now, and the law holds {held} back. Nothing was removed.")
    tell(request, words.format(count=run.counted, held=run.held))
    return redirect("retention-rule", rule_id=rule_id)


@require_POST
@permitted(MANAGE)
def run(request: HttpRequest, rule_id: int) -> HttpResponse:
    by = signed_in_user(request)
    seen_rule(rule_id, by=by)
    ask_for_run(rule_id, by=by)
    tell(request, _("The run has begun. What it removes cannot be brought back."))
    return redirect("retention-rule", rule_id=rule_id)


@require_POST
@permitted(MANAGE)
def remove(request: HttpRequest, rule_id: int) -> HttpResponse:
    try:
        remove_rule(rule_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        tell(request, _("The rule was removed."))
    return redirect("retention")
