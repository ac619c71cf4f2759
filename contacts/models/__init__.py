"""Contacts' nouns."""

from contacts.models.bases import Attempt, BaseMember, BaseSlice, ContactBase, Lot, LotContact, SliceTouch
from contacts.models.belongings import Address, Consent, ContactNote, LegalHold, MergeRecord, MergeSuggestion
from contacts.models.catalogue import Company, ContactGroup, DocumentType, FieldDefinition, Hue, Tag
from contacts.models.people import Contact, ContactPoint, ContactQuerySet, ContactTag, ContactTeam, GroupMember
from contacts.models.removed import RemovedAttempt

__all__ = [
    "Address",
    "Attempt",
    "BaseMember",
    "BaseSlice",
    "Company",
    "Consent",
    "Contact",
    "ContactBase",
    "ContactGroup",
    "ContactNote",
    "ContactPoint",
    "ContactQuerySet",
    "ContactTag",
    "ContactTeam",
    "DocumentType",
    "FieldDefinition",
    "GroupMember",
    "Hue",
    "LegalHold",
    "Lot",
    "LotContact",
    "MergeRecord",
    "MergeSuggestion",
    "RemovedAttempt",
    "SliceTouch",
    "Tag",
]
