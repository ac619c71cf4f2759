"""Campaigns: the list, and one campaign's parts (general, channels, agents, outcomes)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import Team, User
from campaigns.actions.campaign_setup import (
    NEXT_STATES,
    Outcomes,
    agents_version,
    change_campaign_state,
    create_campaign,
    edit_campaign,
    set_agents,
    set_outcomes,
    stored_agents,
)
from campaigns.actions.serving import AccountsSheet, set_accounts
from campaigns.campaign_forms import AccountsForm, AgentsForm, CampaignForm
from campaigns.models import Campaign, CampaignTypification, ChannelAccount, Client
from core.forms import VersionedForm, meet_conflict, submit, submit_edit, tell
from core.lists import Column, FilterForm, Folded, ListPage, matching
from core.refusals import NotFound, Refusal
from typification.models import Typification

MANAGE = "campaigns.manage_campaigns"
# The channels the product works through today (connectors.kinds.POLICIES).
KINDS = [("whatsapp", "WhatsApp")]

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="state", title=gettext_lazy("State"), sort="state"),
    Column(name="kind", title=gettext_lazy("Kind"), sort="kind"),
    Column(name="team", title=gettext_lazy("Team"), sort="folded_team"),
    Column(name="accounts", title=gettext_lazy("Accounts")),
    Column(name="agents", title=gettext_lazy("Agents"), sort="agent_count", is_numeric=True),
)

STATE_TONES = {"active": "success", "paused": "warning"}


class CampaignFilters(FilterForm):
    search_hint = gettext_lazy("Campaign, project or client")
    client = forms.ModelChoiceField(
        Client.objects.none(), required=False, label=gettext_lazy("Client"), empty_label=gettext_lazy("All")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team"), empty_label=gettext_lazy("All")
    )
    state = forms.ChoiceField(
        required=False, label=gettext_lazy("State"), choices=[("", gettext_lazy("All")), *Campaign.State.choices]
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those of campaigns one sees: another's would find nothing, and say whom the other teams work for.
        seen = Campaign.objects.visible_to(by).values("project__client")
        self.fields["client"].queryset = Client.objects.filter(pk__in=seen).order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["team"].queryset = Team.objects.visible_to(by)  # type: ignore[attr-defined]  # a ModelChoiceField

    def narrow(self, rows: Any) -> Any:
        if client := self.said("client"):
            rows = rows.filter(project__client=client)
        if team := self.said("team"):
            rows = rows.filter(team=team)
        if state := self.said("state"):
            rows = rows.filter(state=state)
        return rows.filter(matching(self.said("q") or "", "folded_name", "folded_project", "folded_client"))


@require_GET
@permitted(MANAGE)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """The campaigns of the teams the reader sees."""
    by = signed_in_user(request)
    rows = (
        Campaign.objects.visible_to(by)
        .annotate(
            folded_name=Folded("name"),
            folded_project=Folded("project__name"),
            folded_client=Folded("project__client__name"),
            folded_team=Folded("team__name"),
            agent_count=Count("memberships", distinct=True),
        )
        .select_related("project__client", "team")
        .prefetch_related(Prefetch("accounts", ChannelAccount.objects.only("pk", "name", "kind")))
    )
    filters = CampaignFilters(request.GET, by=by)
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=filters)
    for campaign in page.rows:
        campaign.tone = STATE_TONES.get(campaign.state, "")
    return render(request, "campaigns/campaigns.html", {"page": page, "heading": _("Campaigns")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_campaign(request: HttpRequest) -> HttpResponse:
    """A draft is made; its agents and channels follow on its page."""
    by = signed_in_user(request)
    form = CampaignForm(request.POST or None, by=by, initial=CampaignForm.fresh())
    if request.method == "POST" and form.is_valid():
        campaign = submit(form, lambda: create_campaign(form.sheet(), by=by))
        if campaign is not None:
            tell(request, _("The campaign was created as a draft. Add its agents and channels, and start it."))
            return redirect("campaign-agents", campaign_id=campaign.pk)
    context = {"form": form, "heading": _("New campaign"), "cancel_url": reverse("campaigns")}
    return render(request, "campaigns/campaign.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def campaign_page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The general part."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    form = CampaignForm(request.POST or None, by=by, campaign=campaign, initial=CampaignForm.stored(campaign))
    if submit_edit(
        request,
        form,
        lambda version: edit_campaign(campaign_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: CampaignForm.stored(seen_campaign(campaign_id, by=by)),
    ):
        return redirect("campaign", campaign_id=campaign_id)
    return part(request, "campaigns/campaign.html", campaign, "general", form=form)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def agents(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Who works in it, and through which channels."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    held = stored_agents(campaign)
    people = list(
        (User.objects.visible_to(by).filter(is_active=True) | User.objects.visible_to(by).filter(pk__in=held))
        .distinct()
        .order_by("first_name", "last_name", "username")
    )
    out_of_sight = {each: kinds for each, kinds in held.items() if each not in {person.pk for person in people}}
    initial = {"agents": [str(each) for each in held], "version": agents_version(held)}
    initial |= {f"channels_{each}": list(kinds) for each, kinds in held.items()}
    form = AgentsForm(request.POST or None, people=people, kinds=KINDS, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted, version = form.agents_said() | out_of_sight, form.cleaned_data["version"]
        if submit(form, lambda: set_agents(campaign_id, agents=wanted, by=by, version=version)) is not None:
            tell(request, _("Saved."))
            return redirect("campaign-agents", campaign_id=campaign_id)
        now = stored_agents(campaign)
        meet_conflict(form, stored={"agents": [str(each) for each in now]}, version=agents_version(now))
    members = [
        (person, form[f"channels_{person.pk}"], person.capacity_for(KINDS[0][0]))
        for person in people
        if person.pk in held
    ]
    return part(request, "campaigns/campaign_agents.html", campaign, "agents", form=form, members=members)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def accounts(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Through which accounts it works."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    held = AccountsSheet.of(campaign)
    seen = ChannelAccount.objects.visible_to(by) | ChannelAccount.objects.filter(pk__in=held.accounts)
    everything = list(seen.defer("credentials").select_related("default_campaign").order_by("name"))
    form = AccountsForm(request.POST or None, accounts=everything, initial=AccountsForm.stored(held))
    if submit_edit(
        request,
        form,
        lambda version: set_accounts(campaign_id, **form.said(), by=by, version=version),
        again=lambda: AccountsForm.stored(AccountsSheet.of(campaign)),
    ):
        return redirect("campaign-accounts", campaign_id=campaign_id)
    chosen, defaults = form["accounts"].value() or [], form["default_for"].value() or []
    mine = set(Campaign.objects.visible_to(by).values_list("pk", flat=True))
    rows = [
        {
            "account": each,
            "is_on": str(each.pk) in chosen,
            "is_default": str(each.pk) in defaults,
            # Another team's campaign is not named (S05), nor is anything taken from it here.
            "default": each.default_campaign if each.default_campaign_id in mine else None,
            "is_anothers": each.default_campaign_id is not None and each.default_campaign_id not in mine,
        }
        for each in everything
    ]
    return part(request, "campaigns/campaign_channels.html", campaign, "accounts", form=form, rows=rows)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def outcomes(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Which typifications it offers, per purpose."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    stored = Outcomes.of(campaign)
    form = VersionedForm(request.POST or None, initial={"version": stored.version})
    shown = stored
    if request.method == "POST" and form.is_valid():
        shown, version = said_outcomes(request), form.cleaned_data["version"]
        if submit(form, lambda: set_outcomes(campaign_id, outcomes=shown, by=by, version=version)) is not None:
            tell(request, _("Saved."))
            return redirect("campaign-outcomes", campaign_id=campaign_id)
        meet_conflict(form, stored={}, version=Outcomes.of(campaign).version)
    rows = outcome_rows(shown)
    purposes = CampaignTypification.Purpose.choices
    undecided = [value for value, _title in purposes if shown.defaults.get(value) is None]
    return part(
        request,
        "campaigns/campaign_outcomes.html",
        campaign,
        "outcomes",
        form=form,
        rows=rows,
        purposes=purposes,
        undecided=undecided,
    )


@require_POST
@permitted(MANAGE)
def change_state(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Start, pause, go on or finish."""
    state = request.POST.get("state", "")
    try:
        change_campaign_state(campaign_id, state=state, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        words = {
            "active": _("The campaign is active: what waits is given out."),
            "paused": _("The campaign is paused: nothing is given out by itself."),
            "finished": _("The campaign is finished."),
        }
        tell(request, words.get(state, _("Saved.")))
    return redirect("campaign", campaign_id=campaign_id)


def part(
    request: HttpRequest,
    template: str,
    campaign: Campaign,
    name: str,
    *,
    form: Any,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    """A page of one campaign: its head, its parts, and what this part needs. `status`: where the form alone does not say."""
    context = {
        "about": campaign,
        "heading": campaign.name,
        "part": name,
        "form": form,
        "tone": STATE_TONES.get(campaign.state, ""),
        "next_states": NEXT_STATES[campaign.state],
        "agent_count": campaign.memberships.count(),
        "account_count": campaign.accounts.count(),
        "base_count": campaign.worked_bases.count(),
        "cancel_url": reverse("campaigns"),
    }
    return render(request, template, context | more, status=status or (400 if form.errors else 200))


def said_outcomes(request: HttpRequest) -> Outcomes:
    """The boxes and circles; what is not a number is as if it had not been said."""
    offered: dict[str, frozenset[int]] = {}
    defaults: dict[str, int | None] = {}
    for purpose in CampaignTypification.Purpose.values:
        ids = [each for each in request.POST.getlist(f"offer_{purpose}") if each.isascii() and each.isdigit()]
        offered[purpose] = frozenset(int(each) for each in ids if len(each) < 18)
        default = request.POST.get(f"default_{purpose}", "")
        defaults[purpose] = int(default) if default.isascii() and default.isdigit() and len(default) < 18 else None
    return Outcomes(offered=offered, defaults=defaults)


def outcome_rows(shown: Outcomes) -> list[dict[str, Any]]:
    """The tree from its roots, each node with its boxes; archived ones only where they are offered still."""
    used = frozenset().union(*shown.offered.values()) if shown.offered else frozenset()
    nodes = [each for each in Typification.objects.all() if not each.archived or each.pk in used]
    children: dict[int | None, list[Typification]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)
    rows: list[dict[str, Any]] = []

    def walk(parent: int | None, level: int) -> None:
        for node in children.get(parent, []):
            boxes = [
                {
                    "purpose": purpose,
                    "title": CampaignTypification.Purpose(purpose).label,
                    "is_on": node.pk in ids,
                    "is_default": shown.defaults.get(purpose) == node.pk,
                }
                for purpose, ids in shown.offered.items()
            ]
            rows.append({"node": node, "level": level, "boxes": boxes, "is_heading": node.pk in children})
            walk(node.pk, level + 1)

    walk(None, 0)
    return rows


def seen_campaign(campaign_id: int, *, by: User) -> Campaign:
    campaign: Campaign | None = (
        Campaign.objects.visible_to(by).select_related("project__client", "team").filter(pk=campaign_id).first()
    )
    if campaign is None:
        raise Http404
    return campaign
