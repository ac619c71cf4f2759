"""Ready words: resources of the gallery, and the codes that expand to them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models.portfolio import Campaign, campaigns_of, campaigns_run_by


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
