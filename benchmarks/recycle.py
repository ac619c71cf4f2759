"""Recycling a base of a million with three million attempts, against one statement that does the same; and the desk meanwhile."""

from __future__ import annotations

import os
import sys
import time
import uuid

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

GIVEN, HERE = set_up_beside("recycle")

import psycopg

from benchmarks._bulk_house import House, at_rest, furnish, open_conversations, p95, somebody_at_the_desk
from benchmarks._report import Target, machine, percentile, say_table, say_targets, say_title
from contacts.actions.bases import BaseSheet, create_base
from contacts.models import ContactBase
from processes.actions import advancing
from processes.actions.advancing import advance
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import start_run, undo_run
from processes.catalogue import process_of
from processes.models import Run
from runner.terminal import say

MEMBERS = int(os.environ.get("BENCH_MEMBERS", "1000000"))
ATTEMPTS_EACH = 3
BATCH_MS = 500

CONTACTS = """
INSERT INTO contacts_contact (first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
    do_not_contact, custom, company_sort_name, created_at, updated_at)
SELECT 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', false, false, false, '{}', '', now(), now()
FROM generate_series(1, %s) i
"""
JOIN = """
INSERT INTO contacts_basemember (base_id, contact_id, state, cycle, attempts, reserved_from, last_user_id, last_typification_id,
    first_contact_at, last_contact_at)
SELECT %(base)s, id, CASE WHEN id %% 5 < 3 THEN 'closed' ELSE 'retry' END, 1, 3, '', %(user)s, %(outcome)s, now() - interval '3 days', now()
FROM contacts_contact WHERE first_name = 'Persona' ORDER BY id LIMIT %(many)s
"""
TRIED = """
INSERT INTO contacts_attempt (uuid, member_id, cycle, medium, user_id, typification_id, counts, at)
SELECT gen_random_uuid(), member.id, 1, 'chat', %(user)s, %(outcome)s, true, now() - n * interval '1 day'
  FROM contacts_basemember member, generate_series(1, %(each)s) n WHERE member.base_id = %(base)s
"""
# What the product does, without its questions, ledger, locks and chunks.
ONE_STATEMENT = """
WITH renewed AS (
    UPDATE contacts_basemember SET state = 'unprocessed', cycle = cycle + 1, attempts = 0, first_contact_at = NULL, last_contact_at = NULL,
           last_user_id = NULL, last_typification_id = NULL, due_at = NULL WHERE base_id = %(base)s RETURNING id
), gone AS (
    DELETE FROM contacts_attempt USING renewed WHERE member_id = renewed.id RETURNING contacts_attempt.*
)
INSERT INTO contacts_removedattempt (removal, id, uuid, member_id, cycle, medium, user_id, typification_id, counts, at, interaction_id)
SELECT %(removal)s, id, uuid, member_id, cycle, medium, user_id, typification_id, counts, at, interaction_id FROM gone
"""
EMPTY = {"attempts_above": None, "attempts_below": None, "contacted_from": None, "contacted_until": None, "users": [], "by_anyone": False, "outcomes": []}  # fmt: skip


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, HERE):
        house = furnish()
        plain, ours = prepare(house)
        open_conversations(house, 2_000)
        idle = at_rest(8)
        with psycopg.connect(HERE, autocommit=True) as straight:
            straight.execute("VACUUM ANALYZE")
            began = time.perf_counter()
            straight.execute(ONE_STATEMENT, {"base": plain.pk, "removal": uuid.uuid4()})
            single = time.perf_counter() - began
            run, counted = previewed(ours, house)
            straight.execute("VACUUM ANALYZE processes_runitem")
            chunks = timed_chunks()
            start_run(run.pk, by=house.admin, word=str(process_of("recycling").word))
            took = turned(run)
            worst, usual = max(chunks), percentile(chunks, 0.95)
            with somebody_at_the_desk() as busy:
                undo_run(run.pk, by=house.admin)
                back = turned(run)
            idle += at_rest(8)
            run.refresh_from_db()
            assert (run.state, run.undone) == ("undone", MEMBERS), run.state
        say_title(f"{MEMBERS:,} members, {MEMBERS * ATTEMPTS_EACH:,} attempts")
        say_table(["", "seconds", "rows/s"], [
            ["one statement", f"{single:.1f}", f"{MEMBERS / single:,.0f}"],
            ["preview, written down", f"{counted:.1f}", f"{MEMBERS / counted:,.0f}"],
            ["the run", f"{took:.1f}", f"{MEMBERS / took:,.0f}"],
            ["taken back, an agent at the desk meanwhile", f"{back:.1f}", f"{MEMBERS / back:,.0f}"],
        ])  # fmt: skip
        say(
            f"  {len(chunks)} chunks in all, of the run p95 {usual:.0f} ms; desk {len(idle)} waits at rest, {len(busy)} meanwhile"
        )
        ratio = p95(busy) / p95(idle)
        targets = [
            Target("the run, of one statement", f"{took / single:.2f}x", "<= 1.1x", took <= 1.1 * single),
            Target("longest chunk of the run", f"{worst:.0f} ms", f"<= {BATCH_MS} ms", worst <= BATCH_MS),
            Target(f"desk's list meanwhile, p95 {p95(busy):.0f} of {p95(idle):.0f} ms", f"{ratio:.2f}x", "<= 1.3x", ratio <= 1.3),
        ]  # fmt: skip
        let_go_of_the_database()
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}, {MEMBERS:,} members")
    return 0 if all(target.is_met for target in targets) else 1


def prepare(house: House) -> tuple[ContactBase, ContactBase]:
    sheets = [BaseSheet(name=name, team_ids=frozenset({house.team.pk})) for name in ("De una vez", "Por tandas")]
    bases = [create_base(sheet, by=house.admin) for sheet in sheets]
    began = time.perf_counter()
    with psycopg.connect(HERE, autocommit=True) as straight:
        straight.execute("SET synchronous_commit = off")
        straight.execute(CONTACTS, [MEMBERS])
        for base in bases:
            said = {"base": base.pk, "many": MEMBERS, "user": house.agent.pk, "outcome": house.outcome.pk}
            straight.execute(JOIN, said)
            straight.execute(TRIED, said | {"each": ATTEMPTS_EACH})
    say(f"  two bases of {MEMBERS:,} made in {time.perf_counter() - began:.0f} s")
    return bases[0], bases[1]


def previewed(base: ContactBase, house: House) -> tuple[Run, float]:
    said = EMPTY | {"base": base.pk}
    run = ask_for_run(process_of("recycling"), said, submission=uuid.uuid4(), by=house.admin)
    began = time.perf_counter()
    assert freeze(run.pk)
    took = time.perf_counter() - began
    run.refresh_from_db()
    assert run.expected == MEMBERS, run.preview
    return run, took


def timed_chunks() -> list[float]:
    """How long each chunk takes, in milliseconds, commit included."""
    waits: list[float] = []
    do_chunk = advancing.do_chunk

    def timed(turn: advancing.Turn) -> bool:
        began = time.perf_counter()
        more = do_chunk(turn)
        waits.append((time.perf_counter() - began) * 1000)
        return more

    advancing.do_chunk = timed
    return waits


def turned(run: Run) -> float:
    began = time.perf_counter()
    while advance(run.pk):
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
