"""Fields of one's own on the contact's form: the list in order, and one field's page (002-11)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import permitted, signed_in_user
from contacts.actions import field_definitions
from contacts.actions.field_definitions import archive_field, count_uses, create_field, edit_field, restore_field
from contacts.models import FieldDefinition
from contacts.setup_forms import FieldForm
from contacts.views.catalogue import MANAGE, ListedRow, acted, ordering
from core.forms import submit, submit_edit, tell


class Listed(ListedRow):
    @classmethod
    def of(cls, row: FieldDefinition) -> Listed:
        parts = [row.get_kind_display(), row.control_id]
        if row.options:
            parts.append(", ".join(row.options[:6]) + ("…" if len(row.options) > 6 else ""))
        return cls(
            pk=row.pk,
            title=row.label,
            line=" · ".join(parts),
            badges=(_("Required"),) if row.is_required else (),
            is_archived=row.archived_at is not None,
        )


@require_GET
@permitted(MANAGE)
def field_list(request: HttpRequest) -> HttpResponse:
    """All of them in the order of the form; at most some dozens, so neither pages nor search."""
    everything = [Listed.of(each) for each in FieldDefinition.objects.all()]
    context = {
        "heading": _("Fields of your own"),
        "live": [each for each in everything if not each.is_archived],
        "archived": [each for each in everything if each.is_archived],
        "order_url": reverse("field-order"),
        "url_name": "field",
        "restore_name": "field-restore",
    }
    return render(request, "contacts/setup_fields.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_field(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    form = FieldForm(request.POST or None, initial={"kind": FieldDefinition.Kind.TEXT})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data["control_id"]
        if submit(form, lambda: create_field(form.sheet(), control_id=asked, by=by)) is not None:
            tell(request, _("The field was created."))
            return redirect("field-list")
    context = {"form": form, "heading": _("New field"), "cancel_url": reverse("field-list")}
    return render(request, "contacts/setup_field.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def field_page(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in_user(request)
    row = FieldDefinition.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    form = FieldForm(request.POST or None, initial=FieldForm.stored(row))
    if submit_edit(
        request,
        form,
        lambda version: edit_field(pk, sheet=form.sheet(), by=by, version=version),
        again=lambda: FieldForm.stored(FieldDefinition.objects.get(pk=pk)),
    ):
        return redirect("field-list")
    context = {
        "form": form,
        "about": row,
        "uses": count_uses(row, by=by),
        "heading": row.label,
        "cancel_url": reverse("field-list"),
    }
    return render(request, "contacts/setup_field.html", context, status=400 if form.errors else 200)


archive = acted(archive_field, gettext_lazy("The field was archived."), undo="field-restore", back_to="field-list")
restore = acted(
    restore_field, gettext_lazy("The field is on the form again."), undo="field-archive", back_to="field-list"
)
order = ordering(
    field_definitions.order_fields,
    lambda: list(FieldDefinition.objects.filter(archived_at__isnull=True).values_list("pk", flat=True)),
    back_to="field-list",
)
