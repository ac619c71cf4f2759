"""Users, teams, roles, auxiliaries and who is doing what."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import text
from core.fields import SealedField

ROLES = ("admin", "supervisor", "agent")


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> UserQuerySet:
        """Those of the user's own teams, and the user; everybody for whom sees every team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(
            models.Q(pk=user.pk)
            | models.Exists(
                TeamMember.objects.filter(
                    user=models.OuterRef("pk"), team__in=TeamMember.objects.filter(user=user).values("team")
                )
            )
        )

    def supervised_by(self, user: User) -> UserQuerySet:
        """Those of the teams the user supervises; everybody for whom supervises and sees every team. Never the user themselves."""
        others = self.exclude(pk=user.pk)
        if not user.has_perm("accounts.supervise_teams"):
            return self.none()
        if user.has_perm("accounts.see_all_teams"):
            return others
        supervised = TeamMember.objects.filter(user=user, is_supervisor=True).values("team")
        return others.filter(models.Exists(TeamMember.objects.filter(user=models.OuterRef("pk"), team__in=supervised)))


class UserRoll(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # made of the two when this is read
    """Django's own ways of making a user, and ours of asking who may be seen."""

    # As before: migrations know the model by Django's manager.
    use_in_migrations = False


class User(AbstractUser):
    """Somebody who signs in. Roles are Django groups with permissions; `capacity` is live conversations per channel kind."""

    teams: models.ManyToManyField[Team, TeamMember] = models.ManyToManyField(
        "Team", through="TeamMember", related_name="members"
    )
    language = models.CharField(max_length=10, default="es")
    time_zone = models.CharField(max_length=40, default="America/Asuncion")
    theme = models.CharField(
        max_length=8, default="system", choices=[("system", _("System")), ("light", _("Light")), ("dark", _("Dark"))]
    )
    capacity = models.JSONField(default=dict, blank=True)
    may_export = models.BooleanField(default=False)
    may_log_out_with_active = models.BooleanField(default=False)
    # The desk's keys this person chose for themselves: an action's name and its combination, "" where it has none.
    desk_keys = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    # Raised to end every session of this user at once: it is part of what a session is checked against (S12).
    session_epoch = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = UserRoll()

    class Meta(AbstractUser.Meta):
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("see_numbers", "Sees whole phone numbers"),
            ("see_all_teams", "Sees the work of every team"),
            ("supervise_teams", "Supervises the teams it belongs to as a supervisor"),
            ("manage_users", "Manages users"),
            ("manage_teams", "Manages teams"),
            ("manage_roles", "Manages roles"),
            ("manage_aux_states", "Manages auxiliaries"),
        ]

    @property
    def name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return text.initials(self.name) or self.username[:2].upper()

    @property
    def hue(self) -> str:
        return text.hue(self.pk)

    @property
    def role(self) -> str:
        """The strongest of the built-in roles, for words and icons. What may be done is asked of permissions, never of this."""
        if self.is_superuser:
            return "admin"
        names = {group.name for group in self.groups.all()}
        return next((role for role in ROLES if role in names), "agent")

    def get_session_auth_hash(self) -> str:
        return self.with_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Any:
        for value in super().get_session_auth_fallback_hash():
            yield self.with_epoch(value)

    def with_epoch(self, value: str) -> str:
        return f"{value}.{self.session_epoch}"

    def capacity_for(self, kind: str) -> int:
        return int(self.capacity.get(kind, 5))


class TeamQuerySet(models.QuerySet["Team"]):
    def live(self) -> TeamQuerySet:
        return self.filter(archived=False)

    def visible_to(self, user: User) -> TeamQuerySet:
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(pk__in=TeamMember.objects.filter(user=user).values("team"))


class Team(models.Model):
    name = models.CharField(max_length=80, unique=True)
    archived = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[Any] = TeamQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    is_supervisor = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "user"], name="team_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class AuxStateQuerySet(models.QuerySet["AuxState"]):
    def live(self) -> AuxStateQuerySet:
        return self.filter(archived=False)


