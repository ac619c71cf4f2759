"""Conversations as closing them finds and leaves them: whoever takes a closing back compares, and knows what was (B-02).

States and moments only, no words: what is kept for a day outlives nobody's erasure.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from contacts.landings import landings_of
from inbox.models import Callback, Conversation


def pictures_of(conversations: Sequence[Conversation]) -> dict[int, dict[str, Any]]:
    """Of each, by key, in what JSON can say: itself, its record with the attempt it is there, and what it promised. Two statements."""
    landings = landings_of(
        {each.uuid: each.base_member_id for each in conversations if each.base_member_id is not None}
    )
    promises = promises_of([each.uuid for each in conversations])
    return {
        each.pk: picture(each) | {"landing": landings.get(each.uuid), "promise": promises.get(each.uuid)}
        for each in conversations
    }


def picture(conversation: Conversation) -> dict[str, Any]:
    return {
        "status": conversation.status,
        "assignee": conversation.assignee_id,
        "member": conversation.base_member_id,
        "unread": conversation.unread,
        "waiting_since": moment(conversation.waiting_since),
        "inbound": moment(conversation.last_inbound_at),
        "outbound": moment(conversation.last_outbound_at),
        "closed_at": moment(conversation.closed_at),
        "typification": conversation.typification_id,
        # Whether it is another one, not what it says.
        "note": hashlib.sha256(conversation.close_note.encode()).hexdigest()[:16] if conversation.close_note else "",
    }


def moment(at: datetime.datetime | None) -> str | None:
    return at.astimezone(datetime.UTC).isoformat() if at else None


def promises_of(interactions: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """What interactions promised, but for what was cancelled: one each at most."""
    standing = Callback.objects.filter(interaction_id__in=interactions).exclude(state=Callback.State.CANCELLED)
    return {
        interaction: {"id": pk, "state": state, "due_at": moment(due_at)}
        for interaction, pk, state, due_at in standing.values_list("interaction_id", "pk", "state", "due_at")
        if interaction is not None
    }
