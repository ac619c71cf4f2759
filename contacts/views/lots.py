"""Lots: the list with totals, and one lot with its contacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import Team, User
from contacts.actions.lots import add_to_lot, archive_lot, create_lot, rename_lot, restore_lot
from contacts.base_forms import LotFilters, LotForm, LotNameForm
from contacts.filters import ContactFilter
from contacts.member_rows import lot_rows
from contacts.models import BaseMember, Contact, ContactBase, Lot, LotContact
from contacts.rows import contact_rows
from contacts.views.bases import MANAGE
from contacts.views.members import FOUND_AT_MOST, numbers_said
from core.forms import submit, tell
from core.lists import Column, ListPage
from core.refusals import Invalid, NotFound, Refusal

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="imported", title=gettext_lazy("Brought"), sort="imported_at"),
    Column(name="by", title=gettext_lazy("By")),
    Column(name="contacts", title=gettext_lazy("Contacts"), is_numeric=True),
    Column(name="totals", title=gettext_lazy("Rows of the file")),
)
CONTACT_COLUMNS = (
    Column(name="contact", title=gettext_lazy("Contact"), sort="contact_id"),
    Column(name="point", title=gettext_lazy("Contact point")),
    Column(name="document", title=gettext_lazy("Document")),
    Column(name="row", title=gettext_lazy("Row of the file"), is_numeric=True),
)


@require_GET
@login_required
def lot_list(request: HttpRequest) -> HttpResponse:
    """The lots of the reader's teams, newest first."""
    by = signed_in_user(request)
    rows = Lot.objects.visible_to(by).select_related("imported_by")
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="-imported", filters=LotFilters(request.GET))
    # With what they may be sorted by, which says where the next page begins.
    page.rows = [
        row | {"pk": lot.pk, "folded_name": lot.folded_name}
        for lot, row in zip(page.rows, lot_rows(page.rows, by), strict=True)
    ]
    context = {"page": page, "heading": _("Lots"), "may_manage": by.has_perm(MANAGE), "current": "lots"}
    return render(request, "contacts/bases/lots.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_lot(request: HttpRequest) -> HttpResponse:
    """A lot made by hand; an import makes its own."""
    by = signed_in_user(request)
    own = [str(pk) for pk in Team.objects.live().filter(memberships__user=by).values_list("pk", flat=True)]
    form = LotForm(request.POST or None, by=by, initial={"teams": own})
    if request.method == "POST" and form.is_valid():
        teams = frozenset(int(each) for each in form.cleaned_data["teams"])
        lot = submit(form, lambda: create_lot(form.cleaned_data["name"], team_ids=teams, by=by))
        if lot is not None:
            tell(request, _("The lot was created. Put contacts into it."))
            return redirect("lot-add", lot_id=lot.pk)
    context = {"form": form, "heading": _("New lot"), "cancel_url": reverse("lots")}
    return render(request, "contacts/bases/lot_form.html", context, status=400 if form.errors else 200)


@require_GET
@login_required
def lot_page(request: HttpRequest, lot_id: int) -> HttpResponse:
    """One lot: its totals, the bases it went to, and its contacts."""
    by = signed_in_user(request)
    lot = seen_lot(lot_id, by=by)
    seen = Contact.objects.visible_to(by).filter(erased_at__isnull=True)
    rows = LotContact.objects.filter(lot=lot, contact__in=seen)
    page = ListPage(rows, params=request.GET, columns=CONTACT_COLUMNS, order="contact")
    on_page = [each.contact_id for each in page.rows]
    contacts = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=on_page), by)}
    page.rows = [
        contacts[each.contact_id] | {"pk": each.pk, "contact_id": each.contact_id, "row_number": each.row_number}
        for each in page.rows
    ]
    # Asked of this page's contacts: a lot goes to a base as a whole, and no index of members knows their lot.
    went_to = ContactBase.objects.visible_to(by).filter(
        pk__in=BaseMember.objects.live().filter(lot=lot, contact_id__in=on_page).values("base")
    )
    context = {
        "about": lot,
        "imported_by": lot_rows([lot], by)[0]["imported_by"],
        "heading": lot.name,
        "page": page,
        "may_manage": by.has_perm(MANAGE),
        "bases": list(went_to),
        "total": lot.totals.get("contacts", 0),
    }
    return render(request, "contacts/bases/lot.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def add_page(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Put contacts that were looked for into a lot."""
    by = signed_in_user(request)
    lot = seen_lot(lot_id, by=by)
    if request.method == "POST":
        ids = numbers_said(request, "contact")
        if not ids:
            messages.warning(request, _("Choose at least one contact."))
            # What was looked for is in the address, and stays.
            return redirect(request.get_full_path())
        try:
            done = add_to_lot(lot.pk, ids, by=by)
        except NotFound:
            raise Http404 from None
        words = ngettext("{n} contact added.", "{n} contacts added.", done.added).format(n=done.added)
        if done.already:
            inside = ngettext("{n} was in it already.", "{n} were in it already.", done.already)
            words += " " + inside.format(n=done.already)
        tell(request, words)
        return redirect("lot", lot_id=lot.pk)
    words = request.GET.get("q", "").strip()
    rows, reason = found(words, lot, by=by)
    context = {"about": lot, "heading": lot.name, "words": words, "found": rows, "reason": reason}
    return render(request, "contacts/bases/lot_add.html", context)


def found(words: str, lot: Lot, *, by: User) -> tuple[list[dict[str, Any]], str]:
    """Contacts that match, each saying whether it is in the lot; or why nobody can be looked for like that."""
    if not words:
        return [], ""
    try:
        asked = ContactFilter.from_query({"search": words})
    except Invalid as refusal:
        return [], " ".join(each for reasons in refusal.fields.values() for each in reasons)
    contacts = asked.apply(Contact.objects.visible_to(by).standing().filter(erased_at__isnull=True), by)
    rows = contact_rows(contacts.order_by(F("sort_name"), "id")[:FOUND_AT_MOST], by)
    ids = [row["id"] for row in rows]
    known = set(LotContact.objects.filter(lot=lot, contact_id__in=ids).values_list("contact_id", flat=True))
    return [row | {"is_member": row["id"] in known} for row in rows], ""


@require_POST
@permitted(MANAGE)
def rename(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Another name."""
    by = signed_in_user(request)
    seen_lot(lot_id, by=by)
    form = LotNameForm(request.POST)
    if form.is_valid() and submit(form, lambda: rename_lot(lot_id, name=form.cleaned_data["name"], by=by)) is not None:
        tell(request, _("Saved."))
    else:
        for error in form.errors.get("name", []):
            messages.error(request, str(error))
    return redirect("lot", lot_id=lot_id)


def acted(act: Callable[..., object], words: Any, undo: str) -> Callable[..., HttpResponse]:
    @require_POST
    @permitted(MANAGE)
    def view(request: HttpRequest, lot_id: int) -> HttpResponse:
        try:
            act(lot_id, by=signed_in_user(request))
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            tell(request, str(words), undo_url=reverse(undo, args=[lot_id]))
        return redirect("lots")

    return view


archive = acted(archive_lot, gettext_lazy("The lot was archived."), "lot-restore")
restore = acted(restore_lot, gettext_lazy("The lot is in use again."), "lot-archive")


def seen_lot(lot_id: int, *, by: User) -> Lot:
    lot: Lot | None = Lot.objects.visible_to(by).select_related("imported_by").filter(pk=lot_id).first()
    if lot is None:
        raise Http404
    return lot
