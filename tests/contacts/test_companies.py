"""Companies, and the words of theirs that their contacts are found by."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import actions
from contacts.actions import CompanySheet
from contacts.actions.holding import search_text_of
from contacts.actions.merging import merge_contacts
from contacts.errors import CompanyKnown
from contacts.models import Company, Contact
from contacts.sheets import AddressEntry
from core.refusals import Invalid, NotAllowed
from tests.contacts.people import kind, rocio
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("document_types")


def test_a_company_that_was_deleted_since_it_was_chosen_is_refused_at_its_field(cast: Cast) -> None:
    company = Company.objects.create(name="Efímera", sort_name="efimera")
    chosen = Company.objects.get(pk=company.pk)
    company.delete()
    with pytest.raises(Invalid) as refused:
        actions.create_contact(by=cast.ana, first_name="Rocío", company=chosen)
    assert [*refused.value.fields] == ["company"]
    assert not Contact.objects.filter(first_name="Rocío").exists()


@pytest.mark.shows("002-08", "002-18")
def test_a_renamed_company_is_found_on_all_its_contacts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.actions.companies.AT_ONCE", 2)
    company = actions.create_company(
        CompanySheet(name="Fibra Sur", document_type=kind("py-ruc"), document_number="80028061-0"), by=cast.ana
    )
    people = [actions.create_contact(by=cast.ana, first_name=f"P{each}", company=company) for each in range(5)]
    actions.add_address(people[0].pk, AddressEntry(line="Palma 1"), by=cast.ana)
    alone = actions.create_contact(by=cast.ana, first_name="Sola")
    # One that a channel made has one line only.
    Contact.objects.filter(pk=people[4].pk).update(search_text="p4")
    with pytest.raises(NotAllowed):
        actions.edit_company(company.pk, CompanySheet(name="Otra"), by=cast.ana)
    actions.edit_company(company.pk, CompanySheet(name="Óptica & Cía \\1"), by=cast.admin)
    for each in people:
        each.refresh_from_db()
        assert each.company_sort_name == "optica & cia \\1"
        assert each.search_text.split("\n")[:2] == [each.sort_name, "optica & cia \\1"]
    assert people[0].search_text.split("\n")[2:] == ["palma 1"]
    alone.refresh_from_db()
    assert alone.company_sort_name == ""
    actions.archive_company(company.pk, by=cast.admin)
    with pytest.raises(Invalid):
        actions.create_contact(by=cast.ana, first_name="Tarde", company=Company.objects.get(pk=company.pk))
    # Whoever has it keeps it.
    actions.edit_contact(people[1].pk, by=cast.ana, company=Company.objects.get(pk=company.pk), first_name="Pedro")


@pytest.mark.shows("002-08")
def test_a_company_of_a_known_document_leads_to_the_one_there_is(cast: Cast) -> None:
    sheet = CompanySheet(name="Fibra Sur", document_type=kind("py-ruc"), document_number="80028061-0")
    first = actions.create_company(sheet, by=cast.ana)
    with pytest.raises(CompanyKnown) as refusal:
        actions.create_company(sheet, by=cast.eva)
    assert refusal.value.extra["company"]["id"] == first.pk
    with pytest.raises(Invalid) as invalid:
        actions.create_company(
            CompanySheet(name=" ", document_type=kind("py-ci"), document_number="123456"), by=cast.ana
        )
    assert set(invalid.value.fields) == {"name", "document_type"}


@pytest.mark.shows("002-23", "B-08")
def test_a_renamed_company_is_found_on_whoever_stands_for_its_contacts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in which line: what is written set-wise is what `search_text_of` writes."""
    monkeypatch.setattr("contacts.actions.companies.AT_ONCE", 1)
    company, other = (actions.create_company(CompanySheet(name=name), by=cast.ana) for name in ("Uno", "Tres"))
    survivor = actions.create_contact(by=cast.ana, first_name="Queda", company=other)
    whole = rocio(cast.ana, company=company, addresses=[AddressEntry(line="A 1"), AddressEntry(line="B 2")])
    # One that a channel made has one line only, and its address is the second since they were joined.
    channels = actions.create_contact(by=cast.ana, first_name="Canal", company=company)
    placed = actions.create_contact(by=cast.ana, first_name="Lugar", addresses=[AddressEntry(line="Palma 1")])
    Contact.objects.filter(pk=channels.pk).update(search_text="canal")
    merge_contacts(channels.pk, merged_id=placed.pk, by=cast.admin)
    merge_contacts(survivor.pk, merged_id=whole.pk, by=cast.admin)
    actions.edit_company(company.pk, CompanySheet(name="Dos"), by=cast.admin)
    found = {each.pk: each.search_text.split("\n") for each in Contact.objects.all()}
    assert found[whole.pk] == ["rocio benitez duarte", "dos", "a 1", "b 2"]
    assert found[survivor.pk] == ["queda", "tres", "rocio benitez duarte", "dos", "a 1", "b 2"]
    assert found[channels.pk] == ["canal", "dos", "lugar", "palma 1"]
    assert Contact.objects.get(pk=survivor.pk).company_sort_name == "tres"
    # Nobody else was written.
    assert found[placed.pk] == ["lugar", "", "palma 1"]
    for each in Contact.objects.all():
        assert search_text_of(each).split("\n") == found[each.pk]


def test_renaming_a_company_costs_the_same_for_many_contacts(cast: Cast) -> None:
    company = actions.create_company(CompanySheet(name="Uno"), by=cast.ana)
    names = itertools.count()

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            actions.edit_company(company.pk, CompanySheet(name=f"Uno {next(names)}"), by=cast.admin)
        return len(asked)

    actions.create_contact(by=cast.ana, first_name="Una", company=company)
    # What is asked once for all (the permissions of who renames) is known from here on.
    queries()
    one = queries()
    for each in range(5):
        actions.create_contact(by=cast.ana, first_name=f"P{each}", company=company)
    assert queries() == one
