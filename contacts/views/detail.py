"""One contact's side section (002-14 … 002-22): a fragment beside the list, and its parts that change in place.

What upper floors know (what may be started, the history, the files, the bases) stands in slots: each is fetched from whoever serves it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.guards import signed_in_user
from accounts.models import User
from contacts import fields
from contacts.models import Contact, ContactGroup, ContactNote, ContactPoint, FieldDefinition, Tag
from contacts.rows import contact_detail, note_rows, seen_identity
from contacts.section_forms import AddressForm, ConsentForm, NoteForm
from contacts.ways import ways_by_channel
from core.sections import Words

TABS: tuple[tuple[str, Words], ...] = (
    ("summary", gettext_lazy("Summary")),
    ("addresses", gettext_lazy("Addresses")),
    ("history", gettext_lazy("History")),
    ("notes", gettext_lazy("Notes")),
    ("files", gettext_lazy("Files")),
    ("exclusive", gettext_lazy("Exclusive agent")),
)
NOTES_SHOWN = 50


@require_GET
@login_required
def contact_section(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The section alone: the list puts it beside itself. 404 for another team's and for none at all, alike."""
    return render(request, "contacts/_section.html", section_context(request, contact_id))


def section_context(request: HttpRequest, contact_id: int) -> dict[str, Any]:
    """What `contacts/_section.html` needs. Raises Http404."""
    user = signed_in_user(request)
    row = contact_detail(contact_id, user)
    if row is None:
        raise Http404
    contact = Contact.objects.select_related("company__document_type").prefetch_related("points").get(pk=contact_id)
    asked = request.GET.get("tab", "")
    tab = asked if asked in dict(TABS) else TABS[0][0]
    notes = ContactNote.objects.visible_to(user).filter(contact__in=seen_identity(contact, user))
    counts = {"addresses": len(row["addresses"]), "notes": notes.count()}
    return {
        "row": row,
        "contact": contact,
        "tab": tab,
        "tabs": [
            {"name": name, "title": title, "url": tab_url(request, contact_id, name), "count": counts.get(name)}
            for name, title in TABS
        ],
        "close_url": with_list(request, optional_url("contacts")),
        "edit_url": optional_url("contact-edit", contact_id),
        "bases_url": optional_url("contact-bases", contact_id),
        "groups_of_ways": ways_by_channel(contact, sees_numbers=row["sees_numbers"]),
        "facts": custom_facts(contact),
        "why_not_edit": why_not_edit(row, user),
        "address_form": AddressForm(),
        "consent_form": ConsentForm(),
        "note_form": NoteForm(),
        "is_joined": Contact.objects.filter(merged_into=contact).exists(),
        **labels_context(row, user),
        **consent_context(row),
        **addresses_context(row),
        **notes_context(row, user),
    }


def tab_url(request: HttpRequest, contact_id: int, tab: str) -> str:
    """The contact's own address with this tab; what else the address says (the list's filters) stays."""
    page = optional_url("contact", contact_id) or reverse("contact-section", args=[contact_id])
    return with_list(request, page, **({} if tab == TABS[0][0] else {"tab": tab}))


def with_list(request: HttpRequest, page: str, **more: str) -> str:
    """A page with what the address asks of the list; which tab is open is the section's own."""
    query = request.GET.copy()
    query.pop("tab", None)
    query.update(more)
    return f"{page}?{query.urlencode()}" if page and query else page


def optional_url(name: str, *arguments: Any) -> str:
    """An address that another part of the product serves; empty where it does not."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def custom_facts(contact: Contact) -> list[tuple[str, str]]:
    """The contact's own fields in words, in the order of the form; empty ones are left out."""
    return [
        (each.label, fields.shown(each, value))
        for each in FieldDefinition.objects.live()
        if (value := contact.custom.get(each.control_id)) not in (None, "", [])
    ]


def why_not_edit(row: dict[str, Any], user: User) -> str:
    if row["is_erased"]:
        return _("This contact was erased.")
    if row["merged_into_id"] is not None:
        return _("This contact became another one.")
    if not user.has_perm("contacts.edit_contacts"):
        return _("Your role does not allow changing contacts.")
    return ""


def labels_context(row: dict[str, Any], user: User) -> dict[str, Any]:
    """Tags and groups, and those that could be added."""
    groups = ContactGroup.objects.visible_to(user).filter(archived_at=None, kind=ContactGroup.Kind.MANUAL)
    return {
        "row": row,
        "why_not_edit": why_not_edit(row, user),
        "more_tags": list(Tag.objects.filter(archived_at=None).exclude(pk__in=[each["id"] for each in row["tags"]])),
        "more_groups": list(groups.exclude(pk__in=[each["id"] for each in row["groups"]])),
    }


def consent_context(row: dict[str, Any]) -> dict[str, Any]:
    """What counts of each medium, and those of which nothing was said yet."""
    titles: dict[str, Words] = {"": _("Every channel"), **dict(ContactPoint.Kind.choices)}
    return {
        "row": row,
        "consents": [each | {"title": titles[each["medium"]]} for each in row["consents"]],
        "media": list(titles.items()),
    }


def addresses_context(row: dict[str, Any]) -> dict[str, Any]:
    return {"row": row, "addresses": row["addresses"]}


def notes_context(row: dict[str, Any], user: User) -> dict[str, Any]:
    people = seen_identity(Contact.objects.get(pk=row["id"]), user)
    newest = ContactNote.objects.visible_to(user).filter(contact__in=people).order_by("-created_at", "-id")
    notes = note_rows(newest[: NOTES_SHOWN + 1])
    return {
        "row": row,
        "notes": [each | {"is_mine": each["author_id"] == user.pk} for each in notes[:NOTES_SHOWN]],
        "notes_cut": len(notes) > NOTES_SHOWN,
        "deleted_note": ContactNote.objects.restorable_by(user).filter(contact__in=people).first(),
    }
