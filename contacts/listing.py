"""The list of contacts as it is read: pages in order, both ways, and counts. What belongs is said by filters.py, here only how it is read.

Who sees every team reads the people's table in the order of its own index; who sees some reads each team's shares in the order of
theirs, cut at the limit, and merges them: a page costs the same at ten thousand and at a million (PERFORMANCE.md, "Several teams").
Where a filter finds few, those few are sorted; where it finds many, enough of them are soon met in order. Not left to the planner: it
guesses how common words are, and where it is wrong it reads a million rows in order.

Whoever has no name, or no company where that is asked for, stands at the end whichever way a list goes: two stretches of one index.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from accounts.models import Team, User
from contacts.filters import ContactFilter
from contacts.models import Contact, ContactPoint, ContactTeam
from contacts.models.people import interacted_at

# So many found rows are sorted at once, and what was found is counted no further.
FEW = 2_000
COUNTED_UP_TO = 10_000
# What a list is sorted by, in the people's table and in a team's shares; each has an index that begins with it (or with team and it).
COLUMNS: dict[str, tuple[Any, str]] = {
    "name": (F("sort_name"), "sort_name"),
    "company": (F("company_sort_name"), "company_sort_name"),
    "last_interaction": (interacted_at(), "interacted_at"),
    "created": (F("id"), "contact_id"),
}
# What may be said of nobody, and the two stretches of a list by it.
WORDS = ("name", "company")
SAID, UNSAID = Q(at__gt=""), Q(at="")

# A LATERAL join, planned once however many teams there are; see inbox/slices.py.
ACROSS_TEAMS = "unnest(%s::bigint[]) arm(id) CROSS JOIN LATERAL"
ARM = Q(team_id=RawSQL("arm.id", ()))

SortValue = str | int | datetime.datetime
Key = tuple[SortValue, int]  # where a row stands: the value it is sorted by, and its id
Sql = tuple[str, tuple[Any, ...]]


class Row(Func):
    """Several values compared as one."""

    function = "ROW"
    output_field = BooleanField()


class Compared(Func):
    """Two rows with `arg_joiner` between them."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


@dataclass(frozen=True)
class Place:
    """Where a page begins: beyond a row, in the list's direction or against it."""

    key: Key
    is_backwards: bool = False


@dataclass(frozen=True)
class Page:
    """Rows in the list's order, and whether there are more in the direction that was read."""

    keys: list[Key]
    has_more: bool

    @property
    def ids(self) -> list[int]:
        return [pk for _value, pk in self.keys]


