"""Contacts of a file into a new lot (P0-55): every row is read by the rules of the contact's form, whoever is known joins the lot, nobody is doubled."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db import OperationalError, connection
from django.db.models import CharField, Count, F, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from contacts.actions import importing
from contacts.actions.holding import require_editing
from contacts.actions.importing import Brought, bring_people, names_of, owners_in
from contacts.actions.lots import create_lot
from contacts.columns import (
    BAD_COMPANY,
    BAD_DOCUMENT,
    BAD_FIELD,
    BAD_NAME,
    BAD_WAY,
    NO_KEY,
    NO_NAME,
    PersonReader,
    PersonRow,
)
from contacts.filters import sees_numbers
from contacts.models import Lot
from contacts.rows import shown_value
from core import outcomes
from core.refusals import NotFound
from core.sections import Words
from processes.models import Run, RunItem, RunLine
from processes.process import Process, ProcessForm, Reason, Sample
from processes.sheets import Row, blocks_of, rows_numbered

# Read and looked up together: what one question to the database is about.
TOGETHER = 5_000
NEW, KNOWN = "new", "known"
# Rows that say the same person: the marks of each, and the first row that has one.
MARKS = "CREATE TEMPORARY TABLE sheet_mark (number bigint NOT NULL, mark bigint NOT NULL) ON COMMIT DROP"
REPEATED = """
UPDATE processes_runline AS line SET flaw = %s, value = ''
  FROM (SELECT DISTINCT number FROM sheet_mark
          JOIN (SELECT mark, min(number) AS first FROM sheet_mark GROUP BY mark HAVING count(*) > 1) AS twice USING (mark)
         WHERE number > first) AS again
 WHERE line.run_id = %s AND line.number = again.number AND line.flaw = ''
