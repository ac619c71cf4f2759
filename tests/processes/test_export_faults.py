"""Exports whose workers are killed, that are stopped, that run while others change what they are of; and what memory they take."""

from __future__ import annotations

import datetime
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from contacts.models import BaseMember, Contact
from core.media.storage import PARTS
from processes.actions import advancing
from processes.actions.advancing import advance
from processes.actions.steering import cancel_run, resume_run, start_run
from processes.models import Run, RunFile, RunItem, RunPiece
from tests.concurrency import scaled
from tests.factories import Cast
from tests.figures import figure
from tests.processes.crowds import crowded_base
from tests.processes.exports import asked_export, exporter, file_of, rows_of
from tests.processes.runs import adds_up, carried_out
from tests.processes.test_faults import in_a_thread, killed_worker
from tests.stack import database_url, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def started_export(cast: Cast, many: int, *, format: str = "csv", chunk: int = 20) -> Run:
    luis = exporter(cast.luis)
    crowded_base(cast, many)
    run = asked_export("export-contacts", by=luis, format=format)
    start_run(run.pk, by=luis)
    # Small chunks, so that there is something to be killed in the middle of.
    Run.objects.filter(pk=run.pk).update(chunk_size=chunk)
    run.refresh_from_db()
    return run


@pytest.mark.shows("R35")
def test_a_killed_worker_s_export_is_whole_and_has_nobody_twice(committed_cast: Cast) -> None:
    many, kills = scaled(small=1_200, full=200_000), scaled(small=3, full=10)
    run = started_export(committed_cast, many)
    dice, seen = random.Random(35), []
    for _kill in range(kills):
        with killed_worker(run):
            before = Run.objects.get(pk=run.pk).settled
            wait_until(
                lambda floor=before: Run.objects.get(pk=run.pk).settled > floor or Run.objects.get(pk=run.pk).is_over
            )
            time.sleep(dice.uniform(0, 0.2))
        run.refresh_from_db()
        seen.append(run.applied)
        if run.is_over:
            break
        # The dead one's lease, as if its time had passed.
        Run.objects.filter(pk=run.pk, lease_until__isnull=False).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1)
        )
    run = carried_out(run)
    assert (run.state, run.applied, run.skipped) == ("done", many, 0)
    rows = rows_of(run)
    assert sorted(row["Apellidos"] for row in rows) == sorted(str(n) for n in range(1, many + 1))
    adds_up(run)
    figure(
        "R35",
        f"{len(seen)} kills after {seen}: {len(rows):,} rows, each once",
        data=f"{many:,} contacts",
        samples=len(seen),
    )


