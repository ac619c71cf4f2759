"""What can be asked of the list of conversations: one meaning for SQL and for a row in hand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import numbers
from contacts.models import Contact, ContactTag, GroupMember
from core import text
from core.refusals import Invalid
from inbox.models.conversation import TRAYS, Conversation

ORDERS = {
    "-last_activity": ("last_activity_at", True),
    "last_activity": ("last_activity_at", False),
    "-waiting": ("waiting_since", True),
    "waiting": ("waiting_since", False),
    "-name": ("contact_name_folded", True),
    "name": ("contact_name_folded", False),
    "-window": ("window_expires_at", True),
    "window": ("window_expires_at", False),
}
# About to close: where the row's ring turns amber.
ENDING = datetime.timedelta(hours=2)
WINDOWS = ("ending", "open", "closed")
FLAGS = ("unread", "unanswered", "answered", "unreplied")
LISTED = tuple(status for statuses in TRAYS.values() for status in statuses)
MAX_LIMIT = 100
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
    # Of the contact: any of these tags, any of these groups.
    tag: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    unread: bool = False
    unanswered: bool = False
    # The assignee has answered since the customer last wrote (001-16).
    answered: bool = False
    # Without a first reply of the agent who holds it: the red dot (001-14). A closed one is held by nobody.
    unreplied: bool = False
    # What is left of the channel's window, of what still can be written in.
    window: str = ""
    # Last activity from a day to a day, both of them in: the moments are those of the asker's own time zone.
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    order: str = "-last_activity"

    MULTIPLE: ClassVar[tuple[str, ...]] = ("team", "campaign", "account", "tag", "group")

    @classmethod
    def read(cls, asked: Mapping[str, Sequence[str]], *, user_id: int, time_zone: str = "") -> Self:
        """Return the filter that the parameters ask for. Days begin and end in `time_zone`.

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
                values[name] = read_value(name, [str(each) for each in given], user_id=user_id, time_zone=time_zone)
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
        if self.tag:
            condition &= tagged_with(self.tag)
        if self.group:
            condition &= in_group(self.group)
        condition &= self.state_condition()
        if self.since is not None:
            condition &= Q(last_activity_at__gte=self.since)
        if self.until is not None:
            condition &= Q(last_activity_at__lt=self.until)
        if self.search:
            condition &= search_condition(self.search)
        return condition

    def state_condition(self) -> Q:
        """What is asked about reading, answering and the window. An order by what a row has not leaves it without a place."""
        condition = Q()
        if self.unread:
            condition &= Q(unread__gt=0)
        if self.unanswered or self.column == "waiting_since":
            condition &= Q(waiting_since__isnull=False)
        if self.answered:
            condition &= Q(answered=True)
        if self.unreplied:
            condition &= Q(needs_first_reply=True) & ~Q(status="closed")
        for window in filter(None, (self.window, self.ordered_window)):
            condition &= window_condition(window) & ~Q(status="closed")
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
        for wanted, labels in ((self.tag, row["tags"]), (self.group, row["groups"])):
            if wanted and not any(each["id"] in wanted for each in labels):
                return False
        at = row["last_activity_at"]
        if (self.since is not None and at < self.since) or (self.until is not None and at >= self.until):
            return False
        if not self.state_matches(row):
            return False
        return None if self.search else True

    def state_matches(self, row: Mapping[str, Any]) -> bool:
        if self.unread and not row["unread"]:
            return False
        if (self.unanswered or self.column == "waiting_since") and row["waiting_since"] is None:
            return False
        if self.answered and not row["answered"]:
            return False
        is_closed = row["status"] == "closed"
        if self.unreplied and (is_closed or not row["needs_first_reply"]):
            return False
        asked = list(filter(None, (self.window, self.ordered_window)))
        return not asked or (not is_closed and all(window_of(row["window_expires_at"], each) for each in asked))

    @property
    def ordered_window(self) -> str:
        """The order by what is left of the window is one of open windows."""
        return "open" if self.column == "window_expires_at" else ""

    @property
    def is_of_live(self) -> bool:
        """Whether no closed one can belong: closing leaves nothing unread and nobody waiting (`closed_waits_for_nothing`)."""
        return (
            self.unread
            or self.unanswered
            or self.unreplied
            or self.window != ""
            or self.column in ("waiting_since", "window_expires_at")
        )

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


