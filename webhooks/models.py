"""What providers deliver, kept raw until it was understood."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """One POST of a provider, exactly as it came, committed before it was acknowledged.

    Partitioned by month from its first migration, so that old months are dropped rather than deleted row by row.
    """

    received_at = models.DateTimeField(db_default=Now())
    # '' for the app of the environment, else ProviderApp.key: whose secret signed it.
    app_key = models.CharField(max_length=40, blank=True, default="")
    body = models.BinaryField()
    # Null until it was processed; a worker that dies in between leaves it so, and the lease runs out.
    processed_at = models.DateTimeField(null=True)
    locked_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], condition=models.Q(processed_at__isnull=True), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class AppHealth(models.Model):
    """What was heard of a provider's app at its address: when it last delivered, and how often a signature was wrong."""

    # '' for the app of the environment, else ProviderApp.key.
    app_key = models.CharField(max_length=40, unique=True)
    verified_at = models.DateTimeField(null=True)
    last_delivery_at = models.DateTimeField(null=True)
    signature_failures = models.PositiveBigIntegerField(default=0, db_default=0)
    last_failure_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "app healths"

    def __str__(self) -> str:
        return f"health of app {self.app_key or 'default'}"


class DeadLetter(models.Model):
    """One piece that could not be processed; its siblings were. It can be seen, fixed and replayed."""

    class State(models.TextChoices):
        DEAD = "dead", _("Waiting")
        REPLAYED = "replayed", _("Replayed")
        DISCARDED = "discarded", _("Discarded")

    delivery_id = models.BigIntegerField(null=True)
    app_key = models.CharField(max_length=40, blank=True, default="")
    reason = models.CharField(max_length=300)
    # A delivery of this piece alone, or the whole body where it could not even be split.
    body = models.BinaryField()
    # As the provider sent it, where somebody mended the body since.
    first_body = models.BinaryField(null=True)
    # The number that nobody connected, and on its newest letter how many more pieces of it were only counted (actions.burying).
    number = models.CharField(max_length=120, blank=True, default="", db_default="")
    more = models.PositiveIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DEAD)
    created_at = models.DateTimeField(db_default=Now())

    # Raised with every change, so that nobody overwrites what another wrote meanwhile.
    version = models.PositiveIntegerField(default=1, db_default=1)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("manage_dead_letters", "Sees, fixes, replays and discards what could not be read")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-created_at"], name="dead_letter_list"),
            models.Index(fields=["-created_at", "-id"], name="dead_letter_newest"),
            models.Index(fields=["delivery_id"], name="dead_letter_of_delivery"),
            models.Index(
                fields=["number", "app_key"],
                condition=models.Q(state="dead") & ~models.Q(number=""),
                name="dead_letter_of_number",
            ),
            models.Index(
                fields=["settled_at"], condition=models.Q(settled_at__isnull=False), name="dead_letter_settled"
            ),
        ]

    def __str__(self) -> str:
        return f"dead letter {self.pk}"


class ProviderNotice(models.Model):
    """What a provider told about an account: an error of it, its quality or limit, the review of a template. Kept raw, once each."""

    app_key = models.CharField(max_length=40, blank=True, default="")
    # Whom it is about: the business account, and the number where it names one.
    waba_id = models.CharField(max_length=120, blank=True)
    account_external_id = models.CharField(max_length=120, blank=True)
    topic = models.CharField(max_length=60)
    is_error = models.BooleanField(default=False)
    code = models.IntegerField(null=True)
    summary = models.CharField(max_length=300, blank=True)
    payload = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-received_at", "-id"], name="notice_newest"),
            models.Index(fields=["topic", "-received_at"], name="notice_by_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.account_external_id or self.waba_id}"
