"""What a bulk process is: one small class. The engine does the rest (docs/processes.md has a worked example).

A process says who is chosen, in SQL; why others of the selection are left out; what becomes of a chunk, set-wise; and how it is taken
back. It never commits, never loops over the selection, and never touches the ledger.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Any, ClassVar, NamedTuple

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.refusals import Refusal
from core.sections import Words
from core.workbooks import Fragment, Kind
from processes.models import Run, RunFile


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a row is left out, in words. `hint` says what is meant; `then` both, where it happened after the preview."""

    title: Words
    hint: Words = ""
    then: tuple[Words, Words] | None = None


@dataclass(frozen=True)
class Sample:
    """A few rows as the preview shows them: titles of columns, and cells in their order."""

    columns: Sequence[Words]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Effect:
    """What a run comes to for somebody else: under a title, columns and rows as in a sample; all but the first column are figures."""

    title: Words
    columns: Sequence[Words]
    rows: Sequence[Sequence[object]]


class Line(NamedTuple):
    """A row of a file: its number there, what it says, and what is wrong with it, if anything."""

    number: int
    value: str
    flaw: str = ""


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """A file that a run makes when its rows are done (processes.actions.filing)."""

    role: RunFile.Role
    kind: Kind
    # What it is called when it is downloaded.
    name: str
    head: Sequence[str]
    # Of a workbook's sheet.
    title: str
    fragments: Iterable[Fragment]
    # Numbers stand whole in it.
    has_numbers: bool = False


class ProcessForm(forms.Form):
    """The parameters of a process. `about` says them back in words, for the history."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def parameters(self) -> dict[str, Any]:
        """What is kept of a valid form: what JSON can say."""
        raise NotImplementedError

    def brought_file(self) -> IO[bytes] | None:
        """A file whose rows are kept, sealed, for as long as the run needs them (Run.sheet); most forms have none."""
        return None

    def lines(self) -> Iterable[Line]:
        """The rows of a file that came with it (RunLine); most forms have none."""
        return ()


ANY = Reason(title=_("Left out"))


class Process:
    """What every process says of itself: words in the class, questions and deeds as methods. One object serves all runs: it keeps nothing."""

    # Names it for ever: addresses, runs and the journal have it.
    kind: ClassVar[str]
    title: ClassVar[Words]
    hint: ClassVar[Words]
    group: ClassVar[Words]
    icon: ClassVar[str] = "layers"
    # On the button («Recycle»), over the count («will be recycled»), and of what there is a count («records»).
    verb: ClassVar[Words]
    will: ClassVar[Words]
    done: ClassVar[Words]
    # The line of those that qualify in the preview, and what becomes of them.
    will_do: ClassVar[Words]
    becomes: ClassVar[Words] = ""
    # Typed to confirm what deletes something; empty: a button is enough, and a session of any age.
    word: ClassVar[Words] = ""
    warning: ClassVar[Words] = ""
    form_class: ClassVar[type[ProcessForm]]
    form_template: ClassVar[str] = "processes/_form.html"
    reasons: ClassVar[Mapping[str, Reason]] = MappingProxyType({})
    is_undoable: ClassVar[bool] = False
    # What taking it back does, where that is not said by «the records go back to how they were».
    undo_hint: ClassVar[Words] = ""
    # Rights that it asks for beside the one of running processes.
    needs: ClassVar[tuple[str, ...]] = ()
    # Offered in the catalogue; others are reached from the list whose rows they are about.
    is_listed: ClassVar[bool] = True
    # How many rows the first chunk has; the next ones by how long it took.
    first_chunk: ClassVar[int] = 500
    # However fast they are, a chunk never has more.
    largest_chunk: ClassVar[int] = 20_000
    # What those that qualify are, where `prepare` tells them apart: code -> words.
    kinds: ClassVar[Mapping[str, Reason]] = MappingProxyType({})
    # A file is what its runs are for: without one, that is said.
    makes_files: ClassVar[bool] = False
    # How long its ledger is kept, where nothing of it can be taken back.
    kept: ClassVar[datetime.timedelta] = datetime.timedelta(days=30)
    # Parameters that may name somebody: they go with the ledger.
    personal_parameters: ClassVar[frozenset[str]] = frozenset({"note"})

    def permits(self, user: User) -> bool:
        """Whether somebody may ask for it, steer its runs and have what they made."""
        return user.has_perms(("processes.run_processes", *self.needs))

    def why_not(self, user: User) -> Words:
        """Why its button is out of reach, for who does not have it."""
        return ""

    def refusal(self, by: User) -> Refusal | None:
        """Why it is not taken now, though it is permitted: they asked for too much lately."""
        return None

    def base_id(self, parameters: Mapping[str, Any]) -> int | None:
        """The base whose rows it is about, if they are one's."""
        return None

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        """Names of the rows it works on: two live runs never share one."""
        raise NotImplementedError

    def prepare(self, run: Run) -> dict[str, int]:
        """Before the selection is asked for: read what came with the run into its lines. Return how many qualify as which of `kinds`."""
        return {}

    def begin(self, run: Run, *, by: User) -> None:
        """In the transaction that starts it: make what the rows go to, and note it in the run's parameters, which are saved."""

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Any]:
        """Everybody that the parameters choose and `by` may act on, annotated with `reason`: empty for those that would be changed.

        The ledger's targets are their keys, or what they are annotated with as `target`. What is to become of each may be annotated as
        `plan` (JSON): it stands in the ledger's `after` until it is done.
        """
        raise NotImplementedError

    def apply(self, run: Run, targets: list[int]) -> None:
        """Change these rows, locked in order, and leave what became of each in `bulk_outcome` (core.outcomes). In a transaction."""
        raise NotImplementedError

    def undo(self, run: Run, targets: list[int]) -> None:
        """Take it back for those that are still as it left them: `bulk_given` has their before and after; answer as `apply` does."""
        raise NotImplementedError

    def files(self, run: Run) -> Sequence[FilePlan]:
        """The files to be made now that all rows are done, in the language of who asked."""
        return ()

    def targets_about(self, contact_ids: Sequence[int]) -> QuerySet[Any] | None:
        """The targets of rows that hold what is personal of these people, where its runs make files of them."""
        return None

    def purge(self, run: Run, *, most: int) -> int:
        """Remove what was kept to be brought back, up to so many rows; return how many went: 0, nothing is left."""
        return 0

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        """A few rows of the selection for the preview."""
        return Sample(columns=(), rows=())

    def effect(self, run: Run, *, by: User) -> Effect | None:
        """What it comes to for others than its rows: figures that the preview shows before anybody confirms."""
        return None

    def complaints(self, run: Run, rows: Mapping[int, list[str]]) -> dict[int, str]:
        """What is wrong with these rows of its file by themselves, in words, by number; of others the ledger's reason tells."""
        return {}

    def leads_to(self, run: Run) -> tuple[Words, str] | None:
        """Where what it made is to be seen: words and address."""
        return None

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        """The parameters in words: label and value."""
        return []

    def reason(self, code: str) -> Reason:
        return self.reasons.get(code, COMMON.get(code, ANY))


COMMON: Mapping[str, Reason] = {
    "gone": Reason(title=_("Not there any more"), hint=_("Removed since the preview")),
    "error": Reason(title=_("Could not be changed"), hint=_("The database refused it; nothing of it was written")),
    "changed": Reason(title=_("Changed since"), hint=_("It is not as the run left it any more")),
}
