"""Several people write the same contact, number, document or company at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from contacts import actions
from contacts.actions import CompanySheet
from contacts.errors import DuplicateContact
from contacts.models import Contact, DocumentType
from contacts.sheets import PointEntry
from tests.concurrency import together
from tests.factories import Cast


@pytest.mark.shows("002-12")
def test_of_many_who_make_the_same_person_at_once_one_does_and_the_others_are_led_there(committed_cast: Cast) -> None:
    cast, client_id = committed_cast, uuid.uuid4()
    actions.seed_document_types()

    def by_number() -> Contact:
        return actions.create_contact(by=cast.ana, first_name="Rocío", points=[PointEntry(value="0991651351")])

    def by_document() -> Contact:
        return actions.create_contact(
            by=cast.ana,
            first_name="Raúl",
            document_type=DocumentType.objects.get(code="py-ci"),
            document_number="7654321",
        )

    def by_click() -> Contact:
        return actions.create_contact(by=cast.ana, first_name="Clara", client_id=client_id)

    for job, refused in ((by_number, 5), (by_document, 5), (by_click, 0)):
        outcomes = together([job] * 6)
        made = {each.pk for each in outcomes if isinstance(each, Contact)}
        led = [each for each in outcomes if isinstance(each, DuplicateContact)]
        assert (len(made), len(led)) == (1, refused), outcomes
        assert all(each.extra["contact"]["id"] in made for each in led)
    assert Contact.objects.count() == 3


def test_a_company_renamed_while_its_contacts_are_written_leaves_none_behind(committed_cast: Cast) -> None:
    cast = committed_cast
    company = actions.create_company(CompanySheet(name="Antes"), by=cast.ana)
    people = [actions.create_contact(by=cast.ana, first_name=f"P{each}", company=company) for each in range(4)]
    jobs: list[Callable[[], Any]] = [
        *(lambda pk=each.pk: actions.edit_contact(pk, by=cast.ana, is_vip=True, company=company) for each in people),
        lambda: actions.edit_company(company.pk, CompanySheet(name="Después"), by=cast.admin),
        lambda: actions.create_contact(by=cast.ana, first_name="Nueva", company=company),
    ]
    assert [each for each in together(jobs) if isinstance(each, BaseException)] == []
    names = set(Contact.objects.values_list("company_sort_name", "is_vip"))
    assert names == {("despues", True), ("despues", False)}
    assert {each.split("\n")[1] for each in Contact.objects.values_list("search_text", flat=True)} == {"despues"}
