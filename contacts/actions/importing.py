"""People of a file, many at once: whoever is new is made by the rules of `create_contact`, whoever is known joins the lot (003-15).

What is a person's is read by the same code (contacts.columns: `fill_in`, `read_point`); lines, documents and companies are held by the same
names, so that an agent, a message and a file that bring one person at the same moment make one contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import User
from contacts.actions.companies import CompanySheet, company_lock, create_company
from contacts.actions.holding import search_text
from contacts.actions.identifying import Key
from contacts.actions.people import document_name, own_teams
from contacts.actions.points import hold_lines, owners_of
from contacts.columns import PersonRow
from contacts.events import ContactsImported
from contacts.models import Company, Contact, ContactPoint, ContactTeam, Lot
from contacts.reaching import as_point
from core.bulk import copy_rows
from core.events import publish
from core.locks import hold_names
from core.text import fold

# Why a row is not taken, beyond what is wrong with it by itself.
REPEATED, AMBIGUOUS, OTHER_TEAM, DO_NOT_CONTACT = "repeated", "ambiguous", "other_team", "do_not_contact"


@dataclass(frozen=True)
class Brought:
    """Whose a row is: nobody's yet (None), somebody's, or not to be taken for a reason."""

    contact_id: int | None = None
    reason: str = ""
    is_new: bool = False


def owners_in(rows: Sequence[PersonRow], *, by: User) -> list[Brought]:
    """Who is known by the ways and documents of these rows, in their order: five queries for all of them."""
    of_lines = owners_of([reading for row in rows for reading in row.readings])
    of_documents = document_owners(rows)
    found = [owners_of_row(row, of_lines, of_documents) for row in rows]
    every = {pk for ids in found for pk in ids}
    seen = dict(
        Contact.objects.visible_to(by).filter(pk__in=every, erased_at__isnull=True).values_list("pk", "do_not_contact")
    )
    return [judged(ids, seen) for ids in found]


def owners_of_row(
    row: PersonRow, of_lines: Mapping[Key, int], of_documents: Mapping[tuple[int | None, str], int]
) -> set[int]:
    owners = {of_lines[key] for reading in row.readings for key in reading.keys if key in of_lines}
    document = document_of(row)
    if document in of_documents:
        owners.add(of_documents[document])
    return owners


def judged(owners: set[int], seen: Mapping[int, bool]) -> Brought:
    if not owners:
        return Brought()
    if owners - seen.keys():
        # Neither who nor of which team is said (S05).
        return Brought(reason=OTHER_TEAM)
    if len(owners) > 1:
        return Brought(reason=AMBIGUOUS)
    (owner,) = owners
    return Brought(contact_id=owner, reason=DO_NOT_CONTACT if seen[owner] else "")


def document_of(row: PersonRow) -> tuple[int | None, str]:
    return row.contact.document_type_id, row.contact.document_number


def document_owners(rows: Iterable[PersonRow]) -> dict[tuple[int | None, str], int]:
    wanted = {document_of(row) for row in rows if row.contact.document_number}
    if not wanted:
        return {}
    found = Contact.objects.filter(
        ~Q(document_number=""),
        document_type__in={kind for kind, _number in wanted},
        document_number__in={number for _kind, number in wanted},
    ).values_list("document_type_id", "document_number", "pk", "merged_into_id")
    return {(kind, number): merged or pk for kind, number, pk, merged in found if (kind, number) in wanted}


@transaction.atomic
def bring_people(lot_id: int, rows: Mapping[int, PersonRow], *, by: User) -> dict[int, Brought]:
    """Put the people of these rows (by their number in the file) into a lot, making those whom nobody knows.

    In the caller's transaction; brought again, nobody is made twice. No journal line for each: the run that asks for it is written down.
    """
    lot = Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot_id)
    numbers, people = list(rows), list(rows.values())
    companies = companies_named({row.company for row in people if row.company}, by=by)
    hold_lines(
        (reading for row in people for reading in row.readings),
        names=[
            *(document_name(*document_of(row)) for row in people if row.contact.document_number),
            *(company_lock(each.pk) for each in companies.values()),
        ],
    )
    # Read under their locks: one may have been renamed since.
    sort_names = dict(
        Company.objects.filter(pk__in=[each.pk for each in companies.values()]).values_list("pk", "sort_name")
    )
    ends = dict(zip(numbers, owners_in(people, by=by), strict=True))
    fresh = {number: rows[number] for number, end in ends.items() if end == Brought()}
    ends |= {number: Brought(reason=REPEATED) for number in repeated_in(fresh)}
    fresh = {number: row for number, row in fresh.items() if not ends[number].reason}
    for row in fresh.values():
        company = companies.get(fold(row.company)) if row.company else None
        if company is not None and company.pk in sort_names:
            row.contact.company_id, row.contact.company_sort_name = company.pk, sort_names[company.pk]
    write_people(list(fresh.values()), teams=teams_of(lot, by=by))
    ends |= {number: Brought(contact_id=row.contact.pk, is_new=True) for number, row in fresh.items()}
    ends |= join_lot(lot, ends)
    if fresh:
        publish(ContactsImported(contact_ids=tuple(row.contact.pk for row in fresh.values())))
    return ends


def repeated_in(rows: Mapping[int, PersonRow]) -> list[int]:
    """Those that name somebody whom an earlier row names too."""
    seen: set[object] = set()
    again = []
    for number, row in sorted(rows.items()):
        names = set(names_of(row))
        if names & seen:
            again.append(number)
        seen |= names
    return again


def names_of(row: PersonRow) -> list[str]:
    """What two rows of one person have in common."""
    said = ["|".join(key) for reading in row.readings for key in reading.keys]
    return [*said, document_name(*document_of(row))] if row.contact.document_number else said


def companies_named(names: set[str], *, by: User) -> dict[str, Company]:
    """Folded name -> company, made where there is none of it. Of several of one name, the first that may be chosen."""
    wanted = {fold(name): name for name in sorted(names) if fold(name)}
    if not wanted:
        return {}
    # Taken by imports alone and before all other names, so that nobody waits in a ring.
    hold_names(f"company named|{each}" for each in wanted)
    known: dict[str, Company] = {}
    for each in Company.objects.live().filter(sort_name__in=wanted).order_by("-pk"):
        known[each.sort_name] = each
    for folded, name in wanted.items():
        if folded not in known:
            known[folded] = create_company(CompanySheet(name=name), by=by)
    return known


def teams_of(lot: Lot, *, by: User) -> list[int]:
    ids = list(lot.teams.order_by("pk").values_list("pk", flat=True))
    return ids or [each.pk for each in own_teams(by)]


def write_people(rows: Sequence[PersonRow], *, teams: Sequence[int]) -> None:
    for row in rows:
        # Nobody was joined with them yet, and they have no address.
        row.contact.search_text = search_text(row.contact, (), {})
    copy_rows(Contact, [row.contact for row in rows])
    copy_rows(ContactPoint, [point for row in rows for point in points_of(row)])
    copy_rows(ContactTeam, [ContactTeam(contact_id=row.contact.pk, team_id=team) for row in rows for team in teams])


def points_of(row: PersonRow) -> list[ContactPoint]:
    kinds: set[str] = set()
    points = []
    for reading in row.readings:
        points.append(as_point(reading, contact_id=row.contact.pk, is_primary=reading.kind not in kinds))
        kinds.add(reading.kind)
    return points


def join_lot(lot: Lot, ends: Mapping[int, Brought]) -> dict[int, Brought]:
    """Put whoever was found or made into the lot; return the ends of rows whose person another row brought already."""
    first: dict[int, int] = {}
    for number, end in sorted(ends.items()):
        if end.contact_id is not None and not end.reason:
            first.setdefault(end.contact_id, number)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_lotcontact (lot_id, contact_id, row_number)"
            " SELECT %s, who, place FROM unnest(%s::bigint[], %s::int[]) AS brought(who, place) ORDER BY who"
            " ON CONFLICT DO NOTHING RETURNING contact_id",
            [lot.pk, list(first), list(first.values())],
        )
        joined = {contact_id for (contact_id,) in cursor.fetchall()}
    made = sum(end.is_new for end in ends.values())
    counts = {"created": made, "known": len(joined) - made, "contacts": len(joined)}
    lot.totals = lot.totals | {name: lot.totals.get(name, 0) + count for name, count in counts.items()}
    lot.save(update_fields=["totals"])
    return {
        number: Brought(contact_id=end.contact_id, reason=REPEATED)
        for number, end in ends.items()
        if end.contact_id is not None
        and not end.reason
        and (first[end.contact_id] != number or end.contact_id not in joined)
    }
