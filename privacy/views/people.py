"""Settings › Privacy: find a person; hand out, hold and erase what there is of them."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.filters import ContactFilter
from contacts.models import Contact, LegalHold
from contacts.personal import whole_person
from contacts.rows import contact_rows
from core.forms import submit, tell
from core.fragments import answer_fragment
from core.refusals import Invalid, NotFound, Refusal
from core.text import without_nul
from inbox.serving import answer
from privacy.actions.asking import MANAGE
from privacy.actions.erasing import ask_for_erasure
from privacy.actions.exporting import ask_for_export, fetchable_export
from privacy.actions.holding import LONGEST_REASON, lift_hold, place_hold
from privacy.models import Erasure, PersonExport, State
from privacy.rows import held_counts

FOUND, RECENT = 20, 20


class HoldForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON)


class ErasureForm(forms.Form):
    confirmation = forms.CharField(
        label=gettext_lazy("The contact's number"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


@require_GET
@permitted(MANAGE)
def privacy_home(request: HttpRequest) -> HttpResponse:
    """Find a person, and what was asked lately."""
    by = signed_in_user(request)
    query = without_nul(request.GET.get("q", "")).strip()
    found, reason = search(query, by=by)
    seen = Contact.objects.visible_to(by).values("pk")
    context = {
        "heading": _("Privacy"),
        "query": query,
        "found": found,
        "reason": reason,
        "exports": PersonExport.objects.visible_to(by)[:RECENT],
        "erasures": Erasure.objects.visible_to(by)[:RECENT],
        "holds": LegalHold.objects.filter(contact__in=seen, lifted_at__isnull=True).order_by("-pk")[:RECENT],
    }
    return render(request, "privacy/home.html", context)


def search(query: str, *, by: User) -> tuple[list[dict[str, Any]], str]:
    if not query:
        return [], ""
    try:
        wanted = ContactFilter.from_query({"search": query})
    except Invalid as refusal:
        return [], " ".join(reason for reasons in refusal.fields.values() for reason in reasons)
    seen = Contact.objects.visible_to(by).standing().filter(erased_at__isnull=True)
    return contact_rows(wanted.ordered(wanted.apply(seen, by))[:FOUND], by), ""


@require_GET
@permitted(MANAGE)
def person_page(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What is held of one person, and what can be done about it."""
    return show_person(request, contact_id)


def show_person(request: HttpRequest, contact_id: int, **forms_of: forms.Form) -> HttpResponse:
    by = signed_in_user(request)
    contact = seen_person(contact_id, by=by)
    person = whole_person(contact.pk)
    erasure = Erasure.objects.visible_to(by).filter(contact=contact).first()
    (row,) = contact_rows(Contact.objects.filter(pk=contact.pk), by)
    people = list(person.contact_ids)
    context: dict[str, Any] = {
        "heading": row["name"] or _("Contact {number}").format(number=contact.pk),
        "contact": contact,
        "row": row,
        "counts": [(LABELS[name], count) for name, count in held_counts(person).items()],
        "hold": LegalHold.objects.filter(contact__in=people, lifted_at__isnull=True).select_related("by").first(),
        **exports_context(contact, by=by),
        **erasure_context(erasure),
        "hold_form": forms_of.get("hold", HoldForm()),
        "erasure_form": forms_of.get("erasure", ErasureForm()),
    }
    refused = any(form.errors for form in forms_of.values())
    return render(request, "privacy/person.html", context, status=400 if refused else 200)


def exports_context(contact: Contact, *, by: User) -> dict[str, Any]:
    exports = list(PersonExport.objects.visible_to(by).filter(contact=contact)[:RECENT])
    return {"contact": contact, "exports": exports, "is_exporting": any(each.is_open for each in exports)}


def erasure_context(erasure: Erasure | None) -> dict[str, Any]:
    counts = erasure.counts if erasure is not None else {}
    return {"erasure": erasure, "erased": [(ERASED.get(name, name), count) for name, count in counts.items()]}


