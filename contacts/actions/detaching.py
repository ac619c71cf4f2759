"""Members leave their base, many at once, and may come back as they were: parts of somebody else's transaction (core.outcomes)."""

from __future__ import annotations

from django.db import connection

from contacts.actions.recycling import TOUCH, lock_and_judge
from contacts.detaching import DetachingFilter
from contacts.landings import FIGURES

LEAVE = f"""
WITH gone AS (
    UPDATE contacts_basemember AS member SET state = 'detached', due_at = NULL FROM bulk_outcome outcome
     WHERE member.id = ANY(%(ids)s::bigint[]) AND outcome.target = member.id AND outcome.reason = ''
    RETURNING member.id, {FIGURES} AS after
)
UPDATE bulk_outcome SET after = gone.after FROM gone WHERE bulk_outcome.target = gone.id
"""  # noqa: S608  # a constant of ours


def detach_chosen(member_ids: list[int], *, among: DetachingFilter) -> None:
    """Take members out of their base; their history stays. Those that may not leave (any more) stay as they are, and why."""
    lock_and_judge(member_ids, among.judged(member_ids))
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, {"ids": member_ids})
        cursor.execute(TOUCH, {"ids": member_ids})
