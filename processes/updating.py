"""Actualización (003-17): a workbook of a format, whose key says who and whose columns are written; nobody is created, an empty cell changes nothing."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.db import connection
from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from contacts.actions import updating
from contacts.actions.holding import require_editing
from contacts.actions.importing import AMBIGUOUS, OTHER_TEAM, REPEATED, Brought, owners_in
from contacts.actions.updating import restore_people, update_people
from contacts.columns import PersonReader, PersonRow
from contacts.models import Contact
from core import outcomes
from core.secrets import seal, unseal
from core.sections import Words
from core.tables import NotATable, read_marked_table
from processes.formats import headings_of, refuse_other
from processes.importing import ImportingContacts, gathered, in_words, left_out_of
from processes.models import ImportFormat, Run, RunLine
from processes.process import Process, ProcessForm, Reason, Sample
from processes.sheets import blocks_of, rows_numbered

UNMATCHED, KEYLESS = "unmatched", "keyless"
LARGEST_FILE = 100 * 1024 * 1024


class UpdatingForm(ProcessForm):
    format = forms.ModelChoiceField(
        ImportFormat.objects.none(), label=gettext_lazy("Format"), empty_label=gettext_lazy("Choose one")
    )
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".xlsx"}), allow_empty_file=True
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        fields["format"].queryset = ImportFormat.objects.filter(kind=Updating.kind, archived_at__isnull=True)
        fields["format"].label_from_instance = lambda each: each.name

    def clean(self) -> dict[str, Any]:
        """A workbook of another format, or with another key, is refused before any row of it is looked at."""
        said = super().clean() or {}
        file, wanted = said.get("file"), said.get("format")
        if file is None or wanted is None:
            return said
        if file.size > LARGEST_FILE:
            self.add_error("file", _("The file is too large: up to {n} MB.").format(n=LARGEST_FILE // 1024**2))
            return said
        try:
            with read_marked_table(file) as (mark, rows):
                head = [each.strip() for each in next(rows, [])]
                while head and not head[-1]:
                    head.pop()
                refuse_other(wanted, mark, head)
                if not any(any(row) for row in rows):
                    raise NotATable(_("The file has headings, but no rows below them."))
        except NotATable as refusal:
            self.add_error("file", refusal.message)
        return said

    def brought_file(self) -> Any:
        return self.cleaned_data["file"]

    def parameters(self) -> dict[str, Any]:
        wanted: ImportFormat = self.cleaned_data["format"]
        return {
            "format": wanted.pk,
            "key": wanted.key,
            "columns": wanted.columns,
            "file": self.cleaned_data["file"].name[:100],
        }


class Updating(Process):
    """Contacts that are known take the values of a workbook."""

    kind = "update-contacts"
    title = gettext_lazy("Update contacts")
    hint = gettext_lazy("With the workbook of a format: only its columns are written, and nobody is created.")
    group = gettext_lazy("Import of files")
    icon = "file-spreadsheet"
    first_chunk = 500
    largest_chunk = 2_000
    # What stands in a file is people's: kept for as long as somebody may mend and bring back what was left out (S62).
    kept = datetime.timedelta(hours=24)
    is_undoable = True
    verb = gettext_lazy("Update")
    will = gettext_lazy("Will be looked at")
    will_do = gettext_lazy("Take the values of the file")
    becomes = gettext_lazy("An empty cell changes nothing; who has them already stays as they are")
    done = gettext_lazy("Updated")
    form_class: ClassVar[type[ProcessForm]] = UpdatingForm
    form_template = "processes/_updating_form.html"
    reasons: ClassVar[Mapping[str, Reason]] = {
        **{code: reason for code, reason in ImportingContacts.reasons.items() if code != "do_not_contact"},
        UNMATCHED: Reason(title=gettext_lazy("Nobody has this key"), hint=gettext_lazy("Nobody is created by an update")),
        KEYLESS: Reason(title=gettext_lazy("Without the key"), hint=gettext_lazy("Its first cell is empty")),
        AMBIGUOUS: Reason(title=gettext_lazy("Two people's"), hint=gettext_lazy("The key is of more than one contact")),
        OTHER_TEAM: Reason(title=gettext_lazy("Of another team"), hint=gettext_lazy("Ask for access to those contacts")),
        REPEATED: Reason(title=gettext_lazy("Repeated in the file"), hint=gettext_lazy("An earlier row is the same person")),
        updating.SAME: Reason(title=gettext_lazy("As it says already"), hint=gettext_lazy("Nothing was to be written")),
        updating.CHANGED: Reason(title=gettext_lazy("Changed since"), hint=gettext_lazy("It is not as the run left it any more")),
    }  # fmt: skip

    def permits(self, user: User) -> bool:
        return super().permits(user) and user.has_perms(("contacts.edit_contacts",))

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return ["contacts:update"]

    def reader(self, run: Run) -> PersonReader:
        return PersonReader([run.parameters["key"], *run.parameters["columns"]], is_new=False)

    def prepare(self, run: Run) -> dict[str, int]:
        RunLine.objects.filter(run=run).delete()
        if run.sheet is None:
            return {}
        reader, only, seen = self.reader(run), left_out_of(run.parameters.get("only")), set[int]()
        for rows in gathered(blocks_of(run.sheet), only=only):
            people = [(number, reader.read(cells)) for number, cells in rows]
            owners = owners_in([row for _number, row in people], by=run.requested_by)
            lines = []
            for (number, row), owner in zip(people, owners, strict=True):
                flaw = flaw_of(row, owner)
                if not flaw and owner.contact_id in seen:
                    flaw = REPEATED
                if not flaw and owner.contact_id is not None:
                    seen.add(owner.contact_id)
                lines.append((run.pk, number, str(owner.contact_id or ""), flaw))
            with (
                connection.wrap_database_errors,
                connection.cursor() as cursor,
                cursor.copy("COPY processes_runline (run_id, number, value, flaw) FROM STDIN") as copy,
            ):
                for line in lines:
                    copy.write_row(line)
        return {}

    def begin(self, run: Run, *, by: User) -> None:
        require_editing(by)

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[RunLine]:
        return RunLine.objects.filter(run=run).annotate(target=F("number"), reason=Cast("flaw", CharField()))

    def apply(self, run: Run, targets: list[int]) -> None:
        if run.sheet is None:
            return
        by, reader = run.started_by or run.requested_by, self.reader(run)
        people = {number: reader.read(cells) for number, cells in rows_numbered(run.sheet, targets).items()}
        # Looked up anew: a number may be somebody else's by now.
        owners = dict(zip(people, owners_in(list(people.values()), by=by), strict=True))
        flaws = {number: flaw_of(row, owners[number]) for number, row in people.items()}
        rows: dict[int, tuple[int, PersonRow]] = {}
        taken: set[int] = set()
        for number, row in sorted(people.items()):
            owner = owners[number].contact_id
            if flaws[number] or owner is None:
                continue
            if owner in taken:
                flaws[number] = REPEATED
                continue
            taken.add(owner)
            rows[number] = owner, row
        ends = update_people(rows, run.parameters["columns"], by=by)
        outcomes.write(
            (
                number,
                flaws[number] or ends[number].reason,
                *(
                    (None, None)
                    if number not in ends or ends[number].reason
                    else (
                        kept(run, number, rows[number][0], ends[number].before),
                        kept(run, number, rows[number][0], ends[number].after),
                    )
                ),
            )
            for number in sorted(people)
        )

    def undo(self, run: Run, targets: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT target, before->>'contact', before->>'values', after->>'values' FROM bulk_given ORDER BY target"
            )
            found = cursor.fetchall()
        given = {
            target: (int(contact), opened(run, target, before), opened(run, target, after))
            for target, contact, before, after in found
            if contact and before and after
        }
        ends = restore_people(given, by=run.undo_asked_by)
        outcomes.write((target, ends.get(target, updating.CHANGED), None, None) for target in sorted(targets))

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        if run.sheet is None:
            return Sample(columns=(), rows=())
        wanted = ImportFormat.objects.get(pk=run.parameters["format"])
        cells = rows_numbered(run.sheet, targets)
        owners = dict(RunLine.objects.filter(run=run, number__in=targets).values_list("number", "value"))
        names = {
            str(each.pk): each.name
            for each in Contact.objects.visible_to(by).filter(pk__in=[each for each in owners.values() if each])
        }
        columns: list[Words] = [_("Row"), _("Contact"), *headings_of(wanted)[1:]]
        rows = [
            [number, names.get(owners.get(number, ""), "–"), *(each or "–" for each in said[1 : len(columns) - 1])]
            for number, said in sorted(cells.items())
        ]
        return Sample(columns=columns, rows=rows)

    def complaints(self, run: Run, rows: Mapping[int, list[str]]) -> dict[int, str]:
        reader, head = self.reader(run), (run.sheet.head if run.sheet is not None else None) or []
        return {
            number: " · ".join(in_words(head, place, sentence) for place, _code, sentence in wrong)
            for number, cells in rows.items()
            if (wrong := reader.read(cells).wrong)
        }

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        wanted = ImportFormat.objects.filter(pk=run.parameters["format"]).first()
        headings = headings_of(wanted) if wanted else []
        lines: list[tuple[Words, object]] = [
            (_("File"), run.parameters["file"]),
            (_("Format"), wanted.name if wanted else ""),
            (_("Key"), headings[0] if headings else ""),
            (_("Fields"), ", ".join(headings[1:])),
            (_("Only what was left out of run"), run.parameters.get("only") or ""),
        ]
        return [(label, value) for label, value in lines if value]


def flaw_of(row: PersonRow, owner: Brought) -> str:
    if row.wrong:
        return row.flaw
    if not row.readings and not row.contact.document_number:
        return KEYLESS
    if owner.reason in (AMBIGUOUS, OTHER_TEAM):
        return owner.reason
    # Who must not be contacted may be brought up to date.
    return "" if owner.contact_id is not None else UNMATCHED


def kept(run: Run, number: int, contact_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of a row for a day: whose it is, and the values sealed (S62)."""
    sealed = seal(dict(values), bound_to=f"processes_runitem|{run.uuid}|{number}")
    return {"contact": contact_id, "values": base64.b64encode(sealed).decode()}


def opened(run: Run, number: int, sealed: str) -> dict[str, Any]:
    values: dict[str, Any] = unseal(base64.b64decode(sealed), bound_to=f"processes_runitem|{run.uuid}|{number}")
    return values
