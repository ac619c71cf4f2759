"""Conversations, who holds them, and what happened to them."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from campaigns.models import Campaign, ChannelAccount
from contacts.models import BaseMember, Contact, ContactPoint
from inbox.audience import Audience
from inbox.public_ids import new_public_id
from typification.models import Typification


class Status(models.TextChoices):
    OUTREACH = "outreach", _("Outreach")
    QUEUED = "queued", _("Queued")
    ASSIGNED = "assigned", _("Assigned")
    IN_PROGRESS = "in_progress", _("In progress")
    SNOOZED = "snoozed", _("Snoozed")
    CLOSED = "closed", _("Closed")


LIVE = (Status.OUTREACH, Status.QUEUED, Status.ASSIGNED, Status.IN_PROGRESS, Status.SNOOZED)
# The tray [Bandeja] is derived from the status (DOMAIN.md).
TRAYS: dict[str, tuple[str, ...]] = {
    "pending": (Status.QUEUED, Status.ASSIGNED),
    "in_progress": (Status.IN_PROGRESS, Status.SNOOZED),
    "attended": (Status.CLOSED,),
}
TRAY_OF = {status: tray for tray, statuses in TRAYS.items() for status in statuses}


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> ConversationQuerySet:
        """Own ones, the waiting ones of the agent's campaigns, and those of teams the user may see (DOMAIN.md "Who sees what")."""
        return self.filter(Audience.of(user).condition())

    def live(self) -> ConversationQuerySet:
        return self.filter(status__in=LIVE)

    def of_person(self, contact_id: int) -> ConversationQuerySet:
        """Those of a contact that stands for a person, and of all who were merged into it."""
        return self.filter(models.Q(contact_id=contact_id) | models.Q(contact__merged_into_id=contact_id))

    def in_tray(self, tray: str) -> ConversationQuerySet:
        return self.filter(status__in=TRAYS[tray])


