"""Every interaction with a contact, conversations and calls in one order, as far as a reader may see them (002-21, 002-22)."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.models import Contact
from core.refusals import Invalid
from inbox.actions.continuing import identities_of
from inbox.models import Call, Conversation
from inbox.rows import person

PAGE = 20
# At the same moment a conversation stands above a call.
CALL, CONVERSATION = 0, 1


@dataclass(frozen=True)
class Place:
    """Where an interaction stands: newest first, whatever it is."""

    at: datetime.datetime
    rank: int
    id: int


@dataclass(frozen=True)
class InteractionPage:
    results: list[dict[str, Any]]
    next: str | None


def interactions_of(contact: Contact, user: User, *, before: str = "", limit: int = PAGE) -> InteractionPage:
    """The contact's interactions before a place (a cursor of an earlier page), those of contacts merged into them among them.

    The caller has asked whether the contact is theirs to see; each conversation and call is asked for here.

    Raises:
        Invalid: no cursor of such a list.
    """
    place = decode(before) if before else None
    people = list(identities_of([contact.pk]))
    conversations = Conversation.objects.visible_to(user).filter(contact_id__in=people)
    calls = Call.objects.visible_to(user).filter(contact_id__in=people)
    rows = [
        *conversation_rows(after(conversations, "last_activity_at", CONVERSATION, place)[: limit + 1]),
        *call_rows(after(calls, "started_at", CALL, place)[: limit + 1]),
    ]
    rows.sort(key=lambda row: (row["at"], row["rank"], row["id"]), reverse=True)
    shown = rows[:limit]
    return InteractionPage(results=shown, next=encode(shown[-1]) if len(rows) > limit else None)


def after(queryset: QuerySet[Any], column: str, rank: int, place: Place | None) -> QuerySet[Any]:
    ordered = queryset.order_by(f"-{column}", "-id")
    if place is None:
        return ordered
    # At the place's own moment: those of a lower rank, and of the same rank those with a lower id.
    tie = Q(pk__in=[]) if rank > place.rank else Q() if rank < place.rank else Q(id__lt=place.id)
    return ordered.filter(
        Q(**{f"{column}__lt": place.at}) | (Q(**{column: place.at}) & tie), **{f"{column}__lte": place.at}
    )


def conversation_rows(queryset: QuerySet[Conversation]) -> list[dict[str, Any]]:
    found: Any = queryset.values(
        "id", "public_id", "status", "preview", "preview_kind", "created_at", "closed_at", "last_activity_at",
        channel=F("channel_account__kind"),
        service=F("channel_account__name"),
        campaign_name=F("campaign__name"),
        outcome=F("typification__name"),
        outcome_heading=F("typification__parent__name"),
        first=F("assignee__first_name"), last=F("assignee__last_name"), username=F("assignee__username"),
        by_first=F("closed_by__first_name"), by_last=F("closed_by__last_name"), by_username=F("closed_by__username"),
    )  # fmt: skip
    return [
        {
            "what": "conversation",
            "rank": CONVERSATION,
            "id": row["id"],
            "at": row["last_activity_at"],
            "channel": row["channel"],
            "title": row["service"],
            "campaign": row["campaign_name"] or "",
            "public_id": row["public_id"],
            "is_open": row["status"] != "closed",
            "preview": row["preview"],
            "preview_kind": row["preview_kind"],
            "outcome": outcome_words(row["outcome_heading"], row["outcome"]),
            "agent": person(row["by_first"], row["by_last"], row["by_username"])
            or person(row["first"], row["last"], row["username"]),
        }
        for row in found
    ]


def call_rows(queryset: QuerySet[Call]) -> list[dict[str, Any]]:
    found: Any = queryset.values(
        "id", "uuid", "direction", "started_at", "ended_at", "note",
        outcome=F("typification__name"),
        outcome_heading=F("typification__parent__name"),
        first=F("user__first_name"), last=F("user__last_name"), username=F("user__username"),
    )  # fmt: skip
    return [
        {
            "what": "call",
            "rank": CALL,
            "id": row["id"],
            "uuid": row["uuid"],
            "at": row["started_at"],
            "channel": "voice",
            "title": _("Outgoing call") if row["direction"] == "out" else _("Incoming call"),
            "campaign": "",
            "is_open": row["ended_at"] is None,
            "preview": row["note"],
            "preview_kind": "text",
            "outcome": outcome_words(row["outcome_heading"], row["outcome"]),
            "agent": person(row["first"], row["last"], row["username"]),
        }
        for row in found
    ]


def outcome_words(heading: str | None, name: str | None) -> str:
    return " › ".join(filter(None, (heading, name)))


def encode(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row["at"], row["rank"], row["id"]])).decode().rstrip("=")


def decode(cursor: str) -> Place:
    try:
        at, rank, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.datetime.fromisoformat(at)
        if type(pk) is not int or not 0 <= pk < 2**63 or rank not in (CALL, CONVERSATION) or moment.tzinfo is None:
            raise ValueError
        return Place(moment.astimezone(datetime.UTC), rank, pk)
    except (ValueError, TypeError, OverflowError):
        raise Invalid(
            _("Check the marked fields."),
            fields={"before": [_("This cursor belongs to another list. Start again without it.")]},
        ) from None