"""


class ImportingContacts(Process):
    """The rows of a file become contacts of a new lot."""

    kind = "import-contacts"
    title = gettext_lazy("Contacts into a new lot")
    hint = gettext_lazy("From an Excel workbook or a CSV. Whoever is known already joins the lot and is not doubled.")
    group = gettext_lazy("Import of files")
    icon = "file-up"
    # Lines are held by name: a chunk must leave room for everybody else's in the server's table of locks.
    first_chunk = 500
    largest_chunk = 500
    # What stands in a file is people's: kept for as long as somebody may mend and bring back what was left out (S62).
    kept = datetime.timedelta(hours=24)
    verb = gettext_lazy("Import")
    will = gettext_lazy("Will be imported")
    will_do = gettext_lazy("Come into the lot")
    done = gettext_lazy("Imported")
    form_class: ClassVar[type[ProcessForm]] = ProcessForm
    kinds: ClassVar[Mapping[str, Reason]] = {
        NEW: Reason(title=gettext_lazy("New contacts"), hint=gettext_lazy("Nobody has their number, address or document")),
        KNOWN: Reason(title=gettext_lazy("Known already"), hint=gettext_lazy("They join the lot as they are")),
    }  # fmt: skip
    reasons: ClassVar[Mapping[str, Reason]] = {
        BAD_WAY: Reason(title=gettext_lazy("A number or address that is none")),
        BAD_DOCUMENT: Reason(title=gettext_lazy("A document that cannot be right")),
        BAD_NAME: Reason(title=gettext_lazy("A name that does not fit")),
        BAD_COMPANY: Reason(title=gettext_lazy("A company's name that does not fit")),
        BAD_FIELD: Reason(title=gettext_lazy("A field that does not fit")),
        NO_NAME: Reason(title=gettext_lazy("Without a name")),
        NO_KEY: Reason(
            title=gettext_lazy("Without a number, an address or a document"),
            hint=gettext_lazy("Nobody could tell who it is"),
        ),
        importing.REPEATED: Reason(
            title=gettext_lazy("Repeated in the file"), hint=gettext_lazy("An earlier row is the same person")
        ),
        importing.AMBIGUOUS: Reason(
            title=gettext_lazy("Two people's"), hint=gettext_lazy("Its numbers or its document are those of different contacts")
        ),
        importing.OTHER_TEAM: Reason(
            title=gettext_lazy("Of another team"), hint=gettext_lazy("Ask for access to those contacts")
        ),
        importing.DO_NOT_CONTACT: Reason(
            title=gettext_lazy("Do not contact"), hint=gettext_lazy("They asked not to be contacted: they do not join the lot")
        ),
    }  # fmt: skip

    def permits(self, user: User) -> bool:
        return super().permits(user) and user.has_perms(("contacts.edit_contacts", "contacts.manage_bases"))

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"sheet:{parameters['sheet']}"]

    def prepare(self, run: Run) -> dict[str, int]:
        RunLine.objects.filter(run=run).delete()
        if run.sheet is None:
            return {}
        by, reader = run.requested_by, PersonReader(run.parameters["columns"])
        only = left_out_of(run.parameters.get("only"))
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS sheet_mark")
            cursor.execute(MARKS)
            for rows in gathered(blocks_of(run.sheet), only=only):
                people = [(number, reader.read(cells)) for number, cells in rows]
                write_lines(run, people, owners_of_sound(people, by=by))
            cursor.execute(REPEATED, [importing.REPEATED, run.pk])
        counted = RunLine.objects.filter(run=run, flaw="").values_list("value").annotate(many=Count("number"))
        return dict(counted.order_by())

    def begin(self, run: Run, *, by: User) -> None:
        require_editing(by)
        if run.sheet is None:
            raise NotFound(_("Its file is not kept any more. Bring it again."))
        if run.parameters.get("lot") is not None:
            return
        lot = create_lot(
            run.parameters["name"],
            team_ids=frozenset(run.parameters["teams"]),
            by=by,
            source_file=run.sheet.name,
        )
        lot.totals = {"read": run.total, "refused": run.skipped}
        lot.save(update_fields=["totals"])
        run.parameters = run.parameters | {"lot": lot.pk}

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[RunLine]:
        return RunLine.objects.filter(run=run).annotate(target=F("number"), reason=Cast("flaw", CharField()))

    def apply(self, run: Run, targets: list[int]) -> None:
        if run.sheet is None:
            return
        by, reader = run.started_by or run.requested_by, PersonReader(run.parameters["columns"])
        rows = rows_numbered(run.sheet, targets)
        people = {number: reader.read(cells) for number, cells in rows.items()}
        sound = {number: row for number, row in people.items() if not row.wrong}
        ends = bring_people(run.parameters["lot"], sound, by=by)
        if rows_numbered(run.sheet, targets) != rows:
            # Somebody in it was erased while we waited for their lines, and would be made anew (S62): the chunk is done again, as it is now.
            raise OperationalError("the rows of the file changed")
        outcomes.write(
            (number, row.flaw or ends[number].reason, None, None if number not in ends else told(ends[number]))
            for number, row in sorted(people.items())
        )

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        if run.sheet is None:
            return Sample(columns=(), rows=())
        reader, whole = PersonReader(run.parameters["columns"]), sees_numbers(by)
        people = {number: reader.read(cells) for number, cells in rows_numbered(run.sheet, targets).items()}
        kinds = dict(RunLine.objects.filter(run=run, number__in=targets).values_list("number", "value"))
        columns: list[Words] = [_("Row"), _("Contact"), _("Ways to reach them"), _("Company"), ""]
        rows = [
            [
                number,
                row.contact.name,
                ways_shown(row, whole=whole),
                row.company or "–",
                self.kinds[kinds[number]].title,
            ]
            for number, row in sorted(people.items())
            if kinds.get(number) in self.kinds
        ]
        return Sample(columns=columns, rows=rows)

    def complaints(self, run: Run, rows: Mapping[int, list[str]]) -> dict[int, str]:
        reader = PersonReader(run.parameters["columns"])
        head = (run.sheet.head if run.sheet is not None else None) or []
        said = {}
        for number, cells in rows.items():
            wrong = reader.read(cells).wrong
            if wrong:
                said[number] = " · ".join(in_words(head, place, sentence) for place, _code, sentence in wrong)
        return said

    def leads_to(self, run: Run) -> tuple[Words, str] | None:
        lot = run.parameters.get("lot")
        return (_("See the lot"), reverse("lot", args=[lot])) if lot is not None and run.applied else None

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        teams = Team.objects.filter(pk__in=run.parameters["teams"]).order_by("name").values_list("name", flat=True)
        lot = Lot.objects.filter(pk=run.parameters.get("lot") or 0).first()
        lines: list[tuple[Words, object]] = [
            (_("File"), run.parameters["file"]),
            (_("Rows"), run.parameters["rows"]),
            (_("Lot"), lot.name if lot else run.parameters["name"]),
            (_("Teams"), ", ".join(teams)),
            (_("Only what was left out of run"), run.parameters.get("only") or ""),
        ]
        return [(label, value) for label, value in lines if value]


def gathered(blocks: Iterable[list[Row]], *, only: set[int] | None) -> Iterator[list[Row]]:
    """Rows of several blocks together, so that one question is about many."""
    rows: list[Row] = []
    for block in blocks:
        rows += block if only is None else [each for each in block if each[0] in only]
        if len(rows) >= TOGETHER:
            yield rows
            rows = []
    if rows:
        yield rows


def left_out_of(run_id: int | None) -> set[int] | None:
    """Numbers of the rows that an earlier run of the same file did not apply; None: there is none."""
    if run_id is None:
        return None
    left = RunItem.objects.filter(run=run_id).exclude(result=RunItem.Result.APPLIED)
    return set(left.values_list("target", flat=True))


def owners_of_sound(people: Sequence[tuple[int, PersonRow]], *, by: User) -> dict[int, Brought]:
    sound = [(number, row) for number, row in people if not row.wrong]
    owners = owners_in([row for _number, row in sound], by=by)
    return {number: owner for (number, _row), owner in zip(sound, owners, strict=True)}


def write_lines(run: Run, people: Sequence[tuple[int, PersonRow]], owners: Mapping[int, Brought]) -> None:
    """A line for each row, and marks of those that may be taken, by which rows of one person are found."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy("COPY processes_runline (run_id, number, value, flaw) FROM STDIN") as copy,
    ):
        for number, row in people:
            owner = owners.get(number)
            flaw = row.flaw if owner is None else owner.reason
            kind = "" if owner is None or flaw else KNOWN if owner.contact_id else NEW
            copy.write_row((run.pk, number, kind, flaw))
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy("COPY sheet_mark (number, mark) FROM STDIN") as copy,
    ):
        for number, row in people:
            owner = owners.get(number)
            if owner is None or owner.reason:
                continue
            names = set(names_of(row)) | ({f"contact|{owner.contact_id}"} if owner.contact_id else set())
            for name in names:
                copy.write_row((number, mark_of(name)))


def mark_of(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def told(end: Brought) -> dict[str, Any] | None:
    """What the ledger keeps of a row: ids alone."""
    return None if end.reason else {"contact": end.contact_id, "is_new": end.is_new}


def ways_shown(row: PersonRow, *, whole: bool) -> str:
    return ", ".join(shown_value(each.kind, "", each.value, sees_numbers=whole) for each in row.readings[:3]) or "–"


def in_words(head: Sequence[str], place: int, sentence: str) -> str:
    name = head[place] if 0 <= place < len(head) else ""
    return f"{name}: {sentence}" if name else sentence


def column_name(head: Sequence[str], place: int) -> str:
    """What a column is called: its heading, or its letter as the file shows it."""
    return (head[place] if place < len(head) else "") or _("Column {letter}").format(letter=letter_of(place))


def letter_of(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
