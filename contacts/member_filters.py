"""What can be asked of a base's members (001-19's and the processes' words, DOMAIN.md decision 8).

Values of one filter OR together, filters AND together, `<` and `>` are strict. Members stand in the order they joined: every other
order would need an index on what bulk processes rewrite.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from contacts.models import BaseMember
from core.refusals import Invalid

State = BaseMember.State
MOST = 50
LARGEST = 32_767
LAST_DAY = datetime.date(9999, 12, 30)


@dataclass(frozen=True, kw_only=True)
class MemberFilter:
    """Empty: everybody but those taken out. `contacted_from` and `contacted_until` are days, both included, in the reader's zone."""

    states: tuple[str, ...] = ()
    users: tuple[int, ...] = ()
    outcomes: tuple[int, ...] = ()
    lots: tuple[int, ...] = ()
    attempts_below: int | None = None
    attempts_above: int | None = None
    contacted_from: datetime.date | None = None
    contacted_until: datetime.date | None = None

    @classmethod
    def from_query(cls, params: Mapping[str, Sequence[str]]) -> MemberFilter:
        """Read what a request's parameters ask for. Raises Invalid, naming what holds something it may not."""
        wrong: dict[str, list[str]] = {}

        def said(name: str) -> list[str]:
            return [each for each in params.get(name, ()) if each != ""]

        def numbers(name: str, *, largest: int) -> tuple[int, ...]:
            values = said(name)
            if len(values) > MOST or any(not is_number(each, largest=largest) for each in values):
                wrong[name] = [_("This value is not understood.")]
                return ()
            return tuple(int(each) for each in values)

        def number(name: str) -> int | None:
            return next(iter(numbers(name, largest=LARGEST)), None)

        def day(name: str) -> datetime.date | None:
            value = next(iter(said(name)), "")
            try:
                read = parse_date(value) if value else None
            except ValueError:
                read = None
            if value and (read is None or read > LAST_DAY):
                wrong[name] = [_("This value is not understood.")]
            return read

        states = tuple(said("state"))
        if set(states) - set(State.values):
            wrong["state"] = [_("This value is not understood.")]
        asked = cls(
            states=states,
            users=numbers("user", largest=2**63 - 1),
            outcomes=numbers("outcome", largest=2**63 - 1),
            lots=numbers("lot", largest=2**63 - 1),
            attempts_below=number("attempts_below"),
            attempts_above=number("attempts_above"),
            contacted_from=day("contacted_from"),
            contacted_until=day("contacted_until"),
        )
        if wrong:
            raise Invalid(_("Check the marked fields."), fields=wrong)
        return asked

    def apply(self, members: QuerySet[BaseMember]) -> QuerySet[BaseMember]:
        return members.filter(self.condition())

    def condition(self) -> Q:
        condition = Q(state__in=self.states) if self.states else ~Q(state=State.DETACHED)
        for name, values in (("last_user", self.users), ("last_typification", self.outcomes), ("lot", self.lots)):
            if values:
                condition &= Q(**{f"{name}__in": values})
        if self.attempts_below is not None:
            condition &= Q(attempts__lt=self.attempts_below)
        if self.attempts_above is not None:
            condition &= Q(attempts__gt=self.attempts_above)
        if self.contacted_from is not None:
            condition &= Q(last_contact_at__gte=midnight(self.contacted_from))
        if self.contacted_until is not None:
            condition &= Q(last_contact_at__lt=midnight(self.contacted_until + datetime.timedelta(days=1)))
        return condition


def is_number(text: str, *, largest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= largest


def midnight(day: datetime.date) -> Any:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
