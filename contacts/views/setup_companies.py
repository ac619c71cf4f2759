"""Companies: the list, one company's page, and the names the contact's form looks for (002-08)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts import documents
from contacts.actions.companies import (
    archive_company,
    create_company,
    edit_company,
    restore_company,
)
from contacts.actions.deleting import CompanyInUse, delete_company
from contacts.models import Company, Contact
from contacts.setup_forms import CompanyForm
from contacts.views.catalogue import MANAGE, acted
from core.forms import submit, submit_edit, tell
from core.lists import Column, FilterForm, ListPage, is_storable
from core.refusals import NotFound
from core.text import fold

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="sort_name"),
    Column(name="document", title=gettext_lazy("Document")),
    Column(name="industry", title=gettext_lazy("Industry")),
    Column(name="contacts", title=gettext_lazy("Contacts"), is_numeric=True),
)
FOUND = 8


class CompanyFilters(FilterForm):
    search_hint = gettext_lazy("Name or document")
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("In use")), ("archived", gettext_lazy("Archived"))],
    )

    def narrow(self, rows: Any) -> Any:
        return called(rows.filter(archived_at__isnull=self.said("state") != "archived"), self.said("q") or "")


@require_GET
@permitted(MANAGE)
def company_list(request: HttpRequest) -> HttpResponse:
    rows = with_contacts(signed_in_user(request)).select_related("document_type")
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=CompanyFilters(request.GET))
    for row in page.rows:
        row.document = shown_document(row)
    return render(request, "contacts/setup_companies.html", {"page": page, "heading": _("Companies")})


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_company(request: HttpRequest) -> HttpResponse:
    by = signed_in_user(request)
    form = CompanyForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and submit(form, lambda: create_company(form.sheet(), by=by)) is not None
    ):
        tell(request, _("The company was registered."))
        return redirect("company-list")
    context = {"form": form, "heading": _("New company"), "cancel_url": reverse("company-list")}
    return render(request, "contacts/setup_company.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def company_page(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in_user(request)
    company = with_contacts(by).select_related("document_type").filter(pk=pk).first()
    if company is None:
        raise Http404
    form = CompanyForm(request.POST or None, company=company, initial=CompanyForm.stored(company))
    if submit_edit(
        request,
        form,
        lambda version: edit_company(pk, form.sheet(), by=by, version=version),
        again=lambda: CompanyForm.stored(Company.objects.select_related("document_type").get(pk=pk)),
    ):
        return redirect("company-list")
    context = {"form": form, "about": company, "heading": company.name, "cancel_url": reverse("company-list")}
    return render(request, "contacts/setup_company.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(MANAGE)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        delete_company(pk, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except CompanyInUse as refusal:
        messages.error(request, refusal.message)
        return redirect("company", pk)
    tell(request, _("The company was deleted."))
    return redirect("company-list")


archive = acted(
    archive_company, gettext_lazy("The company was archived."), undo="company-restore", back_to="company-list"
)
restore = acted(
    restore_company, gettext_lazy("The company can be chosen again."), undo="company-archive", back_to="company-list"
)


@require_GET
@permitted("contacts.edit_contacts")
def company_search(request: HttpRequest) -> HttpResponse:
    """?search= -> {"results": [{"id", "name", "document"}]}, what begins with the words first: for whoever fills in a contact."""
    words = request.GET.get("search", "")[:80]
    if len(fold(words)) < 2 or not is_storable(words):
        return JsonResponse({"results": []})
    live = Company.objects.filter(archived_at__isnull=True).select_related("document_type")
    first = list(live.filter(sort_name__startswith=fold(words)).order_by("sort_name", "pk")[:FOUND])
    rest = called(live, words).exclude(pk__in=[each.pk for each in first]).order_by("sort_name", "pk")
    found = [*first, *rest[: FOUND - len(first)]]
    return JsonResponse(
        {"results": [{"id": each.pk, "name": each.name, "document": shown_document(each)} for each in found]}
    )


def called(companies: Any, words: str) -> Any:
    """Companies with every word in their name, or whose document begins with what was typed."""
    by_name = Q()
    for word in fold(words).split():
        by_name &= Q(sort_name__contains=word)
    number = documents.compact(words)
    if len(number) >= 3 and any(each.isdigit() for each in number):
        by_name |= Q(document_number__startswith=number)
    return companies.filter(by_name)


def shown_document(company: Company) -> str:
    rule = company.document_type.check_digit if company.document_type is not None else ""
    return documents.shown(rule, company.document_number) if company.document_number else ""


def with_contacts(by: User) -> Any:
    """Companies with how many contacts that `by` sees work for each, counted company by company along the index."""
    working = Contact.objects.visible_to(by).standing().filter(company=OuterRef("pk")).order_by().values("company")
    return Company.objects.annotate(
        contact_count=Coalesce(Subquery(working.annotate(n=Count("*")).values("n")), Value(0))
    )
