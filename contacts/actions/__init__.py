"""What is done to contacts, by subject."""

from contacts.actions.addresses import add_address, edit_address, remove_address
from contacts.actions.companies import (
    CompanySheet,
    archive_company,
    create_company,
    edit_company,
    restore_company,
)
from contacts.actions.consenting import (
    allow_contact,
    block_contact,
    forbid_contact,
    record_consent,
    unblock_contact,
)
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
from contacts.actions.noting import delete_note, edit_note, restore_note, write_note
from contacts.actions.people import create_contact, edit_contact
from contacts.actions.points import add_point, make_primary, remove_point
from contacts.actions.seeding import seed_document_types
from contacts.actions.tagging import add_tag, join_group, leave_group, remove_tag, set_tags

__all__ = [
    "CompanySheet",
    "Followed",
    "Found",
    "add_address",
    "add_point",
    "add_tag",
    "allow_contact",
    "archive_company",
    "block_contact",
    "create_company",
    "create_contact",
    "delete_note",
    "edit_address",
    "edit_company",
    "edit_contact",
    "edit_note",
    "find_contact",
    "follow_number",
    "forbid_contact",
    "hold_contacts",
    "hold_free_identities",
    "hold_number",
    "identify",
    "is_worth_noting",
    "join_group",
    "join_point",
    "leave_group",
    "lock_identities",
    "make_primary",
    "note_interactions",
    "record_consent",
    "remove_address",
    "remove_point",
    "remove_tag",
    "restore_company",
    "restore_note",
    "seed_document_types",
    "set_tags",
    "share_with_teams",
    "unblock_contact",
    "write_note",
]
