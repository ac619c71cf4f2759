"""Groups of contacts: the list, one group's page, and how many would meet a rule before it is saved (001-28)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.actions.groups import (
    COUNTED_UP_TO,
    archive_group,
    count_rule,
    create_group,
    edit_group,
    restore_group,
)
from contacts.group_form import GroupForm
from contacts.models import ContactGroup, GroupMember
from contacts.views.catalogue import MANAGE, acted, seen_only
from contacts.views.setup_tags import StateFilters
from core.forms import submit, submit_edit, tell
from core.lists import Column, ListPage
from core.refusals import Invalid

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="kind", title=gettext_lazy("How it is made")),
    Column(name="teams", title=gettext_lazy("Teams")),
    Column(name="members", title=gettext_lazy("Contacts"), sort="member_count", is_numeric=True),
)


@require_GET
@permitted(MANAGE)
def group_list(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    rows = with_members(by).visible_to(by).prefetch_related("teams")
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=StateFilters(request.GET))
    return render(request, "contacts/setup_groups.html", {"page": page, "heading": _("Groups")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_group(request: HttpRequest) -> HttpResponse:
    """One more; an address of the list of contacts gives its filters along: ?rule=1&tag=3."""
    by = signed_in_user(request)
    form = GroupForm(request.POST or None, by=by, initial={"hue": "gray", "kind": ContactGroup.Kind.MANUAL})
    if (
        request.method == "POST"
        and "count" not in request.POST
        and form.is_valid()
        and submit(form, lambda: create_group(form.sheet(), by=by)) is not None
    ):
        tell(request, _("The group was created."))
        return redirect("group-list")
    return drawn(request, form, heading=_("New group"))


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def group_page(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in_user(request)
    group = with_members(by).visible_to(by).filter(pk=pk).first()
    if group is None:
        raise Http404
    form = GroupForm(request.POST or None, by=by, group=group, initial=GroupForm.stored(group, by=by))
    if "count" not in request.POST and submit_edit(
        request,
        form,
        lambda version: edit_group(pk, sheet=form.sheet(), by=by, version=version),
        again=lambda: GroupForm.stored(ContactGroup.objects.get(pk=pk), by=by),
    ):
        return redirect("group-list")
    return drawn(request, form, heading=group.name, about=group)


def drawn(request: HttpRequest, form: GroupForm, **context: Any) -> HttpResponse:
    counted = said_count(form) if "count" in request.POST else ""
    shown = {"form": form, "counted": counted, "cancel_url": reverse("group-list")}
    return render(
        request, "contacts/setup_group.html", shown | context, status=400 if form.errors and not counted else 200
    )


@require_POST
@permitted(MANAGE)
def rule_count(request: HttpRequest) -> HttpResponse:
    """How many meet the rule as it stands in the form, in words."""
    form = GroupForm(request.POST, by=signed_in_user(request))
    return JsonResponse({"words": said_count(form)})


def said_count(form: GroupForm) -> str:
    form.is_valid()
    try:
        count = count_rule(form.rule(), by=form.by)
    except Invalid as refusal:
        return next((reason for reasons in refusal.fields.values() for reason in reasons), refusal.message)
    if count > COUNTED_UP_TO:
        return _("More than {count} contacts meet it now.").format(count=COUNTED_UP_TO)
    words = ngettext("{count} contact meets it now.", "{count} contacts meet it now.", count)
    return words.format(count=count)


archive = acted(archive_group, gettext_lazy("The group was archived."), undo="group-restore", back_to="group-list")
restore = acted(restore_group, gettext_lazy("The group is in use again."), undo="group-archive", back_to="group-list")


def with_members(by: User) -> Any:
    """Groups with how many each holds that `by` sees, counted group by group along the index."""
    members = seen_only(GroupMember.objects.filter(group=OuterRef("pk")), by=by).order_by().values("group")
    return ContactGroup.objects.annotate(
        member_count=Coalesce(Subquery(members.annotate(n=Count("*")).values("n")), Value(0))
    )
