"""Shortcuts: their list, one shortcut's page, archiving with a way back."""

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
from campaigns import variables
from campaigns.actions import archive_shortcut, change_shortcut, create_shortcut, restore_shortcut
from campaigns.models import Resource, Shortcut
from campaigns.ready_forms import ShortcutFilter, ShortcutForm, scope_name
from campaigns.views.resources import MANAGE, locked_reason, samples
from core.forms import submit, submit_edit, tell
from core.lists import Column, ListPage


@require_GET
@permitted(MANAGE)
def shortcut_list(request: HttpRequest) -> HttpResponse:
    user = signed_in_user(request)
    page = ListPage(
        Shortcut.objects.visible_to(user).select_related("campaign", "resource"),
        params=request.GET,
        columns=[
            Column(name="code", title=_("Code"), sort="code"),
            Column(name="name", title=_("Name"), sort="name_folded"),
            Column(name="words", title=_("Words")),
            Column(name="campaign", title=_("For whom")),
            Column(name="position", title=_("Place"), sort="position", is_numeric=True),
        ],
        order="code",
        filters=ShortcutFilter(request.GET, user=user),
    )
    for row in page.rows:
        row.scope = scope_name(row)
        row.words = row.text or (row.resource.text if row.resource else "")
    return render(request, "campaigns/shortcuts.html", {"page": page, "heading": _("Shortcuts")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_shortcut(request: HttpRequest) -> HttpResponse:
    """One more; `?resource=` begins it from the gallery."""
    user = signed_in_user(request)
    form = ShortcutForm(request.POST or None, initial=begun_from(request), user=user)
    made: Shortcut | None = None
    if request.method == "POST" and form.is_valid():
        made = submit(form, lambda: create_shortcut(form.words(), by=user))
    if made is not None:
        tell(request, _("The shortcut was created."))
        return redirect("shortcut-list")
    return drawn(request, form, heading=_("New shortcut"))


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def shortcut_page(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in_user(request)
    shortcut = Shortcut.objects.visible_to(user).select_related("campaign").filter(pk=pk).first()
    if shortcut is None:
        raise Http404
    form = ShortcutForm(request.POST or None, initial=ShortcutForm.stored(shortcut), user=user)
    locked = locked_reason(shortcut, user)
    if not locked and submit_edit(
        request,
        form,
        lambda version: change_shortcut(pk, form.words(), by=user, version=version),
        again=lambda: ShortcutForm.stored(Shortcut.objects.get(pk=pk)),
    ):
        return redirect("shortcut-list")
    return drawn(request, form, heading=f"/{shortcut.code}", about=shortcut, locked=locked)


def drawn(request: HttpRequest, form: ShortcutForm, **context: Any) -> HttpResponse:
    text = form["text"].value() or ""
    shown = {
        "form": form, "cancel_url": reverse("shortcut-list"), "variables": variables.VARIABLES, "samples": samples(),
        "sample": variables.fill(text, samples()).text,
    }  # fmt: skip
    return render(request, "campaigns/shortcut.html", shown | context, status=400 if form.errors else 200)


def begun_from(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("resource", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return {}
    resource = Resource.objects.live().visible_to(signed_in_user(request)).filter(pk=int(asked)).first()
    return {"resource": resource.pk, "campaign": resource.campaign_id, "name": resource.name} if resource else {}


archive = button(
    archive_shortcut,
    gettext_lazy("The shortcut was archived."),
    permission=MANAGE,
    undo="shortcut-restore",
    back=at_list("shortcut-list"),
)
restore = button(
    restore_shortcut,
    gettext_lazy("The shortcut is in use again."),
    permission=MANAGE,
    undo="shortcut-archive",
    back=at_list("shortcut-list"),
)
