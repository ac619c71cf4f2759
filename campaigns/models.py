"""Who the work is for, through which accounts, by whom, and with which outcomes."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, TeamMember, User
from connectors.kinds import ChannelKind
from core.fields import SealedField
from typification.models import Typification


class Client(models.Model):
    name = models.CharField(max_length=80, unique=True)
    sla_optimal_s = models.PositiveIntegerField(default=300)
    sla_low_s = models.PositiveIntegerField(default=900)
    max_history_conversations = models.PositiveSmallIntegerField(default=10)
    max_inactivity_s = models.PositiveIntegerField(default=0)
    inactivity_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=80)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client", "name"], name="project_names_of_client")
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    class Kind(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")
        PREVIEW = "preview", _("Preview")
        MIXED = "mixed", _("Mixed")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")

    class Distribution(models.TextChoices):
        MANUAL = "manual", _("Agents take them")
        ASSIGN = "assign", _("Assigned to the least loaded")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INBOUND)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    distribution = models.CharField(max_length=10, choices=Distribution.choices, default=Distribution.MANUAL)
    allow_close_unanswered = models.BooleanField(default=False)
    allow_external_resources = models.BooleanField(default=True)
    # 0: a closed conversation is never reopened, the next message begins a new one.
    reopen_within_h = models.PositiveSmallIntegerField(default=0)
    agents: models.ManyToManyField[User, CampaignAgent] = models.ManyToManyField(
        User, through="CampaignAgent", related_name="campaigns"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class CampaignAgent(models.Model):
    """An agent of a campaign and the channel kinds they handle in it (empty: all)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="campaign_memberships")
    channels = ArrayField(models.CharField(max_length=12), default=list, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["campaign", "user"], name="campaign_agent_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.campaign_id}"

    def handles(self, kind: str) -> bool:
        return not self.channels or kind in self.channels


class CampaignTypification(models.Model):
    """An outcome a campaign offers, for a purpose; at most one default per purpose."""

    class Purpose(models.TextChoices):
        FINISH = "finish", _("Finish")
        TRANSFER = "transfer", _("Transfer")
        INACTIVITY = "inactivity", _("Inactivity")
        IGNORE_COMMENT = "ignore_comment", _("Ignore a comment")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="offered")
    typification = models.ForeignKey(Typification, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose.choices, default=Purpose.FINISH)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["campaign", "typification", "purpose"], name="campaign_typification_once"),
            models.UniqueConstraint(
                fields=["campaign", "purpose"],
                condition=models.Q(is_default=True),
                name="campaign_typification_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.typification_id} for {self.purpose}"


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
        teams = TeamMember.objects.filter(user=user).values("team_id")
        mine = Campaign.objects.filter(models.Q(memberships__user=user) | models.Q(team_id__in=teams)).values("pk")
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


class TemplateSync(models.Model):
    """When an account's templates were last copied, and how the copying that is asked for or under way goes on."""

    account = models.OneToOneField(ChannelAccount, on_delete=models.CASCADE, related_name="template_sync")
    asked_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    found = models.PositiveIntegerField(default=0)
    problem = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"templates of {self.account_id}"

    @property
    def is_under_way(self) -> bool:
        """Asked for and not ended; what has not ended in ten minutes never will."""
        begun = self.started_at or self.asked_at
        is_open = self.asked_at is not None and (self.finished_at is None or self.finished_at < self.asked_at)
        return is_open and begun is not None and begun > timezone.now() - datetime.timedelta(minutes=10)


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def visible_to(self, user: User) -> MessageTemplateQuerySet:
        """Those of the accounts of campaigns the user works for, or of a team they belong to."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        teams = TeamMember.objects.filter(user=user).values("team_id")
        mine = Campaign.objects.filter(models.Q(memberships__user=user) | models.Q(team_id__in=teams))
        accounts = ChannelAccount.objects.filter(models.Q(campaigns__in=mine) | models.Q(default_campaign__in=mine))
        return self.filter(account_id__in=accounts.values("pk"))

    def sendable(self) -> MessageTemplateQuerySet:
        return self.filter(status=MessageTemplate.Status.APPROVED)


class MessageTemplate(models.Model):
    """A ready message the provider approved, copied from there by `sync_templates`. Never edited here.

    `components` are the provider's own (header, body, footer, buttons); connectors.whatsapp.templates reads and fills them.
    """

    class Status(models.TextChoices):
        APPROVED = "APPROVED", _("Approved")
        PENDING = "PENDING", _("In review")
        REJECTED = "REJECTED", _("Rejected")
        PAUSED = "PAUSED", _("Paused")
        DISABLED = "DISABLED", _("Disabled")
        # The provider's list no longer holds it; kept, because messages were sent with it.
        GONE = "GONE", _("Removed")

    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="templates")
    external_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=16)
    category = models.CharField(max_length=32, blank=True)
    # No choices: the provider adds states of its own, and each but APPROVED means «not now».
    status = models.CharField(max_length=32)
    components = models.JSONField(default=list)
    # The provider's code for why it refused it, and its opinion of how people take it.
    rejected_reason = models.CharField(max_length=64, blank=True, default="", db_default="")
    quality = models.CharField(max_length=16, blank=True, default="", db_default="")
    synced_at = models.DateTimeField()

    objects: ClassVar[Any] = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "language"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "name", "language"], name="template_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
