"""Auxiliaries: their list in order, and one auxiliary's page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions.aux_states import (
    archive_aux_state,
    create_aux_state,
    edit_aux_state,
    order_aux_states,
    restore_aux_state,
)
from accounts.buttons import at_list, button
from accounts.forms import AuxStateForm
from accounts.guards import permitted, signed_in_user
from accounts.models import AuxState
from core.forms import submit, submit_edit, tell

MANAGE = "accounts.manage_aux_states"


@require_GET
@permitted(MANAGE)
def aux_list(request: HttpRequest) -> HttpResponse:
    """All of them in the order agents see; a dozen, so neither pages nor search. The archived follow below."""
    everything = list(AuxState.objects.all())
    context = {
        "heading": _("Auxiliaries"),
        "live": [each for each in everything if not each.archived],
        "archived": [each for each in everything if each.archived],
    }
    return render(request, "accounts/aux_states.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_aux(request: HttpRequest) -> HttpResponse:
    """One more."""
    by = signed_in_user(request)
    form = AuxStateForm(request.POST or None, initial={"color": "gray", "icon": "coffee", "routing": "not_ready"})
    if request.method == "POST" and form.is_valid():
        made = submit(form, lambda: create_aux_state(form.sheet(), by=by))
        if made is not None:
            tell(request, _("The auxiliary was created."))
            return redirect("aux-state-list")
    context = {"form": form, "heading": _("New auxiliary"), "cancel_url": reverse("aux-state-list")}
    return render(request, "accounts/aux_state.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def aux_page(request: HttpRequest, aux_state_id: int) -> HttpResponse:
    """One auxiliary."""
    by = signed_in_user(request)
    aux_state = AuxState.objects.filter(pk=aux_state_id).first()
    if aux_state is None:
        raise Http404
    form = AuxStateForm(request.POST or None, initial=AuxStateForm.stored(aux_state))
    if submit_edit(
        request,
        form,
        lambda version: edit_aux_state(aux_state_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: AuxStateForm.stored(AuxState.objects.get(pk=aux_state_id)),
    ):
        return redirect("aux-state-list")
    context = {"form": form, "about": aux_state, "heading": aux_state.name, "cancel_url": reverse("aux-state-list")}
    return render(request, "accounts/aux_state.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(MANAGE)
def order(request: HttpRequest) -> HttpResponse:
    """By drag: the whole order. By the arrows: one of them a step up or down."""
    by = signed_in_user(request)
    ids = [each.pk for each in AuxState.objects.live()]
    said = [int(each) for each in request.POST.get("order", "").split(",") if each.isascii() and each.isdigit()]
    step = request.POST.get("step", "").partition(":")
    if said:
        ids = said
    elif step[0] in ("up", "down") and step[2].isascii() and step[2].isdigit() and int(step[2]) in ids:
        at = ids.index(int(step[2]))
        to = max(0, min(len(ids) - 1, at + (-1 if step[0] == "up" else 1)))
        ids.insert(to, ids.pop(at))
    order_aux_states(ids, by=by)
    return redirect("aux-state-list")


archive = button(
    archive_aux_state,
    gettext_lazy("The auxiliary was archived."),
    permission=MANAGE,
    undo="aux-state-restore",
    back=at_list("aux-state-list"),
)
restore = button(
    restore_aux_state,
    gettext_lazy("The auxiliary can be chosen again."),
    permission=MANAGE,
    undo="aux-state-archive",
    back=at_list("aux-state-list"),
)
