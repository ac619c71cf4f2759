"""All that match (B-04): the rows of a list, across its pages, as the list's own filter finds them. The list's address is the parameter.

What somebody may choose is what they see there: the same parser, the same `visible_to`. There is no limit of pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django import forms
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Team, User
from campaigns.models import Campaign, ChannelAccount
from contacts.filters import ContactFilter
from contacts.models import Contact, ContactGroup, Tag
from contacts.views.list_filters import ListFilters, read_filter
from core.refusals import Invalid
from core.sections import Words
from inbox.filters import InboxFilter
from inbox.models import Conversation
from processes.process import ProcessForm

Screen = Literal["desk", "contacts"]
DESK, CONTACTS = "desk", "contacts"
LONGEST = 4000
# Places and openings of a page are nothing that narrows its list.
OF_PAGES = ("after", "before", "tab", "limit", "cursor", "c", "m")
# Words that may be somebody's name or number are kept no longer than the run needs them.
PERSONAL = "filter"


@dataclass(frozen=True)
class Selected:
    """What a list's address asks for. `query` is written by `written`: it was understood once."""

    screen: str
    query: str
    time_zone: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Selected:
        return cls(parameters["screen"], parameters["filter"], parameters["time_zone"])

    def conversations(self, by: User) -> QuerySet[Conversation]:
        """Raises Invalid: nothing that the desk's list understands."""
        asked = InboxFilter.read(self.asked, user_id=by.pk, time_zone=self.time_zone)
        found: QuerySet[Conversation] = Conversation.objects.visible_to(by)
        return asked.apply(found)

    def contacts(self, by: User) -> QuerySet[Contact]:
        """The people themselves: of the desk's list, with whom its conversations are.

        Raises:
            Invalid: nothing that the list understands.
        """
        people: QuerySet[Contact] = Contact.objects.visible_to(by).standing().filter(erased_at__isnull=True)
        if self.screen == DESK:
            person = Coalesce("contact__merged_into", "contact")
            return people.filter(pk__in=self.conversations(by).order_by().annotate(person=person).values("person"))
        return ContactFilter.from_query(self.asked).apply(people, by)

    @property
    def asked(self) -> dict[str, list[str]]:
        return {name: [str(each) for each in values] for name, values in QueryDict(self.query).lists()}

    def count(self, by: User) -> int:
        return self.conversations(by).count() if self.screen == DESK else self.contacts(by).count()

    @property
    def url(self) -> str:
        """The list itself."""
        page = reverse("desk") if self.screen == DESK else reverse("contacts")
        return f"{page}?{self.query}"

    def words(self, by: User) -> list[tuple[Words, object]]:
        """What narrows the list, for whoever reads the run."""
        return desk_words(self, by) if self.screen == DESK else contact_words(self, by)


def understood(screen: str, query: str, *, by: User) -> Selected:
    """The same list as its page shows for this address.

    Raises:
        Invalid: it cannot be read; nothing is chosen then, never all.
    """
    params = QueryDict(query, mutable=True)
    for name in OF_PAGES:
        params.pop(name, None)
    if screen == CONTACTS:
        asked, trouble = read_filter(params, user=by)
        if trouble:
            raise Invalid(trouble)
        params = QueryDict(mutable=True)
        # This list's order leaves nobody out (contacts.listing); the desk's may.
        for name, values in replace(asked, order="name").as_query().items():
            params.setlist(name, values)
    else:
        # The desk's own word for all trays.
        if params.pop("all", None):
            params.pop("tray", None)
        InboxFilter.read(dict(params.lists()), user_id=by.pk, time_zone=by.time_zone)
    return Selected(screen, params.urlencode(), by.time_zone)


class SelectedForm(ProcessForm):
    """A form over what a list shows; `screens` are the lists it is for."""

    screens: tuple[str, ...] = (DESK, CONTACTS)
    screen = forms.CharField(max_length=10, widget=forms.HiddenInput)
    filter = forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.selected is None:
            self.add_error(None, _("Choose them in the list first: its filters say which ones."))
        return said

    @property
    def selected(self) -> Selected | None:
        """What was chosen in the list, also before anything was sent; None: nothing that can be read."""
        if not hasattr(self, "_selected"):
            self._selected = self.read()
        return self._selected

    def read(self) -> Selected | None:
        said = self.data if self.is_bound else self.initial
        screen, query = str(said.get("screen", "")), str(said.get("filter", ""))
        if screen not in self.screens or "filter" not in said or len(query) > LONGEST:
            return None
        try:
            return understood(screen, query, by=self.by)
        except Invalid:
            return None

    @property
    def count(self) -> int:
        return self.selected.count(self.by) if self.selected else 0

    @property
    def words(self) -> list[tuple[Words, object]]:
        return self.selected.words(self.by) if self.selected else []

    def list_said(self) -> dict[str, Any]:
        """The list's part of the parameters."""
        selected = self.selected
        assert selected is not None
        return {"screen": selected.screen, "filter": selected.query, "time_zone": selected.time_zone}


def contact_words(selected: Selected, by: User) -> list[tuple[Words, object]]:
    asked = ContactFilter.from_query(selected.asked)
    lines: list[tuple[Words, object]] = [
        (each.label or _("Filter"), each.value) for each in ListFilters(by, asked).applied
    ]
    return [(_("List"), _("Contacts")), *([(_("Search"), asked.search)] if asked.search else []), *lines]


def desk_words(selected: Selected, by: User) -> list[tuple[Words, object]]:
    """The names of what is named, as far as the reader sees them."""
    asked = InboxFilter.read(selected.asked, user_id=by.pk, time_zone=selected.time_zone)
    trays = {"pending": _("Pending"), "in_progress": _("In progress"), "attended": _("Attended")}
    flags = {
        "unread": _("Unread"),
        "unreplied": _("No first reply"),
        "unanswered": _("Waiting for attention"),
        "answered": _("Already answered"),
    }
    windows = {"ending": _("Ends in less than 2 h"), "open": _("Open window"), "closed": _("Closed window")}
    people = [pk for pk in asked.assignee if pk is not None]
    agents = [each.name for each in User.objects.visible_to(by).filter(pk__in=people)]
    if None in asked.assignee:
        agents.append(_("Nobody in charge"))
    lines: list[tuple[Words, object]] = [
        (_("List"), _("Conversations")),
        (_("Tray"), trays.get(asked.tray or "", "")),
        (_("Search"), asked.search),
        (_("Agent in charge"), ", ".join(sorted(agents))),
        (_("Team"), names(Team.objects.visible_to(by), asked.team)),
        (_("Campaign"), names(Campaign.objects.visible_to(by), asked.campaign)),
        (_("Service"), names(ChannelAccount.objects.visible_to(by), asked.account)),
        (_("Tag"), names(Tag.objects.all(), asked.tag)),
        (_("Group"), names(ContactGroup.objects.visible_to(by), asked.group)),
        (_("State"), ", ".join(words for name, words in flags.items() if getattr(asked, name))),
        (_("Messaging window"), windows.get(asked.window, "")),
        (_("From"), selected.asked.get("since", [""])[0]),
        (_("To"), selected.asked.get("until", [""])[0]),
    ]
    return [(label, value) for label, value in lines if value]


def names(rows: Any, ids: tuple[int, ...]) -> str:
    return ", ".join(sorted(rows.filter(pk__in=ids).values_list("name", flat=True))) if ids else ""
