"""Lots: batches of contacts, kept by the name of where they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts.models import Contact, Lot, LotContact
from core import journal
from core.refusals import Invalid, NotFound
from core.text import fold


@dataclass(frozen=True)
class Gathered:
    """What became of contacts put into a lot."""

    added: int
    already: int


@transaction.atomic
def create_lot(name: str, *, team_ids: frozenset[int], by: User | None, source_file: str = "") -> Lot:
    """Return a new lot, empty. Names need not be unique: the same file may be brought twice.

    Raises:
        Invalid: the name is missing or too long, a team is not for `by` to see, or none is named and `by` would lose it out of sight.
    """
    fields: dict[str, list[str]] = name_errors(name)
    if by is not None:
        seen = set(Team.objects.visible_to(by).live().filter(pk__in=team_ids).values_list("pk", flat=True))
        if team_ids - seen:
            fields["teams"] = [_("Choose among your teams.")]
        elif not team_ids and not by.has_perm("accounts.see_all_teams"):
            fields["teams"] = [_("Choose at least one of your teams, or you would not see it any more.")]
    if fields:
        raise Invalid(fields=fields)
    lot = Lot.objects.create(
        name=name.strip(), folded_name=fold(name)[:80], source_file=source_file[:200], imported_by=by
    )
    lot.teams.set(team_ids)
    journal.record("lot_created", lot, by=by, details={"name": lot.name, "teams": sorted(team_ids)})
    return lot


@transaction.atomic
def add_to_lot(lot_id: int, contact_ids: Iterable[int], *, by: User) -> Gathered:
    """Put contacts into a lot, all in one statement. Those that are in it already are counted, not doubled.

    Raises:
        NotFound: the lot or one of the contacts is not for `by` to see; nothing was put in.
    """
    lot = held_lot(lot_id, by=by)
    ids = sorted(set(contact_ids))
    seen = Contact.objects.visible_to(by).standing().filter(pk__in=ids, erased_at__isnull=True)
    if seen.count() != len(ids):
        raise NotFound(_("There is no such contact."))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_lotcontact (lot_id, contact_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
            [lot.pk, ids],
        )
        added = int(cursor.rowcount)
    if added:
        lot.totals = lot.totals | {"contacts": LotContact.objects.filter(lot=lot).count()}
        lot.save(update_fields=["totals"])
        journal.record("lot_filled", lot, by=by, details={"added": added, "already": len(ids) - added})
    return Gathered(added=added, already=len(ids) - added)


@transaction.atomic
def rename_lot(lot_id: int, *, name: str, by: User) -> Lot:
    """Give a lot another name. Raises NotFound, Invalid."""
    lot = held_lot(lot_id, by=by)
    if fields := name_errors(name):
        raise Invalid(fields=fields)
    if lot.name != name.strip():
        before, lot.name, lot.folded_name = lot.name, name.strip(), fold(name)[:80]
        lot.save(update_fields=["name", "folded_name"])
        journal.record("lot_renamed", lot, by=by, details={"before": {"name": before}, "after": {"name": lot.name}})
    return lot


def archive_lot(lot_id: int, *, by: User) -> Lot:
    """Put a lot away: it is not offered any more. Repeating it changes nothing."""
    return set_archived(lot_id, at=timezone.now(), verb="lot_archived", by=by)


def restore_lot(lot_id: int, *, by: User) -> Lot:
    """Bring an archived lot back."""
    return set_archived(lot_id, at=None, verb="lot_restored", by=by)


@transaction.atomic
def set_archived(lot_id: int, *, at: Any, verb: str, by: User) -> Lot:
    lot = held_lot(lot_id, by=by)
    if (lot.archived_at is None) != (at is None):
        lot.archived_at = at
        lot.save(update_fields=["archived_at"])
        journal.record(verb, lot, by=by)
    return lot


def held_lot(lot_id: int, *, by: User) -> Lot:
    lot: Lot | None = (
        Lot.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=lot_id).order_by("pk").first()
    )
    if lot is None:
        raise NotFound(_("There is no such lot."))
    return lot


def name_errors(name: str) -> dict[str, list[str]]:
    if not fold(name):
        return {"name": [_("Write a name.")]}
    if len(name) > 80:
        return {"name": [_("Write up to {most} characters.").format(most=80)]}
    return {}
