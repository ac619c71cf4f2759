"""Where a contact is found (002-10, 002-20). A contact's addresses are words they are found by, so each change writes those anew."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.holding import held_contact, search_text_of, standing_of
from contacts.models import Address, Contact
from contacts.sheets import AddressEntry
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul

LONGEST = {"department": 80, "province": 80, "district": 80, "line": 200, "reference": 200, "postal_code": 20}
MOST_ADDRESSES = 20


@transaction.atomic
def add_address(contact_id: int, entry: AddressEntry, *, by: User | None) -> Address:
    """Add an address; the first one is the main one. The same again is the one there is.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Invalid: by field.
    """
    contact = held_contact(contact_id, by=by)
    wanted = checked(entry)
    same = contact.addresses.filter(**{name: getattr(wanted, name) for name in LONGEST}).first()
    if same is not None:
        return change_address(same, wanted, contact=contact, by=by)
    address = write_address(contact, wanted)
    renew_words(contact)
    journal.record(
        "address_added", contact, by=by, details={"address_id": address.pk}, personal={"address": address.line}
    )
    return address


@transaction.atomic
def edit_address(address_id: int, entry: AddressEntry, *, by: User | None) -> Address:
    """Write an address as it is now. Raises NotFound, NotAllowed, IsMerged, IsErased; Invalid: by field."""
    address, contact = held_address(address_id, by=by)
    return change_address(address, checked(entry), contact=contact, by=by)


@transaction.atomic
def remove_address(address_id: int, *, by: User | None) -> None:
    """Raises NotFound, NotAllowed, IsMerged, IsErased."""
    address, contact = held_address(address_id, by=by)
    was_primary = address.is_primary
    line = address.line
    address.delete()
    heir = address.contact.addresses.order_by("id").first() if was_primary else None
    if heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    renew_words(contact)
    journal.record(
        "address_removed", address.contact, by=by, details={"address_id": address_id}, personal={"address": line}
    )


def held_address(address_id: int, *, by: User | None) -> tuple[Address, Contact]:
    """The address, and whoever stands for its contact, held: whose words are to be renewed. Raises as `held_contact`."""
    wanted = Address.objects.filter(pk=address_id)
    contact = held_contact(standing_of(wanted), by=by)
    # It may have gone while we waited.
    address = wanted.filter(contact__in=Contact.objects.identity(contact)).select_related("contact").first()
    if address is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return address, contact


def change_address(address: Address, entry: AddressEntry, *, contact: Contact, by: User | None) -> Address:
    wanted = asdict(entry)
    # The main one is put aside by naming another, never by saying that this one is not.
    wanted["is_primary"] = entry.is_primary or address.is_primary
    changed = sorted(name for name, value in wanted.items() if getattr(address, name) != value)
    if not changed:
        return address
    before = address.line
    if "is_primary" in changed:
        # Of each contact one is the main one, also of those that are one person: parted, each has its own.
        address.contact.addresses.filter(is_primary=True).update(is_primary=False)
    for name, value in wanted.items():
        setattr(address, name, value)
    address.save()
    renew_words(contact)
    personal = {"address_before": before, "address_after": address.line}
    journal.record(
        "address_edited",
        address.contact,
        by=by,
        details={"address_id": address.pk, "fields": changed},
        personal=personal,
    )
    return address


def write_address(contact: Contact, entry: AddressEntry) -> Address:
    """Add an address to a held contact; the words they are found by are the caller's to renew. Raises Invalid."""
    wanted = checked(entry)
    count = contact.addresses.count()
    if count >= MOST_ADDRESSES:
        raise Invalid(
            _("Check the marked fields."),
            fields={"line": [_("At most %(limit)d addresses.") % {"limit": MOST_ADDRESSES}]},
        )
    if wanted.is_primary:
        contact.addresses.filter(is_primary=True).update(is_primary=False)
    return Address.objects.create(contact=contact, **(asdict(wanted) | {"is_primary": wanted.is_primary or not count}))


def renew_words(contact: Contact) -> None:
    contact.search_text = search_text_of(contact)
    contact.save(update_fields=["search_text", "updated_at"])


def checked(entry: AddressEntry) -> AddressEntry:
    """Raises Invalid: by field."""
    texts = {name: " ".join(without_nul(getattr(entry, name)).split()) for name in LONGEST}
    wrong = {
        name: [_("At most %(limit)d characters.") % {"limit": LONGEST[name]}]
        for name, value in texts.items()
        if len(value) > LONGEST[name]
    }
    if not texts["line"]:
        wrong["line"] = [_("Write the street and the number.")]
    latitude, longitude = entry.latitude, entry.longitude
    if (latitude is None) != (longitude is None):
        wrong["latitude" if latitude is None else "longitude"] = [_("A place needs both coordinates.")]
    for name, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if value is not None and not (value.is_finite() and -most <= value <= most):
            wrong[name] = [_("From {least} to {most}.").format(least=-most, most=most)]
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)
    return AddressEntry(**texts, latitude=rounded(latitude), longitude=rounded(longitude), is_primary=entry.is_primary)


def rounded(coordinate: Decimal | None) -> Decimal | None:
    """To about ten centimetres: what the column holds."""
    return coordinate.quantize(Decimal("0.000001")) if coordinate is not None else None
