"""Two contacts become one and two again: both are exactly what they were (B-08)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Team, User
from contacts.actions.companies import CompanySheet, edit_company
from contacts.actions.consenting import allow_contact, forbid_contact
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.errors import AlreadyJoined, AlreadyParted, BeingWorkedOn, IsErased, JoinedFurther, SameContact
from contacts.models import BaseMember, Company, Contact, ContactTag, DocumentType, GroupMember, MergeRecord
from core.models import JournalEntry
from core.refusals import NotAllowed, NotFound, Refusal
from tests.concurrency import together
from tests.contacts.people import base, group, person, phone_of, state_of, tag
from tests.factories import Cast


def whole(cast: Cast, *, name: str, document: str, team: Team | None = None, **values: Any) -> Contact:
    """A contact with everything."""
    kind, _made = DocumentType.objects.get_or_create(code="py-ci-test", defaults={"name": "CI"})
    company = Company.objects.create(name=f"{name} SA", sort_name=f"{name.lower()} sa")
    contact = person(
        team or cast.team,
        first_name=name,
        last_name="Benítez",
        document_type=kind,
        document_number=document,
        company=company,
        company_sort_name=company.sort_name,
        custom={"txtOcupacion": f"de {name}", f"txt{name}": "1"},
        **values,
    )
    phone_of(contact)
    ContactTag.objects.create(contact=contact, tag=tag(f"de {name}"))
    ContactTag.objects.create(contact=contact, tag=tag("común"))
    GroupMember.objects.create(contact=contact, group=group(f"grupo {name}"))
    return contact


@pytest.mark.shows("B-08")
def test_the_survivor_has_what_both_had(cast: Cast) -> None:
    rocio = whole(cast, name="Rocio", document="1111")
    other = whole(cast, name="Rosa", document="2222", team=cast.other_team, blocked=True)
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.admin, choices={"document": "merged"})
    rocio.refresh_from_db()
    other.refresh_from_db()
    assert other.merged_into == rocio
    assert (rocio.first_name, rocio.document_number) == ("Rocio", "2222")
    assert rocio.blocked
    assert rocio.custom == {"txtOcupacion": "de Rocio", "txtRocio": "1", "txtRosa": "1"}
    assert set(rocio.teams.all()) == {cast.team, cast.other_team}
    assert set(rocio.tags.values_list("name", flat=True)) == {"de Rocio", "de Rosa", "común"}
    assert set(rocio.groups.values_list("name", flat=True)) == {"grupo Rocio", "grupo Rosa"}
    assert set(Contact.objects.identity(other)) == set(Contact.objects.identity(rocio)) == {rocio, other}
    assert "rosa benitez" in rocio.search_text.split("\n")
    entry = JournalEntry.objects.get(verb="contacts_joined")
    assert entry.subject_id == str(rocio.pk)
    assert entry.details["merge_id"] == joined.pk


@pytest.mark.shows("B-08")
def test_parting_restores_both_exactly(cast: Cast) -> None:
    rocio = whole(cast, name="Rocio", document="1111")
    other = whole(cast, name="Rosa", document="2222", team=cast.other_team, is_vip=True, do_not_contact=True)
    before = state_of(rocio, other)
    joined = merge_contacts(
        rocio.pk,
        merged_id=other.pk,
        by=cast.admin,
        choices={"document": "merged", "name": "merged", "company": "merged"},
    )
    assert state_of(rocio, other) != before
    part_contacts(joined.pk, by=cast.admin)
    assert state_of(rocio, other) == before
    assert JournalEntry.objects.filter(verb="contacts_parted", subject_id=str(rocio.pk)).count() == 1
    with pytest.raises(AlreadyParted):
        part_contacts(joined.pk, by=cast.admin)
    assert state_of(rocio, other) == before


@pytest.mark.shows("B-08")
def test_companies_that_were_renamed_meanwhile_go_back_under_their_new_names(cast: Cast) -> None:
    rocio, other = whole(cast, name="Rocio", document="1111"), whole(cast, name="Rosa", document="2222")
    own, theirs = rocio.company, other.company
    assert own is not None
    assert theirs is not None
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.admin, choices={"company": "merged"})
    edit_company(own.pk, CompanySheet(name="Propia"), by=cast.admin)
    edit_company(theirs.pk, CompanySheet(name="Ajena"), by=cast.admin)
    rocio.refresh_from_db()
    assert (rocio.company, rocio.company_sort_name) == (theirs, "ajena")
    part_contacts(joined.pk, by=cast.admin)
    for contact, company, name in ((rocio, own, "propia"), (other, theirs, "ajena")):
        contact.refresh_from_db()
        assert (contact.company, contact.company_sort_name) == (company, name)
        assert contact.search_text.split("\n") == [contact.sort_name, name]


def test_what_was_edited_since_stays_as_edited(cast: Cast) -> None:
    rocio, other = whole(cast, name="Rocio", document="1111"), whole(cast, name="Rosa", document="2222")
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.admin, choices={"name": "merged"})
    Contact.objects.filter(pk=rocio.pk).update(first_name="Rocío Elena", sort_name="rocio elena benitez")
    part_contacts(joined.pk, by=cast.admin)
    rocio.refresh_from_db()
    assert rocio.first_name == "Rocío Elena"


@pytest.mark.shows("B-08", "S64")
def test_who_says_again_not_to_be_contacted_while_joined_is_not_contacted_after_parting(cast: Cast) -> None:
    ana, rocio, other = (person(cast.team, first_name=name) for name in ("Ana", "Rocío", "Rosa"))
    Contact.objects.filter(pk=other.pk).update(do_not_contact=True)
    # The merges put the mark on who stands for them; it is lifted, and asked for once more.
    inner = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    outer = merge_contacts(ana.pk, merged_id=rocio.pk, by=cast.luis)
    allow_contact(ana.pk, by=cast.luis, reason="Cambió de idea")
    forbid_contact(ana.pk, by=cast.luis, reason="Otra vez no")
    part_contacts(outer.pk, by=cast.luis)
    part_contacts(inner.pk, by=cast.luis)
    assert set(Contact.objects.filter(do_not_contact=True)) >= {ana, rocio, other}


def test_merging_twice_is_one_merge(cast: Cast) -> None:
    rocio, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")
    first = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    assert merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis).pk == first.pk
    assert MergeRecord.objects.count() == 1
    assert JournalEntry.objects.filter(verb="contacts_joined").count() == 1


@pytest.mark.shows("B-08")
def test_a_chain_comes_apart_from_its_outer_end(cast: Cast) -> None:
    a, b, c = (person(cast.team, first_name=name) for name in ("Ana", "Berta", "Celia"))
    before = state_of(a, b, c)
    inner = merge_contacts(a.pk, merged_id=b.pk, by=cast.luis)
    half = state_of(a, b, c)
    outer = merge_contacts(c.pk, merged_id=a.pk, by=cast.luis)
    b.refresh_from_db()
    assert set(Contact.objects.identity(b)) == {a, b, c}
    assert b.merged_into == c, "one step leads to who stands"
    with pytest.raises(JoinedFurther) as refused:
        part_contacts(inner.pk, by=cast.luis)
    assert refused.value.extra["into"] == c.pk
    assert MergeRecord.objects.filter(undone_at__isnull=False).count() == 0
    part_contacts(outer.pk, by=cast.luis)
    assert state_of(a, b, c) == half
    part_contacts(inner.pk, by=cast.luis)
    assert state_of(a, b, c) == before


@pytest.mark.shows("S09")
def test_a_contact_one_cannot_see_is_not_joined(cast: Cast) -> None:
    rocio, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Otra")
    before = state_of(rocio, foreign)
    for survivor, merged in ((rocio, foreign), (foreign, rocio)):
        with pytest.raises(NotFound):
            merge_contacts(survivor.pk, merged_id=merged.pk, by=cast.luis)
    with pytest.raises(NotFound):
        merge_contacts(rocio.pk, merged_id=987654321, by=cast.luis)
    with pytest.raises(NotAllowed):
        merge_contacts(rocio.pk, merged_id=foreign.pk, by=cast.ana)
    with pytest.raises(SameContact):
        merge_contacts(rocio.pk, merged_id=rocio.pk, by=cast.luis)
    assert state_of(rocio, foreign) == before
    assert not MergeRecord.objects.exists()
    assert not JournalEntry.objects.filter(verb__startswith="contact").exists()


@pytest.mark.shows("S09")
def test_a_merge_one_cannot_see_is_not_undone(cast: Cast) -> None:
    first, second = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")
    joined = merge_contacts(first.pk, merged_id=second.pk, by=cast.luis)
    outsider = User.objects.get(pk=cast.eva.pk)
    outsider.groups.set(cast.luis.groups.all())
    before = state_of(first, second)
    with pytest.raises(NotFound):
        part_contacts(joined.pk, by=User.objects.get(pk=outsider.pk))
    with pytest.raises(NotAllowed):
        part_contacts(joined.pk, by=cast.ana)
    assert state_of(first, second) == before
    joined.refresh_from_db()
    assert joined.undone_at is None


def test_who_was_erased_or_joined_already_is_refused(cast: Cast) -> None:
    a, b, c = (person(cast.team, first_name=name) for name in ("Ana", "Berta", "Celia"))
    merge_contacts(a.pk, merged_id=b.pk, by=cast.luis)
    for survivor, merged in ((c, b), (b, c), (b, a)):
        with pytest.raises(AlreadyJoined):
            merge_contacts(survivor.pk, merged_id=merged.pk, by=cast.luis)
    Contact.objects.filter(pk=c.pk).update(erased_at=timezone.now())
    with pytest.raises(IsErased):
        merge_contacts(a.pk, merged_id=c.pk, by=cast.luis)
    assert MergeRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("mine", "theirs", "stays"),
    [
        (("unprocessed", 0), ("unprocessed", 0), "mine"),
        (("unprocessed", 0), ("closed", 2), "theirs"),
        (("closed", 3), ("suppressed", 0), "theirs"),
        (("in_progress", 0), ("suppressed", 0), "mine"),
    ],
)
def test_one_membership_of_each_base_goes_on(
    cast: Cast, mine: tuple[str, int], theirs: tuple[str, int], stays: str
) -> None:
    rocio, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")
    work, elsewhere = base("Cobranza"), base("Altas")
    members = {
        "mine": BaseMember.objects.create(base=work, contact=rocio, state=mine[0], attempts=mine[1]),
        "theirs": BaseMember.objects.create(base=work, contact=other, state=theirs[0], attempts=theirs[1]),
    }
    alone = BaseMember.objects.create(base=elsewhere, contact=other)
    before = state_of(rocio, other)
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    live = BaseMember.objects.filter(contact__in=Contact.objects.identity(rocio)).exclude(state="detached")
    assert set(live) == {members[stays], alone}
    part_contacts(joined.pk, by=cast.luis)
    assert state_of(rocio, other) == before


def test_two_in_somebodys_hands_wait(cast: Cast) -> None:
    rocio, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")
    for each in (rocio, other):
        BaseMember.objects.create(base=base("Cobranza"), contact=each, state="in_progress")
    before = state_of(rocio, other)
    with pytest.raises(BeingWorkedOn):
        merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    assert state_of(rocio, other) == before
    assert not MergeRecord.objects.exists()


# ── any merges, undone in any legal order


VALUES = {
    "first_name": st.sampled_from(["", "Rocío", "Rosa"]),
    "profile_name": st.sampled_from(["", "ro", "sa"]),
    "document_number": st.sampled_from(["", "own"]),
    "company_sort_name": st.sampled_from(["", "uno", "dos"]),
    "is_vip": st.booleans(),
    "blocked": st.booleans(),
    "do_not_contact": st.booleans(),
    "custom": st.dictionaries(st.sampled_from(["txtA", "txtB"]), st.sampled_from(["1", "2"])),
    "days": st.sampled_from([None, 1, 2]),
    "tags": st.sets(st.sampled_from(["t1", "t2", "t3"])),
    "groups": st.sets(st.sampled_from(["g1", "g2"])),
    "teams": st.sets(st.sampled_from(["e1", "e2"])),
    "bases": st.dictionaries(
        st.sampled_from(["b1", "b2"]),
        st.tuples(st.sampled_from(["unprocessed", "closed", "suppressed"]), st.integers(0, 2)),
    ),
}
CHOICES = st.dictionaries(
    st.sampled_from(["name", "document", "company", "custom.txtA", "custom.txtB"]),
    st.sampled_from(["survivor", "merged"]),
)


@pytest.mark.shows("B-08")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sheets=st.lists(st.fixed_dictionaries(VALUES), min_size=4, max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), CHOICES), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_merges_undone_in_any_legal_order_leave_everybody_as_they_were(
    cast: Cast, sheets: list[dict[str, Any]], steps: list[Any], order: Any
) -> None:
    people = [made(cast, place, sheet) for place, sheet in enumerate(sheets)]
    before = state_of(*people)
    standing = []
    for survivor, merged, choices in steps:
        try:
            standing.append(
                merge_contacts(people[survivor].pk, merged_id=people[merged].pk, by=cast.admin, choices=choices)
            )
        except Refusal:
            continue
    waiting = list({each.pk for each in standing})
    while waiting:
        order.shuffle(waiting)
        for pk in waiting:
            try:
                part_contacts(pk, by=cast.admin)
            except JoinedFurther:
                continue
            waiting.remove(pk)
            break
        else:
            pytest.fail("none of them may be undone")
    assert state_of(*people) == before


def made(cast: Cast, place: int, sheet: dict[str, Any]) -> Contact:
    kind, _made = DocumentType.objects.get_or_create(code="py-ci-test", defaults={"name": "CI"})
    moment = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=sheet["days"] or 0)
    contact = person(
        first_name=sheet["first_name"],
        profile_name=sheet["profile_name"],
        document_type=kind if sheet["document_number"] else None,
        document_number=f"{Contact.objects.count()}-{place}" if sheet["document_number"] else "",
        company_sort_name=sheet["company_sort_name"],
        is_vip=sheet["is_vip"],
        blocked=sheet["blocked"],
        do_not_contact=sheet["do_not_contact"],
        custom=sheet["custom"],
        last_interaction_at=moment if sheet["days"] else None,
    )
    contact.teams.set([Team.objects.get_or_create(name=each)[0] for each in sheet["teams"]])
    for each in sheet["tags"]:
        ContactTag.objects.create(contact=contact, tag=tag(each))
    for each in sheet["groups"]:
        GroupMember.objects.create(contact=contact, group=group(each))
    for each, (state, attempts) in sheet["bases"].items():
        BaseMember.objects.create(base=base(each), contact=contact, state=state, attempts=attempts)
    return contact


# ── at once


@pytest.mark.shows("B-08")
def test_each_into_the_other_at_once_is_one_merge(committed_cast: Cast) -> None:
    cast = committed_cast
    for _round in range(10):
        a, b = person(cast.team, first_name="Ana"), person(cast.team, first_name="Berta")
        phone_of(a), phone_of(b)
        outcomes = together(
            [
                lambda a=a, b=b: merge_contacts(a.pk, merged_id=b.pk, by=cast.luis),
                lambda a=a, b=b: merge_contacts(b.pk, merged_id=a.pk, by=cast.luis),
            ]
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["AlreadyJoined", "MergeRecord"]
        assert Contact.objects.filter(pk__in=[a.pk, b.pk]).standing().count() == 1
        assert MergeRecord.objects.filter(survivor__in=[a, b]).count() == 1


@pytest.mark.shows("B-08")
def test_a_ring_of_merges_at_once_leaves_no_ring_and_no_dead_lock(committed_cast: Cast) -> None:
    cast = committed_cast
    for _round in range(10):
        ring = [person(cast.team, first_name=name) for name in ("Ana", "Berta", "Celia", "Dora")]
        outcomes = together(
            [
                lambda one=one, next_one=next_one: merge_contacts(one.pk, merged_id=next_one.pk, by=cast.luis)
                for one, next_one in zip(ring, [*ring[1:], ring[0]], strict=True)
            ]
        )
        assert {type(each).__name__ for each in outcomes} <= {"AlreadyJoined", "MergeRecord"}
        for each in Contact.objects.filter(pk__in=[one.pk for one in ring]).select_related("merged_into"):
            assert each.merged_into is None or each.merged_into.merged_into_id is None
