"""The pages of processes: who comes in, the way from parameters to the end, what is refused and how it is said."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import JournalEntry
from processes.actions.asking import freeze
from processes.catalogue import process_of
from processes.models import Run
from tests.contacts.members import base_of, their_base
from tests.factories import Cast
from tests.processes.runs import asked, carried_out, done, previewed, started, worked_base
from tests.witness import every_row

Browse = Callable[[User], Client]
HOUR = 3600
PAGES = ("processes", "runs")


def just_signed_in(client: Client, *, ago: float = 0.0) -> Client:
    """As if the password had been typed so many seconds ago."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - ago, "username": "x"}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


def sent(client: Client, kind: str, **said: Any) -> Any:
    return client.post(reverse("process", args=[kind]), {"submission": str(uuid.uuid4())} | said)


@pytest.mark.shows("S07")
def test_agents_do_not_come_in_and_it_is_written_down(cast: Cast, browse: Browse) -> None:
    run = previewed("recycling", base_of(cast, 2), by=cast.luis)
    client = browse(cast.ana)
    client.get("/api/v1/me/")
    before = {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"}
    paths = [reverse(name) for name in PAGES] + [reverse("process", args=["recycling"])]
    steps = ("run", "run-progress", "run-start", "run-again", "run-pause", "run-resume", "run-cancel", "run-undo")
    for path in paths + [reverse(name, args=[run.pk]) for name in steps]:
        for method in ("get", "post"):
            assert getattr(client, method)(path).status_code in (403, 405), path
    assert {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"} == before
    refused_at = JournalEntry.objects.filter(verb="entry_refused", actor_label="ana").values_list(
        "details__path", flat=True
    )
    assert set(refused_at) >= {reverse("process", args=["recycling"]), reverse("run-start", args=[run.pk])}
    assert reverse("processes") not in client.get("/contacts/").content.decode()


@pytest.mark.shows("S07", "S64")
def test_another_teams_run_does_not_exist(cast: Cast, browse: Browse) -> None:
    run = previewed("reprocessing", their_base(cast), by=cast.admin)
    client = just_signed_in(browse(cast.luis))
    for name in ("run", "run-progress"):
        assert client.get(reverse(name, args=[run.pk])).status_code == 404
    for name in ("run-start", "run-again", "run-pause", "run-resume", "run-cancel", "run-undo"):
        assert client.post(reverse(name, args=[run.pk])).status_code == 404
    assert client.get(reverse("process", args=["nothing"])).status_code == 404
    run.refresh_from_db()
    assert run.state == "previewed"
    # Nor can its base be chosen.
    assert sent(client, "recycling", base=run.base_id).status_code == 400


@pytest.mark.shows("003-01")
def test_a_run_whose_process_is_not_installed_any_more_has_a_page(cast: Cast, browse: Browse) -> None:
    run = previewed("reprocessing", base_of(cast, 1), by=cast.luis)
    Run.objects.filter(pk=run.pk).update(kind="acme-vip")
    client = browse(cast.luis)
    for name in ("processes", "runs"):
        assert client.get(reverse(name)).status_code == 200
    assert "acme-vip" in client.get(reverse("run", args=[run.pk])).content.decode()
    client.post(reverse("run-start", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "previewed"


@pytest.mark.shows("003-01", "003-03", "P0-55", "P0-56")
def test_the_way_from_the_catalogue_to_the_end(cast: Cast, browse: Browse) -> None:
    base = worked_base(cast, 12, seed=3)
    client = just_signed_in(browse(cast.luis))
    page = client.get(reverse("processes")).content.decode()
    assert reverse("process", args=["recycling"]) in page
    assert "Reprocesamiento" in page
    assert base.name in client.get(reverse("process", args=["recycling"])).content.decode()
    answer = sent(client, "recycling", base=base.pk, attempts_below=4)
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.pk])
    assert "data-again" in client.get(answer["Location"]).content.decode()
    assert freeze(run.pk)
    run.refresh_from_db()
    # The page that waited is told to load anew.
    progress = reverse("run-progress", args=[run.pk])
    fragment = client.get(progress, {"seen": "draft"}, headers={"X-Fragment": "1"}).content.decode()
    assert "data-reload" in fragment
    assert (
        "data-reload" not in client.get(progress, {"seen": "previewed"}, headers={"X-Fragment": "1"}).content.decode()
    )
    preview = client.get(answer["Location"]).content.decode()
    assert "Escribe <b>RECICLAR</b>" in preview
    assert run.preview
    assert all(str(process_of("recycling").reason(code).title) in preview for code in run.preview)
    assert f"Reciclar {run.expected}" in preview
    assert "gestión se borra" in preview or "gestiones se borran" in preview
    client.post(reverse("run-start", args=[run.pk]), {"word": "reciclar"})
    carried_out(run)
    end = client.get(answer["Location"]).content.decode()
    assert "Deshacer" in end
    assert "data-again" not in end
    assert base.name in client.get(reverse("runs")).content.decode()
    client.post(reverse("run-undo", args=[run.pk]))
    assert carried_out(run).state == "undone"


@pytest.mark.shows("R40")
def test_a_form_sent_twice_is_one_run(cast: Cast, browse: Browse) -> None:
    client, base, submission = browse(cast.luis), base_of(cast, 1), str(uuid.uuid4())
    answers = [
        client.post(reverse("process", args=["recycling"]), {"submission": submission, "base": base.pk})
        for _ in range(2)
    ]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Run.objects.count() == 1


@pytest.mark.shows("003-03", "003-05", "003-07")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"base": ""}, "base"),
        ({"attempts_above": "3", "attempts_below": "4"}, "attempts_below"),
        ({"attempts_below": "0"}, "attempts_below"),
        ({"attempts_above": "-1"}, "attempts_above"),
        ({"contacted_from": "2026-03-05", "contacted_until": "2026-03-04"}, "contacted_until"),
        ({"contacted_from": "mañana"}, "contacted_from"),
        ({"users": ["999999"]}, "users"),
        ({"outcomes": ["x"]}, "outcomes"),
    ],
)
def test_parameters_that_mean_nothing_are_refused_at_their_field(
    cast: Cast, browse: Browse, said: dict[str, Any], field: str
) -> None:
    base = base_of(cast, 1)
    answer = sent(browse(cast.luis), "recycling", **({"base": base.pk} | said))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Run.objects.exists()


