"""Whose contact it is, held for a change: asked for by everything that writes about one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.errors import IsErased, IsMerged, OfAnotherTeam
from contacts.models import Address, Contact
from core import journal
from core.refusals import NotAllowed, NotFound
from core.text import fold


def require_editing(by: User | None) -> None:
    """Raises NotAllowed. Nobody in particular (the system, an import) may."""
    if by is not None and not by.has_perm("contacts.edit_contacts"):
        raise NotAllowed(_("Your role does not allow changing contacts."))


def held_contact(contact_id: int, *, by: User | None) -> Contact:
    """Hold a contact that `by` may change, to the end of the transaction.

    Raises:
        NotFound: there is none, or it is another team's: the two are never told apart.
        NotAllowed: `by` may see it, not change it. IsMerged, IsErased: it is not for writing on any more.
    """
    seen = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
    contact: Contact | None = seen.select_for_update(of=("self",), no_key=True).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    require_editing(by)
    if contact.merged_into_id is not None:
        raise IsMerged(_("This contact became another one."), contact_id=contact.merged_into_id)
    if contact.erased_at is not None:
        raise IsErased(_("This contact was erased."))
    return contact


def standing_of(rows: QuerySet[Any]) -> int:
    """The key of the one that stands for whoever a row of `rows` (one, or none) belongs to. What a joined contact has is changed
    through them, and stays its own, so that parting parts it. Raises NotFound.
    """
    owner = Coalesce("contact__merged_into_id", "contact_id")
    standing: int | None = rows.annotate(standing=owner).values_list("standing", flat=True).first()
    if standing is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return standing


@contextmanager
def asking(by: User | None) -> Iterator[None]:
    """One transaction. Whoever asks for what is another team's contact's is written down, apart from what is undone (DOMAIN.md)."""
    try:
        with transaction.atomic():
            yield
    except OfAnotherTeam as refusal:
        journal.record(
            "contact_of_another_team_asked",
            Contact(pk=refusal.contact_id),
            by=by,
            details={"fields": sorted(refusal.fields)},
        )
        raise


# ── The words people are found by


def name_anew(contact: Contact) -> None:
    """Sort by the name of now; what it is found by begins with it."""
    contact.sort_name = fold(contact.name)[:170]


def search_text_of(contact: Contact) -> str:
    """Name, company, and one line for each address. No number, no document, no e-mail (B-10)."""
    return search_texts_of([contact])[0]


def search_texts_of(contacts: Sequence[Contact]) -> list[str]:
    """`search_text_of` each, in their order: two queries for all."""
    written = [each.pk for each in contacts if each.pk is not None]
    # Who was joined with them is found by what they were called and where they lived, too.
    joined: dict[int | None, list[Contact]] = {}
    for each in Contact.objects.filter(merged_into__in=written).select_related("company").order_by("id"):
        joined.setdefault(each.merged_into_id, []).append(each)
    addresses = address_lines([*written, *(each.pk for theirs in joined.values() for each in theirs)])
    return [search_text(each, joined.get(each.pk, ()), addresses) for each in contacts]


def search_text(contact: Contact, joined: Iterable[Contact], addresses: Mapping[int, list[str]]) -> str:
    lines = [contact.sort_name, contact.company_sort_name, *addresses.get(contact.pk, ())]
    for each in joined:
        # The company's own: while it is renamed their copy of its name may be the one it had.
        company = each.company.sort_name if each.company is not None else ""
        theirs = [each.sort_name, company, *addresses.get(each.pk, ())]
        lines += [line for line in theirs if line and line not in lines]
    return "\n".join(lines)


def address_lines(contact_ids: Iterable[int]) -> dict[int, list[str]]:
    names = ("line", "reference", "district", "province", "department", "postal_code")
    lines: dict[int, list[str]] = {}
    for pk, *words in Address.objects.filter(contact__in=contact_ids).order_by("id").values_list("contact_id", *names):
        lines.setdefault(pk, []).append(fold(" ".join(filter(None, words))))
    return lines


def says_the_same(text: str, other: str) -> bool:
    """Whether two such texts find the same; in which order, and with how many empty lines, is nobody's business."""
    return set(text.split("\n")) - {""} == set(other.split("\n")) - {""}
