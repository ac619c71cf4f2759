"""A contact as one form writes it: its company, registered with it where it is new, and its address, all of it or nothing (002-04 … 002-13)."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import User
from contacts.actions.addresses import add_address, edit_address
from contacts.actions.companies import CompanySheet, create_company
from contacts.actions.holding import asking, held_contact
from contacts.actions.people import create_contact, edit_contact, sent_before
from contacts.models import Address, Company, Contact
from contacts.sheets import AddressEntry, ContactSheet
from core.refusals import Refusal
from core.versions import refuse_stale, version_of


def register_contact(
    *,
    by: User,
    changes: dict[str, Any],
    company: Company | CompanySheet | None,
    address: AddressEntry | None,
    client_id: uuid.UUID,
) -> Contact:
    """Return a new contact; the same `client_id` again is the same contact. Raises as create_contact and create_company do."""
    if (known := sent_before(client_id, by=by)) is not None:
        return known
    with asking(by):
        return create_contact(
            by=by,
            company=known_or_new(company, by=by),
            addresses=[address] if address is not None else [],
            client_id=client_id,
            **changes,
        )


def rewrite_contact(
    contact_id: int,
    *,
    by: User,
    version: str,
    changes: dict[str, Any],
    company: Company | CompanySheet | None,
    address: AddressEntry | None,
) -> Contact:
    """Write all of the form onto a contact; `address` is its main one, or its first. Raises as edit_contact does, and Stale."""
    with asking(by):
        # `edit_contact` asks again about its own part, under the row's lock.
        of_contact, _dot, of_address = version.partition(".")
        contact = edit_contact(contact_id, by=by, version=of_contact, company=known_or_new(company, by=by), **changes)
        held_contact(contact_id, by=by)
        main = main_address(contact)
        refuse_stale(of_address, address_version(main))
        if address is not None and main is not None:
            edit_address(main.pk, address, by=by)
        elif address is not None:
            add_address(contact_id, address, by=by)
        return contact


def form_version(contact: Contact) -> str:
    """What was read: the contact's own fingerprint, and its main address's."""
    return f"{ContactSheet.of(contact).version}.{address_version(main_address(contact))}"


def address_version(address: Address | None) -> str:
    if address is None:
        return "none"
    names = [field.attname for field in Address._meta.concrete_fields]
    return version_of({name: getattr(address, name) for name in names})


def main_address(contact: Contact) -> Address | None:
    """The one the form shows: the first of them, as the contact's page lists them."""
    found: Address | None = Address.objects.filter(contact=contact).first()
    return found


def known_or_new(company: Company | CompanySheet | None, *, by: User) -> Company | None:
    """What is wrong with a new company stands under names of its own: «company_document_number» is not the contact's document."""
    if not isinstance(company, CompanySheet):
        return company
    try:
        return create_company(company, by=by)
    except Refusal as refusal:
        refusal.fields = {f"company_{name}": reasons for name, reasons in refusal.fields.items()}
        raise
