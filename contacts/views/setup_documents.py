"""Kinds of document: the list in order, and one kind's page (002-06, 002-07)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import permitted, signed_in_user
from contacts import documents
from contacts.actions import catalogue
from contacts.actions.catalogue import (
    archive_document_type,
    create_document_type,
    edit_document_type,
    restore_document_type,
)
from contacts.actions.seeding import SEEDED_TYPES
from contacts.models import DocumentType
from contacts.setup_forms import DocumentTypeForm
from contacts.views.catalogue import MANAGE, ListedRow, acted, ordering
from core.forms import submit, submit_edit, tell


class Listed(ListedRow):
    @classmethod
    def of(cls, row: DocumentType) -> Listed:
        for_whom = [_("people")] * row.is_for_people + [_("companies")] * row.is_for_companies
        parts = [", ".join(for_whom)]
        if row.check_digit:
            parts.append(_("with check digit"))
        if row.example:
            parts.append(_("for example {example}").format(example=row.example))
        return cls(
            pk=row.pk,
            title=row.name,
            line=capfirst(" · ".join(parts)),
            badges=(row.country,) if row.country else (),
            is_archived=row.archived_at is not None,
        )


@require_GET
@permitted(MANAGE)
def document_type_list(request: HttpRequest) -> HttpResponse:
    """All of them in the order of the form; at most some dozens, so neither pages nor search."""
    everything = [Listed.of(each) for each in DocumentType.objects.all()]
    context = {
        "heading": _("Kinds of document"),
        "live": [each for each in everything if not each.is_archived],
        "archived": [each for each in everything if each.is_archived],
        "order_url": reverse("document-type-order"),
        "url_name": "document-type",
        "restore_name": "document-type-restore",
    }
    return render(request, "contacts/setup_documents.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_document_type(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    form = DocumentTypeForm(request.POST or None, rules=rules(), initial={"is_for_people": True})
    if (
        request.method == "POST"
        and form.is_valid()
        and submit(form, lambda: create_document_type(form.sheet(), by=by)) is not None
    ):
        tell(request, _("The kind of document was created."))
        return redirect("document-type-list")
    context = {"form": form, "heading": _("New kind of document"), "cancel_url": reverse("document-type-list")}
    return render(request, "contacts/setup_document.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def document_type_page(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in_user(request)
    row = DocumentType.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    form = DocumentTypeForm(request.POST or None, rules=rules(), initial=DocumentTypeForm.stored(row))
    if submit_edit(
        request,
        form,
        lambda version: edit_document_type(pk, sheet=form.sheet(), by=by, version=version),
        again=lambda: DocumentTypeForm.stored(DocumentType.objects.get(pk=pk)),
    ):
        return redirect("document-type-list")
    context = {"form": form, "about": row, "heading": row.name, "cancel_url": reverse("document-type-list")}
    return render(request, "contacts/setup_document.html", context, status=400 if form.errors else 200)


archive = acted(
    archive_document_type,
    gettext_lazy("The kind of document was archived."),
    undo="document-type-restore",
    back_to="document-type-list",
)
restore = acted(
    restore_document_type,
    gettext_lazy("The kind of document can be chosen again."),
    undo="document-type-archive",
    back_to="document-type-list",
)
order = ordering(
    catalogue.order_document_types,
    lambda: list(DocumentType.objects.filter(archived_at__isnull=True).values_list("pk", flat=True)),
    back_to="document-type-list",
)


def rules() -> list[tuple[str, str]]:
    """The check digits that are known, each by its code and called as the document it is of."""
    names = {check: name for _code, name, _country, check, *_rest in SEEDED_TYPES if check}
    return [(code, names.get(code, code)) for code in documents.RULES]
