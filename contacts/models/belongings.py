"""What belongs to one contact: addresses, notes, consent, legal holds, and the record of two that became one."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from contacts.models.people import Contact, ContactPoint

# So long a deleted note may be brought back.
RESTORABLE_FOR = datetime.timedelta(minutes=10)


class Address(models.Model):
    """Where a contact is found (002-10, 002-20)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    department = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=80, blank=True)
    district = models.CharField(max_length=80, blank=True)
    line = models.CharField(max_length=200)
    reference = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-is_primary", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="address_coordinates_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"address {self.pk}"


class ContactNoteQuerySet(models.QuerySet["ContactNote"]):
    def visible_to(self, user: User) -> ContactNoteQuerySet:
        """Notes are their team's; one of no team is for who sees every team. The contact itself is asked for apart."""
        return self.of_teams_of(user).filter(deleted_at__isnull=True)

    def restorable_by(self, user: User) -> ContactNoteQuerySet:
        """One's own that were deleted a moment ago, the last one first."""
        since = timezone.now() - RESTORABLE_FOR
        return self.of_teams_of(user).filter(author=user, deleted_at__gte=since).order_by("-deleted_at", "-id")

    def of_teams_of(self, user: User) -> ContactNoteQuerySet:
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(team__in=Team.objects.filter(memberships__user=user))


class ContactNote(models.Model):
    """What the next agent must know about a contact (001-30, 004-15, 004-19): seen by its team."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="notes", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.TextField(max_length=4000)
    # The conversation it was written in, by the name lower floors know it by.
    conversation_uuid = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)
    # Nobody reads it from here on; for `RESTORABLE_FOR` its author may bring it back, then it is removed.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ContactNoteQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["contact", "-created_at", "-id"], name="contact_note_newest"),
            models.Index(
                fields=["conversation_uuid"],
                condition=models.Q(conversation_uuid__isnull=False),
                name="contact_note_of_talk",
            ),
            models.Index(
                fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="contact_note_deleted"
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Consent(models.Model):
    """One step of what a contact allowed or withdrew; the newest of a medium counts. Nothing here is ever changed."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents")
    # A medium of contact points; empty: every medium.
    medium = models.CharField(max_length=10, choices=ContactPoint.Kind.choices, blank=True)
    is_given = models.BooleanField()
    # How it was told: a form, a call, a word of theirs.
    source = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-recorded_at", "-id")

    def __str__(self) -> str:
        return f"consent {self.pk}"


class LegalHold(models.Model):
    """A reason why nothing of a contact may be erased or aged out until it is lifted (S62)."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="legal_holds")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=True) | models.Q(lifted_by__isnull=False),
                name="legal_hold_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"legal hold {self.pk}"


class MergeRecord(models.Model):
    """Two contacts that became one, and what it takes to part them again exactly (B-08).

    `before` holds what the merge changed, as it was and as it became (contacts.joining.Before); `followers` the ids that pointed to the
    merged one already, and point to the survivor since.
    """

    survivor = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="merges_into")
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    followers: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["merged"], condition=models.Q(undone_at__isnull=True), name="merged_once_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(survivor=models.F("merged")), name="merged_into_another"),
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"


class MergeSuggestion(models.Model):
    """Two contacts that may be one person, and why it seems so. Joining them is a person's decision, and so is keeping them apart."""

    class Reason(models.TextChoices):
        TOGETHER = "together", _("Wrote as one")
        NUMBER = "number", _("The same number")
        DOCUMENT = "document", _("The same document number")
        EMAIL = "email", _("The same e-mail")

    # The one with the lower key first, so that a pair is one row whoever looks.
    first = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    created_at = models.DateTimeField(db_default=Now())
    # «They are two people»: never suggested again for this reason.
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["first", "second", "reason"], name="merge_suggested_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="merge_suggested_in_order"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-id"], condition=models.Q(dismissed_at__isnull=True), name="merge_suggestion_newest"),
        ]

    def __str__(self) -> str:
        return f"suggestion {self.pk}"