class AuxState(models.Model):
    """What an agent is doing [Auxiliar], and which new work may reach them meanwhile (000-01)."""

    class Routing(models.TextChoices):
        OFFLINE = "offline", _("Offline")
        NOT_READY = "not_ready", _("Not ready")
        DRAIN = "drain", _("Only active work")
        READY = "ready", _("Ready")

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    color = models.CharField(max_length=12, default="gray")
    icon = models.CharField(max_length=40, default="circle")
    routing = models.CharField(max_length=10, choices=Routing.choices, default=Routing.NOT_READY)
    accepts_new = models.BooleanField(default=False)
    works_active = models.BooleanField(default=False)
    productive = models.BooleanField(default=True)
    max_minutes = models.PositiveIntegerField(null=True, blank=True)
    # Where an agent stands after signing in.
    is_initial = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[Any] = AuxStateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["is_initial"], condition=models.Q(is_initial=True), name="one_initial_aux_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AgentStateInterval(models.Model):
    """From when to when an agent was in an auxiliary. One open interval at most, no overlaps (DOMAIN.md)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="state_intervals")
    aux_state = models.ForeignKey(AuxState, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    # Who put them there, where it was not themselves.
    forced_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # When it was told that they are in it for longer than its most minutes.
    overrun_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="one_open_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("started_at")),
                name="interval_forward",
            ),
            # A user's id as a range of itself: nothing is needed that compares equal ids in such an index.
            ExclusionConstraint(
                name="intervals_apart",
                expressions=[
                    (
                        models.Func(
                            models.F("user_id"),
                            models.F("user_id"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        models.Func(
                            models.F("started_at"),
                            models.F("ended_at"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} {self.aux_state_id}"


class SavedView(models.Model):
    """A person's own combination of filters under a name [Vista]. What they mean is their screen's to say; here they are only kept."""

    class Screen(models.TextChoices):
        DESK = "desk", _("Attention panel")
        CONTACTS = "contacts", _("Contacts")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    # The list that it filters.
    screen = models.CharField(max_length=20, choices=Screen.choices, default=Screen.DESK, db_default=Screen.DESK)
    filters = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("user", "screen", Lower("name"), name="saved_view_once_a_screen")
        ]

    def __str__(self) -> str:
        return self.name


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self) -> ApiTokenQuerySet:
        return self.filter(revoked_at__isnull=True, user__is_active=True)

    def of(self, plain: str) -> ApiTokenQuerySet:
        """The token whose plain form this is. Tokens are 32 random bytes, so a plain SHA-256 is enough (S21)."""
        return self.filter(digest=hashlib.sha256(plain.encode()).hexdigest())


class ApiToken(models.Model):
    """A program's way in. Only a digest is kept; the token itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, default="api")
    digest = models.CharField(max_length=64, unique=True)
    # Chosen by the page that asks for it: the same request sent twice makes one token.
    client_id = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class PushSettings(models.Model):
    """What the installation decided about web push, and who it is to push services. One row, made when it is first needed."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    # Always 1: there is one installation.
    only = models.BooleanField(default=True, unique=True, editable=False)
    # The uncompressed P-256 point in base64url: what browsers are given. The private half signs for us and is never shown.
    public_key = models.CharField(max_length=100, blank=True)
    private_key = SealedField()
    # Without it a notification says «New message» and nothing of the customer: it passes through others' hands and lock screens (S59).
    shows_preview = models.BooleanField(default=False)

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_push", "Decides what notifications may show")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(only=True), name="one_push_settings")
        ]

    def __str__(self) -> str:
        return "push settings"


class PushSubscription(models.Model):
    """A browser that asked to be woken. It lives in one session and goes with it, however that ends (S12)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    session = models.ForeignKey("sessions.Session", on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=1000)
    # The browser's public key and secret (RFC 8291), base64url as it gave them.
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    # Our public key at that time: a browser answers to no other.
    public_key = models.CharField(max_length=100)
    label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    last_sent_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    # The push service asked for patience, or did not answer: nothing is sent before.
    quiet_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint"], name="push_endpoint_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.label}"
