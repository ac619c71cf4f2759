"""The tree's editor. Without script every step is a form; with it the same addresses answer what the tree in the page asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from core.forms import meet_conflict, submit, tell
from core.models import JournalEntry
from core.refusals import NotFound, Refusal
from typification.actions import (
    add_node,
    archive_node,
    delete_node,
    move_node,
    rename_node,
    restore_node,
    save_node,
    shift_node,
)
from typification.forms import NodeForm, stored_values
from typification.models import Typification
from typification.rows import path_names, possible_parents, tree_rows

PERMISSION = "typification.manage_typifications"


@require_GET
@permitted(PERMISSION)
def typifications(request: HttpRequest) -> HttpResponse:
    """The tree, no node chosen."""
    return tree_page(request, node=None, form=None)


@require_http_methods(["GET", "POST"])
@permitted(PERMISSION)
def typification(request: HttpRequest, node_id: int) -> HttpResponse:
    """One node beside the tree."""
    node = Typification.objects.select_related("parent").filter(pk=node_id).first()
    if node is None:
        raise Http404
    stored = stored_values(node)
    form = NodeForm(request.POST or None, initial=stored, node=node)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        saved = submit(
            form,
            lambda: save_node(
                node_id,
                by=signed_in_user(request),
                version=said["version"] or None,
                name=said["name"],
                behaviour=form.behaviour(),
                parent_id=said["parent"],
            ),
        )
        if saved is not None:
            tell(request, _("Saved."))
            return redirect("typification", node_id=node_id)
        node = Typification.objects.select_related("parent").filter(pk=node_id).first()
        if node is None:
            raise Http404
        meet_conflict(form, stored=stored_values(node), version=str(node.version))
    return tree_page(request, node=node, form=form)


def tree_page(request: HttpRequest, *, node: Typification | None, form: NodeForm | None) -> HttpResponse:
    with_archived = request.GET.get("archived") == "1" or bool(node and node.archived)
    rows = tree_rows(with_archived=with_archived)
    context: dict[str, Any] = {
        "heading": _("Typifications"),
        "rows": rows,
        "node": node,
        "form": form,
        "with_archived": with_archived,
        "archived_count": Typification.objects.filter(archived=True).count(),
        "parents": possible_parents(None),
    }
    if request.GET.get("fragment") == "tree":
        return render(request, "typification/_tree.html", context)
    if node is not None:
        context |= {
            "path": path_names(node),
            "last_change": JournalEntry.objects.filter(
                subject_type="typification.typification", subject_id=str(node.pk)
            )
            .order_by("-at")
            .first(),
        }
    return render(request, "typification/tree.html", context, status=400 if form is not None and form.errors else 200)


# ── Steps: of a form, or asked by the tree


@require_POST
@permitted(PERMISSION)
def add(request: HttpRequest) -> HttpResponse:
    parent_id, after_id = whole(request, "parent"), whole(request, "after")
    return step(
        request,
        lambda: add_node(
            request.POST.get("name", ""), by=signed_in_user(request), parent_id=parent_id, after_id=after_id
        ),
        back_to=parent_id,
    )


@require_POST
@permitted(PERMISSION)
def rename(request: HttpRequest, node_id: int) -> HttpResponse:
    return step(
        request,
        lambda: rename_node(node_id, request.POST.get("name", ""), by=signed_in_user(request)),
        back_to=node_id,
    )


@require_POST
@permitted(PERMISSION)
def place(request: HttpRequest, node_id: int) -> HttpResponse:
    """`steps` (-1, 1) among the neighbours, or `parent` and `before`."""
    user = signed_in_user(request)
    steps = request.POST.get("steps", "")
    if steps in ("-1", "1"):
        return step(request, lambda: shift_node(node_id, by=user, steps=int(steps)), back_to=node_id)
    parent_id, before_id = whole(request, "parent"), whole(request, "before")
    return step(request, lambda: move_node(node_id, by=user, parent_id=parent_id, before_id=before_id), back_to=node_id)


@require_POST
@permitted(PERMISSION)
def archive(request: HttpRequest, node_id: int) -> HttpResponse:
    def act() -> None:
        if archive_node(node_id, by=signed_in_user(request)):
            tell(request, _("Archived."), undo_url=reverse("typification-restore", args=[node_id]))

    return step(request, act, back_to=node_id)


@require_POST
@permitted(PERMISSION)
def restore(request: HttpRequest, node_id: int) -> HttpResponse:
    def act() -> None:
        if restore_node(node_id, by=signed_in_user(request)):
            tell(request, _("Restored."))

    return step(request, act, back_to=node_id)


@require_POST
@permitted(PERMISSION)
def delete(request: HttpRequest, node_id: int) -> HttpResponse:
    def act() -> None:
        delete_node(node_id, by=signed_in_user(request))
        tell(request, _("Deleted."))

    return step(request, act, back_to=None, or_back_to=node_id)


def step(
    request: HttpRequest, act: Callable[[], Typification | None], *, back_to: int | None, or_back_to: int | None = None
) -> HttpResponse:
    """Do it and answer: JSON to the tree in the page, else the page again. A node that is not there is 404 to both."""
    asks_json = "application/json" in request.headers.get("Accept", "")
    try:
        node = act()
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        words = refusal.message or " ".join(text for texts in refusal.fields.values() for text in texts)
        if asks_json:
            return JsonResponse(
                {"code": refusal.code, "message": words, "fields": refusal.fields}, status=refusal.status
            )
        messages.error(request, words)
        back_to = or_back_to or back_to
    else:
        if asks_json:
            # What was told for the next page is said by the tree itself.
            said = [str(each) for each in messages.get_messages(request)]
            row = (
                {"id": node.pk, "name": node.name, "version": str(node.version), "parent": node.parent_id}
                if node
                else {}
            )
            return JsonResponse({"node": row, "said": said})
        back_to = node.pk if node is not None else back_to
    return redirect("typification", node_id=back_to) if back_to else redirect("typifications")


def whole(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
