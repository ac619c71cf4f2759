"""Messages, their files, and what still has to be sent."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models import ChannelAccount
from contacts.models import ContactPoint
from inbox.models.conversation import Conversation


class Direction(models.TextChoices):
    IN = "in", _("Inbound")
    OUT = "out", _("Outbound")


class MessageStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    NOTED = "noted", _("Noted")
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Not confirmed")


# How long the status of a message whose answer was lost is waited for before a person may decide (R13). It comes within seconds,
# unless the provider is in trouble (CHANNELS.md): minutes are patience enough.
PATIENCE = datetime.timedelta(minutes=10)


class AuthorKind(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    BOT = "bot", _("Bot")
    SYSTEM = "system", _("System")


class Words(models.Func):
    """The words of a text, accents and case aside, as the index of messages holds them (a function of the database: 0013)."""

    function = "inbox_words"
    arity = 1
    output_field = SearchVectorField()


class Message(models.Model):
    """One message or internal note.

    Position is (happened_at, id): what people see. `change` is the order of insertions and changes: what clients catch up by.
    """

    # No index of their own: message_position and provider_message_once begin with them.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    channel_account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    change = models.PositiveBigIntegerField()
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(max_length=12, default="text")
    text = models.TextField(blank=True)
    payload = models.JSONField(default=dict, blank=True)
    # What its kind holds besides the text, in the shape every channel shares (docs/api.md): a place, cards, a choice, an order.
    details = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    reply_to = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    # What it quotes while that is not here: linked when it comes (R12), shown as a gap until then.
    quoted_provider_id = models.CharField(max_length=250, blank=True, default="", db_default="")
    is_note = models.BooleanField(default=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    author_kind = models.CharField(max_length=8, choices=AuthorKind.choices, default=AuthorKind.CUSTOMER)
    status = models.CharField(max_length=10, choices=MessageStatus.choices)
    provider_id = models.CharField(max_length=250, null=True)  # noqa: DJ001  # unique where known: NULL is "not told yet"
    client_id = models.UUIDField(null=True)
    failure_code = models.IntegerField(null=True)
    failure_reason = models.CharField(max_length=300, blank=True)
    failure_is_permanent = models.BooleanField(default=False)
    # When the provider was called and its answer was lost: since then the message is not confirmed (R13).
    unconfirmed_since = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    # Removed by us, off the screen: a failed message that was given up.
    deleted_at = models.DateTimeField(null=True)
    # Taken back by who wrote it: the bubble stays and says so, nothing of what was in it does.
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel_account", "provider_id"], name="provider_message_once"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="client_message_once"),
            models.CheckConstraint(
                condition=~models.Q(is_note=True) | models.Q(status="noted"), name="note_is_only_noted"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "conversation", models.F("happened_at").desc(), models.F("id").desc(), name="message_position"
            ),
            models.Index(fields=["conversation", "change"], name="message_change"),
            GinIndex(Words(models.F("text")), name="message_words"),
            models.Index(
                fields=["channel_account", "quoted_provider_id"],
                condition=models.Q(reply_to__isnull=True) & ~models.Q(quoted_provider_id=""),
                name="reply_to_nobody",
            ),
            # What an account's page counts of a day, without reading its conversations. No column in them changes with a status.
            models.Index(
                fields=["channel_account", "happened_at"],
                condition=models.Q(kind="template", direction="out"),
                name="template_of_account",
            ),
            models.Index(
                fields=["channel_account", "happened_at"],
                condition=~models.Q(failure_reason=""),
                name="failure_of_account",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def held_up(self) -> AttachmentQuerySet:
        """Files that wait because ours is the side that cannot keep them: the disk is full, the bucket away (R44)."""
        return self.filter(state=Attachment.State.PENDING, is_held_up=True)

    def to_clear(self) -> AttachmentQuerySet:
        """Rows that gave their file up, whose bytes may still lie in the storage."""
        return self.filter(state=Attachment.State.FAILED).exclude(path="")

    def never_sent(self, *, before: datetime.datetime) -> AttachmentQuerySet:
        """Uploads that no message named."""
        return self.filter(message__isnull=True, created_at__lt=before)


class Attachment(models.Model):
    """A file of a message. Its bytes arrive after it (inbound) or before it (outbound, without a message yet)."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        STORED = "stored", _("Stored")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attachments")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="attachment", null=True)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=255, blank=True)
    mime = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    provider_media_id = models.CharField(max_length=250, blank=True)
    # When we gave it to the provider, who forgets it after 30 days. Null: it came from there, or was not given yet.
    uploaded_at = models.DateTimeField(null=True)
    # Where the bytes are, below MEDIA_ROOT; named by this row's id, never by the sender's file name (S32).
    path = models.CharField(max_length=200, blank=True)
    # A WebP made by the limited process (S40): of at most 640 pixels, or of a PDF's first pages. Empty where there is none.
    thumbnail_path = models.CharField(max_length=200, blank=True, db_default="")
    duration_ms = models.PositiveIntegerField(null=True)
    # Of a PDF that could be opened.
    pages = models.PositiveIntegerField(null=True)
    # 64 heights from 0 to 100, for a voice note or a sound.
    waveform = models.JSONField(null=True)
    is_held_up = models.BooleanField(default=False, db_default=False)
    # An animated sticker, which may weigh more: noted at its upload, for only its bytes tell.
    is_moving = models.BooleanField(default=False, db_default=False)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="pending"), name="attachment_due"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state="failed") & ~models.Q(path=""),
                name="attachment_to_clear",
            ),
            models.Index(fields=["created_at"], condition=models.Q(message__isnull=True), name="attachment_never_sent"),
        ]

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Reaction(models.Model):
    """An emoji on a message: the customer's, and ours. A new one takes the place of the one before; an empty one removes it.

    `happened_at`, then the provider's id, decides between two that arrive in the wrong order. Ours goes through the outbox like a
    message, and shows on its message at once: `status` says how far it has come. The customer's is simply there (`sent`).
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    # `in` is the customer's: a channel shows one of each side.
    direction = models.CharField(max_length=3, choices=Direction.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    emoji = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField()
    # The provider's seconds repeat: of two reactions in one second, the ids say which stands, whatever the order of arrival.
    provider_id = models.CharField(max_length=250, blank=True, default="", db_default="")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.SENT, db_default=Status.SENT)
    failure_code = models.IntegerField(null=True)
    failure_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["message", "direction"], name="one_reaction_a_side"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} on {self.message_id}"


class OutboxEntry(models.Model):
    """A message or a reaction still to be handed to the provider. Gone when the provider answered.

    `claimed_at` is written before the call: an entry found claimed by a lease that was lost may have been sent, so it is never
    sent again by itself (R17, R18). One person on one account is one lane, oldest first, whatever conversations it runs through:
    two campaigns may write to the same person from the same number (R16).
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="outbox_entry", null=True)
    # Not one to one: a second thought is queued while the first is in the provider's hands.
    reaction = models.ForeignKey(Reaction, on_delete=models.CASCADE, related_name="outbox", null=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="outbox")
    # The lane (inbox.actions.lanes). No index of their own: outbox_lane begins with them. Always filled by this version; the column
    # takes nothing, so that the version before it can go on sending during an upgrade. A later release requires them.
    channel_account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+", null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(message__isnull=False, reaction__isnull=True)
                | models.Q(message__isnull=True, reaction__isnull=False),
                name="outbox_message_or_reaction",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["conversation", "id"], name="outbox_order"),
            models.Index(fields=["channel_account", "contact_point", "id"], name="outbox_lane"),
            models.Index(fields=["due_at"], name="outbox_due"),
        ]

    def __str__(self) -> str:
        return f"outbox {self.pk}"


class ParkedStatus(models.Model):
    """A status that came before its message's id was known; applied when it is (R02, R03)."""

    channel_account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="+")
    provider_id = models.CharField(max_length=250)
    status = models.CharField(max_length=10)
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel_account", "provider_id"], name="parked_by_id")
        ]
        verbose_name_plural = "parked statuses"

    def __str__(self) -> str:
        return f"{self.status} {self.provider_id}"


class ParkedChange(models.Model):
    """A reaction, edit or revocation that came before its message; applied when that comes, forgotten after seven days (R12)."""

    channel_account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The message it speaks of, and its own id.
    target_id = models.CharField(max_length=250)
    provider_id = models.CharField(max_length=250)
    kind = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel_account", "target_id", "provider_id"], name="parked_change_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["received_at"], name="parked_change_age")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.target_id}"
