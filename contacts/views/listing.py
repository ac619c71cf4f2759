"""The Contacts screen: the list, and one contact's section beside it. The address is the state."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.actions import keeping
from accounts.guards import signed_in_user
from accounts.models import SavedView, User
from contacts.filters import ContactFilter
from contacts.listing import ContactList, Place
from contacts.models import Contact
from contacts.rows import contact_rows
from contacts.views.detail import section_context
from contacts.views.list_filters import ListFilters, read_filter
from core.forms import tell
from core.lists import Column, Head, is_storable
from core.refusals import NotFound, Refusal

PAGE = 50
COLUMNS = (
    Column(name="name", title=gettext_lazy("First and last names"), sort="name"),
    Column(name="company", title=gettext_lazy("Company"), sort="company"),
    Column(name="document", title=gettext_lazy("Document number")),
    Column(name="points", title=pgettext_lazy("column", "Contact points")),
    Column(name="last_interaction", title=gettext_lazy("Last interaction"), sort="last_interaction"),
)


class ContactPage:
    """One page of the list as its template draws it."""

    def __init__(self, request: HttpRequest) -> None:
        self.user = signed_in_user(request)
        self.asked, self.trouble = read_filter(request.GET, user=self.user)
        self.typed = request.GET.get("search", "")[:80]
        self.contacts = ContactList(self.user, self.asked)
        self.filters = ListFilters(self.user, self.asked)
        after, before = (read_place(request.GET.get(name, ""), self.asked) for name in ("after", "before"))
        place = Place(before, is_backwards=True) if before else Place(after) if after else None
        self.page = self.contacts.page(limit=PAGE, place=place)
        self.has_next = self.page.has_more or bool(before)
        self.has_previous = self.page.has_more if before else after is not None
        shown = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=self.page.ids), self.user)}
        # Between the two questions somebody may have gone.
        self.rows = [shown[pk] for pk in self.page.ids if pk in shown]
        self.count, self.is_more_than_counted = (
            self.contacts.count() if self.has_next or self.has_previous else (len(self.rows), False)
        )
        self.views = [
            SavedViewChip(each, self.asked)
            for each in SavedView.objects.filter(user=self.user, screen=SavedView.Screen.CONTACTS)
        ]
        # With the place in it: whoever opens a contact finds the same page behind it. Which tab is open is the section's own.
        query = request.GET.copy()
        query.pop("tab", None)
        self.query = query.urlencode()

    @property
    def asked_query(self) -> str:
        """What is asked, without a place: for whatever is done with all of the list."""
        return urlencode(self.asked.as_query(), doseq=True)

    @property
    def is_narrowed(self) -> bool:
        return self.asked.is_narrowing

    @property
    def can_be_saved(self) -> bool:
        return self.is_narrowed and not any(each.is_on for each in self.views)

    @property
    def heads(self) -> list[Head]:
        heads = []
        for column in COLUMNS:
            if not column.sort:
                heads.append(Head(column, "", ""))
                continue
            is_on = self.asked.order.removeprefix("-") == column.sort
            direction = ("descending" if self.asked.descending else "ascending") if is_on else ""
            # The latest interaction first, names and companies from A.
            first = f"-{column.sort}" if column.sort == "last_interaction" else column.sort
            turned = column.sort if self.asked.descending else f"-{column.sort}"
            heads.append(Head(column, self.filters.url(order=[turned if is_on else first]), direction))
        return heads

    @property
    def next_url(self) -> str:
        return self.filters.url(after=[write_place(self.page.keys[-1])]) if self.has_next and self.page.keys else ""

    @property
    def previous_url(self) -> str:
        if not self.has_previous:
            return ""
        # A page whose rows have all gone meanwhile still leads back.
        return self.filters.url(before=[write_place(self.page.keys[0])]) if self.page.keys else self.filters.url()


class SavedViewChip:
    """A view of one's own over the list; pressed where it is what is asked."""

    def __init__(self, view: SavedView, asked: ContactFilter) -> None:
        self.pk, self.name = view.pk, view.name
        query = QueryDict(mutable=True)
        for name, values in view.filters.items():
            query.setlist(name, values)
        self.is_on = view.filters == asked.as_query()
        self.url = "?" if self.is_on else f"?{query.urlencode()}"