def tagged_with(tag_ids: tuple[int, ...]) -> Q:
    """Conversations whose contact, or the one that stands for it, has any of the tags: what a row shows (rows.py)."""
    having = ContactTag.objects.filter(tag_id__in=tag_ids, tag__archived_at__isnull=True)
    return Q(contact_id__in=standing_for(having))


def in_group(group_ids: tuple[int, ...]) -> Q:
    """The same of groups. One that belongs to some teams says nothing about the conversations of others."""
    being = GroupMember.objects.filter(group_id__in=group_ids, group__archived_at__isnull=True)
    everybodys = Q(contact_id__in=standing_for(being.filter(group__teams__isnull=True)))
    theirs = being.filter(group__teams=OuterRef("team_id"))
    own = theirs.filter(contact_id=Coalesce(OuterRef("contact__merged_into_id"), OuterRef("contact_id")))
    return everybodys | Q(Exists(own))


def standing_for(labels: QuerySet[Any]) -> QuerySet[Any]:
    """The contacts that labels are about, and those merged into them: as one list of ids, so that the planner may begin with whichever
    side is shorter. A merged contact's own labels wait for the day it is parted again."""
    owners = labels.filter(contact__merged_into__isnull=True).order_by().values_list("contact_id")
    merged = Contact.objects.filter(merged_into_id__in=labels.order_by().values("contact_id")).values_list("pk")
    return owners.union(merged, all=True)


def window_condition(window: str) -> Q:
    now = timezone.now()
    if window == "closed":
        return Q(window_expires_at__lte=now)
    is_open = Q(window_expires_at__gt=now)
    return is_open & Q(window_expires_at__lt=now + ENDING) if window == "ending" else is_open


def window_of(expires_at: datetime.datetime | None, window: str) -> bool:
    """The same of a moment in hand. Who never had a window has none that could be open, about to end or closed."""
    if expires_at is None:
        return False
    now = timezone.now()
    if window == "closed":
        return expires_at <= now
    return now < expires_at < now + ENDING if window == "ending" else expires_at > now


def read_value(name: str, given: list[str], *, user_id: int, time_zone: str) -> Any:
    if name in InboxFilter.MULTIPLE:
        return tuple(sorted({positive(each) for each in given}))
    if name == "assignee":
        return tuple(sorted({read_assignee(each, user_id) for each in given}, key=lambda each: each or 0))
    if len(given) != 1:
        raise ValueError
    (value,) = given
    if name in FLAGS:
        if value not in ("0", "1", "true", "false"):
            raise ValueError
        return value in ("1", "true")
    if name == "tray" and value not in TRAYS:
        raise ValueError
    if name == "order" and value not in ORDERS:
        raise ValueError
    if name == "window" and value not in WINDOWS:
        raise ValueError
    if name in ("since", "until"):
        # «until» names a day that is wholly in.
        return beginning_of_day(value, time_zone, days_later=1 if name == "until" else 0)
    if name == "search":
        value = " ".join(text.without_nul(value).split())
        if value and not 2 <= len(value) <= 80:
            raise ValueError
    return value


def beginning_of_day(value: str, time_zone: str, *, days_later: int) -> datetime.datetime:
    """The first moment of a day written as 2026-11-21.

    Raises:
        ValueError: that is no day.
    """
    if len(value) != 10 or not value.isascii():
        raise ValueError
    try:
        day = datetime.date.fromisoformat(value) + datetime.timedelta(days=days_later)
        zone = ZoneInfo(time_zone or settings.TIME_ZONE)
    except (OverflowError, ZoneInfoNotFoundError):
        raise ValueError from None
    if not 1970 <= day.year <= 9000:
        raise ValueError
    return datetime.datetime.combine(day, datetime.time(), tzinfo=zone).astimezone(datetime.UTC)


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
