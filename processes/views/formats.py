"""Formats of import: made, downloaded empty or with the values of now, put away (003-17, P0-59)."""

from __future__ import annotations

import tempfile
import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import signed_in_user
from contacts.actions.updating import WRITABLE
from contacts.filters import sees_numbers
from contacts.models import BaseMember, ContactBase, Lot, LotContact
from core import journal
from core.forms import submit, tell
from processes.actions.formats import archive_format, make_format
from processes.formats import fields_offered, headings_of, keys_offered, write_format
from processes.models import ImportFormat
from processes.updating import Updating
from processes.views.catalogue import number_said
from processes.views.doors import for_who_may_run, permitted_process

# What one waits for; more is an export's.
MOST_FILLED = 50_000


class FormatForm(forms.Form):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    key = forms.ChoiceField(label=gettext_lazy("Key"))
    columns = forms.MultipleChoiceField(label=gettext_lazy("Fields to update"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["key"].choices = [(each.code, each.title) for each in keys_offered()]
        fields["columns"].choices = [(each.code, each.title) for each in fields_offered(WRITABLE)]


@require_GET
@for_who_may_run
def format_list(request: HttpRequest) -> HttpResponse:
    """The formats there are, each with its workbook."""
    by = signed_in_user(request)
    permitted_process(Updating.kind, by=by)
    rows = [
        {"format": each, "headings": headings_of(each)}
        for each in ImportFormat.objects.filter(archived_at__isnull=True).select_related("created_by")[:200]
    ]
    context = {
        "heading": _("Formats of import"),
        "rows": rows,
        "may_fill": may_fill(request),
        "bases": ContactBase.objects.visible_to(by).order_by("folded_name")[:200],
        "lots": Lot.objects.visible_to(by).live()[:200],
    }
    return render(request, "processes/formats.html", context)


def may_fill(request: HttpRequest) -> bool:
    """Values of now leave the house with the workbook: for whom may export and sees numbers whole."""
    by = signed_in_user(request)
    return by.may_export and sees_numbers(by)


@require_http_methods(["GET", "POST"])
@for_who_may_run
def new_format(request: HttpRequest) -> HttpResponse:
    """A key, and the fields that are written."""
    by = signed_in_user(request)
    permitted_process(Updating.kind, by=by)
    form = FormatForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = submit(
            form,
            lambda: make_format(Updating.kind, said["name"], key=said["key"], columns=said["columns"], by=by),
        )
        if made is not None:
            tell(request, _("The format was made. Download its workbook."))
            return redirect("import-formats")
    context = {"heading": _("New format"), "form": form}
    return render(request, "processes/format_form.html", context, status=400 if form.errors else 200)


@require_GET
@for_who_may_run
def workbook(request: HttpRequest, wanted: uuid.UUID) -> HttpResponse:
    """The workbook of a format: empty, or with the values of now of a base's or a lot's contacts."""
    by = signed_in_user(request)
    permitted_process(Updating.kind, by=by)
    found = seen_format(wanted)
    contacts: list[int] = []
    base, lot = number_said(request, "base"), number_said(request, "lot")
    if base or lot:
        if not may_fill(request):
            raise PermissionDenied
        contacts = contacts_of(request, base=base, lot=lot)
        journal.record(
            "import_format_filled", found, by=by, details={"base": base, "lot": lot, "contacts": len(contacts)}
        )
    written = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the answer
    write_format(written, found, contacts=contacts, by=by)
    written.seek(0)
    # A response like others to whoever guards it.
    return cast(HttpResponse, FileResponse(written, as_attachment=True, filename=f"{found.name}.xlsx"))


def contacts_of(request: HttpRequest, *, base: int, lot: int) -> list[int]:
    by = signed_in_user(request)
    if base:
        if not ContactBase.objects.visible_to(by).filter(pk=base).exists():
            raise Http404
        members = BaseMember.objects.visible_to(by).live().filter(base=base).order_by("pk")
        return list(members.values_list("contact", flat=True)[:MOST_FILLED])
    if not Lot.objects.visible_to(by).filter(pk=lot).exists():
        raise Http404
    rows = LotContact.objects.filter(lot=lot).order_by("pk")
    return list(rows.values_list("contact", flat=True)[:MOST_FILLED])


@require_POST
@for_who_may_run
def archive(request: HttpRequest, wanted: uuid.UUID) -> HttpResponse:
    """Put a format away."""
    permitted_process(Updating.kind, by=signed_in_user(request))
    archive_format(seen_format(wanted).pk, by=signed_in_user(request))
    tell(request, _("The format was put away."))
    return redirect("import-formats")


def seen_format(wanted: uuid.UUID) -> ImportFormat:
    found = ImportFormat.objects.filter(uuid=wanted).first()
    if found is None:
        raise Http404
    return found
