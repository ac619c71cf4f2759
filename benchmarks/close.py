"""A mass close of a hundred thousand conversations by a file, against COPY and one UPDATE join; and the desk meanwhile."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Collection

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

GIVEN, HERE = set_up_beside("close")

import psycopg

from benchmarks._bulk_house import House, at_rest, furnish, open_conversations, p95, somebody_at_the_desk
from benchmarks._report import Target, machine, say_table, say_targets, say_title
from processes.actions.advancing import advance
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import start_run, undo_run
from processes.catalogue import process_of
from processes.closing import lines_of
from processes.models import Run
from runner.terminal import say

CONVERSATIONS = int(os.environ.get("BENCH_CONVERSATIONS", "100000"))
JOINED = """
UPDATE inbox_conversation AS conversation
   SET status = 'closed', closed_at = now(), closed_by_id = %s, typification_id = %s, close_mode = 'bulk', waiting_since = NULL, unread = 0,
       version = version + 1, change = change + 1
  FROM told WHERE conversation.public_id = told.public_id
"""


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, HERE):
        house = furnish()
        plain, ours = (open_conversations(house, CONVERSATIONS) for _n in range(2))
        with psycopg.connect(HERE, autocommit=True) as straight:
            straight.execute("VACUUM ANALYZE")
            idle = at_rest(8)
            bare = joined(straight, plain.values(), house)
            began = time.perf_counter()
            run = asked(ours.values(), house)
            counted = time.perf_counter() - began
            start_run(run.pk, by=house.admin, word=str(process_of("mass-closing").word))
            with somebody_at_the_desk() as busy:
                began = time.perf_counter()
                while advance(run.pk):
                    pass
                took = time.perf_counter() - began
            run.refresh_from_db()
            assert (run.state, run.applied) == ("done", CONVERSATIONS), run.reasons
            undo_run(run.pk, by=house.admin)
            began = time.perf_counter()
            while advance(run.pk):
                pass
            back = time.perf_counter() - began
            run.refresh_from_db()
            assert (run.state, run.undone) == ("undone", CONVERSATIONS), run.kept
            idle += at_rest(8)
        say_title(f"{CONVERSATIONS:,} conversations")
        say_table(["", "seconds", "rows/s"], [
            ["COPY and UPDATE join", f"{bare:.2f}", f"{CONVERSATIONS / bare:,.0f}"],
            ["rows written down, preview", f"{counted:.2f}", f"{CONVERSATIONS / counted:,.0f}"],
            ["closed: journal, story, assignments, events", f"{took:.2f}", f"{CONVERSATIONS / took:,.0f}"],
            ["taken back", f"{back:.2f}", f"{CONVERSATIONS / back:,.0f}"],
        ])  # fmt: skip
        ratio = p95(busy) / p95(idle)
        targets = [
            Target("closed, of COPY and UPDATE join", f"{took / bare:.1f}x", "<= 10x", took <= 10 * bare),
            Target(f"desk's list meanwhile, p95 {p95(busy):.0f} of {p95(idle):.0f} ms", f"{ratio:.2f}x", "<= 1.3x", ratio <= 1.3),
        ]  # fmt: skip
        let_go_of_the_database()
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}")
    return 0 if all(target.is_met for target in targets) else 1


def joined(straight: psycopg.Connection, public_ids: Collection[str], house: House) -> float:
    began = time.perf_counter()
    with straight.transaction(), straight.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE told (public_id text) ON COMMIT DROP")
        with cursor.copy("COPY told FROM STDIN") as copy:
            for each in public_ids:
                copy.write_row((each,))
        cursor.execute("ANALYZE told")
        cursor.execute(JOINED, [house.admin.pk, house.outcome.pk])
        assert cursor.rowcount == len(public_ids)
    return time.perf_counter() - began


def asked(public_ids: Collection[str], house: House) -> Run:
    lines = list(lines_of([["ConversationId"], *([each] for each in public_ids)]))
    said = {"outcome": house.outcome.pk, "note": "", "file": "cierre.csv", "rows": len(lines)}
    run = ask_for_run(process_of("mass-closing"), said, submission=uuid.uuid4(), by=house.admin, lines=lines)
    assert freeze(run.pk)
    run.refresh_from_db()
    assert run.expected == len(lines), run.preview
    return run


if __name__ == "__main__":
    sys.exit(main())