class Conversation(models.Model):
    """One contact writing through one account for one campaign, until it is closed with an outcome.

    `change` is stamped on messages and events in the order they changed; `version` grows with every change of the row, so that
    an older copy never wins on a screen. Both are given under the row's lock. Name, number, preview and unread are copies, so
    that the list is one index scan (PERFORMANCE.md).
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    public_id = models.CharField(max_length=12, default=new_public_id, editable=False)
    # No index of their own where a longer one begins with the column: each costs every message a write.
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+")
    channel_account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    assignee = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    thread_key = models.CharField(max_length=250, blank=True, default="")

    contact_name = models.CharField(max_length=170, blank=True)
    # By its letters' numbers, so that the desk can place a name where the database does, whatever language that speaks.
    contact_name_folded = models.CharField(max_length=170, blank=True, db_collation="C")
    contact_number = models.CharField(max_length=40, blank=True)
    contact_digits = models.CharField(max_length=32, blank=True)
    contact_is_vip = models.BooleanField(default=False)

    last_activity_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True)
    last_outbound_at = models.DateTimeField(null=True)
    window_expires_at = models.DateTimeField(null=True)
    # Since when the customer waits for an answer; null when the last word is ours.
    waiting_since = models.DateTimeField(null=True)
    preview = models.CharField(max_length=160, blank=True)
    preview_kind = models.CharField(max_length=12, default="text")
    preview_direction = models.CharField(max_length=3, default="in")
    preview_at = models.DateTimeField(null=True)
    unread = models.PositiveIntegerField(default=0)
    # The red dot: the agent who holds it has not answered yet. A copy of the open assignment's truth.
    needs_first_reply = models.BooleanField(default=True)
    # The check: the assignee has answered since the customer last wrote.
    answered = models.BooleanField(default=False)
    assigned_at = models.DateTimeField(null=True)

    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    typification = models.ForeignKey(Typification, on_delete=models.PROTECT, related_name="+", null=True)
    close_mode = models.CharField(max_length=16, blank=True)
    close_note = models.TextField(blank=True)

    # It began, and its campaign says something by itself then: whether that was said.
    awaits_greeting = models.BooleanField(default=False, db_default=False)
    # Since when its customer may say whither they want, by the account's question (campaigns.routing). Null: nothing is asked, or it is said.
    chooses_since = models.DateTimeField(null=True)
    # Until when it rests. Says something of a snoozed one only.
    snoozed_until = models.DateTimeField(null=True)
    # How often a silent customer was asked whether they are still there, since either side wrote last.
    reminders_sent = models.PositiveSmallIntegerField(default=0, db_default=0)
    reminded_at = models.DateTimeField(null=True)
    # For which waiting its agent was alerted: the `waiting_since` of then.
    alerted_for = models.DateTimeField(null=True)
    # For which waiting the client's promise was broken: the `waiting_since` of then.
    sla_breached_for = models.DateTimeField(null=True)
    # The record of a base it is about (000-12).
    base_member = models.ForeignKey(BaseMember, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    version = models.PositiveBigIntegerField(default=1)
    change = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = ConversationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("view_team_conversations", "Sees the conversations of their teams")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Not `unique=True`, which makes a second index for LIKE.
            models.UniqueConstraint(fields=["public_id"], name="public_id_once"),
            models.UniqueConstraint(
                fields=["contact_point", "channel_account", "campaign", "thread_key"],
                condition=~models.Q(status="closed"),
                name="one_live_conversation",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(status="closed") | models.Q(closed_at__isnull=False, typification__isnull=False),
                name="closed_has_outcome",
            ),
            # Lists that ask for unread or waiting ones need not look among the closed (filters.py).
            models.CheckConstraint(
                condition=~models.Q(status="closed") | models.Q(unread=0, waiting_since__isnull=True),
                name="closed_waits_for_nothing",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["assigned", "in_progress"]) | models.Q(assignee__isnull=False),
                name="worked_on_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="queued") | models.Q(assignee__isnull=True), name="queued_is_nobodys"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("team", "status", models.F("last_activity_at").desc(), models.F("id").desc(), name="of_team"),
            models.Index(
                "campaign", "status", models.F("last_activity_at").desc(), models.F("id").desc(), name="of_campaign"
            ),
            models.Index(
                "assignee",
                "status",
                models.F("last_activity_at").desc(),
                models.F("id").desc(),
                # So that a filter among one's thousands of closed ones is answered by the index alone.
                include=["campaign", "channel_account"],
                name="of_assignee",
            ),
            models.Index("status", models.F("last_activity_at").desc(), models.F("id").desc(), name="of_status"),
            models.Index("contact", models.F("last_activity_at").desc(), name="of_contact"),
            models.Index(
                fields=["team", "status", "waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False),
                name="waiting_of_team",
            ),
            models.Index(
                fields=["campaign", "status", "waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False),
                name="waiting_of_campaign",
            ),
            models.Index(
                fields=["status", "waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False),
                name="waiting_of_status",
            ),
            # Live ones are sorted as they are read; a million closed ones are not (filters.slices_without_index).
            models.Index(
                fields=["contact_name_folded", "id"], condition=models.Q(status="closed"), name="closed_by_name"
            ),
            # Of the few that are about a record: whoever removes one asks.
            models.Index(
                fields=["base_member"], condition=models.Q(base_member__isnull=False), name="conversation_of_member"
            ),
            # Of the few to whom something is still to be said: the sweeper asks every ten seconds.
            models.Index(fields=["id"], condition=models.Q(awaits_greeting=True), name="conversation_to_greet"),
            models.Index(
                fields=["snoozed_until"],
                condition=models.Q(status="snoozed", snoozed_until__isnull=False),
                name="conversation_snoozed",
            ),
            GinIndex(fields=["contact_name_folded"], opclasses=["gin_trgm_ops"], name="conversation_name_trgm"),
            GinIndex(fields=["contact_digits"], opclasses=["gin_trgm_ops"], name="conversation_digits_trgm"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_live(self) -> bool:
        return self.status != Status.CLOSED

    @property
    def last_word_at(self) -> datetime.datetime | None:
        """When either side wrote last."""
        return max(filter(None, (self.last_inbound_at, self.last_outbound_at)), default=None)

    @property
    def tray(self) -> str | None:
        return TRAY_OF.get(Status(self.status))


class Assignment(models.Model):
    """One agent's turn with a conversation: the red dot and the unread mark are about this turn (001-14, 001-15)."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    first_reply_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)
    last_read_message_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(ended_at__isnull=True), name="one_open_assignment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} with {self.user_id}"


class ConversationEvent(models.Model):
    """A step in the life of a conversation, shown between its messages."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("Assigned")
        TAKEN_OVER = "taken_over", _("Taken over")
        RELEASED = "released", _("Released")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")
        BEGUN = "begun", _("Begun")
        NEW_NUMBER = "new_number", _("Changed number")
        NEW_IDENTITY = "new_identity", _("Changed identity")
        RETURNED = "returned", _("Went back")
        RETYPIFIED = "retypified", _("Got another outcome")
        TRANSFERRED = "transferred", _("Transferred")
        MISSED = "missed", _("Offered in vain")
        DECLINED = "declined", _("Declined")
        SNOOZED = "snoozed", _("Snoozed")
        WOKEN = "woken", _("Back from its rest")
        EXCLUSIVE = "exclusive", _("Exclusive agent changed")
        ASSOCIATED = "associated", _("Put into a base")
        ROUTED = "routed", _("Chosen from the menu")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="events")
    change = models.PositiveBigIntegerField()
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index("conversation", models.F("happened_at").desc(), models.F("id").desc(), name="event_position"),
            models.Index(fields=["conversation", "change"], name="event_change"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"
