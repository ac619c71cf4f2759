"""When somebody last wrote, called or was attended [Última gestión]: written downward by the floor that knows (HOUSE.md)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db import connection

from contacts.models import Contact

# A list that says «10:14» may be this late. Every write of the column is one to each index of the table (it is sorted by), so that a
# conversation in full swing, message upon message, writes it once a minute and not once a message.
GRAIN = datetime.timedelta(minutes=1)


def note_interactions(moments: Mapping[int, datetime.datetime]) -> None:
    """Let contacts have been attended at these moments, by id, where what is known is older; in one statement.

    A contact that somebody holds at this moment is passed over: whoever holds one is receiving their message (which says the same), or
    changing them, and waiting here for a contact with a conversation in hand would close a ring with those who hold them the other
    way round. Repeating it changes nothing.
    """
    if not moments:
        return
    table = connection.ops.quote_name(Contact._meta.db_table)
    ids = sorted(moments)
    with connection.cursor() as cursor:
        cursor.execute(
            # Of one that was merged, whoever stands for them.
            f"WITH new(id, at) AS (SELECT coalesce(who.merged_into_id, who.id), max(told.at)"  # noqa: S608  # the model's own table
            f" FROM unnest(%s::bigint[], %s::timestamptz[]) AS told(id, at) JOIN {table} AS who ON who.id = told.id GROUP BY 1),"
            f" held AS (SELECT {table}.id, new.at FROM {table} JOIN new USING (id)"
            f" WHERE {table}.last_interaction_at IS NULL OR {table}.last_interaction_at < new.at - make_interval(secs => %s)"
            f" ORDER BY {table}.id FOR NO KEY UPDATE OF {table} SKIP LOCKED)"
            f" UPDATE {table} SET last_interaction_at = held.at FROM held WHERE {table}.id = held.id",
            [ids, [moments[each] for each in ids], GRAIN.total_seconds()],
        )


def is_worth_noting(known: datetime.datetime | None, at: datetime.datetime) -> bool:
    """Whether it would be written, of a contact in hand: what is fresh costs no statement."""
    return known is None or known < at - GRAIN
