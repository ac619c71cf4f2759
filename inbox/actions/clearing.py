"""What hangs on records that begin anew, many at once: their promises are cancelled, the detail of their calls put away; and both come
back when that is taken back. Parts of somebody else's transaction, which holds the records.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.db import connection
from django.utils import timezone

from core.events import publish
from inbox.events import CallbacksChanged
from inbox.models import Call, Callback

State = Callback.State

# Its history has just gone to the removed attempts: contacts' table, which the floor above may read as well as its members'.
PUT_AWAY = """
UPDATE inbox_call AS call SET removed_in = %(removal)s
  FROM contacts_removedattempt attempt
 WHERE attempt.removal = %(removal)s AND attempt.member_id = ANY(%(ids)s::bigint[]) AND attempt.medium = 'call'
   AND call.uuid = attempt.interaction_id AND call.removed_in IS NULL
   -- What another record's history tells of stays.
   AND NOT EXISTS (SELECT FROM contacts_attempt kept WHERE kept.interaction_id = call.uuid)
"""
BRING_BACK = """
UPDATE inbox_call AS call SET removed_in = NULL
  FROM contacts_attempt attempt
 WHERE attempt.member_id = ANY(%(ids)s::bigint[]) AND attempt.medium = 'call'
   AND call.uuid = attempt.interaction_id AND call.removed_in = %(removal)s
"""


def cancel_callbacks_of(member_ids: Iterable[int]) -> Mapping[int, list[int]]:
    """Cancel what is still promised for these records; return the promises of each that had some. The records themselves stay."""
    pending = Callback.objects.filter(member__in=list(member_ids), state=State.PENDING)
    held = list(pending.select_for_update().order_by("pk").values_list("pk", "member_id"))
    Callback.objects.filter(pk__in=[pk for pk, _member in held]).update(state=State.CANCELLED, ended_at=timezone.now())
    tell(pk for pk, _member in held)
    cancelled: dict[int, list[int]] = {}
    for pk, member_id in held:
        cancelled.setdefault(member_id, []).append(pk)
    return cancelled


def restore_callbacks(callback_ids: Iterable[int]) -> int:
    """Take up again what `cancel_callbacks_of` cancelled; return how many. What its interaction promised otherwise since stays."""
    held = Callback.objects.select_for_update().filter(pk__in=list(callback_ids), state=State.CANCELLED).order_by("pk")
    promised = set(
        Callback.objects.filter(interaction_id__in=[each.interaction_id for each in held if each.interaction_id])
        .exclude(state=State.CANCELLED)
        .values_list("interaction_id", flat=True)
    )
    ids = [each.pk for each in held if each.interaction_id is None or each.interaction_id not in promised]
    Callback.objects.filter(pk__in=ids).update(state=State.PENDING, ended_at=None)
    tell(ids)
    return len(ids)


def tell(callback_ids: Iterable[int]) -> None:
    if ids := tuple(callback_ids):
        publish(CallbacksChanged(callback_ids=ids))


def put_calls_away(member_ids: list[int], *, removal: uuid.UUID) -> int:
    """The calls of attempts that `removal` took from these records leave the history too; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(PUT_AWAY, {"removal": removal, "ids": member_ids})
        return int(cursor.rowcount)


def bring_calls_back(member_ids: list[int], *, removal: uuid.UUID) -> int:
    """Those whose attempts came back stand in the history again; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(BRING_BACK, {"removal": removal, "ids": member_ids})
        return int(cursor.rowcount)


def forget_calls(removal: uuid.UUID, *, most: int) -> int:
    """Purge the calls that a removal put away, up to `most`; return how many went."""
    ids = list(Call.objects.filter(removed_in=removal).order_by("pk").values_list("pk", flat=True)[:most])
    return int(Call.objects.filter(pk__in=ids).delete()[0])
