"""Making and changing contacts."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Team
from contacts.models import Contact
from core.text import fold


def create_contact(
    *, first_name: str, last_name: str = "", teams: Iterable[Team] = (), is_vip: bool = False
) -> Contact:
    """Return a new contact with a written name, without points yet."""
    name = f"{first_name} {last_name}".strip()
    sort_name = fold(name)[:170]
    contact = Contact.objects.create(
        first_name=first_name, last_name=last_name, sort_name=sort_name, search_text=sort_name, is_vip=is_vip
    )
    contact.teams.set(teams)
    return contact
