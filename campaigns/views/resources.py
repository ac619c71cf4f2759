"""The gallery of resources: its list, one resource's page, archiving with a way back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.buttons import at_list, button
from accounts.guards import permitted, signed_in_user
from accounts.models import User
from campaigns import variables
from campaigns.actions import archive_resource, change_resource, create_resource, restore_resource
from campaigns.models import Resource
from campaigns.ready_forms import ReadyFilter, ResourceForm, scope_name
from core.forms import submit, submit_edit, tell
from core.lists import Column, ListPage

MANAGE = "campaigns.manage_ready_words"


@require_GET
@permitted(MANAGE)
def resource_list(request: HttpRequest) -> HttpResponse:
    """What the user sees; what they may change opens to be changed."""
    user = signed_in_user(request)
    page = ListPage(
        Resource.objects.visible_to(user).select_related("campaign"),
        params=request.GET,
        columns=[
            Column(name="name", title=_("Name"), sort="name_folded"),
            Column(name="kind", title=_("Kind"), sort="kind"),
            Column(name="campaign", title=_("For whom")),
            Column(name="position", title=_("Place"), sort="position", is_numeric=True),
        ],
        order="name",
        filters=ReadyFilter(request.GET, user=user),
    )
    for row in page.rows:
        row.scope = scope_name(row)
    return render(request, "campaigns/resources.html", {"page": page, "heading": _("Gallery of resources")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_resource(request: HttpRequest) -> HttpResponse:
    user = signed_in_user(request)
    initial = {"kind": asked_kind(request), "campaign": None}
    form = ResourceForm(request.POST or None, request.FILES or None, initial=initial, user=user)
    kind = str(form.data.get("kind") if form.is_bound else initial["kind"])
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        made = submit(form, lambda: create_resource(form.cleaned_data["kind"], form.words(), by=user, file=file))
        if made is not None:
            tell(request, _("The resource was created."))
            return redirect("resource-list")
    return drawn(request, form, heading=_("New resource"), kind=kind)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def resource_page(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in_user(request)
    resource = visible_resource(pk, user)
    form = ResourceForm(request.POST or None, request.FILES or None, initial=ResourceForm.stored(resource), user=user)
    locked = locked_reason(resource, user)
    if not locked and submit_edit(
        request,
        form,
        lambda version: change_resource(pk, form.words(), by=user, file=form.cleaned_data["file"], version=version),
        again=lambda: ResourceForm.stored(Resource.objects.get(pk=pk)),
    ):
        return redirect("resource-list")
    codes = resource.shortcuts.live().order_by("code")[:20]
    return drawn(request, form, heading=resource.name, kind=resource.kind, about=resource, locked=locked, codes=codes)


def drawn(request: HttpRequest, form: ResourceForm, *, kind: str, **context: Any) -> HttpResponse:
    text = form["text"].value() or ""
    shown = {
        "form": form, "kind": kind, "kinds": Resource.Kind.choices, "cancel_url": reverse("resource-list"),
        "variables": variables.VARIABLES, "samples": samples(), "sample": variables.fill(text, samples()).text,
    }  # fmt: skip
    return render(request, "campaigns/resource.html", shown | context, status=400 if form.errors else 200)


def samples() -> dict[str, str]:
    """What the preview puts in: nobody's own name."""
    return {
        "nombre": "Rocío",
        "apellido": "Benítez",
        "agente": "Ana Gómez",
        "empresa": "Fibra Sur",
        "campaña": "Altas",
        "proyecto": "Hogar",
        "servicio": "WhatsApp Ventas",
    }


def asked_kind(request: HttpRequest) -> str:
    asked = request.GET.get("kind", "")
    return asked if asked in Resource.Kind.values else str(Resource.Kind.TEXT)


def visible_resource(pk: int, user: User) -> Resource:
    resource: Resource | None = Resource.objects.visible_to(user).select_related("campaign").filter(pk=pk).first()
    if resource is None:
        raise Http404
    return resource


def locked_reason(row: Any, user: User) -> str:
    """Why somebody who sees it may not change it; '' where they may."""
    if type(row).objects.changeable_by(user).filter(pk=row.pk).exists():
        return ""
    if row.campaign_id is None:
        return _("It belongs to the whole company: administrators change it.")
    return _("Only whoever runs its campaign may change this.")


archive = button(
    archive_resource,
    gettext_lazy("The resource was archived."),
    permission=MANAGE,
    undo="resource-restore",
    back=at_list("resource-list"),
)
restore = button(
    restore_resource,
    gettext_lazy("The resource is in use again."),
    permission=MANAGE,
    undo="resource-archive",
    back=at_list("resource-list"),
)