@pytest.mark.shows("R35")
def test_one_who_is_killed_after_keeping_the_file_leaves_one_file(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started_export(committed_cast, 60)

    class Killed(BaseException):
        """As a kill is: nothing is cleaned up."""

    def die(*_said: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("processes.actions.filing.say_made", die)
        # Not even what it would tidy up itself.
        patch.setattr("processes.actions.filing.default_storage.delete", lambda _path: None)
        with pytest.raises(Killed):
            carried_out(run)
    assert default_storage.exists(f"runs/{run.uuid.hex}-export.csv")
    run = carried_out(run)
    assert run.state == "done"
    assert len(rows_of(run)) == 60
    _folders, names = default_storage.listdir("runs")
    assert [name for name in names if run.uuid.hex in name] == [f"{run.uuid.hex}-export.csv"]


@pytest.mark.shows("R35")
@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_a_wish_is_heeded_while_the_file_is_put_together(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    run = started_export(committed_cast, 100)
    monkeypatch.setattr(advancing, "LOOK_SECONDS", 0.0)
    real = advancing.make_files
    calls = []

    def wished_meanwhile(turn: advancing.Turn) -> None:
        calls.append(turn)
        if len(calls) == 1:
            Run.objects.filter(pk=run.pk).update(wish=wish)
        real(turn)

    monkeypatch.setattr(advancing, "make_files", wished_meanwhile)
    run = carried_out(run)
    assert not RunFile.objects.filter(run=run).exists()
    assert (run.state, run.applied) == ("paused" if wish == "pause" else "cancelled", 100)
    if wish == "pause":
        resume_run(run.pk, by=run.requested_by)
        run = carried_out(run)
        assert run.state == "done"
        assert len(rows_of(run)) == 100
        assert not RunPiece.objects.filter(run=run).exists()


@pytest.mark.shows("R35")
def test_a_cancelled_export_stops_soon_and_leaves_no_file(committed_cast: Cast) -> None:
    run = started_export(committed_cast, scaled(small=2_000, full=100_000), chunk=10)
    advancing_thread = in_a_thread(lambda: advance(run.pk, seconds=60))
    wait_until(lambda: Run.objects.get(pk=run.pk).applied > 0)
    cancel_run(run.pk, by=run.requested_by)
    asked_at = time.monotonic()
    wait_until(lambda: Run.objects.get(pk=run.pk).is_over)
    took = time.monotonic() - asked_at
    advancing_thread.join(30)
    run.refresh_from_db()
    if run.state == "cancelled":
        assert not RunFile.objects.filter(run=run).exists()
        figure(
            "R35", f"cancelled {took:.2f} s after it was asked (at most 2 s)", data=f"{run.total:,} contacts", samples=1
        )


@pytest.mark.shows("R41", "S05")
def test_while_others_change_the_list_rows_and_counts_stay_those_of_the_preview(committed_cast: Cast) -> None:
    cast, many = committed_cast, scaled(small=400, full=20_000)
    run = started_export(cast, many, chunk=10)
    frozen = set(RunItem.objects.filter(run=run).values_list("target", flat=True))
    names = dict(Contact.objects.filter(pk__in=frozen).values_list("pk", "last_name"))
    stop = threading.Event()
    left: set[int] = set()

    def change() -> None:
        dice = random.Random(41)
        keys = sorted(frozen)
        try:
            while not stop.is_set():
                pk = dice.choice(keys)
                Contact.objects.get(pk=pk).teams.set([cast.other_team])
                left.add(pk)
                # Whoever comes meanwhile is of no moment that was previewed.
                made = Contact.objects.create(first_name="Nueva", last_name="persona")
                made.teams.set([cast.team])
                stop.wait(0.005)
        finally:
            connections.close_all()

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        run = carried_out(run)
    finally:
        stop.set()
        thread.join(30)
    rows = Counter(row["Apellidos"] for row in rows_of(run))
    assert max(rows.values()) == 1
    assert set(rows) <= set(names.values())
    # Whoever never left stands in it; whoever left is in it or counted.
    assert set(rows) >= {name for pk, name in names.items() if pk not in left}
    assert run.total == many == len(rows) + run.reasons.get("gone", 0)
    assert file_of(run).rows == run.applied == len(rows)
    adds_up(run)


@pytest.mark.shows("S37")
def test_memory_does_not_grow_with_the_file(committed_cast: Cast) -> None:
    many = scaled(small=4_000, full=300_000)
    run = started_export(committed_cast, many, format="xlsx", chunk=500)
    done = subprocess.run(  # our own module
        [sys.executable, "-m", "tests.processes.exporting_process", str(run.pk)],
        env=os.environ | {"DATABASE_URL": database_url()}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    before, after = map(int, done.stdout.split())
    run.refresh_from_db()
    assert (run.state, file_of(run).rows) == ("done", many)
    assert after - before < 50 * 1024
    figure(
        "S37",
        f"{(after - before) / 1024:.0f} MiB more than the worker had (at most 50)",
        data=f"{many:,} contacts",
        samples=1,
    )


def test_records_of_a_base_are_exported_while_it_is_worked(committed_cast: Cast) -> None:
    luis = exporter(committed_cast.luis)
    base = crowded_base(committed_cast, 120)
    run = asked_export("export-members", by=luis, base=base.pk, format="csv")
    start_run(run.pk, by=luis)
    gone = BaseMember.objects.filter(base=base).order_by("pk").values_list("pk", flat=True)[:7]
    BaseMember.objects.filter(pk__in=list(gone)).update(state="detached")
    run = carried_out(run)
    # Who was taken out of the base meanwhile is still the row that was previewed.
    assert run.applied == len(rows_of(run)) == run.total
    assert not [name for name in default_storage.listdir("runs")[1] if name.startswith(PARTS)]
    adds_up(run)
