"""Who is to be told of what while they look elsewhere (004-34, P0-38), and what exactly they are told (S59)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.actions import pushing
from accounts.models import AgentStateInterval, PushSubscription
from campaigns.models import CampaignAgent
from contacts import numbers
from inbox.actions.locking import as_seen
from inbox.audience import Audience
from inbox.models import Conversation, PushNotice
from inbox.models.conversation import LIVE, Status

# What came that long ago is no news: whoever looks now sees the list.
NEWS_FOR = datetime.timedelta(minutes=15)
# Longer than a push service may take to answer: two workers never tell the same thing at once.
TRY_SECONDS = 30
HELD = (Status.ASSIGNED, Status.IN_PROGRESS, Status.SNOOZED)


def note_messages(conversation_ids: Iterable[int]) -> list[int]:
    """Customers wrote: their assignees are to be told. Return the notices. Who waits in a queue was told of when it came there."""
    found = Conversation.objects.filter(pk__in=list(conversation_ids), status__in=HELD, unread__gt=0)
    return note(
        (user_id, conversation_id, PushNotice.Kind.MESSAGE)
        for conversation_id, user_id in found.values_list("pk", "assignee_id")
        if user_id is not None
    )


def note_assignment(conversation_id: int) -> list[int]:
    """Somebody else, or the distribution, put a conversation into the hands of an agent."""
    found = Conversation.objects.filter(pk=conversation_id, status__in=HELD)
    return note(
        (user_id, pk, PushNotice.Kind.ASSIGNED)
        for pk, user_id in found.values_list("pk", "assignee_id")
        if user_id is not None
    )


def note_waiting(conversation_ids: Iterable[int]) -> list[int]:
    """Conversations wait for somebody: those of the campaign's agents are told who are ready for new ones, on that channel."""
    waiting = Conversation.objects.filter(
        pk__in=list(conversation_ids), status=Status.QUEUED, assignee__isnull=True, campaign__isnull=False
    ).select_related("channel_account")
    by_campaign: dict[int, list[Conversation]] = {}
    for conversation in waiting:
        if conversation.campaign_id is not None:
            by_campaign.setdefault(conversation.campaign_id, []).append(conversation)
    ready = set(
        AgentStateInterval.objects.filter(ended_at__isnull=True, aux_state__accepts_new=True).values_list(
            "user_id", flat=True
        )
    )
    agents = CampaignAgent.objects.filter(campaign_id__in=list(by_campaign), user_id__in=ready)
    return note(
        (agent.user_id, conversation.pk, PushNotice.Kind.WAITING)
        for agent in agents
        for conversation in by_campaign[agent.campaign_id]
        if agent.handles(conversation.channel_account.kind)
    )


def note(wishes: Iterable[tuple[int, int, str]]) -> list[int]:
    """Write a notice for each browser of each person who is not on a break (004-34: an auxiliary mutes). Again: the same one, due."""
    wanted = list(wishes)
    muted = set(
        AgentStateInterval.objects.filter(
            ended_at__isnull=True, aux_state__works_active=False, user_id__in={user for user, _pk, _kind in wanted}
        ).values_list("user_id", flat=True)
    )
    browsers: dict[int, list[int]] = {}
    for pk, user_id in PushSubscription.objects.filter(
        user_id__in={user for user, _pk, _kind in wanted} - muted, user__is_active=True
    ).values_list("pk", "user_id"):
        browsers.setdefault(user_id, []).append(pk)
    now = timezone.now()
    notices = [
        PushNotice(subscription_id=browser, conversation_id=conversation_id, kind=kind, asked_at=now, due_at=now)
        for user_id, conversation_id, kind in sorted(wanted, key=lambda each: each[:2])
        for browser in sorted(browsers.get(user_id, ()))
    ]
    # In one order everywhere: two batches that touch the same rows wait for each other instead of locking each other out.
    notices.sort(key=lambda each: (each.subscription_id, each.conversation_id))
    written = PushNotice.objects.bulk_create(
        notices,
        update_conflicts=True,
        unique_fields=["subscription", "conversation"],
        update_fields=["kind", "asked_at", "due_at"],
    )
    return [each.pk for each in written]


