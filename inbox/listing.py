"""A list as it is read: pages in order, and true counts. What belongs is said by filters.py, how rows are read by slices.py."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db.models import Q
from django.utils.translation import gettext as _

from core import text
from core.refusals import Invalid
from inbox.audience import Arm, Audience
from inbox.filters import InboxFilter
from inbox.models.conversation import LIVE, TRAYS
from inbox.slices import Slice, count_by_status, few_in_order, in_order

COUNT_CAP = 1000


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
    live = tuple(each for each in statuses if each in LIVE)
    closed = tuple(each for each in statuses if each not in LIVE)
    if asked.search:
        found = found_of(audience, asked, wanted)
        return [replace(found, statuses=live, is_short=True), replace(found, statuses=closed)]
    if asked.column in ("contact_name_folded", "window_expires_at"):
        return slices_without_index(audience, asked, wanted, live=live, closed=closed)
    slices = []
    for arm in audience.arms():
        lead, condition = arm, wanted
        if not arm.is_small and (named := named_arm(asked)):
            lead, condition = named, wanted & arm.condition()
        # What one person holds has no index by waiting: a hundred rows are sorted sooner than a fourth index is written.
        is_short = asked.column == "waiting_since" and lead.column == "assignee_id"
        slices.append(Slice(lead, arm.within(statuses), condition, is_short=is_short))
    return slices


def slices_without_index(
    audience: Audience, asked: InboxFilter, wanted: Q, *, live: tuple[str, ...], closed: tuple[str, ...]
) -> list[Slice]:
    """By name or by what is left of the window: no index of a team or a campaign has that order.

    The live ones are few enough to be read whole, and so is what one person closed. All the other closed ones are read by name
    from the one index that has it (`closed_by_name`), until enough of them were met that may be seen.
    """
    slices = []
    for arm in audience.arms():
        lead, condition = arm, wanted
        if not arm.is_small and (named := named_arm(asked)):
            lead, condition = named, wanted & arm.condition()
        slices.append(Slice(lead, arm.within(live), condition, is_short=True))
        if not (of_closed := arm.within(closed)):
            continue
        if lead.column == "assignee_id":
            slices.append(Slice(lead, of_closed, condition, is_short=True))
        else:
            slices.append(Slice(Arm(), of_closed, wanted & arm.condition()))
    return slices


def statuses_within(asked: InboxFilter) -> tuple[str, ...]:
    """Where no closed one can belong there is nothing to read among a million of them."""
    return tuple(each for each in asked.statuses if each in LIVE or not asked.is_of_live)


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


def encode_cursor(asked: InboxFilter, key: tuple[datetime.datetime | str, int]) -> str:
    at, pk = key
    written = at if isinstance(at, str) else at.astimezone(datetime.UTC).isoformat()
    return base64.urlsafe_b64encode(orjson.dumps([asked.order, written, pk])).decode().rstrip("=")


def decode_cursor(asked: InboxFilter, cursor: str) -> tuple[datetime.datetime | str, int]:
    try:
        order, at, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if order != asked.order or not isinstance(pk, int) or not isinstance(at, str):
            raise ValueError
        if asked.column == "contact_name_folded":
            return text.without_nul(at), pk
        moment = datetime.datetime.fromisoformat(at)
        if moment.tzinfo is None:
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
    figures = ("unanswered", "unread", "mine")
    return {
        "pending": total("all", "pending"),
        "in_progress": total("all", "in_progress"),
        "unanswered": total("unanswered", "pending", "in_progress"),
        "unread": total("unread", "pending", "in_progress"),
        "mine": total("mine", "pending", "in_progress"),
        "attended": min(attended, COUNT_CAP),
        "attended_capped": attended > COUNT_CAP,
        # What pressing a quick filter would show in each of them.
        "by_tray": {tray: {figure: total(figure, tray) for figure in figures} for tray in ("pending", "in_progress")},
    }


def disjoint_arms(audience: Audience) -> list[tuple[Arm, Q]]:
    """The arms, biggest first, each without what those before it hold: numbers that can be added up.

    A queued conversation is nobody's (a constraint), so the own ones and the waiting ones never meet; only teams meet both.
    """
    arms = audience.arms()[::-1]
    teams = next((arm.condition() for arm in arms if arm.column == "team_id"), None)
    return [(arm, ~teams if teams is not None and arm.column != "team_id" else Q()) for arm in arms]
