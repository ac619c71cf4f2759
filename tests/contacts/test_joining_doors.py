"""Joining through its two doors, pages and JSON: the same refusals, and nothing happens to who was not seen (S09)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.actions.merging import merge_contacts
from contacts.actions.suggesting import note_twins
from contacts.models import BaseMember, Contact, MergeRecord, MergeSuggestion
from tests.contacts.people import base, person, phone_of, state_of
from tests.factories import ROCIO, Cast, permission


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.shows("B-08")
def test_a_person_chooses_compares_joins_and_parts(client: Client, cast: Cast) -> None:
    rocio, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Ro")
    phone_of(rocio, ROCIO, kind="phone"), phone_of(other, ROCIO)
    note_twins([rocio.pk])
    signed_in(client, cast.luis)
    before = state_of(rocio, other)
    assert reverse("contact-merge", args=[rocio.pk, other.pk]) in client.get(reverse("merge-suggestions")).text
    chosen = client.get(reverse("contact-join", args=[rocio.pk]), {"q": "ro"}).text
    assert reverse("contact-merge", args=[rocio.pk, other.pk]) in chosen
    comparing = reverse("contact-merge", args=[rocio.pk, other.pk])
    assert 'name="choice-name"' in client.get(comparing).text
    assert state_of(rocio, other) == before, "looking joins nobody"
    answer = client.post(comparing, {"choice-name": "merged"})
    assert answer.status_code == 302
    rocio.refresh_from_db()
    assert rocio.first_name == "Ro"
    record = MergeRecord.objects.get()
    assert "Ro" in client.get(answer["Location"]).text
    parting = reverse("contact-part", args=[record.pk])
    assert client.get(parting).status_code == 200
    assert client.post(parting).status_code == 302
    assert state_of(rocio, other) == before
    assert client.post(parting).status_code == 404


@pytest.mark.shows("S09", "S05")
@pytest.mark.parametrize("door", ["page", "json"])
def test_nobody_joins_whom_they_do_not_see(client: Client, cast: Cast, door: str) -> None:
    mine, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Secreta")
    phone_of(mine, ROCIO, kind="phone"), phone_of(foreign, ROCIO)
    note_twins([mine.pk])
    before = state_of(mine, foreign)
    signed_in(client, cast.luis)
    suggestion = MergeSuggestion.objects.get()
    if door == "page":
        for first, second in ((mine, foreign), (foreign, mine)):
            for send in (client.get, client.post):
                assert send(reverse("contact-merge", args=[first.pk, second.pk])).status_code == 404
        for url in (reverse("merge-suggestions"), reverse("contact-join", args=[mine.pk]) + "?q=secreta"):
            assert "Secreta" not in client.get(url).text
        assert client.post(reverse("merge-suggestion-dismiss", args=[suggestion.pk])).status_code == 404
    else:
        api = f"/api/v1/contacts/{mine.pk}"
        body = {"merged_id": foreign.pk}
        assert client.post(f"{api}/merges/", body, content_type="application/json").status_code == 404
        assert client.get(f"{api}/merges/preview/", {"merged": foreign.pk}).status_code == 404
        assert client.get(f"{api}/twins/").json() == {"results": []}
        assert client.get("/api/v1/contacts/merge-suggestions/").json()["results"] == []
        dismissal = f"/api/v1/contacts/merge-suggestions/{suggestion.pk}/dismissal/"
        assert client.post(dismissal).status_code == 404
    suggestion.refresh_from_db()
    assert suggestion.dismissed_at is None
    assert state_of(mine, foreign) == before
    assert not MergeRecord.objects.exists()


@pytest.mark.shows("S07", "S09")
def test_an_agent_may_not_join_at_all(client: Client, cast: Cast) -> None:
    first, second = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Ro")
    before = state_of(first, second)
    signed_in(client, cast.ana)
    assert client.post(reverse("contact-merge", args=[first.pk, second.pk])).status_code == 403
    answer = client.post(
        f"/api/v1/contacts/{first.pk}/merges/", {"merged_id": second.pk}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    assert state_of(first, second) == before


@pytest.mark.shows("B-08", "S08")
def test_the_json_door_joins_and_parts(client: Client, cast: Cast) -> None:
    first, second = person(cast.team, first_name="Rocío", do_not_contact=True), person(cast.team, first_name="Ro")
    before = state_of(first, second)
    signed_in(client, cast.luis)
    merges = f"/api/v1/contacts/{second.pk}/merges/"
    preview = client.get(f"{merges}preview/", {"merged": first.pk}).json()
    assert [each["name"] for each in preview["fields"] if each["is_conflict"]] == ["name"]
    nonsense = client.post(
        merges, {"merged_id": first.pk, "choices": {"name": "both"}}, content_type="application/json"
    )
    assert nonsense.status_code == 400
    beyond = client.post(merges, {"merged_id": 2**63}, content_type="application/json")
    assert beyond.status_code == 400
    assert state_of(first, second) == before
    body = {"merged_id": first.pk, "survivor_id": 1, "undone_at": "2020-01-01", "by": cast.eva.pk}
    joined = client.post(merges, body, content_type="application/json")
    assert joined.status_code == 201
    record = MergeRecord.objects.get()
    assert (record.survivor, record.by, record.undone_at) == (second, cast.luis, None)
    assert Contact.objects.get(pk=second.pk).do_not_contact
    assert [each["merged"]["id"] for each in client.get(merges).json()["results"]] == [first.pk]
    parting = f"/api/v1/contacts/merges/{record.pk}/parting/"
    assert client.post(parting).status_code == 200
    assert state_of(first, second) == before
    again = client.post(parting)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_parted")


@pytest.mark.shows("S05")
def test_comparing_counts_no_base_and_names_nobody_of_another_team(client: Client, cast: Cast) -> None:
    first, second = (person(cast.team, cast.other_team, first_name=name) for name in ("Rocío", "Ro"))
    theirs = base("Cobranzas ajenas")
    theirs.teams.set([cast.other_team])
    BaseMember.objects.create(base=theirs, contact=second)
    signed_in(client, cast.luis)
    merges = f"/api/v1/contacts/{first.pk}/merges/"
    assert client.get(f"{merges}preview/", {"merged": second.pk}).json()["counts"]["memberships"] == 0
    cast.eva.user_permissions.add(permission("merge_contacts"))
    merge_contacts(first.pk, merged_id=second.pk, by=User.objects.get(pk=cast.eva.pk))
    (merge,) = client.get(merges).json()["results"]
    assert (merge["merged"]["id"], merge["by"]) == (second.pk, "")


@pytest.mark.shows("B-10")
def test_who_may_not_see_numbers_compares_masked(client: Client, cast: Cast) -> None:
    first, second = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Ro")
    phone_of(first, ROCIO), phone_of(second, "595981222333")
    role = cast.luis.groups.get()
    role.permissions.remove(*role.permissions.filter(codename="see_numbers"))
    signed_in(client, User.objects.get(pk=cast.luis.pk))
    for url in (
        reverse("contact-merge", args=[first.pk, second.pk]),
        f"/api/v1/contacts/{first.pk}/merges/preview/?merged={second.pk}",
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        # However a number is grouped; digits of different figures never make one.
        digits = re.sub(r"(?<=\d)[\s.\-()]+(?=\d)", "", answer.text)
        assert "991651" not in digits
        assert "981222" not in digits
