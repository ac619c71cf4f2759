"""Bases, lots, members and their attempts: who is to be contacted, and what came of it (DOMAIN.md)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from contacts.models.people import Contact
from typification.models import Typification


class ContactBaseQuerySet(models.QuerySet["ContactBase"]):
    def visible_to(self, user: User) -> ContactBaseQuerySet:
        """Bases are seen by the teams that work them; one without a team, by who sees every team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        teams = Team.objects.filter(memberships__user=user)
        return self.filter(
            models.Exists(
                ContactBase.teams.through.objects.filter(contactbase_id=models.OuterRef("pk"), team__in=teams)
            )
        )


class ContactBase(models.Model):
    """A working list of contacts [Base]."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        CLOSED = "closed", _("Closed")

    name = models.CharField(max_length=80)
    folded_name = models.CharField(max_length=80, unique=True, editable=False)
    description = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    # After so many attempts of a cycle a member is not offered any more; empty: no limit.
    max_attempts = models.PositiveSmallIntegerField(null=True, blank=True)
    teams: models.ManyToManyField[Team, Any] = models.ManyToManyField(Team, related_name="+", blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = ContactBaseQuerySet.as_manager()

    class Meta:
        ordering = ("folded_name",)

    def __str__(self) -> str:
        return f"base {self.pk}"


class LotQuerySet(models.QuerySet["Lot"]):
    def visible_to(self, user: User) -> LotQuerySet:
        """As bases: those of the user's teams; one without a team, by who sees every team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        teams = Team.objects.filter(memberships__user=user)
        return self.filter(
            models.Exists(Lot.teams.through.objects.filter(lot_id=models.OuterRef("pk"), team__in=teams))
        )

    def live(self) -> LotQuerySet:
        return self.filter(archived_at__isnull=True)


class Lot(models.Model):
    """An import batch [Lote]: where contacts came from."""

    name = models.CharField(max_length=80)
    folded_name = models.CharField(max_length=80, editable=False)
    source_file = models.CharField(max_length=200, blank=True)
    teams: models.ManyToManyField[Team, Any] = models.ManyToManyField(Team, related_name="+", blank=True)
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    imported_at = models.DateTimeField(db_default=Now())
    # Rows read, and what became of them: {"read": …, "created": …, "known": …, "updated": …, "refused": …}.
    totals: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict, blank=True)
    # Put away: not offered any more where a lot is chosen; its contacts and its place in history stay.
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = LotQuerySet.as_manager()

    class Meta:
        ordering = ("-imported_at", "-id")

    def __str__(self) -> str:
        return f"lot {self.pk}"


class LotContact(models.Model):
    """A contact that a lot brought, and by which row of its file."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    row_number = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lot", "contact"], name="lot_contact_once"),
        ]

    def __str__(self) -> str:
        return f"contact {self.contact_id} of lot {self.lot_id}"


class BaseMemberQuerySet(models.QuerySet["BaseMember"]):
    def visible_to(self, user: User) -> BaseMemberQuerySet:
        """Members of the bases a user sees, as far as their contacts are the user's to see too."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        teams = Team.objects.filter(memberships__user=user)
        return self.filter(
            models.Exists(
                ContactBase.teams.through.objects.filter(contactbase_id=models.OuterRef("base_id"), team__in=teams)
            ),
            models.Exists(
                Contact.teams.through.objects.filter(contact_id=models.OuterRef("contact_id"), team__in=teams)
            ),
        )

    def live(self) -> BaseMemberQuerySet:
        return self.filter(is_live=True)


