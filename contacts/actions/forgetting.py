"""Whoever asked to be forgotten, marked while it waits: nobody becomes one person with them, or stops being one, before it is done.

What is forgotten is who they were when they asked: a contact joined with them by mistake meanwhile would be lost for good.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.errors import BeingErased
from contacts.models import Contact


def mark_for_erasure(contact: Contact) -> None:
    """Mark the one that stands for a person; the caller holds it and journals what was asked. Repeating it changes nothing."""
    if contact.erasure_asked_at is None:
        contact.erasure_asked_at = timezone.now()
        contact.save(update_fields=["erasure_asked_at"])


def spare(contact_id: int) -> None:
    """They are not forgotten after all. Repeating it changes nothing."""
    Contact.objects.filter(pk=contact_id).update(erasure_asked_at=None)


def refuse_being_erased(contacts: Iterable[Contact]) -> None:
    """Raises BeingErased where one of them waits to be forgotten."""
    if any(each.erasure_asked_at is not None for each in contacts):
        raise BeingErased(_("This contact is being erased now."))
