"""What a base's members are, a thousand ids at a time: how many of each state, and where somebody waits who may be offered.

Bulk processes rewrite most of a base, so no index knows a member's state (docs/decisions, "taking the next member"). Instead every
change leaves a touch, an insert that waits for nobody, and whoever counts takes the touches of a slice away before counting it: what
was committed later than the count left a touch that is still there. So a slice without a touch is exact, and one with a touch says
what was true a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from contacts.models import BaseSlice, SliceTouch
from core.locks import hold_free_names

SLICE_BITS = 10
# In one transaction: half a millisecond each.
COUNTED_AT_ONCE = 64

COUNT = f"""
WITH wanted AS (SELECT unnest(%(numbers)s::bigint[]) AS number),
counted AS (
    SELECT wanted.number, member.state, count(*) AS many,
           count(*) FILTER (WHERE member.state = 'unprocessed' AND member.attempts < coalesce(base.max_attempts, 32767)) AS fresh,
           min(coalesce(member.last_contact_at, member.created_at)) FILTER (
               WHERE member.state = 'retry' AND member.attempts < coalesce(base.max_attempts, 32767)
           ) AS retry_since
      FROM wanted
      JOIN contacts_contactbase base ON base.id = %(base_id)s
      JOIN contacts_basemember member
        ON member.base_id = %(base_id)s
       AND member.id >= wanted.number << {SLICE_BITS} AND member.id < (wanted.number + 1) << {SLICE_BITS}
     GROUP BY wanted.number, member.state
)
INSERT INTO contacts_baseslice (base_id, number, counts, fresh, retry_since, counted_at)
SELECT %(base_id)s, number, coalesce(jsonb_object_agg(state, many) FILTER (WHERE state IS NOT NULL), '{{}}'),
       coalesce(sum(fresh), 0), min(retry_since), statement_timestamp()
  FROM wanted LEFT JOIN counted USING (number)
 GROUP BY number
ON CONFLICT (base_id, number) DO UPDATE
   SET counts = excluded.counts, fresh = excluded.fresh, retry_since = excluded.retry_since, counted_at = excluded.counted_at
"""  # noqa: S608  # a constant of ours

COUNT_NOW = f"""
SELECT state, sum(many)::bigint FROM (
    SELECT state, many::bigint FROM contacts_baseslice, jsonb_each_text(counts) AS each(state, many)
     WHERE base_id = %(base_id)s AND number <> ALL(%(touched)s::bigint[])
    UNION ALL
    SELECT member.state, count(*) FROM unnest(%(touched)s::bigint[]) AS slice(number)
      JOIN contacts_basemember member ON member.base_id = %(base_id)s
       AND member.id >= slice.number << {SLICE_BITS} AND member.id < (slice.number + 1) << {SLICE_BITS}
     GROUP BY member.state
) AS counted GROUP BY state
"""  # noqa: S608  # a constant of ours


def touch(members: Iterable[tuple[int, int]]) -> None:
    """Say that members changed: pairs of base id and member id. In the transaction that changes them."""
    slices = sorted({(base_id, member_id >> SLICE_BITS) for base_id, member_id in members})
    SliceTouch.objects.bulk_create([SliceTouch(base_id=base_id, number=number) for base_id, number in slices])


def touch_whole_base(base_id: int) -> None:
    """Say that who may be offered changed throughout a base."""
    known = BaseSlice.objects.filter(base_id=base_id).order_by("number").values_list("number", flat=True)
    SliceTouch.objects.bulk_create([SliceTouch(base_id=base_id, number=number) for number in known], batch_size=5_000)


def touched_slices(base_id: int, *, most: int) -> list[int]:
    """The first slices of a base that changed since they were counted."""
    touched = SliceTouch.objects.filter(base_id=base_id).order_by("number")
    return list(touched.values_list("number", flat=True).distinct()[:most])


@transaction.atomic
def count_touched(base_id: int, *, most: int = COUNTED_AT_ONCE) -> int:
    """Count up to `most` slices of a base that changed since they were counted; return how many were.

    At once with others: a slice that somebody else counts now is left to them.
    """
    free = hold_free_names(f"slice|{base_id}|{number}" for number in touched_slices(base_id, most=most))
    numbers = sorted(int(name.rpartition("|")[2]) for name in free)
    if not numbers:
        return 0
    # First they go, then is counted, each statement seeing what was committed before it began.
    SliceTouch.objects.filter(base_id=base_id, number__in=numbers).delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"base_id": base_id, "numbers": numbers})
    return len(numbers)


def count_everything_touched() -> int:
    """Count every slice of every base that changed; return how many. For the beat, and after a bulk process."""
    counted = 0
    for base_id in list(SliceTouch.objects.order_by("base_id").values_list("base_id", flat=True).distinct()):
        while now := count_touched(base_id):
            counted += now
    return counted


def counts_of(base_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many members of each state each base has, as of the last count of each slice: one row for a thousand members is read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT base_id, state, sum(many::bigint) FROM contacts_baseslice, jsonb_each_text(counts) AS each(state, many)"
            " WHERE base_id = ANY(%s) GROUP BY base_id, state",
            [sorted(set(base_ids))],
        )
        counts: dict[int, dict[str, int]] = {}
        for base_id, state, many in cursor.fetchall():
            counts.setdefault(base_id, {})[state] = int(many)
    return counts


def counts_now(base_id: int) -> dict[str, int]:
    """How many members of each state a base has now, without writing anything: what changed since its count is counted here.

    Only after a bulk process has just rewritten most of a base it is what was last counted, ten seconds ago at most (the beat).
    """
    touched = touched_slices(base_id, most=COUNTED_AT_ONCE + 1)
    if len(touched) > COUNTED_AT_ONCE:
        return counts_of([base_id]).get(base_id, {})
    with connection.cursor() as cursor:
        cursor.execute(COUNT_NOW, {"base_id": base_id, "touched": touched})
        return {state: int(many) for state, many in cursor.fetchall()}