@dataclass(frozen=True)
class ContactList:
    """What one user sees of what was asked."""

    user: User
    asked: ContactFilter

    def page(self, *, limit: int, place: Place | None = None) -> Page:
        is_backwards = place is not None and place.is_backwards
        found = self.few
        keys = self.walk(place, limit=limit + 1) if found is None else self.sorted_beyond(found, place)[: limit + 1]
        chosen = keys[:limit]
        if is_backwards:
            chosen.reverse()
        return Page(keys=chosen, has_more=len(keys) > limit)

    def sorted_beyond(self, found: list[Key], place: Place | None) -> list[Key]:
        """All that was found, in the list's order, from a place on and in its direction."""
        said = sorted((key for key in found if key[0] != ""), reverse=self.asked.descending)
        keys = said + sorted((key for key in found if key[0] == ""), reverse=self.asked.descending)
        if place is None:
            return keys
        if place.is_backwards:
            keys.reverse()
        return [key for key in keys if self.is_beyond(key, place)]

    def is_beyond(self, key: Key, place: Place) -> bool:
        if (key[0] == "") != (place.key[0] == ""):
            return (key[0] == "") != place.is_backwards
        return key < place.key if self.asked.descending != place.is_backwards else key > place.key

    def key_of(self, contact_id: int) -> Key | None:
        """Where a contact stands in this order; None for one that the user does not see: it is as unknown as one that never was."""
        seen = Contact.objects.visible_to(self.user).filter(pk=contact_id)
        return next(iter(run(*compiled(self.keyed(seen)))), None)

    def count(self) -> tuple[int, bool]:
        """How many there are, and whether there are more than were counted."""
        if self.few is not None:
            return len(self.few), False
        if self.is_searched and self.may_be_few:
            # They are many: that is all that is known without reading each.
            return FEW, True
        cap = FEW if self.is_searched else COUNTED_UP_TO
        if (
            self.team_ids is not None
            and not self.asked_alone.is_narrowing
            and self.counted(ContactTeam.objects.filter(ARM), cap) > cap
        ):
            # Shares alone, from their index: those of who was merged or erased are too few to matter among so many.
            return cap, True
        counted = self.counted(self.people() if self.team_ids is None else self.shares(ARM), cap)
        return min(counted, cap), counted > cap

    def counted(self, rows: QuerySet[Any], cap: int) -> int:
        """How many rows there are, or shares of each of the teams, counted no further than just beyond `cap`."""
        if self.team_ids is None:
            sql, params = compiled(self.keyed(self.people())[: cap + 1])
            sql = f"SELECT count(*) FROM ({sql}) counted"  # noqa: S608  # compiled by the ORM
        else:
            share, params = compiled(rows.order_by().values_list("contact_id")[: cap + 1])
            # One contact may be shared with several of the teams.
            sql = f"SELECT count(DISTINCT found.id) FROM {ACROSS_TEAMS} ({share}) found(id)"  # noqa: S608  # as above
            params = (list(self.team_ids), *params)
        ((counted,),) = run(sql, params)
        return int(counted)

    # ── Who and what

    @cached_property
    def team_ids(self) -> tuple[int, ...] | None:
        """The teams whose shares are read; None: the people's table itself."""
        if self.asked.team:
            seen = Team.objects.visible_to(self.user).filter(pk__in=self.asked.team)
        elif self.user.has_perm("accounts.see_all_teams"):
            return None
        else:
            seen = Team.objects.visible_to(self.user)
        return tuple(seen.order_by("pk").values_list("pk", flat=True))

    @property
    def is_searched(self) -> bool:
        """Whether what is asked may be rare, and has an index of its own. A flag has none: enough of them are met soon."""
        asked = self.asked
        return bool(asked.search or asked.tag or asked.group or asked.base or asked.company or asked.point)

    @cached_property
    def condition(self) -> Q:
        return self.asked_alone.condition(self.user)

    @cached_property
    def asked_alone(self) -> ContactFilter:
        """What is asked, without the teams, which lead, and without an order that leaves anybody out."""
        return replace(self.asked, team=(), order="name")

    def people(self) -> QuerySet[Contact]:
        """Everybody who fits, whoever sees them."""
        standing: QuerySet[Contact] = Contact.objects.standing().filter(erased_at__isnull=True)
        return standing.filter(self.condition)

    def all_rows(self) -> QuerySet[Contact]:
        if self.team_ids is None:
            return self.people()
        shares = ContactTeam.objects.filter(contact_id=OuterRef("pk"), team_id__in=self.team_ids)
        return self.people().filter(Exists(shares))

    # ── Few

    @cached_property
    def may_be_few(self) -> bool:
        """Whether it is worth finding all first: for words always, for what somebody belongs to where that is small itself."""
        if self.asked.search or self.asked.company:
            return True
        held = [*self.asked_alone.belongings(self.user)]
        if self.asked.base:
            held.append(self.asked_alone.members(self.user))
        if self.asked.point:
            held.append(ContactPoint.objects.filter(kind__in=self.asked.point))
        return any(each.order_by().values("pk")[: FEW + 1].count() <= FEW for each in held)

    @cached_property
    def few(self) -> list[Key] | None:
        """The keys of all that was found, in no order, or None where they are many."""
        if self.team_ids == ():
            return []
        if not self.is_searched or not self.may_be_few:
            return None
        rows = (
            self.shares(Q(team_id__in=self.team_ids))
            if self.team_ids is not None and self.is_small
            else self.all_rows()
        )
        found = run(*compiled(self.keyed(rows)[: FEW + 1]))
        if len(found) > FEW:
            return None
        # A contact of two teams is found twice in their shares.
        return list(set(found))

    @cached_property
    def is_small(self) -> bool:
        """Whether the teams share so few contacts that each of them is looked at sooner than all that a word finds."""
        shares = ContactTeam.objects.filter(team_id__in=self.team_ids or ()).order_by().values("pk")
        return shares[: FEW + 1].count() <= FEW

    # ── In order

    def walk(self, place: Place | None, *, limit: int) -> list[Key]:
        is_backwards = place is not None and place.is_backwards
        is_descending = self.asked.descending != is_backwards
        if self.asked.order.removeprefix("-") not in WORDS:
            return self.stretch(Q(), place, is_descending=is_descending, limit=limit)
        first, last = (UNSAID, SAID) if is_backwards else (SAID, UNSAID)
        found: list[Key] = []
        if place is None or (place.key[0] == "") == (first is UNSAID):
            found = self.stretch(first, place, is_descending=is_descending, limit=limit)
            place = None
        if len(found) < limit:
            found += self.stretch(last, place, is_descending=is_descending, limit=limit - len(found))
        return found

    def stretch(self, within: Q, place: Place | None, *, is_descending: bool, limit: int) -> list[Key]:
        """What comes next of a part of the list; `place` is in it."""
        direction = "DESC" if is_descending else "ASC"
        beyond = place.key if place is not None else None
        if self.team_ids is None:
            people = self.in_order(self.people(), within, beyond, is_descending=is_descending)
            return run(*compiled(people[:limit]))
        share, params = compiled(self.in_order(self.shares(ARM), within, beyond, is_descending=is_descending)[:limit])
        return run(
            f"SELECT DISTINCT found.at, found.id FROM {ACROSS_TEAMS} ({share}) found(at, id)"  # noqa: S608  # as above
            f" ORDER BY found.at {direction}, found.id {direction} LIMIT %s",
            (list(self.team_ids), *params, limit),
        )

    def shares(self, team: Q) -> QuerySet[ContactTeam]:
        """The shares of teams whose contact fits."""
        return ContactTeam.objects.filter(team, Exists(self.people().filter(pk=OuterRef("contact_id"))))

    def keyed(self, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
        column, share_column = COLUMNS[self.asked.order.removeprefix("-")]
        if rows.model is ContactTeam:
            return rows.order_by().annotate(at=F(share_column)).values_list("at", "contact_id")
        return rows.order_by().annotate(at=column).values_list("at", "id")

    def in_order(
        self, rows: QuerySet[Any], within: Q, beyond: Key | None, *, is_descending: bool
    ) -> QuerySet[Any, Any]:
        keyed = self.keyed(rows).filter(within)
        pk = "contact_id" if rows.model is ContactTeam else "id"
        if beyond is not None:
            way = "<" if is_descending else ">"
            # As rows: an index is entered at the very place, where most have the same value too (those of no company).
            keyed = keyed.filter(
                Compared(Row(F("at"), F(pk)), Row(Value(beyond[0]), Value(beyond[1])), arg_joiner=f" {way} ")
            )
        sign = "-" if is_descending else ""
        by_key = self.asked.order.removeprefix("-") == "created"
        return keyed.order_by(*([] if by_key else [f"{sign}at"]), f"{sign}{pk}")


def compiled(queryset: QuerySet[Any, Any]) -> Sql:
    return queryset.query.sql_with_params()


def run(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
