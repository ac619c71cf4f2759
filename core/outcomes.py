"""What a bulk action made of each row, without a row travelling through Python: two temporary tables of this connection, emptied with
each transaction.

An action of a lower floor that changes many rows at once leaves its answer in `bulk_outcome`; whoever asked for it merges that into a
ledger of its own, in SQL. What is to be undone is handed down in `bulk_given`. Neither floor knows the other's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection

# An empty reason: it was done.
DONE = ""
# The row is not there any more, or not in any state to be asked about.
GONE = "gone"

TABLES = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS bulk_outcome"
    " (target bigint PRIMARY KEY, reason text NOT NULL DEFAULT '', before jsonb, after jsonb) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE IF NOT EXISTS bulk_given (target bigint PRIMARY KEY, before jsonb, after jsonb) ON COMMIT DELETE ROWS",
)


def clear() -> None:
    """Both tables, empty: at the beginning of what fills them. In a transaction, or they are empty again at once."""
    with connection.cursor() as cursor:
        # Asked first: a statement that finds its table there would say so in the server's log, each time.
        cursor.execute("SELECT to_regclass('pg_temp.bulk_given') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("TRUNCATE bulk_outcome, bulk_given")
            return
        for table in TABLES:
            cursor.execute(table)


def write(rows: Iterable[tuple[int, str, dict[str, Any] | None, dict[str, Any] | None]]) -> None:
    """Say what became of rows that were changed one by one: target, reason, before and after of each."""
    with (
        # Django wraps the errors of `execute` only.
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy("COPY bulk_outcome (target, reason, before, after) FROM STDIN") as copy,
    ):
        for target, reason, before, after in rows:
            copy.write_row((target, reason, as_json(before), as_json(after)))


def write_done(targets: Sequence[int]) -> None:
    """Say of all these at once that they were done, and that nothing needs to be kept of them."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bulk_outcome (target) SELECT unnest(%s::bigint[])", [list(targets)])


def as_json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def done_targets() -> list[int]:
    """Those of which nothing says that they were left out, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT target FROM bulk_outcome WHERE reason = '' ORDER BY target")
        return [target for (target,) in cursor.fetchall()]


def given() -> list[tuple[int, dict[str, Any] | None, dict[str, Any] | None]]:
    """What is to be taken back, for who does it row by row: target, before and after of each, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT target, before::text, after::text FROM bulk_given ORDER BY target")
        return [(target, from_json(before), from_json(after)) for target, before, after in cursor.fetchall()]


def from_json(said: str | None) -> dict[str, Any] | None:
    return None if said is None else orjson.loads(said)
