"""Connected numbers and pages, the apps that sign for them, and how they were connected."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models.portfolio import Campaign, campaigns_of
from connectors.kinds import ChannelKind
from core.fields import SealedField


class ProviderApp(models.Model):
    """A provider's app that signs webhooks, served at /webhooks/meta/<key>/. The environment's pair is not a row."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    # {"app_secrets": [...newest first], "verify_token": "..."}
    credentials = SealedField()

    def __str__(self) -> str:
        return self.name


class ChannelAccountQuerySet(models.QuerySet["ChannelAccount"]):
    def visible_to(self, user: User) -> ChannelAccountQuerySet:
        """All for whoever sees every team; else those of campaigns of a team the user belongs to, or that they work for."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        mine = campaigns_of(user).values("pk")
        through = ChannelAccount.campaigns.through.objects.filter(campaign_id__in=mine).values("channelaccount_id")
        return self.filter(models.Q(pk__in=through) | models.Q(default_campaign_id__in=mine))


class ChannelAccount(models.Model):
    """A connected number, page or mailbox [Canal / Servicio]. Credentials are sealed and never shown again."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Connected")
        DISCONNECTED = "disconnected", _("Disconnected")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ChannelKind])
    external_id = models.CharField(max_length=120)
    # The provider's container of the account: the WhatsApp business account, which scopes templates and business-scoped ids.
    portfolio_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=80)
    display_number = models.CharField(max_length=40, blank=True)
    color = models.CharField(max_length=12, blank=True)
    credentials = SealedField()
    provider_app = models.ForeignKey(
        ProviderApp, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    default_campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="default_for"
    )
    campaigns: models.ManyToManyField[Campaign, Any] = models.ManyToManyField(
        Campaign, related_name="accounts", blank=True
    )
    update_message_statuses = models.BooleanField(default=True)
    state = models.CharField(max_length=14, choices=State.choices, default=State.ACTIVE)
    state_reason = models.CharField(max_length=200, blank=True)
    # When it was last given its access. What the provider says of an earlier moment does not take it away again.
    connected_at = models.DateTimeField(null=True, blank=True)
    # The provider asked this number to rest (131048): what is queued waits until then, nothing is failed. Null: it sends.
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    icon = models.CharField(max_length=40, blank=True, default="", db_default="")
    # Asked of whoever begins and fits no rule, with the rules of kind menu as its choices. Empty: nobody is asked.
    menu_text = models.CharField(max_length=600, blank=True, default="", db_default="")
    # As the provider said when it was last asked, in its own words: GREEN, TIER_2K, CONNECTED (connectors.whatsapp.access).
    quality = models.CharField(max_length=16, blank=True, default="", db_default="")
    messaging_limit = models.CharField(max_length=32, blank=True, default="", db_default="")
    provider_status = models.CharField(max_length=32, blank=True, default="", db_default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    # Why the provider could not be asked, or refused: {"reason": one of connectors.whatsapp.access.REASONS, "values": {…}}.
    check_problem = models.JSONField(null=True, blank=True)

    objects: ClassVar[Any] = ChannelAccountQuerySet.as_manager()

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("see_channel_accounts", "Sees channel accounts, their health and their templates"),
            ("manage_channel_accounts", "Connects, changes, disconnects and removes channel accounts"),
        ]
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="channel_account_once")
        ]

    def __str__(self) -> str:
        return self.name


class AccountSetup(models.Model):
    """An account being connected, step by step, by one person. Its token is sealed and forgotten when it is done or a day old."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # None: the environment's own app.
    provider_app = models.ForeignKey(ProviderApp, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    # The app was made in this very setup: its verify token is still to be pasted at the provider.
    made_app = models.BooleanField(default=False)
    waba_id = models.CharField(max_length=120, blank=True)
    credentials = SealedField()
    account_name = models.CharField(max_length=120, blank=True)
    # What the provider listed when the access was checked: [{"external_id", "display", "name", "quality", "limit"}].
    offered = models.JSONField(default=list, blank=True)
    chosen = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    # ChannelAccount ids, once connected.
    connected = ArrayField(models.BigIntegerField(), default=list, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"setup {self.uuid}"
