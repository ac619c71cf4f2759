"""People and the ways to reach them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from contacts import numbers
from contacts.models.catalogue import Company, ContactGroup, DocumentType, Tag

# When nobody attended a contact yet: a moment before all others, so that a list has a place for everybody.
NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def interacted_at() -> Coalesce:
    """When somebody was last attended, or `NEVER`: as `contact_by_interacted` has it."""
    return Coalesce("last_interaction_at", models.Value(NEVER))


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: User) -> ContactQuerySet:
        """Contacts are seen by team only; one without a team, by admins only (DOMAIN.md)."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        teams = Team.objects.filter(memberships__user=user)
        return self.filter(
            models.Exists(Contact.teams.through.objects.filter(contact_id=models.OuterRef("pk"), team__in=teams))
        )

    def standing(self) -> ContactQuerySet:
        """Those that were not merged into another."""
        return self.filter(merged_into__isnull=True)

    def identity(self, contact: Contact) -> ContactQuerySet:
        """Every row of one person: the one that stands for them and all that were merged into it (HOUSE.md "Merge is a pointer").

        Whatever points to a contact from above (conversations, notes, members of bases) is read through this: those rows keep their
        contact, so that parting two people again parts what belongs to them. `merged_into` always names one that stands.
        """
        return self.filter(models.Q(pk=contact.standing_id) | models.Q(merged_into=contact.standing_id))


class Contact(models.Model):
    """One person. Seen by the teams it is shared with; upper rows keep pointing here after a merge (`merged_into`)."""

    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    # Folded "last first" forms would sort by surname; agents look for people by how they are called, so first name first.
    sort_name = models.CharField(max_length=170, blank=True, editable=False)
    # What the provider says the person is called; shown until somebody writes a name.
    profile_name = models.CharField(max_length=120, blank=True)
    # Folded names, company and addresses: what a search by words looks at. No number, no document and no address of e-mail stands in
    # it: those are found whole by who may not see them (B-10).
    search_text = models.TextField(blank=True, default="", db_default="", editable=False)
    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # Normalised as its type says: letters and digits, in upper case.
    document_number = models.CharField(max_length=40, blank=True)
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts", db_index=False
    )
    # The company's own, kept here so that a list may be sorted by it without a join.
    company_sort_name = models.CharField(max_length=160, blank=True, default="", db_default="", editable=False)
    is_vip = models.BooleanField(default=False)
    blocked = models.BooleanField(default=False)
    do_not_contact = models.BooleanField(default=False)
    custom = models.JSONField(default=dict, blank=True)
    teams: models.ManyToManyField[Team, Any] = models.ManyToManyField(
        Team, through="ContactTeam", related_name="+", blank=True
    )
    tags: models.ManyToManyField[Tag, Any] = models.ManyToManyField(Tag, through="ContactTag", related_name="contacts")
    groups: models.ManyToManyField[ContactGroup, Any] = models.ManyToManyField(
        ContactGroup, through="GroupMember", related_name="contacts"
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    # When they last wrote, called or were attended [Última gestión]; written downward by the floor that knows.
    last_interaction_at = models.DateTimeField(null=True, blank=True)
    # Given by the form or program that made it: sent twice, it is one contact.
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    # They asked to be forgotten, and it waits to be done: nobody is joined with them or parted from them meanwhile.
    erasure_asked_at = models.DateTimeField(null=True, blank=True)
    # Erased on request: the row stays for what points to it, nothing personal does (S62).
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ContactQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["document_type", "document_number"],
                condition=~models.Q(document_number=""),
                name="contact_document_once",
            ),
            models.UniqueConstraint(
                fields=["client_id"], condition=models.Q(client_id__isnull=False), name="contact_sent_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["sort_name"], opclasses=["gin_trgm_ops"], name="contact_name_trgm"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="contact_search_trgm"),
            models.Index(fields=["sort_name", "id"], name="contact_by_name"),
            models.Index(fields=["company_sort_name", "id"], name="contact_by_company"),
            models.Index(
                fields=["company", "sort_name", "id"],
                condition=models.Q(company__isnull=False),
                name="contact_of_company",
            ),
            # The latest first; whom nobody ever attended stand at the end, or at the beginning the other way round.
            models.Index(interacted_at(), "id", name="contact_by_interacted"),
            models.Index(fields=["sort_name", "id"], condition=models.Q(is_vip=True), name="contact_vip_by_name"),
            # Its operators know how a number begins, whatever the database's collation.
            models.Index(
                fields=["document_number"],
                condition=~models.Q(document_number=""),
                opclasses=["varchar_pattern_ops"],
                name="contact_document_begins",
            ),
        ]
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("edit_contacts", "Creates and edits contacts"),
            ("merge_contacts", "Joins and parts contacts"),
            ("manage_contact_setup", "Manages documents, fields, tags, groups and companies"),
            ("manage_bases", "Manages bases and lots"),
            ("manage_privacy", "Exports and erases what is held of a contact, and holds it"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"

    @property
    def standing_id(self) -> int:
        """Who stands for this person: itself, or whom it was merged into."""
        return self.merged_into_id or self.pk

    @property
    def standing(self) -> Contact:
        return self.merged_into or self

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.profile_name


class ContactTeam(models.Model):
    """A team that sees a contact, with what its lists are sorted by: a page of one team costs the same in a million contacts.

    The last three are copies that the database itself keeps (triggers of migration 0004): whoever shares a contact or changes it
    has nothing to remember (docs/decisions/018).
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    sort_name = models.CharField(max_length=170, db_default="", editable=False)
    company_sort_name = models.CharField(max_length=160, db_default="", editable=False)
    interacted_at = models.DateTimeField(db_default=models.Value(NEVER), editable=False)

    class Meta:
        db_table = "contacts_contact_teams"
        unique_together: ClassVar[list[tuple[str, str]]] = [("contact", "team")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["team", "sort_name", "contact"], name="contact_team_by_name"),
            models.Index(fields=["team", "company_sort_name", "contact"], name="contact_team_by_company"),
            models.Index(fields=["team", "interacted_at", "contact"], name="contact_team_by_interacted"),
        ]

    def __str__(self) -> str:
        return f"contact {self.contact_id} of team {self.team_id}"


class ContactTag(models.Model):
    """A tag on a contact, and who put it there."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contact", "tag"], name="contact_tag_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tag", "contact"], name="contact_tag_by_tag")]

    def __str__(self) -> str:
        return f"tag {self.tag_id} of contact {self.contact_id}"


