"""Bases: the list, and making, editing and turning one on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import Team, User
from contacts.actions.bases import change_base_state, create_base, edit_base
from contacts.actions.slices import counts_of
from contacts.base_forms import BaseFilters, BaseForm
from contacts.member_rows import bar_of, live_total
from contacts.models import ContactBase
from core.forms import submit, submit_edit, tell
from core.lists import Column, ListPage
from core.refusals import NotFound, Refusal

MANAGE = "contacts.manage_bases"

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="state", title=gettext_lazy("State"), sort="state"),
    Column(name="members", title=gettext_lazy("Records by state")),
    Column(name="total", title=gettext_lazy("Records"), is_numeric=True),
    Column(name="teams", title=gettext_lazy("Teams")),
)
STATE_TONES = {"active": "success", "paused": "warning"}


@require_GET
@login_required
def base_list(request: HttpRequest) -> HttpResponse:
    """The bases of the reader's teams, each with its members by state as last counted."""
    by = signed_in_user(request)
    rows = ContactBase.objects.visible_to(by)
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=BaseFilters(request.GET))
    dress(page.rows, by=by)
    context = {"page": page, "heading": _("Bases"), "may_manage": by.has_perm(MANAGE), "current": "bases"}
    return render(request, "contacts/bases/list.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_base(request: HttpRequest) -> HttpResponse:
    """A draft is made; its contacts follow."""
    by = signed_in_user(request)
    own = [str(pk) for pk in Team.objects.live().filter(memberships__user=by).values_list("pk", flat=True)]
    form = BaseForm(request.POST or None, by=by, initial={"teams": own})
    if request.method == "POST" and form.is_valid():
        base = submit(form, lambda: create_base(form.sheet(), by=by))
        if base is not None:
            tell(request, _("The base was created as a draft. Add contacts to it, and start it."))
            return redirect("base-add", base_id=base.pk)
    context = {"form": form, "heading": _("New base"), "cancel_url": reverse("bases")}
    return render(request, "contacts/bases/form.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def edit_page(request: HttpRequest, base_id: int) -> HttpResponse:
    """What a base is called, who works it, and how often somebody is tried."""
    by = signed_in_user(request)
    base = seen_base(base_id, by=by)
    form = BaseForm(request.POST or None, by=by, base=base, initial=BaseForm.stored(base))
    if submit_edit(
        request,
        form,
        lambda version: edit_base(base_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: BaseForm.stored(seen_base(base_id, by=by)),
    ):
        return redirect("base", base_id=base_id)
    context = {"form": form, "about": base, "heading": base.name, "cancel_url": reverse("base", args=[base_id])}
    return render(request, "contacts/bases/form.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(MANAGE)
def change_state(request: HttpRequest, base_id: int) -> HttpResponse:
    """Start, pause, go on or close."""
    state = request.POST.get("state", "")
    try:
        change_base_state(base_id, state=state, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        words = {
            "active": _("The base is active: its records are given out."),
            "paused": _("The base is paused: nothing is given out until you start it again."),
            "closed": _("The base is closed. Its records and their history can still be read."),
        }
        tell(request, words.get(state, _("Saved.")))
    return redirect("base", base_id=base_id)


def dress(bases: list[Any], *, by: User) -> None:
    """Give each base what a page shows of it: its bar, its total, and the teams that the reader sees."""
    dress_with(bases, counts_of(each.pk for each in bases), by=by)


def dress_with(bases: list[Any], counts: Mapping[int, Mapping[str, int]], *, by: User) -> None:
    seen = {team.pk: team for team in Team.objects.visible_to(by)}
    links = ContactBase.teams.through.objects.filter(contactbase__in=[each.pk for each in bases])
    teams: dict[int, list[Team]] = {}
    for base_id, team_id in links.values_list("contactbase_id", "team_id"):
        if team_id in seen:
            teams.setdefault(base_id, []).append(seen[team_id])
    for base in bases:
        base.bar = bar_of(counts.get(base.pk, {}))
        base.total = live_total(counts.get(base.pk, {}))
        base.seen_teams = sorted(teams.get(base.pk, []), key=lambda each: each.name)
        base.tone = STATE_TONES.get(base.state, "")


def seen_base(base_id: int, *, by: User) -> ContactBase:
    base: ContactBase | None = ContactBase.objects.visible_to(by).filter(pk=base_id).first()
    if base is None:
        raise Http404
    return base
