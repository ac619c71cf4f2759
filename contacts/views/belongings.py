"""The parts of a contact's section that change in place: tags and groups, consent, addresses, notes (001-27, 28, 30; 002-20).

Each answers its own fragment to the page's script, without a reload, and leads back to the contact for who has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.guards import signed_in_user
from accounts.models import User
from contacts import actions
from contacts.models import Contact, ContactNote, Tag
from contacts.rows import contact_detail
from contacts.section_forms import AddressForm, ConsentForm, NoteForm
from contacts.sheets import AddressEntry
from contacts.views.detail import (
    addresses_context,
    consent_context,
    labels_context,
    notes_context,
    optional_url,
    why_not_edit,
)
from core.fragments import answer_fragment, is_fragment
from core.refusals import Invalid, NotFound, Refusal
from core.sections import Words


@require_http_methods(["GET", "POST"])
@login_required
def contact_labels(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Tags and groups of a contact: put on, taken off."""
    return part(request, contact_id, LABELS)


@require_http_methods(["GET", "POST"])
@login_required
def contact_consent(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What they allowed, and whether they may be contacted at all."""
    return part(request, contact_id, CONSENT)


@require_http_methods(["GET", "POST"])
@login_required
def contact_addresses(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Where they are found: the list and one more, shown at once (002-20)."""
    return part(request, contact_id, ADDRESSES)


@require_http_methods(["GET", "POST"])
@login_required
def contact_notes(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What the next agent must know (001-30)."""
    return part(request, contact_id, NOTES)


Form = forms.Form | None
Act = Callable[[HttpRequest, int, User], Form]


class Part:
    """One fragment: its template, what it shows, and what a POST to it does (the form is what could not be taken in, else None)."""

    def __init__(
        self,
        template: str,
        title: Words,
        tab: str,
        context: Callable[[dict[str, Any], User], dict[str, Any]],
        acts: dict[str, Act],
        form: type[forms.Form] | None = None,
    ) -> None:
        self.template, self.title, self.tab, self.context, self.acts = template, title, tab, context, acts
        self.form = form


def part(request: HttpRequest, contact_id: int, wanted: Part) -> HttpResponse:
    """Show it, or do what was asked and show it anew. Raises Http404: not theirs to see, or nothing it knows how to do."""
    user = signed_in_user(request)
    if contact_detail(contact_id, user) is None:
        raise Http404
    refused: Form = None
    trouble = ""
    if request.method == "POST":
        act = wanted.acts.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        try:
            refused = act(request, contact_id, user)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            trouble = " ".join(each for them in refusal.fields.values() for each in them) or refusal.message
        if refused is None and not trouble and not is_fragment(request):
            page = optional_url("contact", contact_id) or optional_url("contact-section", contact_id)
            return redirect(f"{page}?tab={wanted.tab}")
    row = contact_detail(contact_id, user)
    if row is None:
        # Shared with others alone meanwhile.
        raise Http404
    context = wanted.context(row, user) | {
        "why_not_edit": why_not_edit(row, user),
        **form_context(wanted, refused, typed=request.POST if trouble else None),
        "trouble": trouble,
        "done": request.POST.get("do", ""),
    }
    status = 400 if refused is not None or trouble else 200
    return answer_fragment(request, wanted.template, context, title=str(wanted.title), status=status)


def form_context(wanted: Part, refused: Form, *, typed: QueryDict | None) -> dict[str, Any]:
    """The part's form: what was wrong with it, or what was typed into it when something else was in the way, or a new one."""
    if wanted.form is None:
        return {}
    said = {name: typed[name] for name in wanted.form.base_fields if name in typed} if typed is not None else {}
    name = wanted.form.__name__.removesuffix("Form").lower()
    return {f"{name}_form": refused or wanted.form(initial=said), "is_open": refused is not None or bool(said)}


def whole(request: HttpRequest, name: str) -> int:
    """A number that was posted. Raises NotFound: it is none."""
    value = request.POST.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise NotFound
    return int(value)


def submitted(form: forms.Form, act: Callable[[dict[str, Any]], object]) -> Form:
    """Do it with what the form holds; return the form with what is wrong, or None when it was taken in."""
    if not form.is_valid():
        return form
    try:
        act(form.cleaned_data)
    except Invalid as refusal:
        for name, messages in refusal.fields.items():
            form.add_error(name if name in form.fields else None, messages)
        return form
    return None


# ── Tags and groups


def add_tag(request: HttpRequest, contact_id: int, user: User) -> Form:
    if not request.POST.get("tag"):
        raise Invalid(_("Choose a tag."))
    tag = Tag.objects.filter(pk=whole(request, "tag")).first()
    if tag is None:
        raise NotFound
    actions.add_tag(contact_id, tag, by=user)
    return None


def remove_tag(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.remove_tag(contact_id, whole(request, "tag"), by=user)
    return None


def join_group(request: HttpRequest, contact_id: int, user: User) -> Form:
    if not request.POST.get("group"):
        raise Invalid(_("Choose a group."))
    actions.join_group(contact_id, whole(request, "group"), by=user)
    return None


def leave_group(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.leave_group(contact_id, whole(request, "group"), by=user)
    return None


LABELS = Part(
    "contacts/_labels.html",
    gettext_lazy("Tags and groups"),
    "summary",
    labels_context,
    {"add-tag": add_tag, "remove-tag": remove_tag, "join-group": join_group, "leave-group": leave_group},
)

# ── Consent


def forbid(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.forbid_contact(contact_id, by=user)
    return None


def allow(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.allow_contact(contact_id, by=user)
    return None


def record_consent(request: HttpRequest, contact_id: int, user: User) -> Form:
    return submitted(
        ConsentForm(request.POST),
        lambda given: actions.record_consent(
            contact_id,
            by=user,
            medium=given["medium"],
            is_given=given["answer"] == "yes",
            source=given["source"],
        ),
    )


CONSENT = Part(
    "contacts/_consent.html",
    gettext_lazy("Consent"),
    "summary",
    lambda row, _user: consent_context(row),
    {"forbid": forbid, "allow": allow, "record": record_consent},
    ConsentForm,
)

# ── Addresses


def add_address(request: HttpRequest, contact_id: int, user: User) -> Form:
    return submitted(
        AddressForm(request.POST), lambda given: actions.add_address(contact_id, AddressEntry(**given), by=user)
    )


def remove_address(request: HttpRequest, contact_id: int, user: User) -> Form:
    row = contact_detail(contact_id, user)
    wanted = whole(request, "address")
    # Of this contact: the action knows addresses by their id alone.
    if row is None or wanted not in {each["id"] for each in row["addresses"]}:
        raise NotFound
    actions.remove_address(wanted, by=user)
    return None


ADDRESSES = Part(
    "contacts/_addresses.html",
    gettext_lazy("Addresses"),
    "addresses",
    lambda row, _user: addresses_context(row),
    {"add": add_address, "remove": remove_address},
    AddressForm,
)

# ── Notes


def write_note(request: HttpRequest, contact_id: int, user: User) -> Form:
    return submitted(NoteForm(request.POST), lambda given: actions.write_note(contact_id, given["text"], by=user))


def delete_note(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.delete_note(note_of(request, contact_id), by=user)
    return None


def restore_note(request: HttpRequest, contact_id: int, user: User) -> Form:
    actions.restore_note(note_of(request, contact_id), by=user)
    return None


def note_of(request: HttpRequest, contact_id: int) -> int:
    """The note that was posted, of this person: the actions know notes by their id alone. Raises NotFound."""
    wanted = whole(request, "note")
    people = Contact.objects.identity(Contact.objects.get(pk=contact_id))
    if not ContactNote.objects.filter(pk=wanted, contact__in=people).exists():
        raise NotFound
    return wanted


NOTES = Part(
    "contacts/_notes.html",
    gettext_lazy("Notes"),
    "notes",
    notes_context,
    {"write": write_note, "delete": delete_note, "restore": restore_note},
    NoteForm,
)
