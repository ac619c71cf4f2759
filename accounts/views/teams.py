"""Teams: the list and one team's page."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actions.team_setup import archive_team, create_team, edit_team, restore_team
from accounts.buttons import at_list, button
from accounts.forms import TeamForm
from accounts.guards import permitted, signed_in_user
from accounts.models import Team, User
from core.forms import submit, submit_edit, tell
from core.lists import ArchivableFilters, Column, Folded, ListPage

MANAGE = "accounts.manage_teams"

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="supervisors", title=gettext_lazy("Supervisors")),
    Column(name="members", title=gettext_lazy("Members"), sort="member_count", is_numeric=True),
)


class TeamFilters(ArchivableFilters):
    search_hint = gettext_lazy("Team's name")


@require_GET
@permitted(MANAGE)
def team_list(request: HttpRequest) -> HttpResponse:
    """The teams the reader may see."""
    rows = (
        Team.objects.visible_to(signed_in_user(request))
        .annotate(
            folded_name=Folded("name"),
            member_count=Count("memberships", filter=Q(memberships__user__is_active=True)),
        )
        .prefetch_related("memberships__user")
    )
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=TeamFilters(request.GET))
    for team in page.rows:
        team.supervisor_names = [each.user.name for each in team.memberships.all() if each.is_supervisor]
    return render(request, "accounts/teams.html", {"page": page, "heading": _("Teams")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_team(request: HttpRequest) -> HttpResponse:
    """A team is made."""
    by = signed_in_user(request)
    form = TeamForm(request.POST or None, by=by)
    if (
        request.method == "POST"
        and form.is_valid()
        and submit(form, lambda: create_team(form.sheet(), by=by)) is not None
    ):
        tell(request, _("The team was created."))
        return redirect("teams")
    context = {"form": form, "heading": _("New team"), "cancel_url": reverse("teams")}
    return render(request, "accounts/team.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def team_page(request: HttpRequest, team_id: int) -> HttpResponse:
    """One team."""
    by = signed_in_user(request)
    team = seen_team(team_id, by=by)
    form = TeamForm(request.POST or None, by=by, team=team, initial=TeamForm.stored(team))
    if submit_edit(
        request,
        form,
        lambda version: edit_team(team_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: TeamForm.stored(seen_team(team_id, by=by)),
    ):
        return redirect("teams")
    context = {"form": form, "about": team, "heading": team.name, "cancel_url": reverse("teams")}
    return render(request, "accounts/team.html", context, status=400 if form.errors else 200)


archive = button(
    archive_team,
    gettext_lazy("The team was archived."),
    permission=MANAGE,
    undo="team-restore",
    back=at_list("teams"),
)
restore = button(
    restore_team,
    gettext_lazy("The team is in use again."),
    permission=MANAGE,
    undo="team-archive",
    back=at_list("teams"),
)


def seen_team(team_id: int, *, by: User) -> Team:
    team: Team | None = Team.objects.visible_to(by).filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team
