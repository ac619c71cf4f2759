"""What is done to contacts, by subject."""

from contacts.actions.identifying import (
    Followed,
    Found,
    find_contact,
    follow_number,
    hold_contacts,
    hold_free_identities,
    hold_number,
    identify,
    join_point,
    lock_identities,
    share_with_teams,
)
from contacts.actions.interactions import is_worth_noting, note_interactions
from contacts.actions.people import create_contact

__all__ = [
    "Followed",
    "Found",
    "create_contact",
    "find_contact",
    "follow_number",
    "hold_contacts",
    "hold_free_identities",
    "hold_number",
    "identify",
    "is_worth_noting",
    "join_point",
    "lock_identities",
    "note_interactions",
    "share_with_teams",
]
