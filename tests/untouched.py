"""«Nothing happened», said about the whole database at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# When somebody was last here is written down by looking, and is not something that happened.
LOOKING = frozenset({"django_session", "accounts_apitoken"})
# That somebody's role was refused is written down on purpose (S07), and is all that happened.
REFUSED = {"core_journalentry": "WHERE verb <> 'entry_refused'"}


def contents() -> dict[str, str]:
    """A digest of every table's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        )
        tables = sorted({name for (name,) in cursor.fetchall()} - LOOKING)
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{table}\" t {REFUSED.get(table, '')}"
                for table in tables
            )
        )
        return dict(cursor.fetchall())


def changed_since(before: dict[str, str]) -> list[str]:
    return [table for table, digest in contents().items() if before.get(table) != digest]


@contextmanager
def untouched() -> Iterator[None]:
    """Nothing in any table changes meanwhile."""
    before = contents()
    yield
    assert changed_since(before) == []
