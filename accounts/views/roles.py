"""Roles: a grid of what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.roles import create_role, delete_role, grid_version, rename_role, set_grid, stored_grid
from accounts.forms import RoleForm, RoleNameForm
from accounts.guards import permitted, signed_in_user
from accounts.models import ROLES, User
from accounts.rows import role_title
from core.forms import VersionedForm, submit, tell, write_refusal
from core.refusals import NotFound, Refusal
from core.rights import right_names, rights_areas
from core.versions import Stale

MANAGE = "accounts.manage_roles"


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def role_grid(request: HttpRequest) -> HttpResponse:
    """Every role's rights at once. A box that the reader may not change is shown as it is and says why."""
    by = signed_in_user(request)
    stored = stored_grid()
    form = VersionedForm(request.POST or None, initial={"version": grid_version(stored)})
    grid = stored
    if request.method == "POST" and form.is_valid():
        grid = said_grid(request, stored=stored, by=by)
        try:
            set_grid(grid, by=by, version=form.cleaned_data["version"])
        except Stale as stale:
            # The boxes stay as they were ticked; the next «Save» means them.
            write_refusal(form, stale)
            said: Any = request.POST.copy()
            said["version"] = grid_version(stored_grid())
            form.data = said
        except Refusal as refusal:
            write_refusal(form, refusal)
        else:
            tell(request, _("Saved. Whoever has a changed role notices at once."))
            return redirect("roles")
    return grid_page(request, form=form, grid=grid, by=by)


def grid_page(
    request: HttpRequest,
    *,
    by: User,
    form: VersionedForm | None = None,
    grid: dict[int, set[str]] | None = None,
    new: RoleForm | None = None,
    renaming: Mapping[int, RoleNameForm] | None = None,
) -> HttpResponse:
    """The grid as it is stored, or as it was ticked; `new` and `renaming` are what was refused of the dialogs, which open again."""
    grid = stored_grid() if grid is None else grid
    form = form or VersionedForm(initial={"version": grid_version(grid)})
    new, renaming = new or RoleForm(prefix="new"), renaming or {}
    own = set(by.get_all_permissions())
    roles = list(Group.objects.annotate(holders=Count("user")).order_by("pk"))
    built_in = {name: position for position, name in enumerate(("agent", "supervisor", "admin"))}
    roles.sort(key=lambda role: (built_in.get(role.name, 9), role.name))
    columns = [
        {
            "role": role,
            "title": role_title(role.name),
            "is_built_in": role.name in ROLES,
            "holders": role.holders,
            "form": renaming.get(role.pk) or RoleNameForm(prefix=name_prefix(role.pk), initial={"name": role.name}),
        }
        for role in roles
    ]
    areas = [
        {
            "title": area.title,
            "rows": [
                {
                    "right": right,
                    "is_mine": right.name in own or by.is_superuser,
                    "boxes": [
                        {
                            "name": f"{role.pk}:{right.name}",
                            "is_on": right.name in grid.get(role.pk, ()),
                            "title": role_title(role.name),
                        }
                        for role in roles
                    ],
                }
                for right in area.rights
            ],
        }
        for area in rights_areas()
    ]
    context = {"form": form, "new": new, "columns": columns, "areas": areas, "heading": _("Roles")}
    is_refused = any(each.errors for each in (form, new, *renaming.values()))
    return render(request, "accounts/roles.html", context, status=400 if is_refused else 200)


def name_prefix(role_id: int) -> str:
    return f"role-{role_id}"


def said_grid(request: HttpRequest, *, stored: dict[int, set[str]], by: User) -> dict[int, set[str]]:
    """The boxes that were ticked. Those the reader may not change are not sent by the page, and stay; sent all the same, they are refused."""
    ticked = {(role, right) for role, _colon, right in (each.partition(":") for each in request.POST.getlist("right"))}
    own = right_names() if by.is_superuser else set(by.get_all_permissions())
    return {
        role: {right for said, right in ticked if said == str(role)} | (held - own) for role, held in stored.items()
    }


@require_POST
@permitted(MANAGE)
def new_role(request: HttpRequest) -> HttpResponse:
    """A role is made beside the others."""
    by = signed_in_user(request)
    form = RoleForm(request.POST, prefix="new")
    if form.is_valid():
        said = form.cleaned_data
        like = int(said["like"]) if said["like"] else None
        if submit(form, lambda: create_role(said["name"], like=like, by=by)) is not None:
            tell(request, _("The role was created. Choose what it may do."))
            return redirect("roles")
    return grid_page(request, new=form, by=by)


@require_POST
@permitted(MANAGE)
def rename(request: HttpRequest, role_id: int) -> HttpResponse:
    """A role gets another name. What was refused stands in its dialog, open, with the reason beside it."""
    by = signed_in_user(request)
    if not Group.objects.filter(pk=role_id).exists():
        raise Http404
    form = RoleNameForm(request.POST, prefix=name_prefix(role_id))
    if (
        form.is_valid()
        and submit(form, lambda: rename_role(role_id, name=form.cleaned_data["name"], by=by)) is not None
    ):
        tell(request, _("Saved."))
        return redirect("roles")
    # A role that is built in has no dialog.
    for reason in form.non_field_errors():
        messages.error(request, str(reason))
    return grid_page(request, renaming={role_id: form}, by=by)


@require_POST
@permitted(MANAGE)
def delete(request: HttpRequest, role_id: int) -> HttpResponse:
    """A role that nobody has goes; why another stays is told over the grid."""
    try:
        delete_role(role_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message or " ".join(each for all_ in refusal.fields.values() for each in all_))
    else:
        tell(request, _("The role was deleted."))
    return redirect("roles")
