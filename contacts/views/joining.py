"""Pages for joining two contacts that are one person: who it may be, what it would make, and parting them again."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.actions.merging import MAY_MERGE, merge_contacts
from contacts.actions.parting import part_contacts
from contacts.actions.suggesting import dismiss_suggestion
from contacts.filters import ContactFilter
from contacts.joining import Side
from contacts.models import Contact, MergeRecord
from contacts.rows import contact_rows
from contacts.twins import merges_of, open_suggestions, preview_merge, suggestion_rows, twins_of
from core.forms import tell
from core.refusals import Invalid, NotFound, Refusal
from core.text import without_nul

FOUND, SUGGESTED = 20, 50


@require_GET
@permitted(MAY_MERGE)
def suggestions(request: HttpRequest) -> HttpResponse:
    """Pairs that may be one person."""
    by = signed_in_user(request)
    pairs = open_suggestions(by)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        pairs = pairs.filter(pk__lt=int(after))
    found = list(pairs[: SUGGESTED + 1])
    context = {
        "heading": _("Possible duplicates"),
        "pairs": suggestion_rows(found[:SUGGESTED], by),
        "next": found[SUGGESTED - 1].pk if len(found) > SUGGESTED else None,
    }
    return render(request, "contacts/merge_suggestions.html", context)


@require_POST
@permitted(MAY_MERGE)
def dismissal(request: HttpRequest, suggestion_id: int) -> HttpResponse:
    try:
        dismiss_suggestion(suggestion_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    tell(request, _("They stay two contacts, and are not suggested again."))
    return redirect("merge-suggestions")


@require_GET
@permitted(MAY_MERGE)
def choose(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Whom to join with a contact: who may be the same person, and a search."""
    by = signed_in_user(request)
    contact = seen_standing(contact_id, by=by)
    query = without_nul(request.GET.get("q", "")).strip()
    found, reason = search(query, contact, by=by)
    (row,) = contact_rows(Contact.objects.filter(pk=contact.pk), by)
    context = {
        "heading": _("Join with another contact"),
        "contact": row,
        "query": query,
        "found": found,
        "reason": reason,
        "twins": twins_of(contact, by),
    }
    return render(request, "contacts/merge_choose.html", context)


def search(query: str, contact: Contact, *, by: User) -> tuple[list[dict[str, Any]], str]:
    """The first ones found, or why nothing was looked for."""
    if not query:
        return [], ""
    try:
        wanted = ContactFilter.from_query({"search": query})
    except Invalid as refusal:
        return [], " ".join(reason for reasons in refusal.fields.values() for reason in reasons)
    others = Contact.objects.visible_to(by).standing().filter(erased_at__isnull=True).exclude(pk=contact.pk)
    return contact_rows(wanted.ordered(wanted.apply(others, by))[:FOUND], by), ""


@require_http_methods(["GET", "POST"])
@permitted(MAY_MERGE)
def merge(request: HttpRequest, contact_id: int, other_id: int) -> HttpResponse:
    """Two contacts side by side, and what the first would have; joined by the button."""
    by = signed_in_user(request)
    survivor, merged = seen_standing(contact_id, by=by), seen_standing(other_id, by=by)
    choices = read_choices(request)
    if request.method == "POST":
        try:
            merge_contacts(contact_id, merged_id=other_id, by=by, choices=choices)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            tell(request, _("They are one contact now."))
            return redirect("contact-joined", contact_id=contact_id)
    context = {
        "heading": _("Join two contacts"),
        "preview": preview_merge(survivor, merged, by, choices=choices),
        "swap_url": reverse("contact-merge", args=[other_id, contact_id]),
    }
    return render(request, "contacts/merge.html", context, status=409 if request.method == "POST" else 200)


def read_choices(request: HttpRequest) -> dict[str, Side]:
    """Fields named `choice-…`; anything else than one of the two sides says nothing."""
    said = {name.removeprefix("choice-"): value for name, value in request.POST.items() if name.startswith("choice-")}
    return {name: cast(Side, value) for name, value in said.items() if value in ("survivor", "merged")}


@require_GET
@permitted(MAY_MERGE)
def joined(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Who was joined into a contact, each with a way back."""
    by = signed_in_user(request)
    contact = seen_standing(contact_id, by=by)
    (row,) = contact_rows(Contact.objects.filter(pk=contact.pk), by)
    context = {"heading": _("Joined contacts"), "contact": row, "merges": merges_of(contact, by)}
    return render(request, "contacts/merge_joined.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MAY_MERGE)
def part(request: HttpRequest, merge_id: int) -> HttpResponse:
    """What parting would do; done by the button."""
    by = signed_in_user(request)
    record = seen_merge(merge_id, by=by)
    if request.method == "POST":
        try:
            part_contacts(merge_id, by=by)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            tell(request, _("They are two contacts again."))
            return redirect("contact-joined", contact_id=record.survivor_id)
    rows = {
        row["id"]: row
        for row in contact_rows(Contact.objects.filter(pk__in=[record.survivor_id, record.merged_id]), by)
    }
    context = {
        "heading": _("Part two contacts"),
        "record": record,
        "survivor": rows[record.survivor_id],
        "merged": rows[record.merged_id],
        "followers": contact_rows(Contact.objects.filter(pk__in=record.followers), by),
    }
    return render(request, "contacts/merge_part.html", context, status=409 if request.method == "POST" else 200)


def seen_merge(merge_id: int, *, by: User) -> MergeRecord:
    """A merge that stands, of somebody the user sees."""
    seen = Contact.objects.visible_to(by)
    record: MergeRecord | None = (
        MergeRecord.objects.filter(pk=merge_id, undone_at__isnull=True, survivor__in=seen.values("pk"))
        .select_related("by")
        .first()
    )
    if record is None:
        raise Http404
    return record


def seen_standing(contact_id: int, *, by: User) -> Contact:
    contact: Contact | None = (
        Contact.objects.visible_to(by)
        .standing()
        .filter(pk=contact_id, erased_at__isnull=True)
        .select_related("document_type", "company")
        .first()
    )
    if contact is None:
        raise Http404
    return contact
