"""What must be true of the whole inbox after anything whatever happened (TRUST.md, "Invariant checker")."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count

from campaigns.models import CampaignAgent
from core.models import JournalEntry, Lease
from inbox.models import (
    Assignment,
    Conversation,
    ConversationEvent,
    Message,
    OutboxEntry,
    ParkedChange,
    ParkedStatus,
    Reaction,
    Transfer,
)
from inbox.models.conversation import LIVE, TRAYS, Status
from inbox.models.message import MessageStatus
from webhooks.models import Delivery


def check_invariants(*, outbox_is_empty: bool = True) -> None:
    """Fail with words for the first rule that does not hold."""
    check_one_live_conversation_per_key()
    check_owners()
    check_counters()
    check_copies()
    check_nothing_is_under_way(outbox_is_empty=outbox_is_empty)


def check_one_live_conversation_per_key() -> None:
    twins = (
        Conversation.objects.filter(status__in=LIVE)
        .values("contact_point_id", "channel_account_id", "campaign_id", "thread_key")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
    )
    assert not list(twins), f"several live conversations for one key: {list(twins)}"
    by_contact = Counter(
        Conversation.objects.filter(status__in=LIVE, thread_key="").values_list("contact_id", "channel_account_id")
    )
    assert all(n == 1 for n in by_contact.values()), f"several live conversations of one contact: {by_contact}"


def check_owners() -> None:
    open_turns = {each.conversation_id: each for each in Assignment.objects.filter(ended_at__isnull=True)}
    taken_over = set(JournalEntry.objects.filter(verb="conversation_taken_over").values_list("actor_id", "subject_id"))
    for each in Conversation.objects.select_related("channel_account"):
        turn = open_turns.get(each.pk)
        if each.status not in LIVE or each.assignee_id is None:
            assert turn is None, f"conversation {each.pk} ({each.status}) has an open turn and nobody works on it"
            continue
        assert turn is not None, f"conversation {each.pk} is held by {each.assignee_id} without a turn"
        assert turn.user_id == each.assignee_id, (
            f"conversation {each.pk}: turn of {turn.user_id}, held by {each.assignee_id}"
        )
        member = CampaignAgent.objects.filter(campaign_id=each.campaign_id, user_id=each.assignee_id).first()
        is_agent = member is not None and member.handles(each.channel_account.kind)
        assert is_agent or (each.assignee_id, str(each.pk)) in taken_over, (
            f"conversation {each.pk}: {each.assignee_id} is no agent of its campaign, and no takeover was journaled"
        )


def check_counters() -> None:
    """Within a conversation no two messages or events share a change, and none is above its counter."""
    stamps: dict[int, list[int]] = {}
    for model in (Message, ConversationEvent):
        for conversation_id, change in model.objects.values_list("conversation_id", "change"):
            stamps.setdefault(conversation_id, []).append(change)
    for pk, change in Conversation.objects.values_list("pk", "change"):
        mine = stamps.get(pk, [])
        assert len(mine) == len(set(mine)), f"conversation {pk}: a change was given twice: {sorted(mine)}"
        assert max(mine, default=0) <= change, f"conversation {pk}: a change above its counter {change}: {max(mine)}"


def check_copies() -> None:
    """What a row carries for the list is what its messages say."""
    received = Counter(Message.objects.filter(direction="in").values_list("conversation_id", flat=True))
    joined = set(Transfer.objects.filter(joined_to__isnull=False).values_list("joined_to_id", flat=True))
    for each in Conversation.objects.all():
        assert 0 <= each.unread <= received[each.pk], (
            f"conversation {each.pk}: {each.unread} unread of {received[each.pk]}"
        )
        replies = Message.objects.filter(conversation=each, direction="out", is_note=False)
        customers = Message.objects.filter(conversation=each, direction="in").order_by("-happened_at", "-id").first()
        if customers is not None:
            assert each.last_inbound_at == customers.happened_at, f"conversation {each.pk}: last inbound is another"
        if each.status == Status.CLOSED:
            assert (each.unread, each.waiting_since) == (0, None), f"conversation {each.pk} is closed and still waits"
        elif customers is not None:
            last_reply_at = max(replies.values_list("happened_at", flat=True), default=None)
            waits = last_reply_at is None or customers.happened_at > last_reply_at
            # Who waited in one that a transfer joined into this one waits here, for words of there.
            assert (each.waiting_since is not None) == waits or (each.pk in joined and not waits), (
                f"conversation {each.pk}: waiting since {each.waiting_since}"
            )
            assert not (each.answered and waits), f"conversation {each.pk} counts as answered and the customer waits"
        if each.assignee_id is None and each.status != Status.CLOSED:
            assert each.needs_first_reply, f"conversation {each.pk} has no red dot and nobody"


def check_nothing_is_under_way(*, outbox_is_empty: bool) -> None:
    # A reaction waits without a message of its own.
    waiting = set(OutboxEntry.objects.filter(reaction=None).values_list("message_id", flat=True))
    reactions = set(OutboxEntry.objects.exclude(reaction=None).values_list("reaction_id", flat=True))
    unsent = set(Reaction.objects.filter(status="queued").values_list("pk", flat=True))
    assert reactions == unsent, f"queued reactions {unsent} and outbox entries {reactions} differ"
    queued = set(Message.objects.filter(status=MessageStatus.QUEUED).values_list("pk", flat=True))
    assert waiting == queued, f"queued messages {queued} and outbox entries {waiting} differ"
    if outbox_is_empty:
        assert not waiting, f"the outbox holds {len(waiting)}"
    assert not list(Lease.objects.values_list("key", flat=True)), "a lease is still held"
    assert not Delivery.objects.filter(processed_at__isnull=True).exists(), "a delivery was not processed"
    known = set(Message.objects.exclude(provider_id=None).values_list("channel_account_id", "provider_id"))
    parked = set(ParkedStatus.objects.values_list("channel_account_id", "provider_id"))
    assert not known & parked, f"statuses of known messages are parked: {known & parked}"
    waiting_changes = set(ParkedChange.objects.values_list("channel_account_id", "target_id"))
    assert not known & waiting_changes, f"changes of known messages are parked: {known & waiting_changes}"
    assert set(TRAYS) == {"pending", "in_progress", "attended"}
