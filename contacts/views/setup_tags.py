"""Tags: the list with how often each is used, and one tag's page (001-27)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.actions.catalogue import archive_tag, create_tag, edit_tag, restore_tag
from contacts.models import ContactTag, Tag
from contacts.setup_forms import TagForm
from contacts.views.catalogue import MANAGE, acted, seen_only
from core.forms import submit, submit_edit, tell
from core.lists import Column, FilterForm, ListPage
from core.text import fold

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="uses", title=gettext_lazy("Contacts"), sort="use_count", is_numeric=True),
)


class StateFilters(FilterForm):
    """By name, and in use or archived."""

    search_hint = gettext_lazy("Name")
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("In use")), ("archived", gettext_lazy("Archived"))],
    )

    def narrow(self, rows: Any) -> Any:
        rows = rows.filter(archived_at__isnull=self.said("state") != "archived")
        for word in fold(self.said("q") or "").split():
            rows = rows.filter(folded_name__contains=word)
        return rows


@require_GET
@permitted(MANAGE)
def tag_list(request: HttpRequest) -> HttpResponse:
    rows = with_uses(signed_in_user(request))
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=StateFilters(request.GET))
    return render(request, "contacts/setup_tags.html", {"page": page, "heading": _("Tags")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_tag(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    form = TagForm(request.POST or None, initial={"hue": "gray"})
    if (
        request.method == "POST"
        and form.is_valid()
        and submit(form, lambda: create_tag(form.sheet(), by=by)) is not None
    ):
        tell(request, _("The tag was created."))
        return redirect("tag-list")
    context = {"form": form, "heading": _("New tag"), "cancel_url": reverse("tag-list")}
    return render(request, "contacts/setup_tag.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def tag_page(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in_user(request)
    tag = with_uses(by).filter(pk=pk).first()
    if tag is None:
        raise Http404
    form = TagForm(request.POST or None, initial=TagForm.stored(tag))
    if submit_edit(
        request,
        form,
        lambda version: edit_tag(pk, sheet=form.sheet(), by=by, version=version),
        again=lambda: TagForm.stored(Tag.objects.get(pk=pk)),
    ):
        return redirect("tag-list")
    context = {"form": form, "about": tag, "heading": tag.name, "cancel_url": reverse("tag-list")}
    return render(request, "contacts/setup_tag.html", context, status=400 if form.errors else 200)


archive = acted(archive_tag, gettext_lazy("The tag was archived."), undo="tag-restore", back_to="tag-list")
restore = acted(restore_tag, gettext_lazy("The tag can be chosen again."), undo="tag-archive", back_to="tag-list")


def with_uses(by: User) -> Any:
    """Tags with how many contacts that `by` sees have each: counted tag by tag, along the index, not by joining all of them."""
    used = seen_only(ContactTag.objects.filter(tag=OuterRef("pk")), by=by).order_by().values("tag")
    return Tag.objects.annotate(use_count=Coalesce(Subquery(used.annotate(n=Count("*")).values("n")), Value(0)))
