"""Taking the next member of a base of a million, whatever share is worked; its counters; and whether a bulk rewrite stays on its pages."""

from __future__ import annotations

import os
import sys
import time
from statistics import median

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

GIVEN, HERE = set_up_beside("members")

import psycopg
from django.db import transaction
from django.utils import timezone

from accounts.actions import create_user, seed_roles_and_aux_states
from accounts.models import Team, User
from benchmarks._report import Target, machine, median_ratio, percentile, say_table, say_targets, say_title
from contacts.actions.bases import BaseSheet, create_base
from contacts.actions.member_states import State
from contacts.actions.members import next_member, release_member, take_next_member, within
from contacts.actions.slices import count_everything_touched, counts_now
from contacts.models import BaseMember, ContactBase
from runner.terminal import say

MEMBERS = int(os.environ.get("BENCH_MEMBERS", "1000000"))
SAMPLES = int(os.environ.get("BENCH_ROUNDS", "60"))
LIMIT_MS = 5.0

CONTACTS = """
INSERT INTO contacts_contact (id, first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
    do_not_contact, custom, created_at, updated_at)
SELECT i, 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', false, false, false, '{}', now(), now()
FROM generate_series(1, %s) i
"""
SHARES = """
INSERT INTO contacts_contact_teams (contact_id, team_id, sort_name) SELECT i, %s, 'persona ' || i FROM generate_series(1, %s) i
"""
JOIN = """
INSERT INTO contacts_basemember (base_id, contact_id, state, cycle, attempts, reserved_from)
SELECT %s, i, 'unprocessed', 1, 0, '' FROM generate_series(1, %s) i
"""
# Spread evenly: the rarest case for whoever looks for the few that are left.
WORK = """
UPDATE contacts_basemember SET state = CASE WHEN id %% 5 < 2 THEN 'retry' ELSE 'closed' END, attempts = 1 + (id %% 3),
    first_contact_at = now(), last_contact_at = now() - (id %% 100000) * interval '1 second'
WHERE base_id = %s AND state = 'unprocessed' AND (id * 7919) %% 100000 < %s
"""
CLOSE = "UPDATE contacts_basemember SET state = 'closed' WHERE base_id = %s AND state = 'retry' AND id %% 1000003 <> 16"
RECYCLE = """
UPDATE contacts_basemember SET state = 'unprocessed', cycle = cycle + 1, attempts = 0, first_contact_at = NULL, last_contact_at = NULL,
    last_user_id = NULL, last_typification_id = NULL, due_at = NULL
WHERE base_id = %s AND id > %s AND id <= %s AND state IN ('retry', 'closed')
"""
TOUCH = "INSERT INTO contacts_slicetouch (base_id, number) SELECT DISTINCT base_id, id >> 10 FROM contacts_basemember WHERE base_id = %s"


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, HERE):
        base, agent = prepare()
        rows, worst, ratios = [], 0.0, []
        with psycopg.connect(HERE, autocommit=True) as straight:
            for name, change in (
                ("nobody worked yet", None),
                ("half worked", (WORK, 50_000)),
                ("99 % worked", (WORK, 99_000)),
                ("all worked, 40 % to be tried again", (WORK, 100_000)),
                ("all but one closed", (CLOSE,)),
            ):
                if change is not None:
                    sql, *values = change
                    straight.execute(sql, [base.pk, *values])
                    straight.execute(TOUCH, [base.pk])
                    straight.execute("VACUUM ANALYZE contacts_basemember")
                    began = time.perf_counter()
                    count_everything_touched()
                    say(f"  {name}: every slice counted in {(time.perf_counter() - began) * 1000:.0f} ms")
                    straight.execute("VACUUM ANALYZE contacts_slicetouch, contacts_baseslice")
                taken, walked, trips = [], [], []
                for _sample in range(SAMPLES):
                    # In turn: what else the machine does falls on all alike.
                    taken.append(take(base, agent))
                    trips.append(round_trip(base))
                    walked.append(walk(base, agent))
                worst = max(worst, percentile(taken, 0.95))
                row = [name]
                times = (median(taken), percentile(taken, 0.95), median(walked), median(trips))
                row += [f"{figure:.2f} ms" for figure in times]
                row.append(f"{median_ratio(walked, trips):.1f}x")
                ratios.append(median_ratio(walked, trips))
                rows.append(row)
            counters = [asked(base) for _sample in range(SAMPLES)]
            full = [recounted(straight, base) for _sample in range(5)]
            plan = explained(base, agent)
            seconds, kept = recycle(straight, base)
            straight.execute(WORK, [base.pk, 100_000])
            straight.execute("CREATE INDEX control ON contacts_basemember (base_id, id) WHERE state = 'unprocessed'")
            control, kept_control = recycle(straight, base)
        say_title("take_next_member, the whole action with its journal entry, and its question alone")
        say_table(["", "action p50", "action p95", "question p50", "by key p50", "question / by key"], rows)
        say_title("Counters by state")
        say_table(
            ["", "p50"],
            [["from the slices", f"{median(counters):.2f} ms"], ["a count of all members", f"{median(full):.0f} ms"]],
        )
        say_title("The question of one slice")
        say("\n".join(f"  {line}" for line in plan))
        targets = [
            Target("take the next, worst p95", f"{worst:.2f} ms", f"<= {LIMIT_MS:.0f} ms", worst <= LIMIT_MS),
            Target("the question, of a row read by its key", f"{max(ratios):.1f}x", "<= 20x", max(ratios) <= 20),
            Target(
                "a rewrite of most of the base, of one with an index that knows the state", f"{seconds / control:.2f}x", "<= 0.8x",
                seconds <= 0.8 * control,
            ),
            Target("rewritten rows that needed no index", f"{kept:.0%}, with it {kept_control:.0%}", ">= 40%", kept >= 0.4),
            Target(
                "counters, of a full count", f"{median(counters) / median(full):.3f}x", "<= 0.1x",
                median(counters) <= median(full) / 10,
            ),
        ]  # fmt: skip
        let_go_of_the_database()
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}, {MEMBERS:,} members, {SAMPLES} samples each")
    return 0 if all(target.is_met for target in targets) else 1


