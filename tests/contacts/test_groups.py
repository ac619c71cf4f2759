"""Groups by hand and by rule: who meets a rule is written down, once, whoever writes at the same time (001-28)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team, User
from contacts import tasks
from contacts.actions import create_contact, edit_contact
from contacts.actions import groups as writing
from contacts.actions.catalogue import TagSheet, create_tag
from contacts.actions.groups import (
    GroupSheet,
    archive_group,
    count_rule,
    create_group,
    edit_group,
    refresh_contacts,
    refresh_group,
    restore_group,
    stale_groups,
)
from contacts.models import Contact, ContactGroup, ContactTag, GroupMember
from core.models import JournalEntry, JournalValue
from core.refusals import Invalid, NotFound
from core.versions import Stale
from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office
from tests.concurrency import together
from tests.factories import Cast

VIPS = {"vip": ["1"]}


def people(cast: Cast, *names: str, **values: Any) -> list[Contact]:
    return [create_contact(by=cast.ana, first_name=name, **values) for name in names]


def by_rule(cast: Cast, rule: dict[str, list[str]] | None = None, **values: Any) -> ContactGroup:
    return create_group(
        GroupSheet(name=values.pop("name", "Los VIP"), kind="rule", rule=rule or VIPS, **values), by=cast.admin
    )


def members(group: ContactGroup) -> list[str]:
    return sorted(Contact.objects.filter(groups=group).values_list("first_name", flat=True))


@pytest.mark.shows("001-28")
def test_who_meets_the_rule_is_a_member_and_who_does_not_any_more_is_none(cast: Cast) -> None:
    rocio, mirta, _other = *people(cast, "Rocío", "Mirta", is_vip=True), *people(cast, "Luz")
    group = by_rule(cast)
    assert refresh_group(group.pk) == 2
    assert refresh_group(group.pk) == 0
    assert members(group) == ["Mirta", "Rocío"]
    assert set(GroupMember.objects.values_list("is_by_rule", flat=True)) == {True}
    edit_contact(mirta.pk, by=cast.ana, is_vip=False)
    assert refresh_contacts([mirta.pk, rocio.pk]) == 1
    assert members(group) == ["Rocío"]


@pytest.mark.shows("001-28")
def test_the_members_are_written_down_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    people(cast, *(f"Persona {number}" for number in range(7)), is_vip=True)
    group = by_rule(cast)
    monkeypatch.setattr(writing, "BATCH", 2)
    assert refresh_group(group.pk) == 7
    Contact.objects.filter(first_name__in=["Persona 0", "Persona 6"]).update(is_vip=False)
    assert refresh_group(group.pk) == 2
    assert GroupMember.objects.filter(group=group).count() == 5


@pytest.mark.shows("001-28", "R10")
@pytest.mark.django_db(transaction=True)
def test_many_who_write_one_group_down_at_once_leave_it_right(committed_cast: Cast) -> None:
    cast = committed_cast
    everybody = people(cast, *(f"Persona {number}" for number in range(12)), is_vip=True)
    group = by_rule(cast)
    jobs: list[Any] = [lambda: refresh_group(group.pk)] * 4
    jobs += [lambda each=each: refresh_contacts([each.pk]) for each in everybody[:4]]
    jobs += [lambda each=each: edit_contact(each.pk, by=cast.ana, is_vip=False) for each in everybody[4:8]]
    assert not [each for each in together(jobs) if isinstance(each, BaseException)]
    refresh_contacts([each.pk for each in everybody])
    assert GroupMember.objects.filter(group=group).count() == 8


@pytest.mark.shows("001-28")
@pytest.mark.django_db(transaction=True)
def test_a_change_of_a_contact_reaches_the_group_by_the_wiring(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    asked: list[Any] = []
    monkeypatch.setattr(tasks.refresh_groups_of, "delay", asked.append)
    monkeypatch.setattr(tasks.refresh_group, "delay", asked.append)
    group = by_rule(cast)
    (rocio,) = people(cast, "Rocío", is_vip=True)
    assert group.pk in asked
    assert [rocio.pk] in asked
    tasks.refresh_groups_of([rocio.pk])
    assert members(group) == ["Rocío"]


@pytest.mark.shows("001-28")
def test_what_no_event_told_is_found_by_the_sweep(cast: Cast) -> None:
    group = by_rule(cast)
    assert tasks.refresh_stale_groups() == 1
    Contact.objects.filter(pk__in=[each.pk for each in people(cast, "Rocío")]).update(is_vip=True)
    assert tasks.refresh_stale_groups() == 0
    ContactGroup.objects.update(refreshed_at="2020-01-01T00:00:00Z")
    assert tasks.refresh_stale_groups() == 1
    assert members(group) == ["Rocío"]


@pytest.mark.shows("001-28")
def test_a_group_that_cannot_be_written_down_keeps_no_other_from_its_turn(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = by_rule(cast)
    create_group(GroupSheet(name="Todos los VIP", kind="rule", rule={"vip": ["1"]}), by=cast.admin)
    ContactGroup.objects.update(refreshed_at="2020-01-01T00:00:00Z")
    refresh = writing.refresh_group

    def fail(group_id: int) -> int:
        if group_id == broken.pk:
            raise TimeoutError
        return refresh(group_id)

    monkeypatch.setattr(writing, "refresh_group", fail)
    tasks.refresh_stale_groups()
    assert stale_groups(before=timezone.now() - datetime.timedelta(hours=1)) == [broken.pk]


@pytest.mark.shows("001-28")
def test_another_rule_is_another_group_of_people_and_an_archived_one_stays_as_it_is(cast: Cast) -> None:
    tag = create_tag(TagSheet(name="Promo"), by=cast.admin)
    rocio, _mirta = *people(cast, "Rocío"), *people(cast, "Mirta", is_vip=True)
    ContactTag.objects.create(contact=rocio, tag=tag, by=cast.ana)
    group = by_rule(cast)
    refresh_group(group.pk)
    sheet = GroupSheet(name="Con promo", kind="rule", rule={"tag": [str(tag.pk)]})
    edit_group(group.pk, sheet=sheet, by=cast.admin, version=GroupSheet.of(group).version)
    assert stale_groups(before="2020-01-01T00:00:00Z") == [group.pk]
    refresh_group(group.pk)
    assert members(group) == ["Rocío"]
    archive_group(group.pk, by=cast.admin)
    ContactTag.objects.all().delete()
    assert refresh_group(group.pk) == 0
    assert members(group) == ["Rocío"]
    restore_group(group.pk, by=cast.admin)
    refresh_group(group.pk)
    assert members(group) == []


@pytest.mark.parametrize(
    ("rule", "field"),
    [({}, "rule"), ({"order": ["name"]}, "rule"), ({"nada": ["1"]}, "nada"), ({"vip": ["tal vez"]}, "vip"), ({"tag": ["999"]}, "tag"),
     ({"team": ["1; drop"]}, "team")],
)  # fmt: skip
def test_a_rule_that_says_nothing_or_is_not_understood_is_refused(
    cast: Cast, rule: dict[str, list[str]], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        create_group(GroupSheet(name="Nadie", kind="rule", rule=rule), by=cast.admin)
    assert field in refusal.value.fields
    assert not ContactGroup.objects.exists()


def test_a_rule_never_stands_on_another_rule_nor_on_itself(cast: Cast) -> None:
    first = by_rule(cast)
    by_hand = create_group(GroupSheet(name="A mano"), by=cast.admin)
    for wrong in (first.pk,):
        with pytest.raises(Invalid):
            by_rule(cast, {"group": [str(wrong)]}, name="Otro")
    by_rule(cast, {"group": [str(by_hand.pk)]}, name="De los de a mano")
    with pytest.raises(Invalid) as refusal:
        edit_group(by_hand.pk, sheet=GroupSheet(name="A mano", kind="rule", rule=VIPS), by=cast.admin)
    assert "kind" in refusal.value.fields


@pytest.mark.shows("S05", "B-10")
def test_a_rule_tells_nobody_what_they_may_not_see(cast: Cast, with_rights: Any) -> None:  # noqa: F811  # a fixture
    luis = with_rights(cast.luis, "manage_contact_setup")
    for rule in ({"team": [str(cast.other_team.pk)]},):
        with pytest.raises(Invalid):
            create_group(GroupSheet(name="De otros", kind="rule", rule=rule), by=luis)
    theirs = create_group(GroupSheet(name="De Soporte", teams=[cast.other_team.pk]), by=cast.admin)
    with pytest.raises(NotFound):
        edit_group(theirs.pk, sheet=GroupSheet(name="Robado"), by=luis)
    with pytest.raises(NotFound):
        archive_group(theirs.pk, by=luis)
    create_contact(by=cast.eva, first_name="Ajena", is_vip=True)
    people(cast, "Rocío", is_vip=True)
    assert (count_rule(VIPS, by=luis), count_rule(VIPS, by=cast.admin)) == (1, 2)
    for role in luis.groups.all():
        role.permissions.remove(*role.permissions.filter(codename="see_numbers"))
    blind = User.objects.get(pk=luis.pk)
    for search in ("0981 555", "rocio@example.com"):
        with pytest.raises(Invalid) as refusal:
            create_group(GroupSheet(name="Por número", kind="rule", rule={"search": [search]}), by=blind)
        assert "search" in refusal.value.fields


def test_what_is_searched_by_words_is_a_personal_value_of_the_journal(cast: Cast) -> None:
    by_rule(cast, {"search": ["rocío benítez"]})
    entry = JournalEntry.objects.get(verb="group_created")
    assert "search" not in str(entry.details)
    assert JournalValue.objects.get(entry=entry).value == "rocío benítez"


@pytest.mark.shows("001-28")
def test_the_page_counts_before_it_saves_and_the_second_editor_is_told(cast: Cast, browse: Any) -> None:  # noqa: F811  # a fixture
    people(cast, "Rocío", "Mirta", is_vip=True)
    admin = browse(cast.admin)
    sent = {"name": "Los VIP", "hue": "blue", "kind": "rule", "vip": "1"}
    assert "2" in admin.post(reverse("group-rule-count"), sent).json()["words"]
    counted = admin.post(reverse("group-new"), sent | {"count": "1"})
    assert (counted.status_code, ContactGroup.objects.count()) == (200, 0)
    assert admin.post(reverse("group-rule-count"), sent | {"vip": ""}).json()["words"]
    assert admin.post(reverse("group-new"), sent).status_code == 302
    group = ContactGroup.objects.get()
    assert group.rule == {"vip": ["1"]}
    read = GroupSheet.of(group).version
    edit_group(group.pk, sheet=GroupSheet(name="VIP", kind="rule", rule=VIPS), by=cast.admin)
    answer = admin.post(reverse("group", args=[group.pk]), sent | {"version": read, "name": "Nuestros VIP"})
    assert answer.status_code == 400
    assert 'value="Nuestros VIP"' in answer.content.decode()
    with pytest.raises(Stale):
        edit_group(group.pk, sheet=GroupSheet(name="Otros", kind="rule", rule=VIPS), by=cast.admin, version=read)


def test_teams_that_the_editor_does_not_see_stay_on_the_group(cast: Cast, with_rights: Any) -> None:  # noqa: F811  # a fixture
    luis = with_rights(cast.luis, "manage_contact_setup")
    group = create_group(GroupSheet(name="De ambos", teams=[cast.team.pk, cast.other_team.pk]), by=cast.admin)
    edit_group(group.pk, sheet=GroupSheet(name="De los dos", teams=[cast.team.pk]), by=luis)
    assert set(group.teams.all()) == set(Team.objects.filter(pk__in=[cast.team.pk, cast.other_team.pk]))