@pytest.mark.shows("S47")
def test_what_deletes_history_asks_who_one_is_when_that_is_long_ago(cast: Cast, browse: Browse) -> None:
    run = previewed("recycling", base_of(cast, 2), by=cast.luis)
    start = reverse("run-start", args=[run.pk])
    for client in (browse(cast.luis), just_signed_in(browse(cast.luis), ago=HOUR)):
        answer = client.post(start, {"word": "RECICLAR"})
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        run.refresh_from_db()
        assert run.state == "previewed"
    client = just_signed_in(browse(cast.luis), ago=60)
    assert client.post(start, {"word": "RECICLAR"})["Location"] == reverse("run", args=[run.pk])
    run.refresh_from_db()
    assert run.state == "queued"
    entry = JournalEntry.objects.get(verb="run_started")
    assert entry.details["total"] == 2


@pytest.mark.shows("S47")
def test_what_deletes_nothing_does_not(cast: Cast, browse: Browse) -> None:
    run = previewed("reprocessing", base_of(cast, 2), by=cast.luis)
    browse(cast.luis).post(reverse("run-start", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "queued"


@pytest.mark.shows("R40", "P0-62")
def test_the_second_run_over_the_same_base_is_led_to_the_first(cast: Cast, browse: Browse) -> None:
    base = base_of(cast, 2)
    first, second = (previewed("reprocessing", base, by=cast.luis) for _ in range(2))
    started(first, by=cast.luis)
    client = browse(cast.luis)
    way = f'href="{reverse("run", args=[first.pk])}"'
    assert way in client.get(reverse("run", args=[second.pk])).content.decode()
    answer = client.post(reverse("run-start", args=[second.pk]), follow=True)
    assert answer.content.decode().count(way) >= 2
    second.refresh_from_db()
    assert second.state == "previewed"


@pytest.mark.shows("R37", "P0-56")
def test_a_run_is_paused_resumed_and_cancelled_by_its_buttons(cast: Cast, browse: Browse) -> None:
    run = started(previewed("reprocessing", base_of(cast, 4), by=cast.luis), by=cast.luis)
    client = browse(cast.luis)
    for button, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("resume", "cancelled")):
        assert client.post(reverse(f"run-{button}", args=[run.pk]))["Location"] == reverse("run", args=[run.pk])
        run.refresh_from_db()
        assert run.state == state
        assert client.get(reverse("run", args=[run.pk])).status_code == 200


@pytest.mark.shows("P0-58")
def test_the_history_narrows_and_pages_show_every_state(cast: Cast, browse: Browse) -> None:
    base = base_of(cast, 3)
    over = done("reprocessing", base, by=cast.luis)
    draft = asked("recycling", base, by=cast.luis)
    failed = asked("recycling", base, by=cast.luis)
    Run.objects.filter(pk=failed.pk).update(state="failed", failure="preview", finished_at=over.finished_at)
    client = browse(cast.luis)
    for run in (over, draft, failed):
        assert client.get(reverse("run", args=[run.pk])).status_code == 200
    page = client.get(reverse("runs"), {"kind": "reprocessing"}).content.decode()
    assert reverse("run", args=[over.pk]) in page
    assert reverse("run", args=[draft.pk]) not in page
    again = client.get(reverse("process", args=["reprocessing"]), {"again": over.pk})
    assert again.context["form"]["base"].value() == base.pk
