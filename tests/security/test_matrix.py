"""Every address of the API against everybody: what belongs to another team does not exist, whoever asks and however (S01, S02, S07, S20, S43)."""

from __future__ import annotations

import itertools
import json
import uuid
from typing import Any

import pytest

from core.models import JournalEntry
from inbox.models import Attachment, Message
from tests import factories
from tests.security.matrix import CASES, World, about_objects, call, endpoints
from tests.security.world import NOBODYS, undone
from tests.untouched import changed_since, contents, untouched
from typification.models import Typification


@pytest.mark.shows("S01", "S07")
def test_every_endpoint_of_the_api_has_its_entry_in_the_matrix() -> None:
    assert {(each.name, each.method) for each in endpoints()} == set(CASES)
    assert len(endpoints()) > 20


@pytest.mark.shows("S01", "S07", "S21")
def test_everybody_is_answered_by_what_they_are_to_the_object(world: World) -> None:
    wrong = []
    for endpoint in about_objects():
        case = CASES[endpoint.name, endpoint.method]
        expected = {"holder": case.holder, "supervisor": case.supervisor, "outsider": 404, "anonymous": 401}
        for who, client in world.clients.items():
            for side in (world.ours, world.theirs):
                with undone():
                    answer = call(client, endpoint, side)
                    is_noted = JournalEntry.objects.filter(verb="entry_refused").exists()
                about = f"{who}: {endpoint} of {'ours' if side == world.ours else 'theirs'}"
                if answer.status_code != expected[world.relation(who, side)]:
                    wrong.append(f"{about} answered {answer.status_code}")
                # What a role does not allow is written down; what stands in the way of somebody who may is not.
                if is_noted != (answer.status_code == 403 and answer.json()["error"]["code"] == "not_allowed"):
                    wrong.append(f"{about} answered {answer.status_code}, and the journal says {is_noted}")
    assert wrong == []


@pytest.mark.shows("S01", "S07")
def test_what_is_another_teams_answers_exactly_as_what_does_not_exist_and_nothing_happens(world: World) -> None:
    before, wrong, bodies = contents(), [], set()
    askers = [("eva", world.ours), ("ana", world.theirs), ("luis", world.theirs), ("token of eva", world.ours)]
    for endpoint, (who, side) in itertools.product(about_objects(), askers):
        there, nowhere = (call(world.clients[who], endpoint, each) for each in (side, NOBODYS))
        bodies.add(there.content)
        if (there.status_code, there.content) != (404, nowhere.content) or set(there.headers) != set(nowhere.headers):
            wrong.append(f"{who}: {endpoint} tells them apart: {there.content!r} {nowhere.content!r}")
        if touched := changed_since(before):
            wrong.append(f"{who}: {endpoint} changed {touched}")
    assert wrong == []
    # One body for all of them, and it has words.
    (body,) = bodies
    assert json.loads(body)["error"]["code"] == "not_found"
    assert json.loads(body)["error"]["message"]


@pytest.mark.shows("S01", "S20")
def test_without_a_session_every_endpoint_answers_401_and_nothing_happens(world: World) -> None:
    before, wrong = contents(), []
    for endpoint in endpoints():
        there, nowhere = (call(world.clients["nobody"], endpoint, side) for side in (world.ours, NOBODYS))
        # Whether the thing exists is not to be read from the refusal either.
        if there.status_code != 401 or there.content != nowhere.content or changed_since(before):
            wrong.append(f"{endpoint}: {there.status_code} {there.content!r} {nowhere.content!r}")
    assert wrong == []


@pytest.mark.shows("S02")
def test_ids_of_one_conversation_under_another_reach_nothing(world: World) -> None:
    ana, conversation = world.clients["ana"], factories.taken_conversation(world.cast)
    other = Message.objects.get(conversation=conversation)
    mine, crossed = f"/api/v1/conversations/{world.ours.conversation_id}/", f"/api/v1/conversations/{conversation.pk}/"
    client_id = str(uuid.uuid4())
    foreign_file = str(Attachment.objects.get(pk=world.theirs.attachment).pk)
    not_offered = Typification.objects.create(name="De otra campaña")
    attempts: list[tuple[str, str, Any, int]] = [
        # A message of mine under another conversation of mine, and of Eva's under mine.
        ("delete", f"{crossed}messages/{world.ours.message_id}/", None, 404),
        ("post", f"{crossed}messages/{world.ours.message_id}/attempts/", {}, 404),
        ("delete", f"{mine}messages/{world.theirs.message_id}/", None, 404),
        ("post", f"{mine}messages/{world.theirs.message_id}/attempts/", {}, 404),
        # Files: of my other conversation, and of Eva's.
        ("post", f"{crossed}messages/", {"client_id": client_id, "attachment": str(world.ours.attachment)}, 400),
        ("post", f"{mine}messages/", {"client_id": client_id, "attachment": foreign_file}, 400),
        # Quotes.
        ("post", f"{mine}messages/", {"client_id": client_id, "text": "x", "reply_to": other.pk}, 400),
        ("post", f"{mine}messages/", {"client_id": client_id, "text": "x", "reply_to": world.theirs.inbound_id}, 400),
        # An outcome that this campaign does not offer, and one that does not exist.
        ("post", f"{mine}closure/", {"typification": not_offered.pk, "note": "x"}, 409),
        ("post", f"{mine}closure/", {"typification": 987654321, "note": "x"}, 409),
        # Read up to somebody else's message: nothing of it is mine to mark.
        ("put", f"{mine}read/", {"up_to": world.theirs.inbound_id}, 204),
        ("put", f"{mine}read/", {"up_to": other.pk}, 204),
        ("put", "/api/v1/me/aux-state/", {"aux_state": 987654321}, 400),
    ]
    with untouched():
        answers = [
            (method, address, getattr(ana, method)(address, json.dumps(body), content_type="application/json"))
            for method, address, body, _status in attempts
        ]
    given = [(method, address, response.status_code) for method, address, response in answers]
    assert given == [(method, address, status) for method, address, _body, status in attempts]


@pytest.mark.shows("S02", "S43")
def test_a_file_uploaded_by_somebody_else_cannot_be_sent(world: World) -> None:
    # Luis takes the conversation over; the picture Ana chose there is still hers.
    luis, address = world.clients["luis"], f"/api/v1/conversations/{world.ours.conversation_id}/"
    assert luis.put(f"{address}assignment/").status_code == 200
    with untouched():
        answer = luis.post(
            f"{address}messages/",
            {"client_id": str(uuid.uuid4()), "attachment": str(world.ours.attachment)},
            content_type="application/json",
        )
    assert answer.status_code == 400
