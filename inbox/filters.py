"""What can be asked of the list of conversations: one meaning for SQL and for a row in hand."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import orjson
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from contacts import numbers
from core import text
from core.refusals import Invalid
from inbox.audience import Arm, Audience
from inbox.models.conversation import LIVE, TRAYS, Conversation
from inbox.slices import Slice, count_by_status, few_in_order, in_order

ORDERS = {
    "-last_activity": ("last_activity_at", True),
    "last_activity": ("last_activity_at", False),
    "-waiting": ("waiting_since", True),
    "waiting": ("waiting_since", False),
}
LISTED = tuple(status for statuses in TRAYS.values() for status in statuses)
MAX_LIMIT = 100
COUNT_CAP = 1000
SHORTEST_FRAGMENT = 3
SortKey = tuple[str | None, int]


@dataclass(frozen=True, kw_only=True)
class InboxFilter:
    """One meaning, two readings: `apply` asks the database, `matches` asks a row in hand. A property test keeps them equal."""

    tray: str | None = None
    search: str = ""
    assignee: tuple[int | None, ...] = ()
    team: tuple[int, ...] = ()
    campaign: tuple[int, ...] = ()
    account: tuple[int, ...] = ()
    unread: bool = False
    unanswered: bool = False
    order: str = "-last_activity"

    MULTIPLE: ClassVar[tuple[str, ...]] = ("team", "campaign", "account")

    @classmethod
    def read(cls, asked: Mapping[str, Sequence[str]], *, user_id: int) -> Self:
        """Return the filter that the parameters ask for.

        Raises:
            Invalid: naming the parameter that is unknown or holds what it may not (S06: an allow-list, never a lookup).
        """
        values: dict[str, Any] = {}
        wrong: dict[str, list[str]] = {}
        known = {field.name for field in fields(cls)}
        for name, given in asked.items():
            if name not in known:
                wrong[name] = [_("This parameter does not exist.")]
                continue
            try:
                values[name] = read_value(name, [str(each) for each in given], user_id=user_id)
            except ValueError:
                wrong[name] = [_("This value is not understood.")]
        if wrong:
            raise Invalid(_("Check the marked fields."), fields=wrong)
        return cls(**values)

    def without_tray(self) -> Self:
        return replace(self, tray=None)

    def apply(self, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(self.condition())

    def condition(self) -> Q:
        return Q(status__in=self.statuses) & self.beside_status()

    def beside_status(self) -> Q:
        """The condition without its statuses, which pages and counts take apart."""
        condition = Q()
        for name, column in (("team", "team_id"), ("campaign", "campaign_id"), ("account", "channel_account_id")):
            if ids := getattr(self, name):
                condition &= Q(**{f"{column}__in": ids})
        if self.assignee:
            people = [each for each in self.assignee if each is not None]
            condition &= Q(assignee_id__in=people) | (
                Q(assignee_id__isnull=True) if None in self.assignee else Q(pk__in=[])
            )
        if self.unread:
            condition &= Q(unread__gt=0)
        if self.unanswered:
            condition &= Q(waiting_since__isnull=False)
        if self.order.endswith("waiting"):
            # The order asks for who waits: rows that wait for nothing have no place in it.
            condition &= Q(waiting_since__isnull=False)
        if self.search:
            condition &= search_condition(self.search)
        return condition

    def matches(self, row: Mapping[str, Any]) -> bool | None:
        """Whether a row (rows.read_conversations) belongs; None where a row cannot tell (text search)."""
        if row["status"] not in self.statuses:
            return False
        for name, column in (
            ("team", "team_id"),
            ("campaign", "campaign_id"),
            ("account", "account_id"),
            ("assignee", "assignee_id"),
        ):
            if (wanted := getattr(self, name)) and row[column] not in wanted:
                return False
        if self.unread and not row["unread"]:
            return False
        if (self.unanswered or self.order.endswith("waiting")) and row["waiting_since"] is None:
            return False
        return None if self.search else True

    @property
    def statuses(self) -> tuple[str, ...]:
        """Those of the tray, or of all: what a mass sending opened and nobody answered yet (outreach) stands in none."""
        return TRAYS[self.tray] if self.tray else LISTED

    @property
    def column(self) -> str:
        return ORDERS[self.order][0]

    @property
    def descending(self) -> bool:
        return ORDERS[self.order][1]

    def ordering(self) -> tuple[str, str]:
        sign = "-" if self.descending else ""
        return f"{sign}{self.column}", f"{sign}id"

    def sort_key(self, row: Mapping[str, Any]) -> tuple[Any, int]:
        return row[self.column], row["id"]


def read_value(name: str, given: list[str], *, user_id: int) -> Any:
    if name in InboxFilter.MULTIPLE:
        return tuple(sorted({positive(each) for each in given}))
    if name == "assignee":
        return tuple(sorted({read_assignee(each, user_id) for each in given}, key=lambda each: each or 0))
    if len(given) != 1:
        raise ValueError
    (value,) = given
    if name in ("unread", "unanswered"):
        if value not in ("0", "1", "true", "false"):
            raise ValueError
        return value in ("1", "true")
    if name == "tray" and value not in TRAYS:
        raise ValueError
    if name == "order" and value not in ORDERS:
        raise ValueError
    if name == "search":
        value = " ".join(text.without_nul(value).split())
        if value and not 2 <= len(value) <= 80:
            raise ValueError
    return value


def read_assignee(value: str, user_id: int) -> int | None:
    return {"me": user_id, "none": None}[value] if value in ("me", "none") else positive(value)


def positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError
    return int(value)


def search_condition(query: str) -> Q:
    """A fragment of the name without accents, or six digits or more of the number in any written form (001-06, 001-07).

    Two letters are the beginning of a word: the trigram index knows how words begin, but not two letters somewhere inside.
    """
    name = text.fold(query)
    condition = Q(contact_name_folded__contains=name)
    if len(name) < SHORTEST_FRAGMENT:
        condition = Q(contact_name_folded__startswith=name) | Q(contact_name_folded__contains=f" {name}")
    for form in numbers.lookup_forms(query, default_country=settings.PHONE_DEFAULT_COUNTRY):
        condition |= Q(contact_digits__contains=form)
    return condition


# --- Pages ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    ids: list[int]
    next: str | None


def page(audience: Audience, asked: InboxFilter, *, limit: int, cursor: str | None) -> Page:
    """Return the ids of one page in order, and the cursor of the next.

    Each arm of the audience is read in order from its own index and cut at the limit; together they are sorted and cut again: a
    page costs the same at ten thousand and at a million conversations (PERFORMANCE.md, "Several teams").
    """
    wanted = asked.beside_status() & after_cursor(asked, cursor)
    ordering = asked.ordering()
    rows = None
    if asked.search:
        rows = few_in_order(found_of(audience, asked, wanted), ordering=ordering, limit=limit + 1)
    if rows is None:
        rows = in_order(slices_of(audience, asked, wanted), ordering=ordering, limit=limit + 1)
    chosen = rows[:limit]
    has_more = len(rows) > limit
    return Page(ids=[pk for _at, pk in chosen], next=encode_cursor(asked, chosen[-1]) if has_more and chosen else None)


def found_of(audience: Audience, asked: InboxFilter, wanted: Q) -> Slice:
    return Slice(Arm(), statuses_within(asked), wanted & audience.condition())


def slices_of(audience: Audience, asked: InboxFilter, wanted: Q) -> list[Slice]:
    """What a list is merged of.

    Who sees much is led by what the filter names, where an index begins with it; what they see is then a condition like others.
    Where a search finds many, the closed ones are read in order until enough were met, and the live ones, which are few, whole.
    """
    statuses = statuses_within(asked)
    if asked.search:
        found = found_of(audience, asked, wanted)
        live = tuple(each for each in statuses if each in LIVE)
        closed = tuple(each for each in statuses if each not in LIVE)
        return [replace(found, statuses=live, is_short=True), replace(found, statuses=closed)]
    slices = []
    for arm in audience.arms():
        lead, condition = arm, wanted
        if not arm.is_small and (named := named_arm(asked)):
            lead, condition = named, wanted & arm.condition()
        # What one person holds has no index by waiting: a hundred rows are sorted sooner than a fourth index is written.
        is_short = asked.column == "waiting_since" and lead.column == "assignee_id"
        slices.append(Slice(lead, arm.within(statuses), condition, is_short=is_short))
    return slices


def statuses_within(asked: InboxFilter) -> tuple[str, ...]:
    """Closing leaves nothing unread and nobody waiting (`closed_waits_for_nothing`): nothing to read among a million closed ones."""
    is_of_live = asked.unread or asked.unanswered or asked.order.endswith("waiting")
    return tuple(each for each in asked.statuses if each in LIVE or not is_of_live)


def named_arm(asked: InboxFilter) -> Arm | None:
    people = tuple(each for each in asked.assignee if each is not None)
    if people and None not in asked.assignee:
        return Arm("assignee_id", people)
    if asked.campaign:
        return Arm("campaign_id", asked.campaign)
    return Arm("team_id", asked.team) if asked.team else None


def after_cursor(asked: InboxFilter, cursor: str | None) -> Q:
    if not cursor:
        return Q()
    at, pk = decode_cursor(asked, cursor)
    beyond = "lt" if asked.descending else "gt"
    # The first condition says nothing new, but it is where an index scan begins; an OR alone would be read from the top.
    return Q(**{f"{asked.column}__{beyond}e": at}) & (
        Q(**{f"{asked.column}__{beyond}": at}) | Q(**{asked.column: at, f"id__{beyond}": pk})
    )


def encode_cursor(asked: InboxFilter, key: tuple[datetime.datetime, int]) -> str:
    at, pk = key
    return (
        base64.urlsafe_b64encode(orjson.dumps([asked.order, at.astimezone(datetime.UTC).isoformat(), pk]))
        .decode()
        .rstrip("=")
    )


def decode_cursor(asked: InboxFilter, cursor: str) -> tuple[datetime.datetime, int]:
    try:
        order, at, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.datetime.fromisoformat(at)
        if order != asked.order or not isinstance(pk, int) or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(datetime.UTC), pk
    except (ValueError, TypeError, OverflowError):
        raise Invalid(
            _("Check the marked fields."),
            fields={"cursor": [_("This cursor belongs to another list. Start again without it.")]},
        ) from None


def counts(audience: Audience, asked: InboxFilter) -> dict[str, Any]:
    """The trays' counts under a filter. Live ones exactly; Atendidos up to a cap, since nobody reads «183.412»."""
    asked = replace(asked, tray=None, order="-last_activity")
    statuses = statuses_within(asked)
    live = tuple(each for each in statuses if each in LIVE)
    closed = tuple(each for each in statuses if each not in LIVE)
    arms = [(Arm(), audience.condition())] if asked.search else disjoint_arms(audience)

    def slices(wanted: tuple[str, ...]) -> list[Slice]:
        return [Slice(arm, arm.within(wanted), apart & asked.beside_status()) for arm, apart in arms]

    by_status = count_by_status(slices(live), slices(closed), user_id=audience.user_id, cap=COUNT_CAP + 1)

    def total(figure: str, *trays: str) -> int:
        return sum(by_status[status][figure] for tray in trays for status in TRAYS[tray] if status in by_status)

    attended = total("all", "attended")
    return {
        "pending": total("all", "pending"),
        "in_progress": total("all", "in_progress"),
        "unanswered": total("unanswered", "pending", "in_progress"),
        "unread": total("unread", "pending", "in_progress"),
        "mine": total("mine", "pending", "in_progress"),
        "attended": min(attended, COUNT_CAP),
        "attended_capped": attended > COUNT_CAP,
    }


def disjoint_arms(audience: Audience) -> list[tuple[Arm, Q]]:
    """The arms, biggest first, each without what those before it hold: numbers that can be added up.

    A queued conversation is nobody's (a constraint), so the own ones and the waiting ones never meet; only teams meet both.
    """
    arms = audience.arms()[::-1]
    teams = next((arm.condition() for arm in arms if arm.column == "team_id"), None)
    return [(arm, ~teams if teams is not None and arm.column != "team_id" else Q()) for arm in arms]
