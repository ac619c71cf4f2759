"""Exporting the contacts of a team: rows a second and memory, beside COPY … TO of the same people and openpyxl's write-only workbook.

PERFORMANCE.md names XlsxWriter's constant_memory; it is no dependency of ours. openpyxl's write-only mode, which writes the same cells the
same way, stands for it: both hand each cell to Python code and each row to zlib.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import uuid
from dataclasses import asdict

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

GIVEN, HERE = set_up_beside("export")

import openpyxl
import psycopg

from accounts.actions import create_user, seed_roles_and_aux_states
from accounts.models import Team, User
from benchmarks._report import Target, machine, say_table, say_targets, say_title
from contacts.exporting import Shape
from processes.actions.advancing import advance
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import start_run
from processes.catalogue import process_of
from processes.models import Run, RunFile
from runner.terminal import say

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "200000"))
ROWS_BY_OPENPYXL = min(CONTACTS, 20_000)
MEMORY_MIB = 50

MAKE = """
WITH made AS (
    INSERT INTO contacts_contact (first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
        do_not_contact, custom, created_at, updated_at)
    SELECT 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', i %% 50 = 0, false, false, '{}', now(), now()
      FROM generate_series(1, %(many)s) i
    RETURNING id, last_name
), reached AS (
    INSERT INTO contacts_contactpoint (contact_id, kind, scope, value, normalised, digits, variants, is_primary)
    SELECT id, 'phone', '', (595900000000 + id)::text, '+' || (595900000000 + id), (595900000000 + id)::text, '{}', true FROM made
)
INSERT INTO contacts_contact_teams (contact_id, team_id, sort_name) SELECT id, %(team)s, 'persona ' || last_name FROM made
"""
# What a file without masks, runs or pieces would cost: the same people and their numbers, in the database's own hands.
COPY = """
COPY (SELECT contact.first_name, contact.last_name, contact.is_vip, contact.created_at, string_agg(point.value, '; ')
        FROM contacts_contact contact
        JOIN contacts_contact_teams share ON share.contact_id = contact.id AND share.team_id = {team}
        LEFT JOIN contacts_contactpoint point ON point.contact_id = contact.id
       WHERE contact.merged_into_id IS NULL AND contact.erased_at IS NULL
       GROUP BY contact.id ORDER BY contact.id) TO STDOUT (FORMAT csv)
"""


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, HERE):
        user, team = prepare()
        copied_rate = copy_out(team)
        books_rate = by_openpyxl()
        rows, rates, grown = [], {}, 0.0
        for kind in ("csv", "xlsx"):
            frozen, written, size, more = export(kind, user)
            rates[kind] = CONTACTS / written
            grown = max(grown, more)
            rows.append(
                [
                    kind,
                    f"{CONTACTS / frozen:,.0f}/s",
                    f"{CONTACTS / written:,.0f}/s",
                    f"{CONTACTS / (frozen + written):,.0f}/s",
                    f"{size / 2**20:.1f} MiB",
                    f"{more:.0f} MiB",
                ]
            )
        rows += [
            ["COPY TO, to compare", "", f"{copied_rate:,.0f}/s", "", "", ""],
            ["openpyxl, cells alone", "", f"{books_rate:,.0f}/s", "", "", ""],
        ]
        say_title("An export, from the preview to the file")
        say_table(["", "preview", "rows and file", "both", "file", "more memory"], rows)
        let_go_of_the_database()
    targets = [
        Target("a workbook, of openpyxl's write-only cells", f"{rates['xlsx'] / books_rate:.1f}x", ">= 4x", rates["xlsx"] >= 4 * books_rate),
        Target("memory beyond the worker's own", f"{grown:.0f} MiB", f"<= {MEMORY_MIB} MiB", grown <= MEMORY_MIB),
    ]  # fmt: skip
    say_title("Targets")
    say_targets(targets)
    say(f"  of COPY TO: csv {rates['csv'] / copied_rate:.2f}x, xlsx {rates['xlsx'] / copied_rate:.2f}x")
    say(f"\n  {machine()}, {CONTACTS:,} contacts")
    return 0 if all(target.is_met for target in targets) else 1


def prepare() -> tuple[User, Team]:
    seed_roles_and_aux_states()
    team = Team.objects.create(name="Ventas")
    user = create_user("luis", role="supervisor", password=None, teams=[team], first_name="Luis")
    User.objects.filter(pk=user.pk).update(may_export=True)
    let_go_of_the_database()
    with psycopg.connect(HERE, autocommit=True) as straight:
        straight.execute(MAKE, {"many": CONTACTS, "team": team.pk})
        straight.execute("VACUUM ANALYZE")
    return User.objects.get(pk=user.pk), team


def copy_out(team: Team) -> float:
    began = time.perf_counter()
    with (
        psycopg.connect(HERE) as straight,
        straight.cursor() as cursor,
        cursor.copy(COPY.format(team=int(team.pk))) as copy,
        tempfile.TemporaryFile() as into,
    ):
        for block in copy:
            into.write(block)
    return CONTACTS / (time.perf_counter() - began)


def by_openpyxl() -> float:
    """The cells of a row of ours, without reading any."""
    width = len(["Persona", "1", "", "No", "+595900000001"]) + 20
    row = ["Persona", "12345", "", "No", "+595900000001", *[""] * (width - 7), "2026-11-22 10:00", "No"]
    began = time.perf_counter()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _n in range(ROWS_BY_OPENPYXL):
        sheet.append(row)
    with tempfile.TemporaryFile() as into:
        book.save(into)
    return ROWS_BY_OPENPYXL / (time.perf_counter() - began)


def export(kind: str, user: User) -> tuple[float, float, int, float]:
    """Seconds of the preview and of the rest, the file's size, and the memory it took beyond what there was."""
    parameters = {"format": kind, "asked": {}, "numbers": True, **asdict(Shape.now())}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run = ask_for_run(process_of("export-contacts"), parameters, submission=uuid.uuid4(), by=user)
    began = time.perf_counter()
    assert freeze(run.pk)
    frozen = time.perf_counter() - began
    start_run(run.pk, by=user)
    began = time.perf_counter()
    while advance(run.pk):
        pass
    written = time.perf_counter() - began
    done = Run.objects.get(pk=run.pk)
    made = RunFile.objects.get(run=run)
    assert (done.state, made.rows) == ("done", CONTACTS)
    return frozen, written, made.size, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    sys.exit(main())
