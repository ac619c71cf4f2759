"""What is done to contacts, by subject."""

from contacts.actions.addresses import add_address, edit_address, remove_address
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
from contacts.actions.people import create_contact, edit_contact
from contacts.actions.points import add_point, make_primary, remove_point

__all__ = [
    "Followed",
    "Found",
    "add_address",
    "add_point",
    "create_contact",
    "edit_address",
    "edit_contact",
    "find_contact",
    "follow_number",
    "hold_contacts",
    "hold_free_identities",
    "hold_number",
    "identify",
    "join_point",
    "lock_identities",
    "make_primary",
    "remove_address",
    "remove_point",
    "share_with_teams",
]