class GroupMember(models.Model):
    """A contact in a group: put there by hand, or written down because they meet its rule."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    group = models.ForeignKey(ContactGroup, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_by_rule = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contact", "group"], name="group_member_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["group", "contact"], name="group_member_by_group")
        ]

    def __str__(self) -> str:
        return f"contact {self.contact_id} in group {self.group_id}"


class ContactPoint(models.Model):
    """A way to reach a contact [Vía de contacto].

    `value` is as typed or as the provider wrote it, `normalised` what makes it the same one: the line for numbers (contacts.numbers;
    one line has one form, however it is written), lower case for e-mail, the id for social channels. `scope` is '' for phone and e-mail, the portfolio for a business-scoped WhatsApp id.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        WHATSAPP = "whatsapp", "WhatsApp"
        EMAIL = "email", _("E-mail")
        MESSENGER = "messenger", "Messenger"
        INSTAGRAM = "instagram", "Instagram"
        APPLE = "apple", "Apple"
        WEBCHAT = "webchat", _("Web chat")

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    scope = models.CharField(max_length=64, blank=True, default="")
    value = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200)
    # Digits alone, for searching by a fragment of the number; '' where the value is not a number.
    digits = models.CharField(max_length=32, blank=True, default="")
    variants = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "scope", "normalised"], name="contact_point_once"),
            models.CheckConstraint(condition=~models.Q(normalised=""), name="contact_point_not_empty"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["digits"], opclasses=["gin_trgm_ops"], name="contact_point_digits_trgm"),
            # A part of an address of e-mail.
            GinIndex(
                fields=["normalised"],
                opclasses=["gin_trgm_ops"],
                condition=models.Q(kind="email"),
                name="contact_point_mail_trgm",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.contact_id}"

    @property
    def is_number(self) -> bool:
        return self.kind in (self.Kind.PHONE, self.Kind.WHATSAPP) and self.scope == ""

    @property
    def shown(self) -> str:
        """The whole value as people read it: a number in international form, anything else as it is."""
        if not self.is_number:
            return self.value
        number = numbers.canonical(f"+{self.value.lstrip('+')}", default_country=None)
        return numbers.display(number.e164 if number else self.value)
