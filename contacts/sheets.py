"""What is written of a contact, as a form or a program hands it over; and the fingerprint of what was read (core.versions)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from accounts.models import Team
from contacts.models import Company, Contact, DocumentType
from core.versions import version_of


@dataclass(frozen=True, kw_only=True)
class PointEntry:
    """One way to reach somebody, as typed. `id`: one they have already, which stays as it is whatever else is said but `is_primary`
    (who may not see numbers hands back what they cannot read). `kind` empty: told from the text (points.detect_kind)."""

    value: str = ""
    kind: str = ""
    id: int | None = None
    is_primary: bool = False


@dataclass(frozen=True, kw_only=True)
class AddressEntry:
    """An address as typed (002-10, 002-20)."""

    line: str
    department: str = ""
    province: str = ""
    district: str = ""
    reference: str = ""
    postal_code: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    is_primary: bool = False


class ContactChanges(TypedDict, total=False):
    """What an edit says; what it does not name stays as it is."""

    first_name: str
    last_name: str
    # All of them: what is not among them is taken away.
    points: Sequence[PointEntry]
    document_type: DocumentType | None
    document_number: str
    company: Company | None
    is_vip: bool
    # All of those that `by` sees; others' teams stay.
    teams: Iterable[Team]
    # Values by control id; a field that is not named keeps its value, an empty one is emptied.
    custom: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ContactSheet:
    """What an edit may change of one contact, as it stands."""

    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, contact: Contact) -> ContactSheet:
        """Reads the contact's points and teams: two queries."""
        return cls(
            values={
                "first_name": contact.first_name,
                "last_name": contact.last_name,
                "document_type": contact.document_type_id,
                "document_number": contact.document_number,
                "company": contact.company_id,
                "is_vip": contact.is_vip,
                "custom": contact.custom,
                "teams": sorted(contact.teams.values_list("pk", flat=True)),
                "points": [
                    list(each) for each in contact.points.order_by("id").values_list("kind", "normalised", "is_primary")
                ],
            }
        )

    @property
    def version(self) -> str:
        return version_of(self.values)
