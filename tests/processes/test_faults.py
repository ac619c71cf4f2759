"""What can go wrong while many rows change: workers killed, tasks doubled, runs over each other, agents who close meanwhile (R35 … R41)."""

from __future__ import annotations

import datetime
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.models import CampaignTypification
from contacts.actions.members import begin_member, finish_member, take_next_member
from contacts.actions.slices import count_everything_touched
from contacts.models import BaseMember
from core.refusals import Refusal
from inbox.actions.closing import close_conversation
from inbox.errors import AlreadyClosed
from inbox.models import Conversation
from processes.actions import advancing
from processes.actions.advancing import advance
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import cancel_run, pause_run, resume_run, undo_run
from processes.catalogue import process_of
from processes.closing import lines_of
from processes.errors import ScopeHeld
from processes.models import Run, RunItem
from tests.concurrency import IS_FULL, all_well, scaled, together
from tests.factories import Cast, conversation, leaf, taken_conversation
from tests.figures import control, figure
from tests.processes.crowds import attempts_left, crowded_base, cycles
from tests.processes.runs import EMPTY, adds_up, carried_out, outcome, previewed, results, started
from tests.stack import database_url, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@contextmanager
def killed_worker(run: Run) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # our own module
        [sys.executable, "-m", "tests.processes.turning_process", str(run.pk)],
        env=os.environ | {"DATABASE_URL": database_url()}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.shows("R35")
def test_a_killed_worker_loses_nothing_and_does_nothing_twice(committed_cast: Cast) -> None:
    many, kills = scaled(small=1_500, full=200_000), scaled(small=3, full=10)
    base = crowded_base(committed_cast, many)
    run = started(previewed("recycling", base, by=committed_cast.luis), by=committed_cast.luis)
    # Small chunks, so that there is something to be killed in the middle of.
    Run.objects.filter(pk=run.pk).update(chunk_size=20)
    dice, killed, seen = random.Random(35), 0, []
    while killed < kills:
        with killed_worker(run):
            before = Run.objects.get(pk=run.pk).settled
            wait_until(
                lambda floor=before: Run.objects.get(pk=run.pk).settled > floor or Run.objects.get(pk=run.pk).is_over
            )
            time.sleep(dice.uniform(0, 0.2))
        killed += 1
        run.refresh_from_db()
        seen.append(run.applied)
        adds_up_so_far(run)
        if run.is_over:
            break
        # The dead one's lease, as if its time had passed.
        Run.objects.filter(pk=run.pk, lease_until__isnull=False).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1)
        )
    run = carried_out(run)
    assert (run.state, run.applied) == ("done", run.expected)
    # Each once: nobody is in a third cycle, and nobody who was to be left out is in the second.
    assert cycles(base) == {1: many - run.expected, 2: run.expected}
    assert attempts_left(base) == (2 * (many - run.expected), 2 * run.expected)
    adds_up(run)
    figure(
        "R35",
        f"{killed} kills after {seen} of {run.expected}: each recycled once, counts exact",
        data=f"{many:,} members",
        samples=killed,
    )


