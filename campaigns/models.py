"""Who the work is for, through which accounts, by whom, and with which outcomes."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, TeamMember, User
from connectors.kinds import ChannelKind
from core.fields import SealedField
from typification.models import Typification


class ArchivableQuerySet(models.QuerySet[Any]):
    def live(self) -> ArchivableQuerySet:
        return self.filter(archived=False)


class Client(models.Model):
    name = models.CharField(max_length=80, unique=True)
    sla_optimal_s = models.PositiveIntegerField(default=300)
    sla_low_s = models.PositiveIntegerField(default=900)
    max_history_conversations = models.PositiveSmallIntegerField(default=10)
    max_inactivity_s = models.PositiveIntegerField(default=0)
    inactivity_attempts = models.PositiveSmallIntegerField(default=0)
    archived = models.BooleanField(default=False)

    objects: ClassVar[Any] = ArchivableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_clients", "Manages clients and projects")]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=80)
    archived = models.BooleanField(default=False)

    objects: ClassVar[Any] = ArchivableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client", "name"], name="project_names_of_client")
        ]

    def __str__(self) -> str:
        return self.name


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User) -> CampaignQuerySet:
        """Those of the user's teams; all for whom sees every team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(team_id__in=TeamMember.objects.filter(user=user).values("team_id"))


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
    # How far back an agent reads a conversation's history (004-02). Null: all of it.
    history_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    agents: models.ManyToManyField[User, CampaignAgent] = models.ManyToManyField(
        User, through="CampaignAgent", related_name="campaigns"
    )

    objects: ClassVar[Any] = CampaignQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_campaigns", "Manages campaigns")]

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

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="channel_account_once")
        ]

    def __str__(self) -> str:
        return self.name


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
    synced_at = models.DateTimeField()

    objects: ClassVar[Any] = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "language"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "name", "language"], name="template_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
