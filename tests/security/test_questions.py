"""What lists are asked: nothing of another team's shows through, and what is not on the list of questions is refused by name (S05, S06, S39, S54)."""

from __future__ import annotations

import json
import uuid

import pytest

from tests import factories
from tests.security.matrix import LISTS, World
from tests.security.world import make_ours, make_theirs, signed_in
from tests.untouched import untouched


@pytest.mark.shows("S05")
def test_lists_counts_and_searches_are_the_same_with_and_without_another_teams_work(cast: factories.Cast) -> None:
    eva = signed_in(cast.eva)
    make_theirs(cast)
    ids = {
        "ana": cast.ana.pk, "team": cast.team.pk, "other_team": cast.other_team.pk, "campaign": cast.campaign.pk, "account": cast.account.pk,
    }  # fmt: skip
    addresses = [f"/api/v1/{each.format(**ids)}" for each in LISTS]
    before = {address: eva.get(address).content for address in addresses}
    ours = make_ours(cast)
    for number in range(3):
        factories.conversation(cast, f"Hola {number}")
    after = {address: eva.get(address).content for address in addresses}
    assert [address for address in addresses if after[address] != before[address]] == []
    assert b"Wenceslao" not in b"".join(after.values())
    # The control: the same questions show Luis his team's work.
    luis = signed_in(cast.luis)
    assert b"Wenceslao" in luis.get("/api/v1/conversations/?search=wenceslao").content
    assert luis.get("/api/v1/conversations/counts/").json()["pending"] >= 3
    assert {each["id"] for each in luis.get("/api/v1/contacts/").json()["results"]} >= {ours.contact_id}


@pytest.mark.shows("S05")
def test_a_cursor_of_another_teams_contact_is_as_unknown_as_any(world: World) -> None:
    eva = world.clients["eva"]
    theirs, nobodys = (eva.get(f"/api/v1/contacts/?cursor={pk}") for pk in (world.ours.contact_id, 987654321))
    assert (theirs.status_code, theirs.content) == (400, nobodys.content)


ODD_QUESTIONS = [
    "order=-owner__password", "order=assignee__password", "team__name=x", "contact__custom=x", "tray=attended'--", "team=1e3", "team=-1",
    "assignee=1%20or%201=1", "limit=0", "limit=101", "limit=ten", "limit=1&limit=2", "cursor=AAAA", "search=a", "order=", "unread=2",
    "tray=pending&tray=attended", "__proto__=x", "assignee__session_epoch=1", "team=%D9%A1", "search=" + "x" * 81,
]  # fmt: skip


@pytest.mark.shows("S06")
def test_a_question_outside_the_allow_list_is_refused_naming_it(cast: factories.Cast) -> None:
    luis = signed_in(cast.luis)
    for question in ODD_QUESTIONS:
        response = luis.get(f"/api/v1/conversations/?{question}")
        assert (question, response.status_code) == (question, 400)
        assert list(response.json()["error"]["fields"]) == [question.partition("=")[0]]


ODD_CONTACT_QUESTIONS = [
    "order=-teams__name", "order=sort_name", "order=points__digits", "company__name=x", "custom__txtOcupacion=x", "tag=1e3", "group=-1", "vip=maybe",
    "point=paloma", "limit=0", "limit=101", "limit=ten", "cursor=AAAA", "search=a", "search=" + "x" * 81, "__proto__=x", "team=%D9%A1",
    "vip=1&vip=0", "document_number=4123456", "tag=" + "&tag=".join(map(str, range(1, 60))),
]  # fmt: skip


@pytest.mark.shows("S06", "S54")
def test_a_question_about_contacts_outside_the_allow_list_is_refused_naming_it(cast: factories.Cast) -> None:
    luis = signed_in(cast.luis)
    for question in ODD_CONTACT_QUESTIONS:
        response = luis.get(f"/api/v1/contacts/?{question}")
        assert (question, response.status_code) == (question, 400)
        assert list(response.json()["error"]["fields"]) == [question.partition("=")[0]]


@pytest.mark.shows("S39", "S54")
def test_bytes_and_numbers_that_no_column_holds_are_no_error_of_ours(cast: factories.Cast) -> None:
    ana, conversation = signed_in(cast.ana), factories.taken_conversation(cast)
    huge = 10**30
    for address in (
        "conversations/?search=a%00b", "contacts/?search=a%00b", f"conversations/{huge}/", f"contacts/{huge}/", f"conversations/?team={huge}",
        f"contacts/?cursor={huge}", f"conversations/{conversation.pk}/messages/?after_change={huge}", f"conversations/{conversation.pk}/messages/?before=AA",
        # A cursor of our own form with a moment that has no zone, and with a number that is none.
        "conversations/?cursor=WyItbGFzdF9hY3Rpdml0eSIsIjIwMjYtMTEtMjFUMTI6MDA6MDAiLDFd",
    ):  # fmt: skip
        with untouched():
            answer = ana.get(f"/api/v1/{address}")
        assert answer.status_code in (200, 400, 404), address
    mine = f"/api/v1/conversations/{conversation.pk}/"
    for method, address, body, status in (
        ("put", f"/api/v1/conversations/{huge}/assignment/", {}, 404),
        ("put", f"{mine}read/", {"up_to": huge}, 204),
        ("put", f"{mine}draft/", {"mode": "reply", "text": "x", "version": 2**31 - 1}, 400),
        ("put", f"{mine}draft/", {"mode": "reply", "text": "a\x00b", "version": 0}, 400),
        ("post", f"{mine}closure/", {"typification": huge}, 409),
        ("post", f"{mine}messages/", {"client_id": str(uuid.uuid4()), "text": "\ud800"}, 400),
        ("put", "/api/v1/me/aux-state/", {"aux_state": huge}, 400),
    ):
        with untouched():
            answer = getattr(ana, method)(address, json.dumps(body), content_type="application/json")
        assert (address, answer.status_code) == (address, status)
