"""Who the work is for, by whom it is done, and with which outcomes."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, TeamMember, User
from contacts.models import ContactBase
from typification.models import Typification

# What a page, the API and the database all allow.
MIN_RING_S, MOST_RING_S = 5, 600
MIN_RETURN_S, MOST_RETURN_S = 30, 86_400


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
        RING = "ring", _("Offered to one after the other")
        ASSIGN = "assign", _("Assigned to the least loaded")

    class OutOfHours(models.TextChoices):
        QUEUE = "queue", _("They wait for opening time")
        CLOSE = "close", _("They are closed")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INBOUND)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    distribution = models.CharField(max_length=10, choices=Distribution.choices, default=Distribution.MANUAL)
    # How long one agent may think about an offer before the next one gets it.
    ring_timeout_s = models.PositiveSmallIntegerField(default=30, db_default=30)
    # An agent who has not answered by then loses it to the queue. Null: it stays with them.
    return_after_s = models.PositiveIntegerField(null=True, blank=True)
    # How long a conversation waits for its exclusive agent before anybody may have it. Null: for as long as it takes.
    exclusive_fallback_min = models.PositiveSmallIntegerField(null=True, blank=True)
    # New chats also reach an agent who has a record open in preview (000-02).
    blending = models.BooleanField(default=False, db_default=False)
    allow_transfer = models.BooleanField(default=True, db_default=True)
    allow_close_unanswered = models.BooleanField(default=False)
    allow_external_resources = models.BooleanField(default=True)
    # Off: any of its agents for the channel answers beside whoever is in charge (P0-32).
    only_owner_replies = models.BooleanField(default=True, db_default=True)
    # 0: a closed conversation is never reopened, the next message begins a new one.
    reopen_within_h = models.PositiveSmallIntegerField(default=0)
    # How far back an agent reads a conversation's history (004-02). Null: all of it.
    history_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    # In which its hours and holidays are read. Empty: the installation's.
    time_zone = models.CharField(max_length=40, blank=True, default="", db_default="")
    out_of_hours_action = models.CharField(
        max_length=8, choices=OutOfHours.choices, default=OutOfHours.QUEUE, db_default="queue"
    )
    out_of_hours_message = models.CharField(max_length=1000, blank=True, default="", db_default="")
    welcome_message = models.CharField(max_length=1000, blank=True, default="", db_default="")
    # Asked of a silent customer, as often as the client wants. Empty: nothing is sent, and the steps count all the same.
    inactivity_message = models.CharField(max_length=1000, blank=True, default="", db_default="")
    # Whoever writes one of them, and nothing else, is not contacted any more. Plain (campaigns.routing).
    opt_out_words = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    agents: models.ManyToManyField[User, CampaignAgent] = models.ManyToManyField(
        User, through="CampaignAgent", related_name="campaigns"
    )

    objects: ClassVar[Any] = CampaignQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_campaigns", "Manages campaigns")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(ring_timeout_s__range=(MIN_RING_S, MOST_RING_S)), name="campaign_ring_timeout"
            ),
            models.CheckConstraint(
                condition=models.Q(return_after_s__isnull=True) | models.Q(return_after_s__gte=MIN_RETURN_S),
                name="campaign_return_after",
            ),
            models.CheckConstraint(
                condition=models.Q(exclusive_fallback_min__isnull=True) | models.Q(exclusive_fallback_min__gte=1),
                name="campaign_exclusive_fallback",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def speaks_by_itself(self) -> bool:
        """Whether whoever begins a conversation may be answered before anybody attends them."""
        closes = self.out_of_hours_action == self.OutOfHours.CLOSE
        return closes or bool(self.welcome_message or self.out_of_hours_message)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone or settings.TIME_ZONE)


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


class CampaignBase(models.Model):
    """A base that a campaign's agents may put contacts into and work on; at most one is proposed (000-16)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="worked_bases")
    base = models.ForeignKey(ContactBase, on_delete=models.PROTECT, related_name="+")
    # DOMAIN.md's default_base: marked here, it cannot be one outside of the set.
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["campaign", "base"], name="campaign_base_once"),
            models.UniqueConstraint(
                fields=["campaign"], condition=models.Q(is_default=True), name="campaign_base_default"
            ),
        ]

    def __str__(self) -> str:
        return f"base {self.base_id} of {self.campaign_id}"


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
