"""All that is held of one person, made into one file in the background (S61)."""

from __future__ import annotations

import datetime
import tempfile
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

import orjson
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.merging import hold_people
from contacts.models import Contact
from contacts.personal import whole_person
from core import leases
from core.api import plain
from core.events import publish
from core.journal import record
from core.media.names import safe_name
from core.personal import HeldFile, Part, Person, holders
from core.refusals import NotFound
from privacy.actions.asking import asked_contact, require_right
from privacy.events import ExportWanted
from privacy.models import OPEN, PersonExport, State

KEPT = datetime.timedelta(days=3)
TRIED_FOR = datetime.timedelta(days=1)
LEASE_SECONDS = 900
CHUNK = 256 * 1024


@transaction.atomic
def ask_for_export(contact_id: int, *, by: User) -> PersonExport:
    """Ask for everything held of a contact; a second request while the first is under way is the first.

    Raises:
        NotAllowed, NotFound.
    """
    contact = asked_contact(contact_id, by=by)
    # Of two at once, the second waits here and finds the first.
    type(contact).objects.select_for_update(no_key=True).get(pk=contact.pk)
    under_way = PersonExport.objects.filter(contact=contact, asked_by=by, state__in=OPEN).first()
    if under_way is not None:
        return under_way
    export = PersonExport.objects.create(contact=contact, asked_by=by)
    record("person_export_asked", contact, by=by, details={"export_id": str(export.pk)})
    publish(ExportWanted(export_id=str(export.pk)))
    return export


def make_export(export_id: uuid.UUID | str) -> bool:
    """Make the file of an export that waits; return whether it is there. Two workers, or a second time: one file."""
    with leases.held(f"export:{export_id}", seconds=LEASE_SECONDS) as lease:
        export = PersonExport.objects.filter(pk=export_id, state__in=OPEN).first()
        if lease is None or export is None:
            return False
        PersonExport.objects.filter(pk=export.pk).update(state=State.RUNNING)
        try:
            with tempfile.TemporaryFile() as file:
                counts = write_archive(file, whole_person(export.contact_id))
                size = file.tell()
                file.seek(0)
                path = f"exports/{export.pk.hex}.zip"
                # Whoever was stopped after keeping it never said so: under another name that file would stay for ever.
                default_storage.delete(path)
                path = default_storage.save(path, File(file))
        except Exception:
            # The sweeper tries again; whoever waits for it for a day is told that it will not come.
            if export.asked_at < timezone.now() - TRIED_FOR:
                give_up(export)
            raise
        return settle(export, counts=counts, path=path, size=size)


@transaction.atomic
def give_up(export: PersonExport) -> None:
    PersonExport.objects.filter(pk=export.pk).update(state=State.FAILED)
    record("person_export_failed", export.contact, by=None, details={"export_id": str(export.pk)})


@transaction.atomic
def settle(export: PersonExport, *, counts: dict[str, int], path: str, size: int) -> bool:
    """Say that the file is there; return whether it is. Of somebody who was erased while it was made nothing is kept."""
    # Whoever erases this person now is done before, or finds the file (forget_exports).
    hold_people([export.contact_id])
    if Contact.objects.filter(pk=export.contact_id, erased_at__gte=export.asked_at).exists():
        default_storage.delete(path)
        PersonExport.objects.filter(pk=export.pk).update(state=State.REFUSED)
        return False
    now = timezone.now()
    export.state, export.counts, export.path, export.size = State.DONE, counts, path, size
    export.made_at, export.expires_at = now, now + KEPT
    export.save()
    record("person_export_made", export.contact, by=None, details={"export_id": str(export.pk), "counts": counts})
    return True


def write_archive(file: IO[bytes], person: Person) -> dict[str, int]:
    """Write the person's archive, row by row and block by block; return how many rows each table gave, and files."""
    counts: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for holder in holders():
            for each in holder.export(person):
                if isinstance(each, Part):
                    counts[each.name] = write_rows(archive, each.name, each.rows)
                else:
                    counts["stored_files"] = counts.get("stored_files", 0) + write_file(archive, each)
        archive.writestr(
            "index.json",
            orjson.dumps(
                {"made_at": timezone.now().isoformat(), "contacts": list(person.contact_ids), "counts": counts},
                option=orjson.OPT_INDENT_2,
            ),
        )
    file.seek(0, 2)
    return counts


def write_rows(archive: zipfile.ZipFile, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
    written = 0
    with archive.open(f"{name}.json", "w", force_zip64=True) as entry:
        entry.write(b"[")
        for row in rows:
            entry.write(b",\n" if written else b"\n")
            entry.write(orjson.dumps(row, default=plain, option=orjson.OPT_NON_STR_KEYS))
            written += 1
        entry.write(b"\n]\n")
    return written


def write_file(archive: zipfile.ZipFile, held: HeldFile) -> int:
    """Copy one file into the archive; one whose bytes are not there any more is left out, and not counted."""
    try:
        source = default_storage.open(held.path)
    except FileNotFoundError:
        return 0
    with source, archive.open(f"files/{safe_name(held.name) or 'file'}", "w", force_zip64=True) as entry:
        while block := source.read(CHUNK):
            entry.write(block)
    return 1


def fetchable_export(export_id: uuid.UUID, *, by: User) -> PersonExport:
    """The export whose file `by` asked for and may fetch now; that is written down.

    Raises:
        NotAllowed. NotFound: there is none, it is somebody else's, its time is over, or the contact left the teams of `by` since.
    """
    require_right(by)
    mine = PersonExport.objects.filter(asked_by=by, contact__in=Contact.objects.visible_to(by).values("pk"))
    export = mine.filter(pk=export_id, state=State.DONE, expires_at__gt=timezone.now()).first()
    if export is None or not export.path:
        raise NotFound(_("It does not exist or is not yours to see."))
    record("person_export_fetched", export.contact, by=by, details={"export_id": str(export.pk)})
    return export


def forget_exports(*, contact_ids: Iterable[int] = ()) -> int:
    """Remove the files of exports whose time is over, and of these contacts; return how many."""
    expired = PersonExport.objects.exclude(path="")
    mine = list(contact_ids)
    expired = expired.filter(contact__in=mine) if mine else expired.filter(expires_at__lte=timezone.now())
    gone = 0
    for export in expired:
        default_storage.delete(export.path)
        gone += PersonExport.objects.filter(pk=export.pk).update(path="", size=0)
    return gone
