"""Locks on names rather than rows: for what does not exist yet, or exists in more than one table."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection


def hold_names(names: Iterable[str]) -> None:
    """Hold each name to the end of the transaction. In one order for everybody: two batches never wait for each other in a ring."""
    with connection.cursor() as cursor:
        # Volatile functions run after the sort, so the locks are taken in order.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(h)"
            " FROM (SELECT DISTINCT hashtextextended(n, 7) AS h FROM unnest(%s::text[]) AS n) AS l ORDER BY h",
            [sorted(set(names))],
        )


def hold_free_names(names: Iterable[str]) -> set[str]:
    """Hold those of the names that nobody holds, to the end of the transaction, and return them. It waits for nobody."""
    with connection.cursor() as cursor:
        # Each hash is tried once: two names of one hash are held or not held together.
        cursor.execute(
            "WITH wanted AS MATERIALIZED (SELECT n, hashtextextended(n, 7) AS h FROM unnest(%s::text[]) AS n),"
            " tried AS MATERIALIZED (SELECT h, pg_try_advisory_xact_lock(h) AS is_held FROM (SELECT DISTINCT h FROM wanted) AS l)"
            " SELECT n FROM wanted JOIN tried USING (h) WHERE is_held",
            [sorted(set(names))],
        )
        return {name for (name,) in cursor.fetchall()}
