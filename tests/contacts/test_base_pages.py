"""Bases and lots on pages and over REST: who sees what, what is done there, and nothing where one may not."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.actions import associating
from contacts.actions.associating import associate_contacts, associate_lot
from contacts.actions.lots import add_to_lot, create_lot
from contacts.actions.members import take_next_member
from contacts.actions.merging import merge_contacts
from contacts.actions.slices import count_everything_touched
from contacts.models import BaseMember, ContactBase, ContactPoint, Lot
from core.lists import PAGE
from core.models import JournalEntry
from tests.contacts.members import base_of, people, their_base
from tests.factories import Cast, permission
from tests.witness import every_row


def sit(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/api/v1/me/")
    return client


def rows_but_journal() -> dict[str, list[dict[str, Any]]]:
    # What a refused entry writes down is no change of what it is about.
    passing = ("core.JournalEntry",)
    return {label: rows for label, rows in every_row().items() if label not in passing}


def names(response: Any) -> list[str]:
    return [row["contact"]["name"] for row in response.context["page"].rows]


# ── Who sees what


@pytest.mark.shows("S05", "S09")
def test_another_teams_base_and_lot_do_not_exist_on_any_page_and_nothing_happens(cast: Cast) -> None:
    theirs, mine = their_base(cast), base_of(cast, 1)
    member = BaseMember.objects.filter(base=theirs).first()
    assert member is not None
    lot = create_lot("Lote ajeno", team_ids=frozenset({cast.other_team.pk}), by=cast.admin)
    (contact,) = people(1, teams=[cast.team])
    client, before = sit(cast.luis), rows_but_journal()
    for name, args in (("base", [theirs.pk]), ("base-edit", [theirs.pk]), ("base-add", [theirs.pk]), ("lot", [lot.pk]), ("lot-add", [lot.pk])):  # fmt: skip
        assert client.get(reverse(name, args=args)).status_code == 404, name
    for name, args, said in (
        ("base-add", [theirs.pk], {"contact": contact.pk}),
        ("base-add", [mine.pk], {"contact": member.contact_id}),
        ("base-edit", [theirs.pk], {"name": "x", "teams": [cast.team.pk]}),
        ("base-state", [theirs.pk], {"state": "closed"}),
        ("base-detach", [theirs.pk], {"member": member.pk, "confirmed": "1"}),
        ("lot-add", [lot.pk], {"contact": contact.pk}),
        ("lot-rename", [lot.pk], {"name": "x"}),
        ("lot-archive", [lot.pk], {}),
        ("contact-bases", [contact.pk], {"base": theirs.pk}),
        ("contact-bases", [member.contact_id], {"base": mine.pk}),
    ):
        assert client.post(reverse(name, args=args), said).status_code == 404, (name, args)
    assert client.post(reverse("base-add", args=[mine.pk]), {"lot": lot.pk}).status_code == 400
    # A member of another's base, named under one's own.
    client.post(reverse("base-detach", args=[mine.pk]), {"member": member.pk, "confirmed": "1"})
    assert rows_but_journal() == before
    for page in (client.get("/bases/"), client.get("/lots/")):
        said = page.content.decode()
        assert theirs.name not in said
        assert lot.name not in said


@pytest.mark.shows("S09")
def test_over_rest_neither_does_it(cast: Cast) -> None:
    theirs, mine = their_base(cast), base_of(cast, 1)
    foreign = BaseMember.objects.filter(base=theirs).values_list("contact_id", flat=True)[0]
    lot = create_lot("Lote ajeno", team_ids=frozenset({cast.other_team.pk}), by=cast.admin)
    (contact,) = people(1, teams=[cast.team])
    client, before = sit(cast.luis), every_row()
    for base, said in (
        (theirs, {"contacts": [contact.pk]}),
        (mine, {"contacts": [contact.pk, foreign]}),
        (mine, {"lot": lot.pk}),
        (theirs, {"lot": lot.pk}),
    ):
        answer = client.post(f"/api/v1/bases/{base.pk}/members/", said, content_type="application/json")
        assert answer.status_code == 404, said
    answer = client.post(
        f"/api/v1/bases/{mine.pk}/members/", {"lot": 1, "contacts": [1]}, content_type="application/json"
    )
    assert answer.status_code == 400
    assert every_row() == before
    assert [each["id"] for each in client.get("/api/v1/bases/").json()["results"]] == [mine.pk]
    assert client.get("/api/v1/lots/").json()["results"] == []


def test_a_lot_that_nobody_would_wait_for_is_refused_at_both_doors_alike(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, lot = base_of(cast, 1), create_lot("Lote", team_ids=frozenset({cast.team.pk}), by=cast.luis)
    add_to_lot(lot.pk, [each.pk for each in people(3, teams=[cast.team])], by=cast.luis)
    monkeypatch.setattr(associating, "MOST_OF_A_LOT", 2)
    client, before = sit(cast.luis), every_row()
    page = client.post(reverse("base-add", args=[base.pk]), {"lot": lot.pk})
    answer = client.post(f"/api/v1/bases/{base.pk}/members/", {"lot": lot.pk}, content_type="application/json")
    assert (page.status_code, answer.status_code) == (400, 400)
    (words,) = answer.json()["error"]["fields"]["lot"]
    assert words in html.unescape(page.content.decode())
    assert every_row() == before
    monkeypatch.setattr(associating, "MOST_OF_A_LOT", 3)
    answer = client.post(f"/api/v1/bases/{base.pk}/members/", {"lot": lot.pk}, content_type="application/json")
    assert answer.json()["added"] == 3


@pytest.mark.shows("S05")
def test_a_lot_of_another_team_in_a_base_of_both_is_neither_named_nor_asked_for(cast: Cast) -> None:
    base, (contact,) = base_of(cast, 1), people(1, teams=[cast.team, cast.other_team])
    lot = create_lot("Lote ajeno", team_ids=frozenset({cast.other_team.pk}), by=cast.admin)
    add_to_lot(lot.pk, [contact.pk], by=cast.admin)
    associate_lot(base.pk, lot.pk, by=cast.admin)
    members = f"/api/v1/bases/{base.pk}/members/"
    assert [each["lot"] for each in sit(cast.luis).get(members).json()["results"]] == [None, None]
    assert sit(cast.luis).get(members, {"lot": lot.pk}).json()["results"] == []
    assert [each["lot"] for each in sit(cast.admin).get(members, {"lot": lot.pk}).json()["results"]] == [
        {"id": lot.pk, "name": "Lote ajeno"}
    ]


@pytest.mark.parametrize("order", ["name", "-name", "imported", "-imported"])
def test_lots_that_do_not_fit_on_a_page_go_on_in_every_order(cast: Cast, order: str) -> None:
    made = {create_lot(f"Lote {number}", team_ids=frozenset({cast.team.pk}), by=cast.admin).pk for number in range(PAGE + 1)}  # fmt: skip
    ana, lots = sit(cast.ana), reverse("lots")
    answer = ana.get(lots, {"order": order})
    first = answer.context["page"]
    # A template tells of no error: it leaves the buttons out.
    assert 'rel="next"' in answer.content.decode()
    last = ana.get(lots + first.next_url).context["page"]
    assert (len(first.rows), len(last.rows)) == (PAGE, 1)
    assert {row["pk"] for row in (*first.rows, *last.rows)} == made
    assert ana.get(lots + last.previous_url).context["page"].rows == first.rows


@pytest.mark.shows("S05")
def test_people_of_another_team_who_work_a_shared_base_are_counted_and_not_named(cast: Cast) -> None:
    lot = create_lot("Lote compartido", team_ids=frozenset({cast.team.pk, cast.other_team.pk}), by=cast.admin)
    Lot.objects.filter(pk=lot.pk).update(imported_by=cast.eva)
    base = base_of(cast, 2)
    tried, held = BaseMember.objects.filter(base=base).order_by("pk")
    for each in (tried, held):
        each.contact.teams.add(cast.other_team)
    ContactBase.objects.get(pk=base.pk).teams.add(cast.other_team)
    BaseMember.objects.filter(pk=tried.pk).update(last_user=cast.eva, attempts=1)
    count_everything_touched()
    taken = take_next_member(base.pk, by=cast.eva)
    assert taken is not None
    nobody = {"id": None, "name": "Alguien de otro equipo"}
    members = f"/api/v1/bases/{base.pk}/members/"
    ana, eva = sit(cast.ana), sit(cast.eva)
    theirs = {row["id"]: row for row in ana.get(members).json()["results"]}
    assert set(theirs) == {tried.pk, held.pk}
    assert theirs[tried.pk]["last_user"] == nobody
    assert theirs[taken.pk]["reserved_by"] == nobody
    own = {row["id"]: row for row in eva.get(members).json()["results"]}
    assert own[tried.pk]["last_user"] == own[taken.pk]["reserved_by"] == {"id": cast.eva.pk, "name": cast.eva.name}
    # Nobody learns by asking who it was.
    assert ana.get(members, {"user": cast.eva.pk}).json()["results"] == []
    assert [row["id"] for row in eva.get(members, {"user": cast.eva.pk}).json()["results"]] == [tried.pk]
    assert ana.get(f"/api/v1/lots/{lot.pk}/").json()["imported_by"] == nobody
    assert eva.get("/api/v1/lots/").json()["results"][0]["imported_by"]["id"] == cast.eva.pk
    pages = [
        reverse("base", args=[base.pk]), reverse("contact-bases", args=[tried.contact_id]),
        reverse("contact-bases", args=[held.contact_id]), reverse("lots"), reverse("lot", args=[lot.pk]),
    ]  # fmt: skip
    for path in pages:
        said = html.unescape(ana.get(path).content.decode())
        assert cast.eva.name not in said, path
        assert cast.eva.name in html.unescape(eva.get(path).content.decode()) or "contacts" in path, path
    # The bar counts the same for both.
    assert (
        ana.get(f"/api/v1/bases/{base.pk}/").json()["counts"] == eva.get(f"/api/v1/bases/{base.pk}/").json()["counts"]
    )


def test_agents_look_and_do_not_touch(cast: Cast) -> None:
    base = base_of(cast, 2)
    client, before = sit(cast.ana), rows_but_journal()
    page = client.get(reverse("base", args=[base.pk]))
    assert len(names(page)) == 2
    assert "detach-form" not in page.content.decode()
    assert client.get("/bases/").status_code == 200
    assert client.get("/lots/").status_code == 200
    for name, said in (("base-add", {"contact": "1"}), ("base-state", {"state": "paused"}), ("base-detach", {"member": "1"}), ("base-edit", {"name": "x"})):  # fmt: skip
        assert client.post(reverse(name, args=[base.pk]), said).status_code == 403, name
    member = BaseMember.objects.filter(base=base)[0]
    assert client.post(reverse("contact-bases", args=[member.contact_id]), {"base": base.pk}).status_code == 403
    assert rows_but_journal() == before
    assert JournalEntry.objects.filter(verb="entry_refused", actor_label="ana").count() == 5


@pytest.mark.shows("B-10")
def test_numbers_are_masked_for_who_may_not_see_them(cast: Cast) -> None:
    base, lot = base_of(cast, 0), create_lot("Feria", team_ids=frozenset({cast.team.pk}), by=cast.luis)
    (contact,) = people(1, teams=[cast.team])
    ContactPoint.objects.create(
        contact=contact, kind="phone", value="595985123456", normalised="+595985123456", digits="595985123456"
    )
    associate_contacts(base.pk, [contact.pk], by=cast.luis)
    add_to_lot(lot.pk, [contact.pk], by=cast.luis)
    for group in cast.ana.groups.all():
        group.permissions.remove(permission("see_numbers"))
    client = sit(User.objects.get(pk=cast.ana.pk))
    for path in (
        reverse("base", args=[base.pk]), reverse("lot", args=[lot.pk]), f"/api/v1/bases/{base.pk}/members/",
        f"/api/v1/lots/{lot.pk}/contacts/", f"/api/v1/contacts/{contact.pk}/bases/",
    ):  # fmt: skip
        said = "".join(client.get(path).content.decode().split())
        assert "123456" not in said, path
        assert "123" not in said.split("985")[-1][:4], path
    whole = "".join(sit(cast.luis).get(reverse("base", args=[base.pk])).content.decode().split())
    assert "123456" in whole


@pytest.mark.shows("S05")
def test_a_contact_that_left_the_readers_teams_is_not_listed(cast: Cast) -> None:
    base = base_of(cast, 2)
    gone = BaseMember.objects.filter(base=base).order_by("pk")[0].contact
    gone.teams.clear()
    client = sit(cast.luis)
    assert len(names(client.get(reverse("base", args=[base.pk])))) == 1
    assert len(client.get(f"/api/v1/bases/{base.pk}/members/").json()["results"]) == 1


# ── What is done there


def test_a_base_is_made_filled_started_and_emptied_on_pages(cast: Cast) -> None:
    client = sit(cast.luis)
    made = client.post("/bases/new/", {"name": "Renovación", "teams": [cast.team.pk], "max_attempts": "3"})
    base = ContactBase.objects.get()
    assert made.url == reverse("base-add", args=[base.pk])
    first, second = people(2, teams=[cast.team])
    found = client.get(f"{made.url}?q=Persona").context["found"]
    assert {each["id"] for each in found} >= {first.pk, second.pk}
    client.post(made.url, {"contact": [first.pk, second.pk]})
    client.post(reverse("base-state", args=[base.pk]), {"state": "active"})
    base.refresh_from_db()
    assert (base.state, base.members.count()) == ("active", 2)
    take_next_member(base.pk, by=cast.ana)
    members = list(base.members.values_list("pk", flat=True))
    sure = client.post(reverse("base-detach", args=[base.pk]), {"member": members})
    assert (len(sure.context["leaving"]), len(sure.context["staying"])) == (1, 1)
    assert base.members.live().count() == 2
    client.post(reverse("base-detach", args=[base.pk]), {"member": members, "confirmed": "1"})
    assert base.members.live().get().state == "reserved"


def test_nothing_typed_is_lost_and_the_second_editor_is_told(cast: Cast) -> None:
    base = base_of(cast, 1)
    client, address = sit(cast.luis), reverse("base-edit", args=[base.pk])
    version = client.get(address).context["form"]["version"].value()
    said = {"name": "Nuevo nombre", "teams": [cast.team.pk], "version": version}
    assert client.post(address, said | {"name": ""}).status_code == 400
    assert client.post(address, said).status_code == 302
    again = client.post(address, said | {"name": "Otro más"})
    assert again.status_code == 400
    assert "Otro más" in again.content.decode()
    assert "Nuevo nombre" in again.content.decode()
    assert client.post("/bases/new/", {"name": "NUEVO nombre", "teams": [cast.team.pk]}).status_code == 400


def test_a_lot_is_made_filled_and_goes_to_a_base_on_pages(cast: Cast) -> None:
    client, base = sit(cast.luis), base_of(cast, 0)
    made = client.post("/lots/new/", {"name": "Feria", "teams": [cast.team.pk]})
    lot = Lot.objects.get()
    assert made.url == reverse("lot-add", args=[lot.pk])
    client.post(made.url, {"contact": [each.pk for each in people(3, teams=[cast.team])]})
    client.post(reverse("base-add", args=[base.pk]), {"lot": lot.pk})
    assert BaseMember.objects.filter(base=base, lot=lot).count() == 3
    page = client.get(reverse("lot", args=[lot.pk]))
    assert len(page.context["page"].rows) == 3
    assert [each.pk for each in page.context["bases"]] == [base.pk]
    client.post(reverse("lot-rename", args=[lot.pk]), {"name": "Feria de mayo"})
    client.post(reverse("lot-archive", args=[lot.pk]))
    assert "Feria de mayo" not in client.get("/lots/").content.decode()
    assert "Feria de mayo" in client.get("/lots/?state=archived").content.decode()
    client.post(reverse("lot-restore", args=[lot.pk]))
    assert Lot.objects.live().get().name == "Feria de mayo"


def test_a_contacts_bases_are_a_fragment_and_one_more_can_be_chosen(cast: Cast) -> None:
    base, other, theirs = base_of(cast, 1), base_of(cast, 0), their_base(cast)
    contact = BaseMember.objects.get(base=base).contact
    associate_contacts(theirs.pk, [contact.pk], by=cast.admin)
    address = reverse("contact-bases", args=[contact.pk])
    client = sit(cast.luis)
    said = client.get(address).content.decode()
    assert base.name in said
    assert f'value="{other.pk}"' in said
    assert theirs.name not in said
    assert f'value="{theirs.pk}"' not in said
    answer = client.post(address, {"base": other.pk, "next": "https://example.org/"})
    assert answer.url == reverse("contact", args=[contact.pk])
    assert BaseMember.objects.filter(base=other, contact=contact).exists()
    assert [row["base"]["name"] for row in client.get(f"/api/v1/contacts/{contact.pk}/bases/").json()["results"]] == sorted([base.name, other.name])  # fmt: skip
    assert sit(cast.eva).get(address).status_code == 200
    assert base.name not in sit(cast.eva).get(address).content.decode()


@pytest.mark.shows("B-08")
def test_the_bases_of_whoever_was_joined_are_those_of_who_stands_for_them(cast: Cast) -> None:
    base = base_of(cast, 1)
    member = BaseMember.objects.get(base=base)
    (survivor,) = people(1, teams=[cast.team])
    merge_contacts(survivor.pk, merged_id=member.contact_id, by=cast.luis)
    luis = sit(cast.luis)
    # The joined one's address still shows the person it is.
    for pk in (survivor.pk, member.contact_id):
        assert [row["id"] for row in luis.get(f"/api/v1/contacts/{pk}/bases/").json()["results"]] == [member.pk], pk
        assert base.name in luis.get(reverse("contact-bases", args=[pk])).content.decode(), pk


def test_an_agent_takes_the_next_and_gives_it_back_over_rest(cast: Cast) -> None:
    base = base_of(cast, 2)
    ana = sit(cast.ana)
    first = ana.post(f"/api/v1/bases/{base.pk}/reservations/").json()
    assert (first["state"], first["reserved_by"]["id"]) == ("reserved", cast.ana.pk)
    assert ana.post(f"/api/v1/bases/{base.pk}/reservations/").json()["id"] == first["id"]
    assert ana.delete(f"/api/v1/bases/{base.pk}/reservations/{first['id']}/").status_code == 204
    assert BaseMember.objects.filter(base=base, state="unprocessed").count() == 2
    counted = ana.get(f"/api/v1/bases/{base.pk}/").json()
    assert (counted["members"], counted["counts"]["unprocessed"]) == (2, 2)
    luis = sit(cast.luis)
    assert (
        luis.put(f"/api/v1/bases/{base.pk}/state/", {"state": "closed"}, content_type="application/json").status_code
        == 200
    )
    assert ana.post(f"/api/v1/bases/{base.pk}/reservations/").status_code == 409
