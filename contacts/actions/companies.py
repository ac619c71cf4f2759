"""Companies: made from the contact's form (002-08) or set up; their name is copied to their contacts, who are found and sorted by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts import documents
from contacts.actions.holding import require_editing, search_texts_of
from contacts.errors import CompanyKnown
from contacts.models import Company, Contact, DocumentType
from core import journal
from core.bulk import update_from
from core.locks import hold_names
from core.refusals import Invalid, NotAllowed, NotFound
from core.text import fold, without_nul
from core.versions import refuse_stale, version_of

LONGEST = {"name": 160, "industry": 80, "website": 200}
# A company's contacts are written anew so many at a time, in the order of their keys like everybody else holds them.
AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class CompanySheet:
    """What is written of a company."""

    name: str
    document_type: DocumentType | None = None
    document_number: str = ""
    industry: str = ""
    website: str = ""

    @classmethod
    def of(cls, company: Company) -> CompanySheet:
        return cls(
            name=company.name,
            document_type=company.document_type,
            document_number=company.document_number,
            industry=company.industry,
            website=company.website,
        )

    def as_values(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "document_type": self.document_type.pk if self.document_type is not None else None,
            "document_number": self.document_number,
            "industry": self.industry,
            "website": self.website,
        }

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_company(sheet: CompanySheet, *, by: User | None) -> Company:
    """Return a new company. Whoever may edit contacts may add one on the way.

    Raises:
        NotAllowed. Invalid: by field. CompanyKnown: one of this document is there already.
    """
    require_editing(by)
    sheet = checked(sheet)
    company = Company()
    write(company, sheet)
    journal.record("company_created", company, by=by, details={"name": company.name})
    return company


@transaction.atomic
def edit_company(company_id: int, sheet: CompanySheet, *, by: User | None, version: str | None = None) -> Company:
    """Write a company. Its contacts are found and sorted by its new name when this ends.

    Raises:
        NotAllowed, NotFound, Stale. Invalid: by field. CompanyKnown.
    """
    company = held_company(company_id, by=by)
    before = CompanySheet.of(company)
    refuse_stale(version, before.version)
    sheet = checked(sheet, kept=before)
    if sheet == before:
        return company
    sort_name = company.sort_name
    write(company, sheet)
    journal.record("company_edited", company, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    if company.sort_name != sort_name:
        rename_in_contacts(company)
    return company


@transaction.atomic
def archive_company(company_id: int, *, by: User | None) -> Company:
    """Take a company out of what may be chosen; its contacts keep it. Twice is once. Raises NotAllowed, NotFound."""
    company = held_company(company_id, by=by)
    if company.archived_at is None:
        company.archived_at = timezone.now()
        company.save(update_fields=["archived_at"])
        journal.record("company_archived", company, by=by)
    return company


@transaction.atomic
def restore_company(company_id: int, *, by: User | None) -> Company:
    """Bring an archived company back. Twice is once. Raises NotAllowed, NotFound."""
    company = held_company(company_id, by=by)
    if company.archived_at is not None:
        company.archived_at = None
        company.save(update_fields=["archived_at"])
        journal.record("company_restored", company, by=by)
    return company


def company_lock(company_id: int) -> str:
    """Held by whoever renames it, and by whoever copies its name: a contact never keeps the name it had a moment ago."""
    return f"company|{company_id}"


def held_company(company_id: int, *, by: User | None) -> Company:
    if by is not None and not by.has_perm("contacts.manage_contact_setup"):
        raise NotAllowed(_("Your role does not allow changing companies."))
    hold_names([company_lock(company_id)])
    company: Company | None = (
        Company.objects.select_for_update(of=("self",), no_key=True)
        .select_related("document_type")
        .filter(pk=company_id)
        .first()
    )
    if company is None:
        raise NotFound(_("There is no such company."))
    return company


def checked(sheet: CompanySheet, *, kept: CompanySheet | None = None) -> CompanySheet:
    """The sheet as it is stored. Raises Invalid: by field."""
    texts = {name: " ".join(without_nul(getattr(sheet, name)).split()) for name in LONGEST}
    wrong = {
        name: [_("At most %(limit)d characters.") % {"limit": LONGEST[name]}]
        for name, value in texts.items()
        if len(value) > LONGEST[name]
    }
    if not fold(texts["name"]):
        wrong["name"] = [_("Write the company's name.")]
    elif len(fold(texts["name"])) > LONGEST["name"]:
        # A letter may fold into two.
        wrong["name"] = [_("At most %(limit)d characters.") % {"limit": LONGEST["name"]}]
    kind, number = sheet.document_type, ""
    is_kept = kept is not None and kept.document_type == kind
    if kind is None and documents.compact(sheet.document_number):
        wrong["document_type"] = [_("Choose the type of this document.")]
    elif kind is not None and not is_kept and (kind.archived_at is not None or not kind.is_for_companies):
        wrong["document_type"] = [_("Choose one of the list.")]
    elif kind is not None:
        try:
            number = documents.check_number(kind, sheet.document_number)
        except ValueError as error:
            wrong["document_number"] = [str(error)]
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)
    return CompanySheet(**texts, document_type=kind if number else None, document_number=number)


def write(company: Company, sheet: CompanySheet) -> None:
    """Raises CompanyKnown; the constraint is the arbiter."""
    for name, value in sheet.as_values().items():
        if name != "document_type":
            setattr(company, name, value)
    company.document_type = sheet.document_type
    company.sort_name = fold(sheet.name)
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError:
        same = Company.objects.filter(document_type=sheet.document_type, document_number=sheet.document_number)
        other = same.exclude(pk=company.pk).first()
        if other is None:
            raise
        words = _("{name} has this document already.").format(name=other.name)
        raise CompanyKnown(
            words, fields={"document_number": [words]}, company={"id": other.pk, "name": other.name}
        ) from None


def rename_in_contacts(company: Company) -> None:
    """Write the company's name on its contacts, whatever their number, and let them be found by it: they, and whoever stands for one of
    them since they were joined.
    """
    written: set[int] = set()
    # Asked again until nobody is left: somebody may have been joined with one of them while their row was waited for.
    while left := sorted(concerned_by(company) - written):
        for first in range(0, len(left), AT_ONCE):
            rename_in(left[first : first + AT_ONCE], company)
        written.update(left)


def concerned_by(company: Company) -> set[int]:
    own: QuerySet[Contact] = Contact.objects.filter(company=company)
    return {pk for keys in own.values_list("pk", "merged_into_id") for pk in keys if pk is not None}


def rename_in(contact_ids: list[int], company: Company) -> None:
    contacts = list(Contact.objects.select_for_update(no_key=True).filter(pk__in=contact_ids).order_by("pk"))
    for each in contacts:
        if each.company_id == company.pk:
            each.company_sort_name = company.sort_name
    for each, found_by in zip(contacts, search_texts_of(contacts), strict=True):
        each.search_text = found_by
    update_from(Contact, contacts, "company_sort_name", "search_text")
