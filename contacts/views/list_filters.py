"""The list's filters as chips: what is applied, and what may be chosen. Nobody is told a name they may not see (S05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from contacts.filters import ContactFilter
from contacts.models import Company, Contact, ContactBase, ContactGroup, ContactPoint, Tag
from core.refusals import Invalid
from core.sections import Words

# More of one kind are not offered as a list; they are found by name in the form that holds all filters.
MOST_OFFERED = 500
LABELS: Mapping[str, Words] = {
    "team": gettext_lazy("Team"),
    "tag": gettext_lazy("Tag"),
    "group": gettext_lazy("Group"),
    "base": gettext_lazy("Base"),
    "company": gettext_lazy("Company"),
    "point": gettext_lazy("Contact point"),
}
# Those offered as a chip of their own; the others stand in «Filter».
QUICK = ("team", "tag")


def read_filter(params: QueryDict, *, user: User) -> tuple[ContactFilter, str]:
    """Return what an address asks for, and why its search cannot be made, if so.

    Nothing of an address is trusted: a parameter that is unknown or holds what it may not is as if it had not been said (S06), and so is
    the id of a team, group or base that the reader does not see.
    """
    asked, trouble = ContactFilter(), ""
    for name in ContactFilter.known() & params.keys():
        try:
            said = ContactFilter.from_query({name: params.getlist(name)})
        except Invalid as refusal:
            trouble = refusal.fields[name][0] if name == "search" else trouble
        else:
            asked = replace(asked, **{name: getattr(said, name)})
    seen: dict[str, Any] = {name: tuple(ids_seen(name, getattr(asked, name), user=user)) for name in ContactFilter.IDS}
    return replace(asked, **seen), trouble


def ids_seen(name: str, ids: Sequence[int], *, user: User) -> list[int]:
    return sorted(named(name, ids, user=user)) if ids else []


def named(name: str, ids: Sequence[int], *, user: User) -> dict[int, str]:
    """The names of those the user may see."""
    rows: Any = offered(name, user=user).filter(pk__in=ids)
    return dict(rows.values_list("pk", "name"))


def offered(name: str, *, user: User) -> Any:
    if name == "team":
        return Team.objects.visible_to(user).order_by("name")
    if name == "tag":
        return Tag.objects.filter(archived_at__isnull=True)
    if name == "group":
        return ContactGroup.objects.visible_to(user).filter(archived_at__isnull=True)
    if name == "base":
        return ContactBase.objects.visible_to(user)
    # A company is known to who sees somebody of it.
    people = Contact.objects.visible_to(user).standing().filter(company=OuterRef("pk"))
    return Company.objects.filter(Exists(people)).order_by("sort_name", "pk")


@dataclass(frozen=True)
class Applied:
    label: str
    value: str
    url: str  # the list without it


@dataclass(frozen=True)
class Option:
    id: str
    name: str
    is_on: bool
    url: str  # the list with it


@dataclass(frozen=True)
class Menu:
    name: str
    label: str
    options: list[Option]


class ListFilters:
    """What the chips over the list say and lead to."""

    def __init__(self, user: User, asked: ContactFilter) -> None:
        self.user, self.asked = user, asked
        self.said = asked.as_query()

    def url(self, **changes: list[str]) -> str:
        """The list with something changed, from its beginning unless the change is a place."""
        query = QueryDict(mutable=True)
        for name, values in {**self.said, **changes}.items():
            if values and not (name == "order" and values == ["name"]):
                query.setlist(name, values)
        return f"{reverse('contacts')}?{query.urlencode()}" if query else reverse("contacts")

    @property
    def clear_url(self) -> str:
        return f"{reverse('contacts')}?order={self.asked.order}" if "order" in self.said else reverse("contacts")

    @cached_property
    def applied(self) -> list[Applied]:
        """What is asked beside the search, each with the list without it."""
        applied = []
        for name in ContactFilter.IDS:
            chosen = named(name, getattr(self.asked, name), user=self.user) if name in self.said else {}
            for pk, words in chosen.items():
                others = [each for each in self.said[name] if each != str(pk)]
                applied.append(Applied(str(LABELS[name]), words, self.url(**{name: others})))
        for kind in self.said.get("point", []):
            others = [each for each in self.said["point"] if each != kind]
            words = {option.id: option.name for option in self.kinds}[kind]
            applied.append(Applied(str(LABELS["point"]), words, self.url(point=others)))
        for name, yes, no in (
            ("vip", _("VIP"), _("Not VIP")),
            ("blocked", _("Blocked"), _("Not blocked")),
            ("do_not_contact", _("Do not contact"), _("May be contacted")),
        ):
            if name in self.said:
                applied.append(Applied("", yes if getattr(self.asked, name) else no, self.url(**{name: []})))
        return applied

    @property
    def vip_url(self) -> str:
        """The list of VIPs, where that is not asked already."""
        return "" if "vip" in self.said else self.url(vip=["1"])

    @cached_property
    def quick(self) -> list[Menu]:
        """Chips with a list of their own, while nothing of their kind is applied."""
        return [menu for menu in self.menus if menu.name in QUICK and menu.name not in self.said and menu.options]

    @cached_property
    def menus(self) -> list[Menu]:
        menus = [self.menu(name) for name in ("team", "tag", "group", "base")]
        return [*(menu for menu in menus if menu.options), Menu("point", str(LABELS["point"]), self.kinds)]

    def menu(self, name: str) -> Menu:
        chosen = set(self.said.get(name, []))
        rows = offered(name, user=self.user).values_list("pk", "name")[:MOST_OFFERED]
        return Menu(name, str(LABELS[name]), [self.option(name, str(pk), words, chosen) for pk, words in rows])

    @cached_property
    def kinds(self) -> list[Option]:
        chosen = set(self.said.get("point", []))
        named_kinds = [*ContactPoint.Kind.choices, ("none", _("Without a way to be reached"))]
        return [self.option("point", str(kind), str(words), chosen) for kind, words in named_kinds]

    def option(self, name: str, value: str, words: str, chosen: set[str]) -> Option:
        return Option(value, words, value in chosen, self.url(**{name: [*self.said.get(name, []), value]}))

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What the search box sends along."""
        return [(name, value) for name, values in self.said.items() if name != "search" for value in values]

    @property
    def kept_by_form(self) -> list[tuple[str, str]]:
        """What the form of all filters sends along: whatever it has no field for."""
        own = {menu.name for menu in self.menus} | {"vip"}
        return [(name, value) for name, values in self.said.items() if name not in own for value in values]
