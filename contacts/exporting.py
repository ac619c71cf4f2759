"""Contacts and records of bases as rows of a file: set-wise, a few queries for thousands; masked as on the screens (contacts.rows).

Whoever is not there any more, or not to see for who asked, is not among the rows.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts import documents
from contacts.columns import BETWEEN, ContactColumn, contact_columns
from contacts.models import Address, BaseMember, Contact, ContactPoint, ContactTag, ContactTeam, Lot
from contacts.rows import shown_value

Kind = ContactPoint.Kind
FIELDS = (
    "id", "first_name", "last_name", "document_type__code", "document_type__check_digit", "document_number", "company__name", "is_vip", "custom",
    "profile_name", "blocked", "do_not_contact", "last_interaction_at", "created_at",
)  # fmt: skip
# As contacts.columns has them.
PLACES = ("line", "district", "province", "department", "postal_code", "reference")


def contact_heads(own: Sequence[str] | None = None) -> list[str]:
    """In the language of the moment; `own`: which fields of the installation's own (contacts.columns)."""
    return [str(each.title) for each in contact_columns(own)]


def contact_cells(
    people: QuerySet[Contact], *, by: User, sees_numbers: bool, own: Sequence[str] | None = None
) -> dict[int, list[str]]:
    """The cells of each of these people by their id. They are those that `by` sees."""
    rows = list(people.order_by().values_list(*FIELDS))
    ids = [row[0] for row in rows]
    points = points_of(ids, sees_numbers=sees_numbers)
    addresses = addresses_of(ids)
    tags = words_of(
        ContactTag.objects.filter(contact__in=ids, tag__archived_at__isnull=True)
        .order_by("tag__folded_name")
        .values_list("contact_id", "tag__name")
    )
    teams = words_of(
        ContactTeam.objects.filter(contact__in=ids, team__in=Team.objects.visible_to(by)).order_by("team__name").values_list("contact_id", "team__name")
    )  # fmt: skip
    yes, no = _("Yes"), _("No")
    fields = [each for each in contact_columns(own) if each.definition is not None]
    found: dict[int, list[str]] = {}
    for (
        pk,
        first,
        last,
        code,
        check,
        number,
        company,
        vip,
        custom,
        profile,
        blocked,
        silent,
        interacted,
        created,
    ) in rows:
        document = documents.shown(check, number) if number else ""
        ways = points.get(pk, NOWHERE)
        found[pk] = [
            first, last, code or "", document if sees_numbers or not document else documents.mask(document), company or "", yes if vip else no,
            BETWEEN.join(ways[Kind.PHONE]), BETWEEN.join(ways[Kind.WHATSAPP]), BETWEEN.join(ways[Kind.EMAIL]),
            *addresses.get(pk, NO_ADDRESS), tags.get(pk, ""),
            *[own_value(each, custom, yes, no) for each in fields],
            profile, teams.get(pk, ""), yes if blocked else no, yes if silent else no, moment(interacted), moment(created),
        ]  # fmt: skip
    return found


NOWHERE: dict[Any, list[str]] = {Kind.PHONE: [], Kind.WHATSAPP: [], Kind.EMAIL: []}
NO_ADDRESS = [""] * len(PLACES)


def points_of(ids: Sequence[int], *, sees_numbers: bool) -> dict[int, dict[Any, list[str]]]:
    """Numbers and addresses of e-mail by person and kind, the primary one first; those of who was joined with them too.

    Whole numbers as they are dialled («+595981…»), so that a file may be brought back.
    """
    whose = Q(contact__in=ids) | Q(contact__in=Contact.objects.filter(merged_into__in=ids))
    points = ContactPoint.objects.filter(whose, kind__in=NOWHERE, scope="").order_by("-is_primary", "id")
    found: dict[int, dict[Any, list[str]]] = {}
    wanted = set(ids)
    for pk, standing, kind, value in points.values_list("contact_id", "contact__merged_into_id", "kind", "value"):
        owner = standing if standing is not None and pk not in wanted else pk
        ways = found.setdefault(owner, {Kind.PHONE: [], Kind.WHATSAPP: [], Kind.EMAIL: []})
        if sees_numbers and kind != Kind.EMAIL and value.isascii() and value.isdecimal():
            ways[kind].append(f"+{value}")
        else:
            ways[kind].append(shown_value(kind, "", value, sees_numbers=sees_numbers))
    return found


def addresses_of(ids: Sequence[int]) -> dict[int, list[str]]:
    """The address that counts first, of each."""
    first = Address.objects.filter(contact__in=ids).order_by("contact_id", "-is_primary", "id").distinct("contact_id")
    return {pk: list(places) for pk, *places in first.values_list("contact_id", *PLACES)}


def words_of(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    together: defaultdict[int, list[str]] = defaultdict(list)
    for pk, words in pairs:
        together[pk].append(words)
    return {pk: BETWEEN.join(words) for pk, words in together.items()}


def own_value(column: ContactColumn, custom: dict[str, Any], yes: str, no: str) -> str:
    """As a form would take it back: a date by its ISO form, a number with a point."""
    value = custom.get(column.name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes if value else no
    return BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)


def moment(at: datetime.datetime | None) -> str:
    """In the time zone of the moment; sorted as text it is sorted by time."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else ""


# ── Records of a base

MEMBER_FIELDS = (
    "id", "contact_id", "state", "cycle", "attempts", "first_contact_at", "last_contact_at", "last_user_id", "last_user__first_name",
    "last_user__last_name", "last_user__username", "last_typification__name", "lot_id", "lot__name", "due_at",
)  # fmt: skip


def member_heads(own: Sequence[str] | None = None) -> list[str]:
    theirs = [
        _("State"),
        _("Cycle"),
        _("Attempts"),
        _("First contact"),
        _("Last contact"),
        _("User"),
        _("Outcome"),
        _("Lot"),
        _("Due"),
    ]
    return [*contact_heads(own), *theirs]


def member_cells(
    members: QuerySet[BaseMember], *, by: User, sees_numbers: bool, own: Sequence[str] | None = None
) -> dict[int, list[str]]:
    """The cells of each of these records by its id: the person's, then the record's own. They are those that `by` sees.

    A lot or a person of another team is not named (S05).
    """
    rows = list(members.order_by().values_list(*MEMBER_FIELDS))
    holders = Contact.objects.filter(pk__in={row[1] for row in rows})
    people = contact_cells(holders, by=by, sees_numbers=sees_numbers, own=own)
    lots = set(
        Lot.objects.visible_to(by).filter(pk__in={row[12] for row in rows} - {None}).values_list("pk", flat=True)
    )
    known = set(
        User.objects.visible_to(by).filter(pk__in={row[7] for row in rows} - {None}).values_list("pk", flat=True)
    )
    states = dict(BaseMember.State.choices)
    found: dict[int, list[str]] = {}
    for (
        pk,
        contact,
        state,
        cycle,
        attempts,
        began,
        last,
        user,
        first_name,
        last_name,
        username,
        outcome,
        lot,
        lot_name,
        due,
    ) in rows:
        who = (f"{first_name} {last_name}".strip() or username) if user in known else ""
        found[pk] = [
            *people[contact], str(states[state]), str(cycle), str(attempts), moment(began), moment(last), who, outcome or "",
            lot_name if lot in lots else "", moment(due),
        ]  # fmt: skip
    return found