class BaseMember(models.Model):
    """One contact inside one base [Registro].

    A narrow, hot table: bulk processes rewrite most of it, so its pages leave room for new versions of a row (fillfactor 70), and no
    index names a column such a process changes, not even in its condition: a rewritten row stays on its page and touches no index
    (docs/decisions/020). Who is next is found by the slices (`BaseSlice`).
    """

    class State(models.TextChoices):
        UNPROCESSED = "unprocessed", _("Not worked yet")
        RESERVED = "reserved", _("Reserved")
        IN_PROGRESS = "in_progress", _("In progress")
        RETRY = "retry", _("To try again")
        AUTO_CALLBACK = "auto_callback", _("Automatic callback")
        SCHEDULED = "scheduled", _("Scheduled")
        CLOSED = "closed", _("Closed")
        SUPPRESSED = "suppressed", _("Do not contact")
        DETACHED = "detached", _("Taken out")

    base = models.ForeignKey(ContactBase, on_delete=models.PROTECT, related_name="members", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="memberships")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    state = models.CharField(max_length=13, choices=State.choices, default=State.UNPROCESSED)
    cycle = models.PositiveSmallIntegerField(default=1)
    # In this cycle; the total is derived from Attempt.
    attempts = models.PositiveSmallIntegerField(default=0)
    first_contact_at = models.DateTimeField(null=True, blank=True)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    last_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    last_typification = models.ForeignKey(
        Typification, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # What was promised; empty in every other state, but while a promise is reserved or taken out.
    due_at = models.DateTimeField(null=True, blank=True)
    reserved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    reserved_until = models.DateTimeField(null=True, blank=True)
    reserved_from = models.CharField(max_length=13, blank=True, default="")
    # Apart from `state`, so that the index which keeps members one does not know the state; written by the database itself.
    is_live = models.GeneratedField(
        expression=~models.Q(state="detached"),  # type: ignore[arg-type]  # a condition is an expression; the stubs do not know
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = BaseMemberQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["base", "contact"], condition=models.Q(is_live=True), name="member_live_once"
            ),
            models.UniqueConstraint(
                fields=["base", "reserved_by"],
                condition=models.Q(reserved_by__isnull=False),
                name="member_reserved_one_each",
            ),
            models.CheckConstraint(
                condition=models.Q(state="reserved", reserved_by__isnull=False, reserved_until__isnull=False)
                & ~models.Q(reserved_from="")
                | ~models.Q(state="reserved")
                & models.Q(reserved_by__isnull=True, reserved_until__isnull=True, reserved_from=""),
                name="member_reserved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["auto_callback", "scheduled"]) | models.Q(due_at__isnull=False),
                name="member_promised_when",
            ),
            models.CheckConstraint(
                condition=models.Q(due_at__isnull=True)
                | models.Q(state__in=["auto_callback", "scheduled", "detached"])
                | models.Q(state="reserved", reserved_from__in=["auto_callback", "scheduled"]),
                name="member_due_only_if_promised",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # A slice is a stretch of it, and none of its columns is rewritten by a bulk process.
            models.Index(fields=["base", "id"], name="member_of_base"),
            # Few rows each, and a row that was neither reserved nor promised, nor becomes so, is not in them before or after.
            models.Index(fields=["base", "due_at"], condition=models.Q(due_at__isnull=False), name="member_promised"),
            models.Index(
                fields=["reserved_until"], condition=models.Q(reserved_until__isnull=False), name="member_reserved"
            ),
        ]

    def __str__(self) -> str:
        return f"member {self.pk}"


class BaseSlice(models.Model):
    """What a stretch of a base's members was when it was last counted: a thousand ids in one narrow row.

    Where `SliceTouch` has no row for it, it is exact. Nobody waits for it: whoever changes members leaves a touch, whoever counts takes
    the touches away first (contacts.actions.slices).
    """

    base = models.ForeignKey(ContactBase, on_delete=models.CASCADE, related_name="slices", db_index=False)
    # Of the members' ids: id >> SLICE_BITS.
    number = models.BigIntegerField()
    # State -> how many of them.
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # Not worked yet, and may be offered.
    fresh = models.PositiveIntegerField(default=0)
    # The longest ago somebody of them that may be tried again was last contacted; empty: nobody is.
    retry_since = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["base", "number"], name="slice_of_base_once"),
        ]

    def __str__(self) -> str:
        return f"slice {self.number} of base {self.base_id}"


class SliceTouch(models.Model):
    """Something changed in a slice since it was counted. Only ever added by who changes, only ever taken away by who counts."""

    base = models.ForeignKey(ContactBase, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.BigIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["base", "number"], name="touch_of_slice")]

    def __str__(self) -> str:
        return f"touch of slice {self.number} of base {self.base_id}"


class Attempt(models.Model):
    """One time somebody tried to reach a member [Gestión de registro]: the history that Reciclado removes (DOMAIN.md)."""

    class Medium(models.TextChoices):
        CALL = "call", _("Call")
        CHAT = "chat", _("Chat")
        EMAIL = "email", _("E-mail")
        OTHER = "other", _("Other")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(BaseMember, on_delete=models.PROTECT, related_name="attempts_made", db_index=False)
    cycle = models.PositiveSmallIntegerField()
    medium = models.CharField(max_length=5, choices=Medium.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    typification = models.ForeignKey(Typification, on_delete=models.PROTECT, null=True, related_name="+")
    # Whether it counts against the base's limit (Typification.counts_as_attempt).
    counts = models.BooleanField(default=True)
    at = models.DateTimeField()
    # The conversation or call it was, by its UUID: an upper floor's, so no foreign key.
    interaction_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A repeated report of one interaction is one attempt.
            models.UniqueConstraint(
                fields=["member", "interaction_id"],
                condition=models.Q(interaction_id__isnull=False),
                name="attempt_once_each_interaction",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["member", "cycle", "-at"], name="attempt_of_member"),
            # Whose outcome is corrected (contacts.actions.correct_outcome): the interaction is known, the member is not.
            models.Index(
                fields=["interaction_id"],
                condition=models.Q(interaction_id__isnull=False),
                name="attempt_of_interaction",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
