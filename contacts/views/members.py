"""One base: its counters and its members; adding and taking out. And a contact's bases, a fragment of the contact's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import note_refused_entry
from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.actions.associating import (
    Associated,
    associate_contacts,
    associate_lot,
    detach_members,
    refuse_too_large,
)
from contacts.actions.bases import NEXT_STATES, why_not
from contacts.actions.member_states import MOVES
from contacts.actions.slices import counts_now
from contacts.base_forms import LotChoiceForm, MemberFilters
from contacts.filters import ContactFilter
from contacts.member_rows import AROUND, member_rows
from contacts.models import BaseMember, Contact, ContactBase, Lot
from contacts.rows import contact_rows, seen_identity
from contacts.views.bases import MANAGE, dress, dress_with, seen_base
from core.forms import tell
from core.fragments import answer_fragment
from core.lists import Column, ListPage
from core.refusals import Invalid, NotFound, Refusal

FOUND_AT_MOST = 20
MOST_CHOSEN = 200

COLUMNS = (
    Column(name="joined", title=gettext_lazy("Contact"), sort="id"),
    Column(name="state", title=gettext_lazy("State")),
    Column(name="attempts", title=gettext_lazy("Attempts"), is_numeric=True),
    Column(name="last_contact", title=gettext_lazy("Last contact")),
    Column(name="user", title=gettext_lazy("User")),
    Column(name="outcome", title=gettext_lazy("Outcome")),
    Column(name="due", title=gettext_lazy("Due")),
)
TONES = {
    "reserved": "info",
    "in_progress": "accent",
    "retry": "warning",
    "auto_callback": "warning",
    "scheduled": "info",
    "closed": "success",
    "suppressed": "danger",
}


@require_GET
@login_required
def base_page(request: HttpRequest, base_id: int) -> HttpResponse:
    """Its state, its counters and its members, in the order they joined."""
    by = signed_in_user(request)
    base = seen_base(base_id, by=by)
    dress_with([base], {base.pk: counts_now(base.pk)}, by=by)
    members = BaseMember.objects.visible_to(by).filter(base=base).select_related(*AROUND)
    filters = MemberFilters(request.GET, by=by)
    page = ListPage(members, params=request.GET, columns=COLUMNS, order="joined", filters=filters)
    page.rows = shown(page.rows, by=by)
    may_manage = by.has_perm(MANAGE)
    context = {
        "about": base,
        "heading": base.name,
        "page": page,
        "may_manage": may_manage,
        "next_states": [(state, why_not(base, state)) for state in NEXT_STATES[base.state]] if may_manage else [],
    }
    return render(request, "contacts/bases/base.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def add_page(request: HttpRequest, base_id: int) -> HttpResponse:
    """Add a lot, or contacts that were looked for."""
    by = signed_in_user(request)
    base = seen_base(base_id, by=by)
    lots = LotChoiceForm(request.POST if "lot" in request.POST else None, by=by)
    if request.method == "POST":
        try:
            done = add(request, base, lots, by=by)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
            # What was looked for is in the address, and stays.
            return redirect(request.get_full_path())
        if done is not None:
            tell(request, said(done))
            return redirect("base", base_id=base.pk)
    words = request.GET.get("q", "").strip()
    rows, reason = found(words, base, by=by)
    context = {
        "about": base,
        "heading": base.name,
        "lots": lots,
        "has_lots": Lot.objects.visible_to(by).live().exists(),
        "words": words,
        "found": rows,
        "reason": reason,
    }
    dress([base], by=by)
    return render(request, "contacts/bases/add.html", context, status=400 if lots.errors else 200)


def add(request: HttpRequest, base: ContactBase, lots: LotChoiceForm, *, by: User) -> Associated | None:
    if "lot" not in request.POST:
        ids = numbers_said(request, "contact")
        if not ids:
            messages.warning(request, _("Choose at least one contact."))
            return None
        return associate_contacts(base.pk, ids, by=by)
    if not lots.is_valid():
        return None
    lot = lots.cleaned_data["lot"]
    try:
        refuse_too_large(lot)
    except Invalid as refusal:
        lots.add_error("lot", refusal.fields["lot"])
        return None
    return associate_lot(base.pk, lot.pk, by=by)


def found(words: str, base: ContactBase, *, by: User) -> tuple[list[dict[str, Any]], str]:
    """Contacts that match, each saying whether it is in the base; or why nobody can be looked for like that."""
    if not words:
        return [], ""
    try:
        asked = ContactFilter.from_query({"search": words})
    except Invalid as refusal:
        return [], " ".join(each for reasons in refusal.fields.values() for each in reasons)
    contacts = asked.apply(Contact.objects.visible_to(by).standing().filter(erased_at__isnull=True), by)
    rows = contact_rows(contacts.order_by("sort_name", "id")[:FOUND_AT_MOST], by)
    known = set(
        BaseMember.objects.live()
        .filter(base=base, contact_id__in=[row["id"] for row in rows])
        .values_list("contact_id", flat=True)
    )
    return [row | {"is_member": row["id"] in known} for row in rows], ""


def said(done: Associated) -> str:
    """What became of everybody, in words: only what there is to say."""
    parts = [ngettext("{n} contact added.", "{n} contacts added.", done.added).format(n=done.added)]
    if done.already:
        parts.append(ngettext("{n} was in it already.", "{n} were in it already.", done.already).format(n=done.already))
    if done.suppressed:
        words = ngettext("{n} must not be contacted.", "{n} must not be contacted.", done.suppressed)
        parts.append(words.format(n=done.suppressed))
    if done.merged:
        words = ngettext("{n} is the same person as another.", "{n} are the same people as others.", done.merged)
        parts.append(words.format(n=done.merged))
    return " ".join(parts)


@require_POST
@permitted(MANAGE)
def detach(request: HttpRequest, base_id: int) -> HttpResponse:
    """Ask first, saying how many go and who stays; then take them out."""
    by = signed_in_user(request)
    base = seen_base(base_id, by=by)
    ids = numbers_said(request, "member")
    members = list(
        BaseMember.objects.visible_to(by).live().filter(base=base, pk__in=ids).select_related(*AROUND).order_by("pk")
    )
    if not members:
        messages.warning(request, _("Choose at least one record."))
        return redirect("base", base_id=base_id)
    if "confirmed" not in request.POST:
        leaving = [each for each in members if each.state in MOVES["detached"].before]
        context = {
            "about": base,
            "heading": _("Take out of «{name}»").format(name=base.name),
            "leaving": shown(leaving, by=by),
            "staying": shown([each for each in members if each not in leaving], by=by),
        }
        return render(request, "contacts/bases/detach.html", context)
    try:
        done = detach_members(base_id, [each.pk for each in members], by=by)
    except NotFound:
        raise Http404 from None
    words = ngettext("{n} record taken out.", "{n} records taken out.", done.detached).format(n=done.detached)
    if done.kept:
        words += " " + ngettext("{n} stays.", "{n} stay.", done.kept).format(n=done.kept)
    tell(request, words)
    return redirect("base", base_id=base_id)


@require_http_methods(["GET", "POST"])
@login_required
def contact_bases(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The bases a contact is in, as far as the reader sees them; who manages bases may add it to another. A fragment."""
    by = signed_in_user(request)
    contact = Contact.objects.visible_to(by).filter(pk=contact_id).first()
    if contact is None:
        raise Http404
    if request.method == "POST":
        if not by.has_perm(MANAGE):
            note_refused_entry(by, path=request.path, method="POST")
            raise PermissionDenied
        chosen = numbers_said(request, "base")
        try:
            if not chosen:
                raise NotFound
            tell(request, said(associate_contacts(chosen[0], [contact.pk], by=by)))
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        return redirect(way_back(request) or reverse("contact", args=[contact.pk]))
    members = (
        BaseMember.objects.visible_to(by)
        .live()
        .filter(contact__in=seen_identity(contact, by).values("pk"))
        .select_related(*AROUND)
        .order_by("base__folded_name", "pk")
    )
    listed = list(members)
    open_bases = ContactBase.objects.none()
    if by.has_perm(MANAGE) and contact.merged_into_id is None:
        open_bases = (
            ContactBase.objects.visible_to(by)
            .exclude(state=ContactBase.State.CLOSED)
            .exclude(pk__in=[each.base_id for each in listed])
        )
    context = {
        "contact": contact,
        "members": shown(listed, by=by),
        "open_bases": open_bases,
        "may_manage": by.has_perm(MANAGE),
        "next": way_back(request),
    }
    return answer_fragment(request, "contacts/bases/_contact_bases.html", context, title=_("Bases"))


def shown(members: Sequence[BaseMember], *, by: User) -> list[dict[str, Any]]:
    """Rows as the tables draw them: the words of their states, and whether they may leave."""
    rows = []
    for member, row in zip(members, member_rows(members, by), strict=True):
        rows.append(
            row
            | {
                "pk": member.pk,
                "state_title": member.get_state_display(),
                "tone": TONES.get(member.state, ""),
                "may_leave": member.state in MOVES["detached"].before,
                "base": member.base,
            }
        )
    return rows


def numbers_said(request: HttpRequest, name: str) -> list[int]:
    """The ids that were ticked; what is not a number is as if it had not been said."""
    said = [each for each in request.POST.getlist(name) if each.isascii() and each.isdigit() and len(each) < 18]
    return [int(each) for each in said[:MOST_CHOSEN]]


def way_back(request: HttpRequest) -> str:
    """Where the page that shows the fragment is; never outside of this installation (S33)."""
    said = request.POST.get("next") or request.GET.get("next", "")
    return said if url_has_allowed_host_and_scheme(said, allowed_hosts={request.get_host()}) else ""
