"""Many conversations closed at once by one person with one outcome, by the one closing rule (B-03, 003-22 … 003-24)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from accounts.models import User
from contacts.actions.taking_back import hold_records
from core.refusals import Refusal
from core.text import without_nul
from inbox.actions.closing import end_conversations, offered_ids, refuse_unless_fit
from inbox.actions.locking import as_seen, lock_conversations
from inbox.audience import Audience
from inbox.models import Conversation
from inbox.permits import may_end
from inbox.pictures import pictures_of
from typification.models import Typification

UNKNOWN = "unknown"


class Closing(NamedTuple):
    """What became of one: why it stays open, empty where it was closed; and what it was and is, for who takes it back."""

    reason: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def close_many(
    conversation_ids: Collection[int], *, by: User, typification_id: int, note: str
) -> Mapping[int, Closing]:
    """Close those that may be closed; say of each what became of it. A part of somebody else's transaction.

    All are held first, in order, and then the records they are about: so do others who hold several.
    """
    held = lock_conversations(conversation_ids)
    hold_records(each.base_member_id for each in held.values() if each.base_member_id is not None)
    typification = Typification.objects.select_related("parent").filter(pk=typification_id).first()
    note, audience = without_nul(note).strip(), Audience.of(by)
    offered: dict[int | None, set[int]] = {}
    ends, closing = dict.fromkeys(conversation_ids, Closing(UNKNOWN)), []
    for pk, each in held.items():
        if not audience.sees(as_seen(each)):
            continue
        if each.campaign_id not in offered:
            offered[each.campaign_id] = offered_ids(each)
        try:
            may_end(each, by).require()
            refuse_unless_fit(
                each, typification, offered=offered[each.campaign_id], note=note, mode="bulk", due_at=None
            )
        except Refusal as refusal:
            ends[pk] = Closing(refusal.code)
        else:
            closing.append(each)
    for some in apart(closing):
        # Refused for all, were it none.
        assert typification is not None
        before = pictures_of(some)
        end_conversations(some, by=by, typification=typification, mode="bulk", note=note)
        after = pictures_of(some)
        ends |= {each.pk: Closing("", before[each.pk], after[each.pk]) for each in some}
    return ends


def apart(conversations: Iterable[Conversation]) -> list[list[Conversation]]:
    """In as few rounds as it takes for no two of one record to meet: each finds it as the one before left it."""
    rounds: list[list[Conversation]] = []
    met: dict[int, int] = {}
    for each in conversations:
        place = met.get(each.base_member_id, 0) if each.base_member_id is not None else 0
        if each.base_member_id is not None:
            met[each.base_member_id] = place + 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(each)
    return rounds
