"""What a contact's columns are called in files: the words of the form. Exports write them as heads, imports know them by these (S36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy

from contacts.fields import live_fields
from contacts.models import FieldDefinition
from core.sections import Words

# Several values of one cell: numbers, addresses of e-mail, tags, choices.
BETWEEN: Final = "; "


@dataclass(frozen=True)
class ContactColumn:
    """A column by a name that stays and a title that people read; `definition` where it is a field of one's own."""

    name: str
    title: Words
    definition: FieldDefinition | None = None


# What a form asks for, and so what a file may bring back.
ASKED: Final = (
    ContactColumn("first_name", gettext_lazy("First names")),
    ContactColumn("last_name", gettext_lazy("Surnames")),
    ContactColumn("document_type", gettext_lazy("Kind of document")),
    ContactColumn("document_number", gettext_lazy("Document number")),
    ContactColumn("company", gettext_lazy("Company")),
    ContactColumn("is_vip", gettext_lazy("VIP contact")),
    ContactColumn("phone", gettext_lazy("Phone")),
    ContactColumn("whatsapp", "WhatsApp"),
    ContactColumn("email", gettext_lazy("E-mail")),
    ContactColumn("address_line", gettext_lazy("Street and number")),
    ContactColumn("address_district", gettext_lazy("District")),
    ContactColumn("address_province", gettext_lazy("Province")),
    ContactColumn("address_department", gettext_lazy("Department")),
    ContactColumn("address_postal_code", gettext_lazy("Postal code")),
    ContactColumn("address_reference", gettext_lazy("Reference")),
    ContactColumn("tags", gettext_lazy("Tags")),
)
# What is only told.
TOLD: Final = (
    ContactColumn("profile_name", gettext_lazy("Profile name")),
    ContactColumn("teams", gettext_lazy("Teams")),
    ContactColumn("blocked", gettext_lazy("Blocked")),
    ContactColumn("do_not_contact", gettext_lazy("Do not contact")),
    ContactColumn("last_interaction_at", gettext_lazy("Last interaction")),
    ContactColumn("created_at", gettext_lazy("Created")),
)


def contact_columns(own: Sequence[str] | None = None) -> list[ContactColumn]:
    """All of them in the order of a file: the form's, the installation's own fields, and what is only told.

    `own`: these fields by their control ids, as they were live once; None: those that are live now.
    """
    if own is None:
        definitions = live_fields()
    else:
        known = {each.control_id: each for each in FieldDefinition.objects.filter(control_id__in=own)}
        definitions = [known[name] for name in own if name in known]
    return [*ASKED, *(ContactColumn(each.control_id, each.label, each) for each in definitions), *TOLD]
