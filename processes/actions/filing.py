"""The files that runs make: put together when a run's rows are done, kept for a day for who asked, handed out, and let go."""

from __future__ import annotations

import datetime
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from core.refusals import NotFound
from core.workbooks import Fragment, write_fragments
from processes.actions.states import note
from processes.models import Run, RunFile, RunPiece
from processes.process import FilePlan, Process
from processes.rows import may_have

# As long as what a run did can be taken back (S62).
KEPT = datetime.timedelta(hours=24)


def plans_left(run: Run, process: Process) -> list[FilePlan]:
    """The files that a run, whose rows are done, has yet to make."""
    made = set(RunFile.objects.filter(run=run).values_list("role", flat=True))
    return [plan for plan in process.files(run) if plan.role not in made]


def make_file(run: Run, plan: FilePlan, *, heed: Callable[[], None], settle: Callable[[], Run]) -> RunFile:
    """Put a file together and keep it. Not in a transaction: a large one takes a while.

    `heed` is called between pieces, and raises where nobody wants the file any more; `settle` gives the run held by whoever makes it, in
    the transaction that says that the file is there, or raises.
    """
    path = f"runs/{run.uuid.hex}-{plan.role}.{plan.kind}"
    with tempfile.TemporaryFile() as file:
        rows = write_fragments(
            file, plan.kind, head=plan.head, title=plan.title, fragments=heeding(plan.fragments, heed)
        )
        size = file.tell()
        file.seek(0)
        # Whoever was killed after keeping it never said so.
        default_storage.delete(path)
        path = default_storage.save(path, File(file))
    try:
        return say_made(plan, path, rows=rows, size=size, settle=settle)
    except BaseException:
        if not RunFile.objects.filter(path=path).exists():
            default_storage.delete(path)
        raise


def heeding(fragments: Iterable[Fragment], heed: Callable[[], None]) -> Iterator[Fragment]:
    for each in fragments:
        heed()
        yield each
    heed()


@transaction.atomic
def say_made(plan: FilePlan, path: str, *, rows: int, size: int, settle: Callable[[], Run]) -> RunFile:
    run = settle()
    now = timezone.now()
    made = RunFile.objects.create(
        run=run, role=plan.role, name=plan.name, path=path, size=size, rows=rows, has_numbers=plan.has_numbers, made_at=now, expires_at=now + KEPT
    )  # fmt: skip
    if plan.role == RunFile.Role.EXPORT:
        RunPiece.objects.filter(run=run).delete()
    note("run_file_made", run, by=None, rows=rows, size=size)
    return made


def fetched_file(file_id: uuid.UUID, *, by: User) -> RunFile:
    """The file that `by` may have now; that they had it is written down (S52).

    Raises:
        NotFound: there is none, it is somebody else's, its time is over, or they may not see what is in it any more.
    """
    found: RunFile | None = RunFile.objects.visible_to(by).select_related("run").filter(pk=file_id).first()
    if found is None or not found.is_fetchable or not may_have(found, by):
        raise NotFound(_("It does not exist or is not yours to see."))
    note("run_file_fetched", found.run, by=by, rows=found.rows)
    return found


def forget_files(*, run_ids: Iterable[int] | None = None) -> int:
    """Remove the files whose day is over, or those of these runs; return how many."""
    kept = RunFile.objects.exclude(path="")
    gone = kept.filter(expires_at__lte=timezone.now()) if run_ids is None else kept.filter(run__in=list(run_ids))
    count = 0
    for file in gone.order_by("pk"):
        default_storage.delete(file.path)
        count += RunFile.objects.filter(pk=file.pk).exclude(path="").update(path="", size=0)
    return count


def said_by(user: User) -> translation.override:
    """What is written down for somebody, in their language."""
    return translation.override(user.language)
