"""What can be asked of the list of conversations: one meaning for SQL and for a row in hand."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import orjson
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core import text
from core.refusals import Invalid
from inbox.audience import Audience
from inbox.models.conversation import LIVE, TRAYS, Conversation

ORDERS = {
    "-last_activity": ("last_activity_at", True),
    "last_activity": ("last_activity_at", False),
    "-waiting": ("waiting_since", True),
    "waiting": ("waiting_since", False),
}
MAX_LIMIT = 100
COUNT_CAP = 1000
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
        condition = Q(status__in=TRAYS[self.tray]) if self.tray else Q()
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
        if self.tray and row["status"] not in TRAYS[self.tray]:
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
    """A fragment of the name without accents, or six digits or more of the number in any written form (001-06, 001-07)."""
    digits = "".join(char for char in query if char.isdigit()).lstrip("0")
    by_name = Q(contact_name_folded__contains=text.fold(query))
    return by_name | Q(contact_digits__contains=digits) if len(digits) >= 6 else by_name


# --- Pages ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    ids: list[int]
    next: str | None


def page(audience: Audience, asked: InboxFilter, *, limit: int, cursor: str | None) -> Page:
    """Return the ids of one page in order, and the cursor of the next.

    Each branch of the audience is read in order from its own index and cut at the limit; their union is sorted and cut again: a
    page costs the same at ten thousand and at a million conversations (PERFORMANCE.md, "Several teams").
    """
    after = after_cursor(asked, cursor)
    ordering = asked.ordering()
    slices = [
        Conversation.objects.filter(branch)
        .filter(status_branch)
        .filter(asked.condition())
        .filter(after)
        .order_by(*ordering)
        .values_list(asked.column, "id")[: limit + 1]
        for branch in audience.branches()
        for status_branch in status_branches(asked)
    ]
    first, *others = slices
    rows = (
        list(first.union(*others, all=True).order_by(*ordering)[: (limit + 1) * len(slices)]) if others else list(first)
    )
    unique = list(dict.fromkeys(rows))
    chosen = unique[:limit]
    has_more = len(unique) > limit
    return Page(ids=[pk for _at, pk in chosen], next=encode_cursor(asked, chosen[-1]) if has_more and chosen else None)


def status_branches(asked: InboxFilter) -> list[Q]:
    """One status at a time, so that (…, status, last_activity_at) indexes give rows already in order."""
    trays = [asked.tray] if asked.tray else list(TRAYS)
    return [Q(status=status) for tray in trays for status in TRAYS[tray]]


def after_cursor(asked: InboxFilter, cursor: str | None) -> Q:
    if not cursor:
        return Q()
    at, pk = decode_cursor(asked, cursor)
    comparison = "lt" if asked.descending else "gt"
    return Q(**{f"{asked.column}__{comparison}": at}) | Q(**{asked.column: at, f"id__{comparison}": pk})


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
        return moment, pk
    except (ValueError, TypeError):
        raise Invalid(
            _("Check the marked fields."),
            fields={"cursor": [_("This cursor belongs to another list. Start again without it.")]},
        ) from None


def counts(audience: Audience, asked: InboxFilter) -> dict[str, Any]:
    """The trays' counts under a filter. Live ones exactly; Atendidos up to a cap, since nobody reads «183.412»."""
    asked = replace(asked, tray=None, order="-last_activity")
    live = Conversation.objects.filter(status__in=LIVE).filter(audience.condition()).filter(asked.condition())
    in_trays = Q(status__in=(*TRAYS["pending"], *TRAYS["in_progress"]))
    found = live.aggregate(
        pending=Count("id", filter=Q(status__in=TRAYS["pending"])),
        in_progress=Count("id", filter=Q(status__in=TRAYS["in_progress"])),
        unanswered=Count("id", filter=in_trays & Q(waiting_since__isnull=False)),
        unread=Count("id", filter=in_trays & Q(unread__gt=0)),
        mine=Count("id", filter=in_trays & Q(assignee_id=audience.user_id)),
    )
    closed = [
        Conversation.objects.filter(branch)
        .filter(asked.condition(), status="closed")
        .order_by()
        .values_list("id")[: COUNT_CAP + 1]
        for branch in audience.branches()
    ]
    first, *others = closed
    attended = len(set(first.union(*others)[: COUNT_CAP + 1])) if others else len(first)
    return found | {"attended": min(attended, COUNT_CAP), "attended_capped": attended > COUNT_CAP}
