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
