"""A contact's form, new and known, and what it asks while it is being filled in (002-04 … 002-13)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.actions.checking import Checked, check_document, check_points
from contacts.actions.companies import CompanySheet
from contacts.actions.registering import register_contact, rewrite_contact
from contacts.editing_form import ADDRESS, CUSTOM, ContactForm, company_found, givable_teams, kinds_for_script
from contacts.errors import DuplicateContact
from contacts.models import Company, Contact, DocumentType
from contacts.reaching import MOST_PASTED
from contacts.sheets import PointEntry
from core.forms import meet_conflict, tell, write_refusal
from core.refusals import NotFound, Refusal

EDIT = "contacts.edit_contacts"


@require_http_methods(["GET", "POST"])
@permitted(EDIT)
def new_contact(request: HttpRequest) -> HttpResponse:
    """Somebody new. `?points=` begins with a number or an address that was looked for."""
    by = signed_in_user(request)
    own = givable_teams(by) if not by.has_perm("accounts.see_all_teams") else []
    initial = {
        "client_id": uuid.uuid4(),
        "points": request.GET.get("points", "")[:200],
        "first_name": request.GET.get("first_name", "")[:80],
        "teams": [str(team.pk) for team in own],
    }
    form = ContactForm(request.POST or None, by=by, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = submitted(
            form,
            lambda company: register_contact(
                by=by,
                changes=form.changes(),
                company=company,
                address=form.address(),
                client_id=form.cleaned_data["client_id"] or uuid.uuid4(),
            ),
        )
        if made is not None:
            tell(request, _("The contact was created."))
            return redirect("contact", made.pk)
    return drawn(request, form, heading=_("New contact"), cancel_url=reverse("contacts"))


@require_http_methods(["GET", "POST"])
@permitted(EDIT)
def edit_page(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Somebody known: the same fields, those of one's own too (002-13)."""
    by = signed_in_user(request)
    contact = seen_contact(contact_id, by=by)
    if contact.merged_into_id is not None:
        return redirect("contact-edit", contact.merged_into_id)
    form = ContactForm(request.POST or None, by=by, contact=contact, initial=ContactForm.stored(contact, by=by))
    if request.method == "POST" and form.is_valid():
        try:
            kept = submitted(
                form,
                lambda company: rewrite_contact(
                    contact_id,
                    by=by,
                    version=form.cleaned_data["version"],
                    changes=form.changes(),
                    company=company,
                    address=form.address(),
                ),
            )
        except NotFound:
            raise Http404 from None
        if kept is not None:
            tell(request, _("Saved."))
            return redirect("contact", contact_id)
        again = ContactForm.stored(seen_contact(contact_id, by=by), by=by)
        meet_conflict(form, stored=again, version=again["version"])
    return drawn(
        request,
        form,
        heading=contact.name or _("Contact"),
        about=contact,
        cancel_url=reverse("contact", args=[contact_id]),
    )


def seen_contact(contact_id: int, *, by: User) -> Contact:
    contact: Contact | None = (
        Contact.objects.visible_to(by).select_related("company", "document_type").filter(pk=contact_id).first()
    )
    if contact is None or contact.erased_at is not None:
        raise Http404
    return contact


def submitted(form: ContactForm, act: Callable[[Company | CompanySheet | None], Contact]) -> Contact | None:
    """Run the action; None after writing what was refused at its fields."""
    try:
        return act(wanted_company(form))
    except ValueError as error:
        form.add_error("company_name", str(error))
    except NotFound:
        raise
    except Refusal as refusal:
        write_refusal(form, in_form_words(refusal, form))
        if isinstance(refusal, DuplicateContact):
            form.duplicate = refusal.extra["contact"]
    return None


