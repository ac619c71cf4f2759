"""What was promised for records that a process changes: cancelled with it, and taken up again when it is taken back."""

from __future__ import annotations

from django.db import connection

from core import outcomes
from inbox.actions.clearing import cancel_callbacks_of, restore_callbacks


def cancel_promises() -> None:
    """Whoever begins anew was promised nothing: what is cancelled is noted, so that it can be taken up again."""
    cancelled = cancel_callbacks_of(outcomes.done_targets())
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE bulk_outcome SET before = before || jsonb_build_object('callbacks', %s::bigint[]) WHERE target = %s",
            [(ids, member_id) for member_id, ids in cancelled.items()],
        )


def take_promises_up() -> None:
    """What was cancelled for the rows that are taken back is promised again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_array_elements(given.before->'callbacks')::bigint"
            " FROM bulk_given given JOIN bulk_outcome outcome USING (target) WHERE outcome.reason = '' AND given.before ? 'callbacks'"
        )
        restore_callbacks([pk for (pk,) in cursor.fetchall()])
