"""The tree of outcomes. A catalogue: which outcome a conversation got is recorded by inbox."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class TypificationQuerySet(models.QuerySet["Typification"]):
    def live(self) -> TypificationQuerySet:
        return self.filter(archived=False)

    def siblings_under(self, parent_id: int | None) -> TypificationQuerySet:
        """Those of one heading (None: of the top), live and archived, in their order."""
        return self.filter(parent_id=parent_id).order_by("position", "pk")


class Typification(models.Model):
    """One node [Tipificación / Subtipificación]. A node with live children is a heading, not an outcome."""

    class AppliesTo(models.TextChoices):
        ALL = "all", _("Everything")
        CHAT = "chat", _("Chats")
        PHONE = "phone", _("Calls")
        COMMENT = "comment", _("Comments")

    class AsksCallback(models.TextChoices):
        NO = "no", _("No")
        PERSONAL = "personal", _("Personal")
        GLOBAL = "global", _("Global")

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    # Named by the product, not by people: Transferencia, Inactividad, Fuera de horario, Sin respuesta, Spam, Duplicado.
    system_code = models.SlugField(
        max_length=40, null=True, blank=True, unique=True
    )  # unique where set: NULL is "none"
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    applies_to = models.CharField(max_length=8, choices=AppliesTo.choices, default=AppliesTo.ALL)
    closes_member = models.BooleanField(default=True)
    effective = models.BooleanField(default=False)
    recyclable = models.BooleanField(default=True)
    allows_redial = models.BooleanField(default=True)
    quick_close = models.BooleanField(default=False)
    requires_base = models.BooleanField(default=False)
    requires_note = models.BooleanField(default=False)
    asks_callback = models.CharField(max_length=8, choices=AsksCallback.choices, default=AsksCallback.NO)
    auto_callback_after = models.DurationField(null=True, blank=True)
    counts_as_attempt = models.BooleanField(default=True)
    archived = models.BooleanField(default=False)
    # Those archived together come back together.
    archived_at = models.DateTimeField(null=True, blank=True)
    # Raised with every change of the node itself, so that nobody overwrites what another wrote meanwhile.
    version = models.PositiveIntegerField(default=1, db_default=1)

    objects: ClassVar[Any] = TypificationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [("manage_typifications", "Edits the tree of typifications")]
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["parent", "name"], name="typification_sibling_names", nulls_distinct=False),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="typification_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name
