"""What can be asked of the list of contacts: search in every written form, filters, and the same meaning for a row in hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contacts import actions, listing
from contacts.actions import CompanySheet
from contacts.actions.groups import GroupSheet, create_group, refresh_group
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.filters import ORDERS, ContactFilter
from contacts.listing import ContactList
from contacts.models import BaseMember, Contact, ContactBase, ContactGroup, DocumentType, Tag
from contacts.rows import contact_rows
from contacts.sheets import AddressEntry, PointEntry
from core.refusals import Invalid
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def rocio(cast: Cast) -> Contact:
    actions.seed_document_types()
    return actions.create_contact(
        by=cast.ana,
        first_name="Rocío",
        last_name="Ñandutí Benítez",
        points=[
            PointEntry(value="0991 651 351", kind="whatsapp"), PointEntry(value="rocio.b@correo.com.py"), PointEntry(value="+55 (11) 91234-5678"),
        ],
        document_type=DocumentType.objects.get(code="py-ci"),
        document_number="4.123.456",
        company=actions.create_company(CompanySheet(name="Óptica Sur S.A."), by=cast.ana),
        addresses=[AddressEntry(line="Avda. Mcal. López 100%", district="Luque")],
    )  # fmt: skip


def found(query: str, user: User) -> list[int]:
    wanted = ContactFilter.from_query({"search": query})
    contacts = Contact.objects.visible_to(user).standing()
    return list(wanted.ordered(wanted.apply(contacts, user)).values_list("pk", flat=True))


WORDS = [
    "rocio",
    "ROCÍO",
    "ñandu",
    "nanduti benitez",
    "benitez rocio",
    "ro",
    "ña",
    "optica",
    "óptica rocio",
    "lopez",
    "100%",
    "luque",
    "su",
]
PARTS = ["651351", "991651", "4.123", "4123", "@correo", "rocio.b@"]
WHOLE = [
    "0991651351", "+595 991 651 351", "595991651351", "00595991651351", "+55 11 91234-5678", "551191234567 8", "+5511912345678",
    "4.123.456", "4123456", "Rocio.B@correo.com.py",
]  # fmt: skip
NOBODY = ["rosa", "ocío lopez x", "100_", "%", "_", "999999", "9.999.999", "x@y.zz", "López Pettit"]


@pytest.mark.shows("002-23", "B-08")
@pytest.mark.parametrize("query", WORDS + PARTS + WHOLE)
def test_a_contact_is_found_by_all_that_is_known_of_them(cast: Cast, rocio: Contact, query: str) -> None:
    assert found(query, cast.luis) == [rocio.pk]
    # And by nobody of another team (S05).
    assert found(query, cast.eva) == []


@pytest.mark.shows("002-23")
@pytest.mark.parametrize("query", NOBODY)
def test_a_search_finds_nobody_it_does_not_name(cast: Cast, rocio: Contact, query: str) -> None:
    if len(query) < 2:
        with pytest.raises(Invalid):
            found(query, cast.luis)
    else:
        assert found(query, cast.luis) == []


@pytest.mark.shows("B-10")
def test_who_may_not_see_numbers_finds_them_whole_only(cast: Cast, rocio: Contact) -> None:
    Group.objects.get(name="agent").permissions.remove(Permission.objects.get(codename="see_numbers"))
    blind = User.objects.get(pk=cast.ana.pk)
    assert {query: found(query, blind) for query in WORDS + WHOLE} == {query: [rocio.pk] for query in WORDS + WHOLE}
    assert {query: found(query, blind) for query in PARTS} == {query: [] for query in PARTS}
    # Nor digit after digit, of any of them.
    assert [found(whole[:end], blind) for whole in ("595991651351", "4123456") for end in range(2, len(whole))] == [
        [] for whole in ("595991651351", "4123456") for _end in range(2, len(whole))
    ]
    (row,) = contact_rows(Contact.objects.filter(pk=rocio.pk), blind)
    assert "651351" not in str(row).replace(" ", "")
    assert "4.123" not in str(row)
    assert "correo" not in str(row)
    assert "rocio.b" not in str(row)
    assert row["document"].endswith("456")
    assert [each["value"][-3:] for each in row["points"] if each["kind"] == "whatsapp"] == ["351"]
    # The control: who may, sees them whole.
    (whole,) = contact_rows(Contact.objects.filter(pk=rocio.pk), cast.luis)
    assert (whole["document"], whole["document_code"]) == ("4.123.456", "py-ci")
    assert [each["value"] for each in whole["points"]] == [
        "+595 991 651 351", "rocio.b@correo.com.py", "+55 11 91234-5678",
    ]  # fmt: skip


@pytest.mark.shows("S05")
def test_another_teams_team_group_and_base_hold_nobody(cast: Cast, rocio: Contact) -> None:
    both = actions.create_contact(by=None, first_name="Ambas", teams=[cast.team, cast.other_team])
    group = ContactGroup.objects.create(name="Suyos", folded_name="suyos")
    group.teams.add(cast.other_team)
    base = ContactBase.objects.create(name="Suya", folded_name="suya")
    base.teams.add(cast.other_team)
    actions.join_group(both.pk, group.pk, by=None)
    BaseMember.objects.create(base=base, contact=both)
    for asked in ({"team": [str(cast.other_team.pk)]}, {"group": [str(group.pk)]}, {"base": [str(base.pk)]}):
        wanted = ContactFilter.from_query(asked)
        answers = {
            user: list(wanted.apply(Contact.objects.visible_to(user), user).values_list("pk", flat=True))
            for user in (cast.luis, cast.eva)
        }
        assert answers == {cast.luis: [], cast.eva: [both.pk]}
    (row,) = contact_rows(Contact.objects.filter(pk=both.pk), cast.luis)
    assert (row["teams"], row["groups"]) == ([{"id": cast.team.pk, "name": "Ventas"}], [])


@pytest.mark.shows("B-08")
def test_a_base_holds_whoever_is_in_it_under_a_contact_that_was_joined(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (
        actions.create_contact(by=None, first_name=f"P{each}", teams=[cast.team]) for each in range(3)
    )
    base = ContactBase.objects.create(name="Cobranza", folded_name="cobranza")
    base.teams.add(cast.team)
    for each in (second, third):
        BaseMember.objects.create(base=base, contact=each)
    joined = merge_contacts(first.pk, merged_id=second.pk, by=cast.luis)
    asked = ContactFilter(base=(base.pk,))

    def listed() -> list[int]:
        sorted_ones = ContactList(cast.luis, asked).page(limit=50).ids
        with monkeypatch.context() as patched:
            # As many are: read in the list's order.
            patched.setattr(listing, "FEW", 0)
            assert ContactList(cast.luis, asked).page(limit=50).ids == sorted_ones
        return sorted_ones

    assert listed() == [first.pk, third.pk]
    assert ContactList(cast.luis, asked).count() == (2, False)
    group = create_group(GroupSheet(name="De la base", kind="rule", rule={"base": [str(base.pk)]}), by=cast.luis)
    refresh_group(group.pk)
    assert set(group.contacts.all()) == {first, third}
    part_contacts(joined.pk, by=cast.luis)
    assert listed() == [second.pk, third.pk]
    # Taken out, nobody is in it any more under either.
    merge_contacts(first.pk, merged_id=second.pk, by=cast.luis)
    BaseMember.objects.filter(contact=second).update(state="detached")
    assert listed() == [third.pk]


@pytest.mark.shows("S06")
def test_what_is_asked_is_read_back_the_same(cast: Cast) -> None:
    asked = {"tag": ["3", "5"], "vip": ["1"], "point": ["none", "whatsapp"], "search": ["rocío"], "order": ["-company"]}
    wanted = ContactFilter.from_query(asked)
    assert wanted.as_query() == asked
    assert ContactFilter.from_query(wanted.as_query()) == wanted
    assert ContactFilter.from_query({"search": "", "tag": []}) == ContactFilter()
    assert not ContactFilter.from_query({"order": "-name"}).is_narrowing
    for odd in ({"order": "teams__name"}, {"x": "1"}, {"tag": "٣"}, {"vip": "2"}, {"point": "x"}):
        with pytest.raises(Invalid) as refusal:
            ContactFilter.from_query(odd)
        assert list(refusal.value.fields) == list(odd)


YES_NO = st.sampled_from([None, True, False])
FILTERS = st.fixed_dictionaries({
    "vip": YES_NO, "blocked": YES_NO, "do_not_contact": YES_NO,
    "tag": st.sets(st.integers(0, 2)), "group": st.sets(st.integers(0, 1)), "team": st.sets(st.integers(0, 1)), "company": st.sets(st.integers(0, 1)),
    "point": st.sets(st.sampled_from(["phone", "whatsapp", "email", "none"])), "order": st.sampled_from([*ORDERS, *(f"-{each}" for each in ORDERS)]),
})  # fmt: skip


def make_crowd(cast: Cast) -> dict[str, list[int]]:
    """Eighteen people who differ in everything that can be asked, and the ids that filters name."""
    tags = [Tag.objects.create(name=f"T{each}", folded_name=f"t{each}") for each in range(3)]
    groups = [ContactGroup.objects.create(name=f"G{each}", folded_name=f"g{each}") for each in range(2)]
    groups[1].teams.add(cast.other_team)
    companies = [actions.create_company(CompanySheet(name=f"E{each}"), by=None) for each in range(2)]
    for number in range(18):
        points = [
            PointEntry(value=f"098155500{number % 10}", kind="whatsapp" if number % 4 else "phone")
        ] if number % 3 and number < 10 else [PointEntry(value=f"p{number}@example.com")] if number % 2 else []  # fmt: skip
        contact = actions.create_contact(
            by=None,
            first_name=f"P{number * 7 % 18:02}",
            is_vip=number % 5 == 0,
            company=[None, *companies][number % 3],
            teams=[[cast.team], [cast.other_team], [cast.team, cast.other_team]][number % 3],
            points=points,
        )
        actions.set_tags(contact.pk, [each for place, each in enumerate(tags) if number >> place & 1], by=None)
        for place, group in enumerate(groups):
            if number % (place + 2) == 0:
                actions.join_group(contact.pk, group.pk, by=None)
        if number % 7 == 0:
            actions.block_contact(contact.pk, by=None)
        if number % 4 == 0:
            actions.forbid_contact(contact.pk, by=None)
            Contact.objects.filter(pk=contact.pk).update(last_interaction_at=f"2026-11-{number + 1:02}T12:00:00Z")
    return {
        "tag": [each.pk for each in tags],
        "group": [each.pk for each in groups],
        "team": [cast.team.pk, cast.other_team.pk],
        "company": [each.pk for each in companies],
    }


@pytest.mark.shows("S05")
def test_the_database_and_a_row_in_hand_answer_alike(cast: Cast) -> None:
    ids = make_crowd(cast)

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(values=FILTERS, who=st.sampled_from(["luis", "eva", "admin"]))
    def check(values: dict[str, Any], who: str) -> None:
        user = getattr(cast, who)
        for name, named in ids.items():
            values[name] = tuple(sorted(named[place] for place in values[name]))
        wanted = ContactFilter(**(values | {"point": tuple(sorted(values["point"]))}))
        seen = Contact.objects.visible_to(user)
        applied = [each["id"] for each in contact_rows(wanted.ordered(wanted.apply(seen, user)), user)]
        rows = contact_rows(seen, user)
        assert {row["id"] for row in rows if wanted.matches(row)} == set(applied)

    check()