@require_GET
@login_required
def contact_list(request: HttpRequest) -> HttpResponse:
    """Everybody the reader's teams share, searched, narrowed and sorted (002-01 … 002-03, 002-23)."""
    return render(request, "contacts/list.html", {"page": ContactPage(request), "heading": _("Contacts")})


@require_GET
@login_required
def contact_page(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The same list, with one contact's section beside it (002-14): what a row's link leads to."""
    # First: whoever may not see them is told nothing of the list either.
    section = section_context(request, contact_id)
    context = {"page": ContactPage(request), "heading": _("Contacts"), "opened_id": contact_id}
    return render(request, "contacts/list.html", {**section, **context})


@require_POST
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is asked now under a name (`filters` is the list's own query)."""
    user = signed_in_user(request)
    # A view that was deleted comes back by an address that says all of it: a toast's button sends nothing else.
    said = request.POST if "name" in request.POST else request.GET
    asked, _trouble = read_filter(QueryDict(said.get("filters", "")), user=user)
    filters = asked.as_query()
    name = said.get("name", "")

    def act() -> None:
        keeping.save_view(user, name=name, filters=filters, screen=SavedView.Screen.CONTACTS)

    return acted(request, act, _("The view was saved."), asked=asked)


@require_POST
@login_required
def rename(request: HttpRequest, view_id: int) -> HttpResponse:
    user = signed_in_user(request)

    def act() -> None:
        keeping.change_view(view_id, by=user, name=request.POST.get("name", ""), screen=SavedView.Screen.CONTACTS)

    return acted(request, act, _("Saved."), asked=asked_of(request, user))


@require_POST
@login_required
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    user = signed_in_user(request)
    view = SavedView.objects.filter(pk=view_id, user=user, screen=SavedView.Screen.CONTACTS).first()
    if view is None:
        raise Http404
    said = urlencode({"name": view.name, "filters": urlencode(view.filters, doseq=True)})

    def act() -> None:
        keeping.delete_view(view_id, by=user, screen=SavedView.Screen.CONTACTS)

    undo_url = f"{reverse('contact-view-new')}?{said}"
    return acted(request, act, _("The view was deleted."), asked=asked_of(request, user), undo_url=undo_url)


def asked_of(request: HttpRequest, user: User) -> ContactFilter:
    return read_filter(QueryDict(request.POST.get("filters", "")), user=user)[0]


def acted(request: HttpRequest, act: Any, words: str, *, asked: ContactFilter, undo_url: str = "") -> HttpResponse:
    try:
        act()
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, next((words[0] for words in refusal.fields.values()), refusal.message))
    else:
        tell(request, words, undo_url=undo_url)
    query = QueryDict(mutable=True)
    for name, values in asked.as_query().items():
        query.setlist(name, values)
    return redirect(f"{reverse('contacts')}?{query.urlencode()}" if query else reverse("contacts"))


# ── Places in the list


def write_place(key: tuple[Any, int]) -> str:
    value, pk = key
    written = value.astimezone(datetime.UTC).isoformat() if isinstance(value, datetime.datetime) else value
    return base64.urlsafe_b64encode(orjson.dumps([written, pk])).decode().rstrip("=")


def read_place(written: str, asked: ContactFilter) -> tuple[Any, int] | None:
    """Where a page begins, read from the address; None for whatever we did not write there (S06)."""
    if not written:
        return None
    try:
        value, pk = orjson.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        if not isinstance(pk, int) or isinstance(pk, bool) or not 0 <= pk < 2**63:
            return None
        order = asked.order.removeprefix("-")
        if order == "created":
            return (pk, pk) if value == pk else None
        if not isinstance(value, str) or not is_storable(value):
            return None
        if order != "last_interaction":
            return value, pk
        moment = datetime.datetime.fromisoformat(value)
        return (moment.astimezone(datetime.UTC), pk) if moment.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError):
        return None
