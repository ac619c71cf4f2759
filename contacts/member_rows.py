"""Bases and their members as pages and REST show them; a member with its contact, masked or not (contacts.rows)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from contacts.models import BaseMember, Contact, ContactBase, Lot
from contacts.rows import contact_rows

State = BaseMember.State
# In the order of a bar: what waits, what is being worked, what comes later, what is over.
IN_ORDER = (
    State.UNPROCESSED,
    State.RESERVED,
    State.IN_PROGRESS,
    State.RETRY,
    State.AUTO_CALLBACK,
    State.SCHEDULED,
    State.CLOSED,
    State.SUPPRESSED,
)
AROUND = ("base", "last_user", "last_typification", "reserved_by", "lot")


def member_rows(members: Sequence[BaseMember], user: User) -> list[dict[str, Any]]:
    """The members in their order, four queries for all. They are those the user sees, with what AROUND names beside them.

    A base of two teams may hold people of a lot that is the other team's alone, and is worked by people of both: neither that lot nor
    those people are named (S05).
    """
    ids = {each.contact_id for each in members}
    contacts = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=ids), user)}
    lots = {each.lot_id for each in members if each.lot_id is not None}
    seen = set(Lot.objects.visible_to(user).filter(pk__in=lots).values_list("pk", flat=True)) if lots else set()
    known = seen_people([who for each in members for who in (each.last_user, each.reserved_by)], user)
    return [member_row(each, contacts[each.contact_id], seen_lots=seen, known=known) for each in members]


def member_row(
    member: BaseMember, contact: Mapping[str, Any], *, seen_lots: Collection[int], known: Collection[int]
) -> dict[str, Any]:
    point = next((each for each in contact["points"]), None)
    return {
        "id": member.pk,
        "base_id": member.base_id,
        "contact": {
            name: contact[name] for name in ("id", "name", "initials", "hue", "is_vip", "blocked", "do_not_contact")
        }
        | {"point": point},
        "state": member.state,
        "cycle": member.cycle,
        "attempts": member.attempts,
        "first_contact_at": member.first_contact_at,
        "last_contact_at": member.last_contact_at,
        "last_user": person(member.last_user, known),
        "outcome": named(member.last_typification),
        "due_at": member.due_at,
        "reserved_by": person(member.reserved_by, known),
        "reservation_ends_at": member.reserved_until,
        "lot": named(member.lot) if member.lot_id in seen_lots else None,
    }


def seen_people(people: Iterable[User | None], user: User) -> set[int]:
    """The keys of those the user sees; one query, none for nobody."""
    ids = {each.pk for each in people if each is not None}
    return set(User.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def person(who: User | None, known: Collection[int]) -> dict[str, Any] | None:
    """Who it was; of another team that it was somebody, and no more (S05)."""
    if who is None or who.pk in known:
        return named(who)
    return {"id": None, "name": _("Somebody of another team")}


def named(thing: Any) -> dict[str, Any] | None:
    return None if thing is None else {"id": thing.pk, "name": thing.name}


def base_row(base: ContactBase, counts: Mapping[str, int], *, teams: Iterable[Any]) -> dict[str, Any]:
    """`counts`: members of each state as last counted (contacts.actions.slices); `teams`: those of its teams that the reader sees."""
    return {
        "id": base.pk,
        "name": base.name,
        "description": base.description,
        "state": base.state,
        "max_attempts": base.max_attempts,
        "teams": [{"id": each.pk, "name": each.name} for each in teams],
        "counts": {str(state): counts.get(state, 0) for state in IN_ORDER},
        "members": live_total(counts),
        "created_at": base.created_at,
    }


def live_total(counts: Mapping[str, int]) -> int:
    return sum(many for state, many in counts.items() if state != State.DETACHED)


def bar_of(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The parts of a stacked bar, those that hold somebody, each with where it begins and how wide it is of a hundred.

    A part is never too thin to be seen, and the widths always fill the bar.
    """
    present = [(state, counts[state]) for state in IN_ORDER if counts.get(state)]
    total = sum(many for _state, many in present)
    wide = [max(1.5, many * 100 / total) for _state, many in present]
    scale = 100 / sum(wide) if wide else 0
    parts, start = [], 0.0
    for (state, many), width in zip(present, wide, strict=True):
        parts.append(
            {
                "state": str(state),
                "title": state.label,
                "many": many,
                # As text: a locale's comma would be no number to the browser.
                "start": f"{start:.2f}",
                "width": f"{width * scale:.2f}",
                "percent": round(many * 100 / total),
            }
        )
        start += width * scale
    return parts


def lot_rows(lots: Sequence[Lot], user: User) -> list[dict[str, Any]]:
    """The lots, with who imported each of them beside it. They are those the user sees."""
    known = seen_people([each.imported_by for each in lots], user)
    return [
        {
            "id": each.pk,
            "name": each.name,
            "source_file": each.source_file,
            "imported_at": each.imported_at,
            "imported_by": person(each.imported_by, known),
            "totals": each.totals,
            "is_archived": each.archived_at is not None,
        }
        for each in lots
    ]