def adds_up_so_far(run: Run) -> None:
    """All of one moment: the server may be ending what the dead one's last word was."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        run.refresh_from_db()
        adds_up_now(run)


def adds_up_now(run: Run) -> None:
    pending = RunItem.objects.filter(run=run, result="pending").count()
    applied = RunItem.objects.filter(run=run, result="applied").count()
    assert run.total == run.applied + run.skipped + run.failed + pending
    assert run.applied == applied == cycles_of(run).get(2, 0)


def cycles_of(run: Run) -> dict[int, int]:
    assert run.base is not None
    return cycles(run.base)


@pytest.mark.shows("R36")
def test_a_task_delivered_many_times_does_everything_once(committed_cast: Cast) -> None:
    many = scaled(small=600, full=50_000)
    base = crowded_base(committed_cast, many)
    run = started(previewed("recycling", base, by=committed_cast.luis), by=committed_cast.luis)
    Run.objects.filter(pk=run.pk).update(chunk_size=50)

    def turn() -> int:
        turns = 0
        while not Run.objects.get(pk=run.pk).is_over:
            turns += advance(run.pk, seconds=0)
            time.sleep(0.005)
        return turns

    turns = all_well(together([turn] * 6))
    run.refresh_from_db()
    assert cycles(base) == {1: many - run.expected, 2: run.expected}
    adds_up(run)
    figure("R36", f"6 copies of one task took {sum(turns)} turns: each row once", data=f"{many:,} members", samples=6)


@pytest.mark.shows("R36")
def test_without_the_lease_and_the_ledger_rows_change_twice(committed_cast: Cast) -> None:
    """The control: two copies that read, then write, each by themselves."""
    base = crowded_base(committed_cast, 400)
    ids = list(BaseMember.objects.filter(base=base).order_by("pk").values_list("pk", flat=True))

    def careless() -> None:
        for start in range(0, len(ids), 50):
            members = list(BaseMember.objects.filter(pk__in=ids[start : start + 50]))
            for member in members:
                BaseMember.objects.filter(pk=member.pk).update(cycle=member.cycle + 1)

    all_well(together([careless] * 2))
    careless()
    twice = sum(count for cycle, count in cycles(base).items() if cycle > 2)
    control(
        "R36",
        f"copies without a lease: {twice} of {len(ids)} members more than one cycle on",
        data="400 members",
        samples=3,
    )
    assert twice > 0


@pytest.mark.shows("R37")
def test_pause_and_cancel_are_heeded_within_two_seconds(committed_cast: Cast) -> None:
    many = scaled(small=4_000, full=200_000)
    base = crowded_base(committed_cast, many)
    run = started(previewed("recycling", base, by=committed_cast.luis), by=committed_cast.luis)
    waits = []

    def settled() -> int:
        return Run.objects.get(pk=run.pk).settled

    def working() -> None:
        # As the beat and the hints would: whoever finds it waiting takes it.
        while not Run.objects.get(pk=run.pk).is_over:
            advance(run.pk, seconds=1)
            time.sleep(0.01)

    Run.objects.filter(pk=run.pk).update(chunk_size=10)
    with capped_chunks(scaled(small=25, full=2_000)):
        worker = in_a_thread(working)
        for wish, state in ((pause_run, "paused"), (cancel_run, "cancelled")):
            before = settled()
            wait_until(lambda floor=before: settled() > floor)
            began = time.monotonic()
            wish(run.pk, by=committed_cast.luis)
            wait_until(lambda wanted=state: Run.objects.get(pk=run.pk).state == wanted)
            waits.append(time.monotonic() - began)
            if state == "paused":
                stands = settled()
                time.sleep(0.3)
                assert settled() == stands
                resume_run(run.pk, by=committed_cast.luis)
        worker.join(60)
    run.refresh_from_db()
    assert 0 < run.applied < run.expected
    assert cycles(base) == {1: many - run.applied, 2: run.applied}
    adds_up(run)
    # A loaded machine waits for its turn: the figure is held where it is quiet.
    assert max(waits) < (2 if IS_FULL else 30)
    undo_run(run.pk, by=committed_cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone) == ("undone", run.applied)
    assert cycles(base) == {1: many}
    assert attempts_left(base) == (2 * many, 0)
    adds_up(run)
    figure(
        "R37",
        f"pause heeded after {waits[0]:.2f} s, cancel after {waits[1]:.2f} s; undone after it",
        data=f"{many:,} members",
        samples=2,
    )


@contextmanager
def capped_chunks(most: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(advancing, "LARGEST", most)
        yield


@pytest.mark.shows("R38")
def test_a_mass_close_of_a_wild_file_counts_as_an_oracle_does(committed_cast: Cast) -> None:
    """Duplicates, foreign, closed, blank, floats, spaces, in any order, while an agent closes some of them."""
    many, dice = scaled(small=16, full=2_000), random.Random(38)
    chosen = leaf()
    CampaignTypification.objects.get_or_create(
        campaign=committed_cast.campaign, typification=chosen, purpose=CampaignTypification.Purpose.FINISH
    )
    # Another team's wait for somebody of theirs; the others are in Ana's hands.
    made = [(conversation if many // 8 <= n < many // 4 else taken_conversation)(committed_cast) for n in range(many)]
    Conversation.objects.update(needs_first_reply=False)
    closed, theirs, open_ones = made[: many // 8], made[many // 8 : many // 4], made[many // 4 :]
    for each in closed:
        close_conversation(each.pk, by=committed_cast.ana, typification_id=chosen.pk)
    Conversation.objects.filter(pk__in=[each.pk for each in theirs]).update(
        campaign=committed_cast.other_campaign, team=committed_cast.other_team
    )
    good = [dice.choice([each.public_id, f"  {each.public_id} ", each.public_id.lower()]) for each in made]
    again = [each.public_id for each in dice.sample(open_ones, many // 4)]
    rows = [*good, *again, "1.23E+15", "nada", "", "   "]
    dice.shuffle(rows)
    lines = list(lines_of([["ConversationId"], *([each] for each in rows)]))
    said = {"outcome": chosen.pk, "note": "", "file": "cierre.csv", "rows": len(lines)}
    run = ask_for_run(process_of("mass-closing"), said, submission=uuid.uuid4(), by=committed_cast.luis, lines=lines)
    assert freeze(run.pk)
    run.refresh_from_db()
    oracle = {"already_closed": len(closed), "unknown": len(theirs), "repeated": len(again), "not_an_id": 2}
    assert (run.expected, run.preview) == (len(open_ones), oracle)
    run = started(run, by=committed_cast.luis)
    beside = open_ones[: many // 8]

    def agent() -> int:
        """How many the agent closed first."""
        first = 0
        for each in beside:
            try:
                close_conversation(each.pk, by=committed_cast.ana, typification_id=chosen.pk)
                first += 1
            except AlreadyClosed:
                continue
        return first

    first = all_well(together([agent, lambda: carried_out(run).applied and 0]))[0]
    run.refresh_from_db()
    assert (run.state, run.applied, run.failed) == ("done", len(open_ones) - first, 0)
    assert run.reasons == oracle | {"already_closed": len(closed) + first}
    modes = Counter(
        Conversation.objects.filter(pk__in=[each.pk for each in open_ones]).values_list("close_mode", flat=True)
    )
    assert modes == Counter({"bulk": run.applied, "normal": first}) - Counter()
    adds_up(run)
    figure(
        "R38",
        f"{run.applied} closed, {dict(run.reasons)}, {first} by an agent meanwhile",
        data=f"{len(rows)} rows",
        samples=len(rows),
    )


@pytest.mark.shows("R39")
def test_two_recycles_beside_agents_who_work_meet_no_deadlock(committed_cast: Cast) -> None:
    """Two bases with the same people; agents take, begin and finish in both meanwhile."""
    many = scaled(small=800, full=50_000)
    base = crowded_base(committed_cast, many)
    other = crowded_base(committed_cast, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_basemember (base_id, contact_id, state, cycle, attempts, reserved_from)"
            " SELECT %s, contact_id, 'unprocessed', 1, 0, '' FROM contacts_basemember WHERE base_id = %s"
            " AND state <> 'suppressed' ORDER BY random()",
            [other.pk, base.pk],
        )
        cursor.execute(
            "INSERT INTO contacts_slicetouch (base_id, number) SELECT DISTINCT base_id, id >> 10 FROM contacts_basemember WHERE base_id = %s",
            [other.pk],
        )
    count_everything_touched()
    runs = [started(previewed(kind, each, by=committed_cast.luis), by=committed_cast.luis) for kind, each in (("recycling", base), ("reprocessing", other))]  # fmt: skip
    Run.objects.update(chunk_size=40)
    again = outcome("Ocupado")
    errors: list[str] = []
    worked = [0]

    def agent(user: object, where: int) -> Callable[[], None]:
        def work() -> None:
            while not all(each.is_over for each in Run.objects.all()):
                try:
                    member = take_next_member((base, other)[where].pk, by=user)  # type: ignore[arg-type]  # the cast's
                    if member is not None:
                        begin_member(member.pk, by=user)  # type: ignore[arg-type]  # the cast's
                        finish_member(
                            member.pk, by=user, typification=again, medium="chat", interaction_id=uuid.uuid4()
                        )  # type: ignore[arg-type]  # the cast's
                        worked[0] += 1
                except Refusal:
                    continue
                except Exception as error:  # noqa: BLE001  # whatever it was, the test reads it
                    errors.append(f"{type(error).__name__}: {error}")
                    return

        return work

    jobs = [lambda run=run: carried_out(run) for run in runs]
    jobs += [agent(committed_cast.ana, 0), agent(committed_cast.luis, 1)]  # type: ignore[list-item]  # what they give is not read
    all_well(together(jobs))
    assert errors == []
    for run in runs:
        run.refresh_from_db()
        assert run.state == "done"
        assert run.failed == 0
        adds_up(run)
    figure(
        "R39",
        f"{worked[0]} records worked meanwhile, 0 errors",
        data=f"two bases of {many:,} of the same people",
        samples=worked[0],
    )


@pytest.mark.shows("R40")
def test_a_job_sent_twice_at_once_is_one_run(committed_cast: Cast) -> None:
    base = crowded_base(committed_cast, scaled(small=50, full=5_000))
    rounds = scaled(small=3, full=30)
    for _round in range(rounds):
        submission = uuid.uuid4()
        said = EMPTY | {"base": base.pk}

        def click(submission: uuid.UUID = submission, said: dict[str, object] = said) -> int:
            return ask_for_run(process_of("reprocessing"), said, submission=submission, by=committed_cast.luis).pk

        ids = set(all_well(together([click] * 4)))
        (run_id,) = ids
        assert sum(all_well(together([lambda run_id=run_id: freeze(run_id)] * 3))) == 1
        mine = Run.objects.get(pk=run_id)
        theirs = previewed("reprocessing", base, by=committed_cast.admin)

        def start(run: Run, by: object) -> Callable[[], int | None]:
            def act() -> int | None:
                try:
                    return started(run, by=by).pk  # type: ignore[arg-type]  # the cast's
                except ScopeHeld as refusal:
                    return -int(refusal.extra["run_id"])

            return act

        outcomes = all_well(together([start(mine, committed_cast.luis), start(theirs, committed_cast.admin), start(mine, committed_cast.luis)]))  # fmt: skip
        winners = {each for each in outcomes if each and each > 0}
        assert len(winners) == 1
        (winner,) = winners
        assert {each for each in outcomes if each and each < 0} == {-winner}
        carried_out(Run.objects.get(pk=winner))
        Run.objects.filter(state="previewed").delete()
    figure(
        "R40",
        "double clicks: one run; two administrators: one run, the other led to it",
        data="4 clicks, 3 starts at once",
        samples=rounds,
    )


@pytest.mark.shows("R41")
def test_the_preview_is_what_runs_and_a_difference_is_told(committed_cast: Cast) -> None:
    many = scaled(small=400, full=200_000)
    base = crowded_base(committed_cast, many)
    began = time.monotonic()
    run = previewed("recycling", base, by=committed_cast.luis)
    took = time.monotonic() - began
    expected = run.expected
    assert run.total == many
    run = started(run, by=committed_cast.luis)
    moved = list(BaseMember.objects.filter(base=base, state="retry").order_by("pk").values_list("pk", flat=True)[:7])
    BaseMember.objects.filter(pk__in=moved).update(state="in_progress")
    run = carried_out(run)
    assert run.applied == expected - len(moved)
    assert run.reasons["in_hands"] - run.preview["in_hands"] == len(moved)
    assert {results(run)[each] for each in moved} == {("skipped", "in_hands")}
    adds_up(run)
    # UX.md: a dry run of 200,000 in 5 s.
    assert took < (5 if IS_FULL else 60)
    figure(
        "R41",
        f"previewed {expected}, done {run.applied}, told {len(moved)} apart; dry run {took:.2f} s",
        data=f"{many:,} members",
        samples=1,
    )
