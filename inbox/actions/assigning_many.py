"""Many conversations given to one agent, or left to their campaigns, by who supervises them; and given back (B-04). Parts of somebody
else's transaction, which leave what became of each in `bulk_outcome` (core.outcomes).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from accounts import presence
from accounts.actions import hold_user
from accounts.models import User
from campaigns.models import CampaignAgent
from core import journal, outcomes
from inbox.actions.assignment import give, put_back
from inbox.actions.locking import as_seen, lock_conversations, save_touched
from inbox.audience import Audience
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import supervises
from inbox.targets import ready_among

CLOSED, THEIRS, WAITING = "already_closed", "already_theirs", "already_waiting"
NOT_AGENT, OFFLINE, DO_NOT_CONTACT, NOT_ALLOWED = "not_agent", "offline", "do_not_contact", "not_allowed"
# What a turn has of its own, for the one that follows when it is taken back.
MARKS = ("needs_first_reply", "answered", "unread")


def is_online(user: User) -> bool:
    """Whether new work may be put into their hands: as for a transfer (004-23)."""
    return bool(presence.here_among(ready_among([user.pk])))


def handled_by(user: User) -> Mapping[int, CampaignAgent]:
    """By campaign: what they handle there."""
    return {each.campaign_id: each for each in CampaignAgent.objects.filter(user=user)}


def assign_many(conversation_ids: Iterable[int], *, user_id: int | None, by: User) -> None:
    """Put conversations that `by` sees and supervises into one agent's hands; with no `user_id`, let them wait in their campaigns."""
    locked = lock_conversations(conversation_ids)
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    if user is not None:
        # Who leaves in this moment leaves before, or after and it goes back (R32).
        hold_user(user)
    audience, may = Audience.of(by), supervises(by)
    handled = handled_by(user) if user is not None else {}
    is_here = user is not None and is_online(user)
    rows: list[tuple[int, str, dict[str, Any] | None, dict[str, Any] | None]] = []
    changed = []
    for pk, conversation in sorted(locked.items()):
        if not audience.sees(as_seen(conversation)):
            continue
        reason = "" if may else NOT_ALLOWED
        if user_id is None:
            reason = reason or why_not_left(conversation)
        else:
            reason = reason or why_not_given(conversation, user, handled=handled, is_here=is_here)
        if reason:
            rows.append((pk, reason, None, None))
            continue
        before = standing(conversation)
        if user is not None:
            give(conversation, user, kind=ConversationEvent.Kind.ASSIGNED, by=by)
        else:
            put_back(conversation, kind=ConversationEvent.Kind.RELEASED, by=by)
        changed.append(pk)
        rows.append((pk, "", before, standing(conversation)))
    outcomes.write(rows)
    verb = "conversation_released" if user_id is None else "conversation_assigned"
    details = {} if user_id is None else {"user": user_id}
    journal.record_many(verb, [locked[pk] for pk in changed], by=by, details=details)


def why_not_left(conversation: Conversation) -> str:
    if not conversation.is_live:
        return CLOSED
    return WAITING if conversation.assignee_id is None else ""


def why_not_given(
    conversation: Conversation, user: User | None, *, handled: Mapping[int, CampaignAgent], is_here: bool
) -> str:
    """The order in which the preview asks too (processes.selected)."""
    if not conversation.is_live:
        return CLOSED
    if user is not None and conversation.assignee_id == user.pk:
        return THEIRS
    contact = conversation.contact.standing
    if contact.do_not_contact or contact.blocked:
        return DO_NOT_CONTACT
    member = handled.get(conversation.campaign_id or 0)
    if user is None or member is None or not member.handles(conversation.channel_account.kind):
        return NOT_AGENT
    return "" if is_here else OFFLINE


def give_back_many(*, by: User | None) -> None:
    """Whoever had them (`bulk_given`) has them again, where nothing was said or done since. For the story it is one turn more."""
    given = {pk: (before, after) for pk, before, after in outcomes.given() if before and after}
    locked = lock_conversations(given)
    people = User.objects.in_bulk([before["assignee"] for before, _after in given.values() if before["assignee"]])
    handled = {user.pk: handled_by(user) for user in people.values() if user.is_active}
    rows: list[tuple[int, str, None, None]] = []
    changed: dict[int | None, list[int]] = {}
    for pk, conversation in sorted(locked.items()):
        before, after = given[pk]
        user = people.get(before["assignee"])
        theirs = handled.get(before["assignee"], {})
        if went_on(conversation, after) or (before["assignee"] and not may_have_again(conversation, theirs)):
            rows.append((pk, "changed", None, None))
            continue
        if user is not None:
            give(conversation, user, kind=ConversationEvent.Kind.ASSIGNED, by=by)
            if before["status"] == Status.IN_PROGRESS:
                conversation.status = Status.IN_PROGRESS
        else:
            put_back(conversation, kind=ConversationEvent.Kind.RELEASED, by=by)
        for name in MARKS:
            setattr(conversation, name, before[name])
        save_touched(conversation, "status", *MARKS)
        changed.setdefault(before["assignee"], []).append(pk)
        rows.append((pk, "", None, None))
    outcomes.write(rows)
    for user_id, ids in changed.items():
        verb = "conversation_released" if user_id is None else "conversation_assigned"
        details = {} if user_id is None else {"user": user_id}
        journal.record_many(verb, [locked[pk] for pk in ids], by=by, details=details)


def may_have_again(conversation: Conversation, handled: Mapping[int, CampaignAgent]) -> bool:
    """They are an agent of its campaign still; whether they are here is no matter: it was theirs."""
    member = handled.get(conversation.campaign_id or 0)
    return member is not None and member.handles(conversation.channel_account.kind)


def went_on(conversation: Conversation, after: Mapping[str, Any]) -> bool:
    """Whether anything but reading happened since."""
    now = standing(conversation)
    return any(now[name] != after[name] for name in after if name != "unread")


def standing(conversation: Conversation) -> dict[str, Any]:
    """In whose hands it is and how: what a turn changes, and what would show that it went on since."""
    return {
        "assignee": conversation.assignee_id,
        "status": str(conversation.status),
        "campaign": conversation.campaign_id,
        "assigned_at": moment(conversation.assigned_at),
        "last_inbound_at": moment(conversation.last_inbound_at),
        "last_outbound_at": moment(conversation.last_outbound_at),
    } | {name: getattr(conversation, name) for name in MARKS}


def moment(at: datetime.datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
