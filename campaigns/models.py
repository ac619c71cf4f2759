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
    archived = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[Any] = ArchivableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_clients", "Manages clients and projects")]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=80)
    archived = models.BooleanField(default=False, db_default=False)

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


def campaigns_of(user: User) -> models.QuerySet[Campaign]:
    """The campaigns a user works for, and those of a team they belong to; for who sees every team, all."""
    if user.has_perm("accounts.see_all_teams"):
        return Campaign.objects.all()
    teams = TeamMember.objects.filter(user=user).values("team_id")
    return Campaign.objects.filter(
        models.Q(pk__in=CampaignAgent.objects.filter(user=user).values("campaign_id")) | models.Q(team_id__in=teams)
    )


def campaigns_run_by(user: User) -> models.QuerySet[Campaign]:
    """The campaigns whose ready words and files a user may change: those of the teams they supervise; for who sees every team, all."""
    if not user.has_perm("campaigns.manage_ready_words"):
        return Campaign.objects.none()
    if user.has_perm("accounts.see_all_teams"):
        return Campaign.objects.all()
    return Campaign.objects.filter(
        team_id__in=TeamMember.objects.filter(user=user, is_supervisor=True).values("team_id")
    )


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def visible_to(self, user: User) -> MessageTemplateQuerySet:
        """Those of the accounts of campaigns the user works for, or of a team they belong to."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        mine = campaigns_of(user)
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


class ReadyQuerySet(models.QuerySet[Any]):
    """Resources and shortcuts: a campaign's, or the company's (no campaign)."""

    def visible_to(self, user: User) -> ReadyQuerySet:
        """The company's are everybody's; a campaign's are for who works for it or belongs to its team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(models.Q(campaign__isnull=True) | models.Q(campaign__in=campaigns_of(user)))

    def changeable_by(self, user: User) -> ReadyQuerySet:
        """Those of campaigns the user runs; the company's only by who sees every team."""
        if not user.has_perm("campaigns.manage_ready_words"):
            return self.none()
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(campaign__in=campaigns_run_by(user))

    def live(self) -> ReadyQuerySet:
        return self.filter(archived_at__isnull=True)

    def offered_in(self, campaign_id: int | None) -> ReadyQuerySet:
        """What an agent finds while answering for a campaign: its own and the company's."""
        return self.filter(models.Q(campaign__isnull=True) | models.Q(campaign_id=campaign_id))


class Resource(models.Model):
    """A ready text or file of the gallery [Galería de recursos] (004-07).

    The bytes lie under a name of their own in the storage; a message gets a copy of them, so that changing or archiving a resource
    never touches what was sent.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        IMAGE = "image", _("Image")
        VIDEO = "video", _("Video")
        DOCUMENT = "document", _("Document")

    # Null: the company's.
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="resources")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80)
    name_folded = models.CharField(max_length=80, editable=False)
    # The words themselves, or a file's caption. May hold variables (campaigns.variables).
    text = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    file_name = models.CharField(max_length=255, blank=True)
    mime = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    path = models.CharField(max_length=200, blank=True)
    thumbnail_path = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = ReadyQuerySet.as_manager()

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("manage_ready_words", "Changes the shortcuts and resources of the campaigns it runs")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(kind="text", path="") & ~models.Q(text="")
                | ~models.Q(kind="text") & ~models.Q(path=""),
                name="resource_has_words_or_file",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["campaign", "position", "name_folded", "id"], name="resource_in_gallery"),
            models.Index(fields=["name_folded", "id"], name="resource_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Shortcut(models.Model):
    """An alphanumeric code [Atajo] that «/» expands: to words, or to a resource with words of its own as caption (001-41, 004-08)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="shortcuts")
    # Lower case: nobody remembers how a code was capitalised.
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=80, blank=True)
    name_folded = models.CharField(max_length=80, editable=False, blank=True)
    text = models.TextField(blank=True)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, null=True, blank=True, related_name="shortcuts")
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ReadyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["campaign", "code"],
                condition=models.Q(archived_at__isnull=True),
                nulls_distinct=False,
                name="shortcut_code_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(text="") | models.Q(resource__isnull=False), name="shortcut_expands_to_something"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["code", "id"], name="shortcut_by_code")]

    def __str__(self) -> str:
        return self.code

    @property
    def kind(self) -> str:
        return self.resource.kind if self.resource is not None else Resource.Kind.TEXT