def prepare() -> tuple[ContactBase, User]:
    seed_roles_and_aux_states()
    team = Team.objects.create(name="Ventas")
    agent = create_user("ana", role="agent", password=None, teams=[team], first_name="Ana")
    base = create_base(BaseSheet(name="Un millón", team_ids=frozenset({team.pk})), by=agent)
    ContactBase.objects.filter(pk=base.pk).update(state=ContactBase.State.ACTIVE)
    let_go_of_the_database()
    began = time.perf_counter()
    with psycopg.connect(HERE, autocommit=True) as straight:
        straight.execute(CONTACTS, [MEMBERS])
        # What the trigger would write is written here.
        straight.execute("ALTER TABLE contacts_contact_teams DISABLE TRIGGER contact_placed_in_team")
        straight.execute(SHARES, [team.pk, MEMBERS])
        straight.execute(JOIN, [base.pk, MEMBERS])
        # Ours to say when: at the end it would hold the database that is dropped.
        for table in ("contacts_contact", "contacts_basemember", "contacts_slicetouch", "contacts_baseslice"):
            straight.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")  # constants
        straight.execute(TOUCH, [base.pk])
        straight.execute("VACUUM ANALYZE")
    say(f"  {MEMBERS:,} members made in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    counted = count_everything_touched()
    say(f"  {counted:,} slices counted in {(time.perf_counter() - began) * 1000:.0f} ms")
    return ContactBase.objects.get(pk=base.pk), agent


def take(base: ContactBase, agent: User) -> float:
    began = time.perf_counter()
    member = take_next_member(base.pk, by=agent)
    taken = (time.perf_counter() - began) * 1000
    assert member is not None
    release_member(member.pk, by=agent)
    return taken


def walk(base: ContactBase, agent: User) -> float:
    with transaction.atomic():
        began = time.perf_counter()
        member = next_member(base, by=agent, now=timezone.now())
        taken = (time.perf_counter() - began) * 1000
        assert member is not None
        transaction.set_rollback(True)
    return taken


def round_trip(base: ContactBase) -> float:
    began = time.perf_counter()
    assert BaseMember.objects.filter(pk=1 + base.pk).first() is not None
    return (time.perf_counter() - began) * 1000


def asked(base: ContactBase) -> float:
    began = time.perf_counter()
    counts = counts_now(base.pk)
    taken = (time.perf_counter() - began) * 1000
    assert sum(counts.values()) == MEMBERS
    return taken


def recounted(straight: psycopg.Connection, base: ContactBase) -> float:
    began = time.perf_counter()
    straight.execute("SELECT state, count(*) FROM contacts_basemember WHERE base_id = %s GROUP BY state", [base.pk])
    return (time.perf_counter() - began) * 1000


def recycle(straight: psycopg.Connection, base: ContactBase) -> tuple[float, float]:
    """Rewrite as recycling does, ten thousand at a time; return the seconds, and the share of rows that needed no index."""
    straight.execute("VACUUM ANALYZE contacts_basemember")
    question = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'contacts_basemember'"
    time.sleep(1.5)
    before = straight.execute(question).fetchone() or (0, 0)
    first, last = straight.execute("SELECT min(id), max(id) FROM contacts_basemember").fetchone() or (0, 0)
    began, place = time.perf_counter(), first - 1
    while place < last:
        straight.execute(RECYCLE, [base.pk, place, place + 10_000])
        place += 10_000
    seconds = time.perf_counter() - began
    time.sleep(1.5)
    after = straight.execute(question).fetchone() or (0, 0)
    updated, hot = after[0] - before[0], after[1] - before[1]
    say(f"  {updated:,} members rewritten in {seconds:.1f} s, {hot:,} of them without an index")
    return seconds, hot / updated if updated else 0.0


def explained(base: ContactBase, agent: User) -> list[str]:
    """How PostgreSQL looks into the slice in the middle."""
    seen = BaseMember.objects.visible_to(agent).filter(base=base)
    free = seen.select_for_update(of=("self",), skip_locked=True, no_key=True)
    with transaction.atomic():
        first = within(free, MEMBERS // 2 >> 10).filter(state=State.UNPROCESSED).order_by("pk")[:1]
        return str(first.explain(analyze=True, buffers=True, costs=False)).splitlines()


if __name__ == "__main__":
    sys.exit(main())