def claim(notice_id: int) -> PushNotice | None:
    """The notice, ours to tell for half a minute; None when it is told, not due or another's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_pushnotice SET due_at = clock_timestamp() + %s * interval '1 second'"
            " WHERE id = %s AND due_at <= clock_timestamp()",
            [TRY_SECONDS, notice_id],
        )
        if cursor.rowcount != 1:
            return None
    return (
        PushNotice.objects.select_related(
            "subscription__user", "subscription__session", "conversation__channel_account"
        )
        .filter(pk=notice_id)
        .first()
    )


def tell(notice: PushNotice) -> bool:
    """Send what the notice is about, if it is still news. Called outside of any transaction; tell whether it is settled."""
    now = timezone.now()
    subscription = notice.subscription
    if now - notice.asked_at > NEWS_FOR or not is_news(notice):
        settle(notice)
        return True
    if subscription.quiet_until is not None and subscription.quiet_until > now:
        put_off(notice, until=subscription.quiet_until)
        return False
    done = pushing.deliver(subscription, message_of(notice), topic=topic_of(notice.conversation_id))
    if done:
        settle(notice)
    else:
        until = PushSubscription.objects.filter(pk=subscription.pk).values_list("quiet_until", flat=True).first()
        put_off(notice, until=until or now)
    return done


def is_news(notice: PushNotice) -> bool:
    """Read meanwhile, taken by somebody else, closed: nobody is told of what is over."""
    conversation, user_id = notice.conversation, notice.subscription.user_id
    if conversation.status not in LIVE:
        return False
    if notice.kind == PushNotice.Kind.WAITING:
        is_waiting = conversation.status == Status.QUEUED and conversation.assignee_id is None
        # Taken out of the campaign meanwhile: its customers are not named to them any more (S04).
        return is_waiting and Audience.of(notice.subscription.user).sees(as_seen(conversation))
    if conversation.assignee_id != user_id:
        return False
    return notice.kind == PushNotice.Kind.ASSIGNED or conversation.unread > 0


def message_of(notice: PushNotice) -> dict[str, Any]:
    """«New message» and the conversation's id; its customer and words only where an admin allowed it (S59)."""
    conversation, user = notice.conversation, notice.subscription.user
    with translation.override(user.language):
        message: dict[str, Any] = {"kind": "news", "conversation": conversation.pk, "title": _("New message")}
        if pushing.push_settings().shows_preview:
            message |= preview_of(conversation, sees_numbers=user.has_perm("accounts.see_numbers"))
    return message


def preview_of(conversation: Conversation, *, sees_numbers: bool) -> Mapping[str, str]:
    number = conversation.contact_number if sees_numbers else numbers.mask(conversation.contact_number)
    preview: dict[str, str] = {}
    if who := conversation.contact_name or number:
        preview["title"] = who
    if conversation.preview and conversation.preview_direction == "in":
        preview["body"] = conversation.preview
    return preview


def topic_of(conversation_id: int) -> str:
    # 32 characters of the push service's alphabet, which says nothing about us.
    return hashlib.sha256(f"conversation {conversation_id}".encode()).hexdigest()[:32]


def settle(notice: PushNotice) -> None:
    """Told, or no news any more. What was asked for meanwhile is another message's and stays, due at once."""
    left = PushNotice.objects.filter(pk=notice.pk)
    left.filter(asked_at=notice.asked_at).delete()
    left.exclude(asked_at=notice.asked_at).update(due_at=timezone.now())


def put_off(notice: PushNotice, *, until: datetime.datetime) -> None:
    PushNotice.objects.filter(pk=notice.pk, asked_at=notice.asked_at).update(due_at=until)


@transaction.atomic
def forget_stale_notices() -> int:
    """Remove what is no news any more, told or not."""
    deleted, _by_model = PushNotice.objects.filter(
        Q(asked_at__lt=timezone.now() - NEWS_FOR) & Q(due_at__lt=timezone.now())
    ).delete()
    return deleted
