"""Clients and their projects."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.buttons import at_page, button
from accounts.guards import permitted, signed_in_user
from campaigns.actions.portfolio import (
    ClientSheet,
    archive_client,
    archive_project,
    create_client,
    create_project,
    edit_client,
    edit_project,
    project_version,
    restore_client,
    restore_project,
)
from campaigns.campaign_forms import ClientForm, ProjectForm
from campaigns.models import Campaign, Client, Project
from core.forms import meet_conflict, submit, submit_edit, tell
from core.lists import ArchivableFilters, Column, Folded, ListPage

MANAGE = "campaigns.manage_clients"

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="projects", title=gettext_lazy("Projects"), sort="project_count", is_numeric=True),
    Column(name="campaigns", title=gettext_lazy("Campaigns"), sort="campaign_count", is_numeric=True),
)


class ClientFilters(ArchivableFilters):
    search_hint = gettext_lazy("Client's name")


@require_GET
@permitted(MANAGE)
def client_list(request: HttpRequest) -> HttpResponse:
    """Whom the work is for. Campaigns of teams that the reader does not see are not counted (S05)."""
    seen = Q(projects__campaigns__in=Campaign.objects.visible_to(signed_in_user(request)))
    rows = Client.objects.annotate(
        folded_name=Folded("name"),
        project_count=Count("projects", filter=Q(projects__archived=False), distinct=True),
        campaign_count=Count("projects__campaigns", filter=seen, distinct=True),
    )
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=ClientFilters(request.GET))
    return render(request, "campaigns/clients.html", {"page": page, "heading": _("Clients")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_client(request: HttpRequest) -> HttpResponse:
    """A client is made; projects follow on its page."""
    by = signed_in_user(request)
    form = ClientForm(request.POST or None, initial=ClientForm.stored(ClientSheet(name="")))
    if request.method == "POST" and form.is_valid():
        client = submit(form, lambda: create_client(form.sheet(), by=by))
        if client is not None:
            tell(request, _("The client was created. Add its first project."))
            return redirect("client", client_id=client.pk)
    context = {"form": form, "heading": _("New client"), "cancel_url": reverse("clients")}
    return render(request, "campaigns/client.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def client_page(request: HttpRequest, client_id: int) -> HttpResponse:
    """One client and its projects."""
    by = signed_in_user(request)
    client = found(Client, client_id)
    form = ClientForm(request.POST or None, initial=ClientForm.stored(ClientSheet.of(client)))
    if submit_edit(
        request,
        form,
        lambda version: edit_client(client_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: ClientForm.stored(ClientSheet.of(found(Client, client_id))),
    ):
        return redirect("clients")
    return client_shown(request, client, form=form, project=ProjectForm(prefix="project"))


def client_shown(request: HttpRequest, client: Client, *, form: ClientForm, project: ProjectForm) -> HttpResponse:
    seen = Q(campaigns__in=Campaign.objects.visible_to(signed_in_user(request)))
    context = {
        "form": form,
        "new_project": project,
        "about": client,
        "heading": client.name,
        "cancel_url": reverse("clients"),
        "projects": client.projects.annotate(campaign_count=Count("campaigns", filter=seen, distinct=True)).order_by(
            "archived", "name"
        ),
    }
    return render(request, "campaigns/client.html", context, status=400 if form.errors or project.errors else 200)


@require_POST
@permitted(MANAGE)
def new_project(request: HttpRequest, client_id: int) -> HttpResponse:
    """One more project of the client."""
    by = signed_in_user(request)
    client = found(Client, client_id)
    project = ProjectForm(request.POST, prefix="project")
    if project.is_valid():
        made = submit(project, lambda: create_project(project.cleaned_data["name"], client_id=client.pk, by=by))
        if made is not None:
            tell(request, _("The project was created."))
            return redirect("client", client_id=client_id)
    return client_shown(
        request, client, form=ClientForm(initial=ClientForm.stored(ClientSheet.of(client))), project=project
    )


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def project_page(request: HttpRequest, project_id: int) -> HttpResponse:
    """One project's name and campaigns."""
    by = signed_in_user(request)
    project = found(Project, project_id)
    stored = {"name": project.name, "version": project_version(project)}
    form = ProjectForm(request.POST or None, initial=stored)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if (
            submit(form, lambda: edit_project(project_id, name=said["name"], by=by, version=said["version"]))
            is not None
        ):
            tell(request, _("Saved."))
            return redirect("client", client_id=project.client_id)
        again = found(Project, project_id)
        meet_conflict(form, stored={"name": again.name}, version=project_version(again))
    context = {
        "form": form,
        "about": project,
        "heading": project.name,
        "cancel_url": reverse("client", args=[project.client_id]),
        "campaigns": Campaign.objects.visible_to(by).filter(project=project),
    }
    return render(request, "campaigns/project.html", context, status=400 if form.errors else 200)


archive_the_client = button(
    archive_client,
    gettext_lazy("The client was archived."),
    permission=MANAGE,
    undo="client-restore",
    back=at_page("client"),
)
restore_the_client = button(
    restore_client,
    gettext_lazy("The client is in use again."),
    permission=MANAGE,
    undo="client-archive",
    back=at_page("client"),
)
archive_the_project = button(
    archive_project,
    gettext_lazy("The project was archived."),
    permission=MANAGE,
    undo="project-restore",
    back=at_page("project"),
)
restore_the_project = button(
    restore_project,
    gettext_lazy("The project is in use again."),
    permission=MANAGE,
    undo="project-archive",
    back=at_page("project"),
)


def found(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
