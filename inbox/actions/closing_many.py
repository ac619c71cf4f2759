"""Many conversations closed at once by one person with one outcome: each by the one closing rule (B-03, 003-22 … 003-24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from accounts.models import User
from contacts.models import BaseMember
from core.refusals import NotFound, Refusal
from inbox.actions.closing import close_conversation
from inbox.actions.locking import lock_rows


def close_many(conversation_ids: Iterable[int], *, by: User, typification_id: int, note: str) -> Mapping[int, str]:
    """Close each; return by conversation why it was not, empty where it was. A part of somebody else's transaction.

    All are held first, in order, and then the records they are about: so do others who hold several.
    """
    held = lock_rows(conversation_ids)
    members = sorted({each.base_member_id for each in held.values() if each.base_member_id is not None})
    list(BaseMember.objects.select_for_update(no_key=True).filter(pk__in=members).order_by("pk").values_list("pk"))
    ends = dict.fromkeys(conversation_ids, "unknown")
    for pk in held:
        try:
            close_conversation(pk, by=by, typification_id=typification_id, note=note, mode="bulk")
            ends[pk] = ""
        except NotFound:
            # It is not theirs to see any more.
            continue
        except Refusal as refusal:
            ends[pk] = refusal.code
    return ends
