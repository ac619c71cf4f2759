"""Contacts and records of bases as rows of a file: set-wise, a few queries for thousands; masked as on the screens (contacts.rows).

Whoever is not there any more, or not to see for who asked, is not among the rows.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Team, User
from contacts import documents
from contacts.fields import live_fields
from contacts.models import (
    Address,
    BaseMember,
    Contact,
    ContactPoint,
    ContactTag,
    ContactTeam,
    DocumentType,
    FieldDefinition,
    Lot,
)
from contacts.rows import shown_value

Kind = ContactPoint.Kind
FIELDS = (
    "id", "first_name", "last_name", "document_type__code", "document_type__check_digit", "document_number", "company__name", "is_vip", "custom",
    "profile_name", "blocked", "do_not_contact", "last_interaction_at", "created_at",
)  # fmt: skip
PLACES = ("line", "district", "province", "department", "postal_code", "reference")
# How many columns each way to be reached has; whoever has more finds the rest in the last of them.
WAYS: Mapping[Any, int] = {Kind.PHONE: 3, Kind.WHATSAPP: 2, Kind.EMAIL: 2}
# Several values of one cell.
BETWEEN = "; "


@dataclass(frozen=True)
class Shape:
    """Which columns a file of contacts has beside those it always has: a file has one head, whatever is set up meanwhile."""

    # Kinds of documents, by code, and the installation's own fields, by control id.
    documents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @classmethod
    def now(cls) -> Shape:
        held = Contact.objects.filter(document_type=OuterRef("pk")).exclude(document_number="")
        kinds = DocumentType.objects.filter(Exists(held)).order_by("pk")
        return cls(tuple(kinds.values_list("code", flat=True)), tuple(each.control_id for each in live_fields()))


def contact_heads(shape: Shape) -> list[str]:
    """In the language of the moment: the words by which an import knows its columns again."""
    names = dict(DocumentType.objects.filter(code__in=shape.documents).values_list("code", "name"))
    labels = dict(FieldDefinition.objects.filter(control_id__in=shape.fields).values_list("control_id", "label"))
    return [
        _("First names"), _("Surnames"), *(names.get(code, code) for code in shape.documents), _("Company"), _("VIP"),
        *(str(kind.label) if n == 1 else f"{kind.label} {n}" for kind, many in WAYS.items() for n in range(1, many + 1)),
        _("Street and number"), _("District"), _("Province"), _("Department"), _("Postal code"), _("Reference"), _("Tags"),
        *(labels.get(name, name) for name in shape.fields),
        _("Profile name"), _("Teams"), pgettext("a person", "Blocked"), _("Do not contact"), _("Last interaction"), _("Created"),
    ]  # fmt: skip


def contact_cells(people: QuerySet[Contact], *, by: User, sees_numbers: bool, shape: Shape) -> dict[int, list[str]]:
    """The cells of each of these people by their id. They are those that `by` sees."""
    rows = list(people.order_by().values_list(*FIELDS))
    ids = [row[0] for row in rows]
    points = points_of(ids, sees_numbers=sees_numbers)
    addresses = addresses_of(ids)
    tagged = ContactTag.objects.filter(contact__in=ids, tag__archived_at__isnull=True).order_by("tag__folded_name")
    tags = words_of(tagged.values_list("contact_id", "tag__name"))
    shared = ContactTeam.objects.filter(contact__in=ids, team__in=Team.objects.visible_to(by)).order_by("team__name")
    teams = words_of(shared.values_list("contact_id", "team__name"))
    yes, no = _("Yes"), _("No")
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
        if document and not sees_numbers:
            document = documents.mask(document)
        found[pk] = [
            first, last, *[document if each == code else "" for each in shape.documents], company or "", yes if vip else no,
            *points.get(pk, NO_WAYS), *addresses.get(pk, NO_ADDRESS), tags.get(pk, ""),
            *[own_value(custom.get(name), yes, no) for name in shape.fields],
            profile, teams.get(pk, ""), yes if blocked else no, yes if silent else no, moment(interacted), moment(created),
        ]  # fmt: skip
    return found


NO_WAYS = [""] * sum(WAYS.values())
NO_ADDRESS = [""] * len(PLACES)


def points_of(ids: Sequence[int], *, sees_numbers: bool) -> dict[int, list[str]]:
    """The cells of each one's numbers and addresses of e-mail, the primary one first; those of who was joined with them too.

    Whole numbers as they are dialled («+595981…»), so that a file may be brought back.
    """
    whose = Q(contact__in=ids) | Q(contact__in=Contact.objects.filter(merged_into__in=ids))
    points = ContactPoint.objects.filter(whose, kind__in=WAYS, scope="").order_by("-is_primary", "id")
    found: defaultdict[int, dict[Any, list[str]]] = defaultdict(lambda: {kind: [] for kind in WAYS})
    wanted = set(ids)
    for pk, standing, kind, value in points.values_list("contact_id", "contact__merged_into_id", "kind", "value"):
        owner = standing if standing is not None and pk not in wanted else pk
        if sees_numbers and kind != Kind.EMAIL and value.isascii() and value.isdecimal():
            found[owner][kind].append(f"+{value}")
        else:
            found[owner][kind].append(shown_value(kind, "", value, sees_numbers=sees_numbers))
    return {
        pk: [cell for kind, many in WAYS.items() for cell in spread(ways[kind], many)] for pk, ways in found.items()
    }


def spread(values: Sequence[str], many: int) -> list[str]:
    """So many cells: a value each, and what is over in the last."""
    if len(values) <= many:
        return [*values, *[""] * (many - len(values))]
    return [*values[: many - 1], BETWEEN.join(values[many - 1 :])]


def addresses_of(ids: Sequence[int]) -> dict[int, list[str]]:
    """The address that counts first, of each."""
    first = Address.objects.filter(contact__in=ids).order_by("contact_id", "-is_primary", "id").distinct("contact_id")
    return {pk: list(places) for pk, *places in first.values_list("contact_id", *PLACES)}


def words_of(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    together: defaultdict[int, list[str]] = defaultdict(list)
    for pk, words in pairs:
        together[pk].append(words)
    return {pk: BETWEEN.join(words) for pk, words in together.items()}


def own_value(value: Any, yes: str, no: str) -> str:
    """As a form would take it back: a date by its ISO form, a number with a point."""
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


def member_heads(shape: Shape) -> list[str]:
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
    return [*contact_heads(shape), *theirs]


def member_cells(members: QuerySet[BaseMember], *, by: User, sees_numbers: bool, shape: Shape) -> dict[int, list[str]]:
    """The cells of each of these records by its id: the person's, then the record's own. They are those that `by` sees.

    A lot or a person of another team is not named (S05).
    """
    rows = list(members.order_by().values_list(*MEMBER_FIELDS))
    holders = Contact.objects.filter(pk__in={row[1] for row in rows})
    people = contact_cells(holders, by=by, sees_numbers=sees_numbers, shape=shape)
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
