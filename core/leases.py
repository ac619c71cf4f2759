"""The right to work on something for a while, kept in a row so that a killed worker loses it by itself.

The broker's message is only a hint: whoever gets it asks for the lease, and the second copy of a task finds it taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class HeldLease:
    """A lease that was given. `attempt` counts how often the work was begun since it last ended well."""

    key: str
    token: uuid.UUID
    attempt: int


def take(key: str, *, seconds: float) -> HeldLease | None:
    """Return the lease of `key` for `seconds`, or None while somebody else holds it. The database's clock decides."""
    token = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_lease AS lease (key, token, locked_until, attempt)
            VALUES (%s, %s, clock_timestamp() + %s * interval '1 second', 1)
            ON CONFLICT (key) DO UPDATE
               SET token = excluded.token, locked_until = excluded.locked_until, attempt = lease.attempt + 1
             WHERE lease.locked_until < clock_timestamp()
            RETURNING attempt
            """,
            [key, token, seconds],
        )
        row = cursor.fetchone()
    return None if row is None else HeldLease(key=key, token=token, attempt=row[0])


# Part of a statement that does something else as well, and only while the lease is held: its parameters are `keeping`'s.
KEEP = "UPDATE core_lease SET locked_until = clock_timestamp() + %s * interval '1 second' WHERE key = %s AND token = %s"


def keeping(lease: HeldLease, *, seconds: float) -> list[Any]:
    return [seconds, lease.key, lease.token]


def renew(lease: HeldLease, *, seconds: float) -> bool:
    """Hold on for `seconds` from now. False means that the lease was lost: stop at once."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP, keeping(lease, seconds=seconds))
        return bool(cursor.rowcount == 1)


def release(lease: HeldLease) -> None:
    """Give the lease back. Nothing happens when it was lost meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_lease WHERE key = %s AND token = %s", [lease.key, lease.token])


@contextmanager
def held(key: str, *, seconds: float) -> Iterator[HeldLease | None]:
    """`with held("outbox:7", seconds=60) as lease:` gives the lease or None, and returns it at the end whatever happens."""
    lease = take(key, seconds=seconds)
    try:
        yield lease
    finally:
        if lease is not None:
            release(lease)