def wanted_company(form: ContactForm) -> Company | CompanySheet | None:
    """Raises ValueError: there is no such company, or several."""
    said = form.cleaned_data
    if said["company_new"]:
        return CompanySheet(
            name=said["company_name"],
            document_type=form.chosen_type("company_document_type"),
            document_number=said["company_document_number"],
            industry=said["company_industry"],
        )
    own = form.contact.company if form.contact is not None else None
    return company_found(said["company_name"], said["company_id"], own=own)


def in_form_words(refusal: Refusal, form: ContactForm) -> Refusal:
    """The refusal with its fields under the form's names: a field of one's own by its control id, an address's by its part."""
    fields: dict[str, list[str]] = {}
    for name, reasons in refusal.fields.items():
        place = next((each for each in places_of(name, form) if each in form.fields), name)
        fields.setdefault(place, []).extend(reasons)
    refusal.fields = fields
    # Said at its field; over the form it would stand twice.
    if fields and all(name in form.fields for name in fields):
        refusal.message = ""
    return refusal


def places_of(name: str, form: ContactForm) -> tuple[str, ...]:
    if name == "company":
        return ("company_name",)
    if name in ADDRESS:
        return (f"address_{name}",)
    return (CUSTOM + name.removeprefix("custom."), name)


def drawn(request: HttpRequest, form: ContactForm, **context: Any) -> HttpResponse:
    shown = {
        "form": form,
        "custom": form.custom,
        "kinds": kinds_for_script(),
        "known_lines": orjson.dumps([line for line, _point in form.known]).decode(),
        "other_addresses": max(0, form.contact.addresses.count() - 1) if form.contact is not None else 0,
        "teams_hint": _("Their people find it, and see what is said with it.")
        if form.by.has_perm("accounts.see_all_teams")
        else _("Of your own teams. Other teams that share it stay."),
        "examples": orjson.dumps({str(each.pk): each.example for each in form.document_types}).decode(),
    }
    return render(request, "contacts/form.html", shown | context, status=400 if form.errors else 200)


# ── Asked while the form is being filled in


@require_POST
@permitted(EDIT)
def points_check(request: HttpRequest) -> HttpResponse:
    """{"points": [{"kind", "value"}], "contact": id or ""} -> {"results": [what is to be said of each]}, in their order."""
    by, said = signed_in_user(request), sent(request)
    points = said.get("points")
    if not isinstance(points, list) or not all(isinstance(each, dict) for each in points):
        return JsonResponse({}, status=400)
    entries = [
        PointEntry(value=str(each.get("value", "")), kind=str(each.get("kind", ""))) for each in points[:MOST_PASTED]
    ]
    checked = check_points(entries, contact_id=asked_about(said, by=by), by=by)
    return JsonResponse({"results": [answer(each) for each in checked]})


@require_POST
@permitted(EDIT)
def document_check(request: HttpRequest) -> HttpResponse:
    """{"document_type": id, "document_number", "contact"} -> what is to be said of the number."""
    by, said = signed_in_user(request), sent(request)
    kind = DocumentType.objects.filter(pk=number_in(said.get("document_type"))).first()
    if kind is None:
        return JsonResponse({}, status=400)
    written = str(said.get("document_number", ""))
    return JsonResponse(answer(check_document(kind, written, contact_id=asked_about(said, by=by), by=by)))


def sent(request: HttpRequest) -> dict[str, Any]:
    try:
        said = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def asked_about(said: dict[str, Any], *, by: User) -> int | None:
    """The contact whose form it is: its own number is no duplicate. Only of one that the asker sees."""
    found: int | None = (
        Contact.objects.visible_to(by).filter(pk=number_in(said.get("contact"))).values_list("pk", flat=True).first()
    )
    return found


def number_in(said: Any) -> int:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def answer(checked: Checked) -> dict[str, str]:
    return {
        "kind": checked.kind,
        "value": checked.shown,
        "shown": checked.shown,
        "error": checked.error,
        "warning": checked.warning,
        "url": reverse("contact", args=[checked.contact_id]) if checked.contact_id is not None else "",
        "name": checked.contact_name,
    }
