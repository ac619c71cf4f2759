"""Rules that must hold after anything whatever happened, as questions to the database that answer with the ids that break them.

Each floor states its own in `invariants.py`; the roof lists them (config/invariants.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

SHOWN_AT_MOST = 50


@dataclass(frozen=True)
class Invariant:
    """`sql` selects one column: the ids (as text or numbers) of what breaks the rule. `source` is where the rule comes from."""

    name: str
    sql: str
    source: str


def look() -> Iterator[tuple[Invariant, list[str]]]:
    """Give each rule with the first offending ids, all of one moment: none where it holds."""
    rules: Sequence[Invariant] = import_string(settings.INVARIANTS)
    with connection.cursor() as cursor:
        for rule in rules:
            # One question at a time, each a snapshot of its own: a long transaction over all would hold back vacuum on a live table.
            cursor.execute(f"SELECT * FROM ({rule.sql}) AS offending LIMIT {SHOWN_AT_MOST}")  # noqa: S608  # constants of ours
            yield rule, [str(row[0]) for row in cursor.fetchall()]


# A worker that died while it held one left it behind: it ran out at most minutes ago, and a sweeper has taken it up since (R36).
INVARIANTS = [
    Invariant(
        "no lease is left over for five minutes",
        "SELECT key FROM core_lease WHERE locked_until < now() - interval '5 minutes' OR locked_until > now() + interval '1 hour'",
        "TRUST.md, Invariant checker",
    ),
]