@require_GET
@permitted(MANAGE)
def export_progress(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The files that were asked for: a part of the person's page, asked for while one is being made."""
    by = signed_in_user(request)
    context = exports_context(seen_person(contact_id, by=by), by=by)
    return answer_fragment(request, "privacy/_exports.html", context, title=_("Hand out all of it"))


@require_GET
@permitted(MANAGE)
def erasure_progress(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """How far an erasure has come: a part of the person's page, asked for while it is under way."""
    found = Erasure.objects.visible_to(signed_in_user(request)).filter(pk=erasure_id).first()
    if found is None:
        raise Http404
    return answer_fragment(request, "privacy/_erasure.html", erasure_context(found), title=_("Erasure"))


LABELS = {
    "contacts": gettext_lazy("Contacts joined as one"),
    "points": gettext_lazy("Contact points"),
    "addresses": gettext_lazy("Addresses"),
    "notes": gettext_lazy("Notes"),
    "consents": gettext_lazy("Consents"),
    "memberships": gettext_lazy("Records in bases"),
    "conversations": gettext_lazy("Conversations"),
    "messages": gettext_lazy("Messages"),
    "files": gettext_lazy("Files"),
    "drafts": gettext_lazy("Drafts"),
    "calls": gettext_lazy("Calls"),
    "rules": gettext_lazy("Rules of groups"),
    "run_files": gettext_lazy("Files of exports"),
    "imported_rows": gettext_lazy("Rows of imported files"),
}
# What an erasure counts besides; every name that a `personal.py` gives stands in one of the two.
ERASED = LABELS | {
    "tags": gettext_lazy("Tags"),
    "groups": gettext_lazy("Groups"),
    "teams": gettext_lazy("Teams"),
    "lots": gettext_lazy("Lots"),
    "suggestions": gettext_lazy("Suggestions to join"),
    "merges": gettext_lazy("Joins"),
    "legal_holds": gettext_lazy("Legal holds"),
    "parked": gettext_lazy("Statuses and changes that came early"),
    "deliveries": gettext_lazy("Raw deliveries"),
    "dead_letters": gettext_lazy("Dead letters"),
    "notices": gettext_lazy("Notices"),
    "saved_views": gettext_lazy("Saved views"),
    "journal_values": gettext_lazy("Values in the journal"),
}


def seen_person(contact_id: int, *, by: User) -> Contact:
    """Whom `by` sees, and whom they had erased: that contact is no team's any more. Raises Http404."""
    erased = Erasure.objects.filter(asked_by=by, state=State.DONE).values("contact")
    theirs = Q(pk__in=Contact.objects.visible_to(by).values("pk")) | Q(pk__in=erased)
    found: Contact | None = Contact.objects.select_related("merged_into").filter(theirs, pk=contact_id).first()
    if found is None:
        raise Http404
    return found.standing


@require_POST
@permitted(MANAGE)
def export(request: HttpRequest, contact_id: int) -> HttpResponse:
    try:
        ask_for_export(contact_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    tell(request, _("The file is being put together. It appears here when it is ready."))
    return redirect("privacy-person", contact_id=contact_id)


@require_GET
@permitted(MANAGE)
def export_file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """The file, for who asked for it, while it is kept."""
    try:
        made = fetchable_export(export_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    name = f"contact-{made.contact_id}.zip"
    # A streamed answer is a response as well, though not by its class.
    return cast(HttpResponse, answer(request, made.path, declared="application/zip", name=name, tag=""))


@require_POST
@permitted(MANAGE)
def hold(request: HttpRequest, contact_id: int) -> HttpResponse:
    by = signed_in_user(request)
    form = HoldForm(request.POST)
    try:
        placed = submit(form, lambda: place_hold(contact_id, by=by, reason=said(form))) if form.is_valid() else None
        if placed is not None:
            tell(request, _("Nothing of this contact is erased until the hold is lifted."))
            return redirect("privacy-person", contact_id=contact_id)
    except NotFound:
        raise Http404 from None
    return show_person(request, contact_id, hold=form)


def said(form: HoldForm) -> str:
    reason: str = form.cleaned_data["reason"]
    return reason


@require_POST
@permitted(MANAGE)
def lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    try:
        lifted = lift_hold(hold_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    tell(request, _("The hold was lifted."))
    return redirect("privacy-person", contact_id=lifted.contact_id)


@require_http_methods(["POST"])
@permitted(MANAGE)
def erase(request: HttpRequest, contact_id: int) -> HttpResponse:
    by = signed_in_user(request)
    form = ErasureForm(request.POST)
    # Who is not seen does not exist, whatever else is wrong.
    seen_person(contact_id, by=by)
    if form.is_valid():
        try:
            ask_for_erasure(contact_id, by=by, confirmation=form.cleaned_data["confirmation"])
        except NotFound:
            raise Http404 from None
        except Invalid as refusal:
            form.add_error("confirmation", refusal.fields["confirmation"][0])
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("privacy-person", contact_id=contact_id)
        else:
            tell(request, _("The contact is being erased."))
            return redirect("privacy-person", contact_id=contact_id)
    return show_person(request, contact_id, erasure=form)
