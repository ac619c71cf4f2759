"""Members leave their base, many at once, and may come back as they were: parts of somebody else's transaction (core.outcomes)."""

from __future__ import annotations

from django.db import connection

from accounts.models import User
from contacts.actions.member_states import State
from contacts.actions.recycling import TOUCH, lock_and_judge
from contacts.actions.slices import touch
from contacts.detaching import DetachingFilter
from contacts.landings import FIGURES
from contacts.models import BaseMember, ContactBase
from core import journal, outcomes

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


def leave_again(*, by: User | None) -> None:
    """Whoever joined a base (`bulk_given`: `after` names the record) leaves it, where nobody has begun with them since."""
    given = {pk: after["member"] for pk, _before, after in outcomes.given() if after}
    members = BaseMember.objects.select_for_update(no_key=True).filter(pk__in=given.values()).order_by("pk")
    held = {each.pk: each for each in members}
    untouched = {
        pk for pk, each in held.items() if each.state == State.UNPROCESSED and each.cycle == 1 and each.attempts == 0
    }
    BaseMember.objects.filter(pk__in=untouched).update(state=State.DETACHED, due_at=None)
    touch((held[pk].base_id, pk) for pk in untouched)
    outcomes.write((pk, "" if member in untouched else "changed", None, None) for pk, member in sorted(given.items()))
    for base in ContactBase.objects.filter(pk__in={held[pk].base_id for pk in untouched}).order_by("pk"):
        theirs = sorted(pk for pk in untouched if held[pk].base_id == base.pk)
        journal.record("members_detached", base, by=by, details={"detached": len(theirs), "kept": 0})
