"""What contacts are described with: companies, kinds of document, fields of one's own, tags and groups."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User


class Hue(models.TextChoices):
    """The quiet hues of tags and groups (tokens.css)."""

    GRAY = "gray", _("Gray")
    BLUE = "blue", _("Blue")
    GREEN = "green", _("Green")
    OCHRE = "ochre", _("Ochre")
    ROSE = "rose", _("Rose")
    VIOLET = "violet", _("Violet")


class CatalogueQuerySet(models.QuerySet[Any]):
    def live(self) -> CatalogueQuerySet:
        """Those that may still be chosen; what is archived stays on whoever has it."""
        return self.filter(archived_at__isnull=True)


class ContactGroupQuerySet(CatalogueQuerySet):
    def visible_to(self, user: User) -> ContactGroupQuerySet:
        """Groups of nobody in particular are everybody's; others are their teams'."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        through = ContactGroup.teams.through.objects.filter(contactgroup_id=models.OuterRef("pk"))
        teams = Team.objects.filter(memberships__user=user)
        return self.filter(~models.Exists(through) | models.Exists(through.filter(team__in=teams)))


class DocumentType(models.Model):
    """A kind of identity document of a person or a company (002-06, 002-07).

    `pattern` is what a number must match in its normalised form; `check_digit` names the rule of its country that knows its check digits
    (contacts.documents), empty where there is none.
    """

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    # ISO 3166-1, two letters; empty for documents of no country (a passport).
    country = models.CharField(max_length=2, blank=True)
    pattern = models.CharField(max_length=200, blank=True)
    check_digit = models.CharField(max_length=20, blank=True)
    example = models.CharField(max_length=40, blank=True)
    is_for_people = models.BooleanField(default=True)
    is_for_companies = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.code


class Company(models.Model):
    """Who a contact works for or buys for (002-08)."""

    name = models.CharField(max_length=160)
    sort_name = models.CharField(max_length=160, editable=False)
    document_type = models.ForeignKey(DocumentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    document_number = models.CharField(max_length=40, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    website = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = CatalogueQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(sort_name=""), name="company_is_named"),
            models.UniqueConstraint(
                fields=["document_type", "document_number"],
                condition=~models.Q(document_number=""),
                name="company_document_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sort_name", "id"], name="company_by_name"),
            GinIndex(fields=["sort_name"], opclasses=["gin_trgm_ops"], name="company_name_trgm"),
        ]

    def __str__(self) -> str:
        return f"company {self.pk}"


class FieldDefinition(models.Model):
    """A field of one's own on the contact's form (002-11); its values live in `Contact.custom` under `control_id`.

    `minimum` and `maximum` bound a number's value or a text's length.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        YES_NO = "yes_no", _("Yes or no")

    # Three lower-case letters of its type and a name, as in scripts: txtOcupacion.
    control_id = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=80)
    hint = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)
    is_required = models.BooleanField(default=False)
    minimum = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    maximum = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    options: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.control_id


class Tag(models.Model):
    """A word on a contact [Etiqueta] (001-27)."""

    name = models.CharField(max_length=40)
    folded_name = models.CharField(max_length=40, unique=True, editable=False)
    hue = models.CharField(max_length=10, choices=Hue.choices, default=Hue.GRAY)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ("folded_name",)

    def __str__(self) -> str:
        return f"tag {self.pk}"


class ContactGroup(models.Model):
    """People by a criterion [Grupo], for strategies and audiences (001-28).

    A manual group holds who was put into it; a group by rule, whoever meets `rule` (the parameters of contacts.filters.ContactFilter).
    """

    class Kind(models.TextChoices):
        MANUAL = "manual", _("Put together by hand")
        RULE = "rule", _("By rule")

    name = models.CharField(max_length=60)
    folded_name = models.CharField(max_length=60, unique=True, editable=False)
    hue = models.CharField(max_length=10, choices=Hue.choices, default=Hue.GRAY)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.MANUAL)
    rule = models.JSONField(default=dict, blank=True)
    # Seen by these teams; by everybody where there is none.
    teams: models.ManyToManyField[Team, Any] = models.ManyToManyField(Team, related_name="+", blank=True)
    # When whoever meets the rule was last written down.
    refreshed_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = ContactGroupQuerySet.as_manager()

    class Meta:
        ordering = ("folded_name",)

    def __str__(self) -> str:
        return f"group {self.pk}"
