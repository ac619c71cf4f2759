"""Runs over JSON: asked for, previewed, started, steered and taken back, by the same rights as on the pages (S07)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.throttling import ScopedRateThrottle

from accounts.actions import create_api_token
from accounts.models import User
from core.models import JournalEntry
from inbox.models import Callback
from processes.actions.asking import freeze
from processes.models import Run
from tests.contacts.members import base_of, their_base
from tests.factories import Cast, agent_of, leaf
from tests.processes.promises import promised
from tests.processes.runs import carried_out, previewed
from tests.processes.test_pages import just_signed_in
from tests.witness import every_row

Browse = Callable[[User], Client]
RUNS = "/api/v1/runs/"
STEPS = ("preview", "start", "pause", "resume", "cancel", "undo")


def said(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, json.dumps(body or {}), content_type="application/json")


def asking(cast: Cast, *targets: User, **more: Any) -> dict[str, Any]:
    people = {"sources": [cast.ana.pk], "targets": [each.pk for each in targets], "campaigns": [], "due": ""}
    return {"kind": "reassigning", "parameters": people, **more}


@pytest.mark.shows("S07")
def test_agents_are_refused_and_it_is_written_down(cast: Cast, browse: Browse) -> None:
    run = previewed("recycling", base_of(cast, 2), by=cast.luis)
    client = browse(cast.ana)
    client.get("/api/v1/me/")
    before = {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"}
    wanted = [RUNS, *(f"{RUNS}{run.pk}/{step}/" for step in STEPS)]
    assert [said(client, path).status_code for path in wanted] == [403] * len(wanted)
    read = [RUNS, f"{RUNS}{run.pk}/"]
    assert [client.get(path).status_code for path in read] == [403, 403]
    assert {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"} == before
    entries = JournalEntry.objects.filter(verb="entry_refused", actor_label="ana")
    assert sorted(entries.values_list("details__path", flat=True)) == sorted([*wanted, *read])


@pytest.mark.shows("S05", "S07")
def test_a_run_that_is_not_theirs_does_not_exist(cast: Cast, browse: Browse) -> None:
    run = previewed("reprocessing", their_base(cast), by=cast.admin)
    client = just_signed_in(browse(cast.luis))
    answers = [client.get(f"{RUNS}{run.pk}/"), *(said(client, f"{RUNS}{run.pk}/{step}/") for step in STEPS)]
    nothing = client.get(f"{RUNS}987654321/")
    assert {(each.status_code, each.content) for each in answers} == {(404, nothing.content)}
    assert client.get(RUNS).json()["results"] == []
    run.refresh_from_db()
    assert run.state == "previewed"


@pytest.mark.shows("003-11", "P0-56")
def test_the_way_from_the_parameters_to_the_way_back(cast: Cast, browse: Browse) -> None:
    eli = agent_of(cast, "eli")
    for _ in range(3):
        promised(cast, cast.ana)
    client = just_signed_in(browse(cast.luis))
    submission = str(uuid.uuid4())
    made = said(client, RUNS, asking(cast, eli, submission=submission))
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    again = said(client, RUNS, asking(cast, eli, submission=submission))
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    address = f"{RUNS}{made.json()['id']}/"
    assert said(client, f"{address}start/").json()["error"]["code"] == "not_from_here"
    assert freeze(made.json()["id"])
    seen = client.get(address).json()
    assert (seen["state"], seen["expected"], len(seen["sample"]["rows"])) == ("previewed", 3, 3)
    assert seen["effect"]["rows"] == [[eli.name, 0, 3, 3]]
    assert said(client, f"{address}start/").json()["state"] == "queued"
    assert said(client, f"{address}pause/").json()["state"] == "paused"
    assert said(client, f"{address}resume/").json()["state"] == "queued"
    run = carried_out(Run.objects.get())
    seen = client.get(address).json()
    assert (seen["state"], seen["applied"], seen["may_be_undone"]) == ("done", 3, True)
    assert Callback.objects.filter(owner=eli).count() == 3
    assert said(client, f"{address}cancel/").status_code == 409
    assert said(client, f"{address}undo/").json()["is_undoing"] is True
    assert carried_out(run).state == "undone"
    assert [each["id"] for each in client.get(f"{RUNS}?kind=reassigning").json()["results"]] == [run.pk]
    assert client.get(f"{RUNS}?state=done").json()["results"] == []
    assert client.get(f"{RUNS}?cursor=x").status_code == 400


def test_what_is_wrong_is_said_by_field(cast: Cast, browse: Browse) -> None:
    client = browse(cast.luis)
    wrong = said(client, RUNS, {"kind": "reassigning", "parameters": {"sources": [987654321]}})
    assert wrong.status_code == 400
    assert set(wrong.json()["error"]["fields"]) == {"sources", "targets"}
    assert said(client, RUNS, {"kind": "nothing"}).status_code == 404
    assert said(client, RUNS, {}).status_code == 400
    assert not Run.objects.exists()


@pytest.mark.shows("003-22")
def test_a_file_comes_beside_its_parameters(cast: Cast, browse: Browse) -> None:
    file = SimpleUploadedFile("cierre.csv", b"ConversationId\r\nC00000000000")
    made = browse(cast.luis).post(RUNS, {"kind": "mass-closing", "outcome": leaf().pk, "note": "", "file": file})
    assert made.status_code == 201, made.content
    assert freeze(made.json()["id"])


@pytest.mark.shows("S47")
def test_what_deletes_is_done_in_a_session_that_is_not_old(cast: Cast, browse: Browse) -> None:
    run = previewed("recycling", base_of(cast, 2), by=cast.luis)
    old = just_signed_in(browse(cast.luis), ago=48 * 3600)
    assert AUTHENTICATION_METHODS_SESSION_KEY in old.session
    plain = create_api_token(cast.luis, name="programa", by=cast.admin)
    program = Client(headers={"Authorization": f"Token {plain}"})
    for client in (old, program):
        answer = said(client, f"{RUNS}{run.pk}/start/", {"word": "RECICLAR"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "sign_in_again")
    assert program.get(f"{RUNS}{run.pk}/").status_code == 200
    run.refresh_from_db()
    assert run.state == "previewed"
    fresh = just_signed_in(browse(cast.luis))
    assert said(fresh, f"{RUNS}{run.pk}/start/", {"word": "otra"}).status_code == 400
    assert said(fresh, f"{RUNS}{run.pk}/start/", {"word": "reciclar"}).status_code == 200


def test_writes_are_counted_and_reading_is_not(cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {**ScopedRateThrottle.THROTTLE_RATES, "runs": "2/hour"})
    client = browse(cast.luis)
    answers = [said(client, RUNS, {"kind": "nothing"}).status_code for _ in range(3)]
    assert answers[-1] == 429
    assert {client.get(RUNS).status_code for _ in range(3)} == {200}
