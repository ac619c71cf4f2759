"""/healthz answers whoever probes the process, by whatever name, and says the truth about workers. /metrics answers who has its token."""

from __future__ import annotations

import asyncio
import time

import pytest
from django.core.cache import cache
from django.db import InterfaceError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from config import health
from core import counters, hints, signs, tasks
from core.realtime import hub
from core.realtime.bus import client as redis_client
from core.realtime.hub import read_socket_counts, sockets_key
from inbox.actions.sending import send_message
from inbox.models import OutboxEntry
from inbox.tasks import drain_outbox, renew_contact_copies
from tests import factories
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef-metrics"


def test_it_is_well_under_the_address_of_the_process_itself(settings: Settings) -> None:
    """`run.py serve` and a load balancer ask 127.0.0.1, which is none of the hosts people use; and without a certificate."""
    settings.ALLOWED_HOSTS = ["panel.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    client = Client(headers={"Host": "127.0.0.1:8000"})
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (200, "ok")
    # The control: everything else still asks for the host.
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 400


def sign_of_life(queue: str, *, seconds_ago: float = 0.0) -> None:
    cache.set(tasks.canary_key(queue), [time.time() - seconds_ago, 0.02], 600)


def test_it_is_degraded_as_soon_as_one_queue_is_served_by_nobody(settings: Settings) -> None:
    # Nobody has ever shown up: that is no «ok» and no «unknown».
    nobody = Client().get("/healthz").json()
    assert (nobody["status"], nobody["workers"]) == ("degraded", "silent")
    for queue in settings.WORK_QUEUES:
        sign_of_life(queue)
    well = Client().get("/healthz").json()
    assert (well["status"], well["workers"]) == ("ok", "ok")
    assert set(well["queues"]) == set(settings.WORK_QUEUES)
    sign_of_life("outbound", seconds_ago=300)
    answer = Client().get("/healthz")
    silent = answer.json()
    # Pages are served and deliveries stored all the same: a balancer must not take this process out.
    assert (answer.status_code, silent["status"], silent["workers"]) == (200, "degraded", "silent")
    assert silent["queues"]["outbound"]["state"] == "silent"
    assert 299 <= silent["queues"]["outbound"]["seen_s_ago"] <= 400
    assert silent["queues"]["inbound"]["state"] == "ok"


def test_a_canary_says_when_its_queue_was_served_and_how_long_it_had_travelled() -> None:
    tasks.canary.push_request(sent_at=time.time() - 1.5)
    try:
        tasks.canary.run("media")
    finally:
        tasks.canary.pop_request()
    seen = Client().get("/healthz").json()["queues"]["media"]
    assert seen["seen_s_ago"] < 60
    assert 1_400 <= seen["round_trip_ms"] <= 60_000


def test_a_full_queue_that_is_worked_on_is_busy_and_not_silent(settings: Settings) -> None:
    redis_client().delete(signs.served_key("media"), "celery:media")
    for queue in settings.WORK_QUEUES:
        sign_of_life(queue)
    sign_of_life("media", seconds_ago=200)
    redis_client().rpush("celery:media", *(["x"] * 3))
    try:
        # Hints wait and nobody takes them.
        assert Client().get("/healthz").json()["queues"]["media"]["state"] == "silent"
        signs.Service().note("media")
        busy = Client().get("/healthz").json()
        assert (busy["queues"]["media"]["state"], busy["workers"], busy["status"]) == ("busy", "busy", "degraded")
        # One is silent: that is the worse news.
        sign_of_life("push", seconds_ago=200)
        assert Client().get("/healthz").json()["workers"] == "silent"
        # Work was done of late, and nothing waits: then the canary ought to have come through.
        redis_client().delete("celery:media")
        assert Client().get("/healthz").json()["queues"]["media"]["state"] == "silent"
    finally:
        redis_client().delete(signs.served_key("media"), "celery:media")


def test_a_canary_finds_room_in_a_full_queue_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "celery:push"
    redis_client().delete(key)
    monkeypatch.setattr(hints, "MOST_WAITING", 5)
    monkeypatch.setattr(hints, "LOOK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(tasks.canary, "room_beyond", 3)
    try:
        for number in range(10):
            drain_outbox.apply_async((number,), queue="push")
        assert redis_client().llen(key) == 5
        for _number in range(10):
            tasks.canary.apply_async(("push",), queue="push", expires=300)
        assert redis_client().llen(key) == 8
    finally:
        redis_client().delete(key)


def test_a_lost_connection_is_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """psycopg says InterfaceError of a connection that was closed under it; Django's is no DatabaseError."""

    def lost(_queryset: object) -> int:
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(health, "capped", lost)
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["database"], answer.json()["status"]) == (503, "away", "down")


def test_what_waits_is_counted_and_aged(cast: factories.Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message, _ = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    OutboxEntry.objects.filter(message=message).update(due_at=timezone.now() - timezone.timedelta(seconds=90))
    Delivery.objects.create(body=b"{}", received_at=timezone.now() - timezone.timedelta(seconds=40))
    backlog = Client().get("/healthz").json()["backlog"]
    assert backlog["outbox"] == 1
    assert 90 <= backlog["oldest_outbox_s"] <= 95
    assert backlog["deliveries"] == 1
    assert 40 <= backlog["oldest_delivery_s"] <= 45
    assert (backlog["attachments"], backlog["dead_letters"]) == (0, 0)
    # One that is due only later waits for nobody.
    OutboxEntry.objects.update(due_at=timezone.now() + timezone.timedelta(hours=1))
    assert Client().get("/healthz").json()["backlog"]["oldest_outbox_s"] == 0


@pytest.mark.shows("S45")
def test_figures_are_closed_unless_somebody_set_a_token_and_brings_it(settings: Settings) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    settings.METRICS_TOKEN = ""
    assert [
        Client().get("/metrics", headers=each).status_code for each in ({}, bearer, {"Authorization": "Bearer "})
    ] == [404] * 3
    settings.METRICS_TOKEN = TOKEN
    wrong = (
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer"},
    )
    assert [Client().get("/metrics", headers=each).status_code for each in wrong] == [404] * len(wrong)
    assert Client().get(f"/metrics?token={TOKEN}").status_code == 404
    assert Client().post("/metrics", headers=bearer).status_code == 404
    assert Client().get("/metrics", headers=bearer).status_code == 200


@pytest.mark.shows("S45", "S25")
def test_figures_of_all_processes_are_added_up(settings: Settings, cast: factories.Cast) -> None:
    settings.METRICS_TOKEN = TOKEN
    redis_client().delete(counters.counters_key(), sockets_key())
    # Two processes, each with counters of its own.
    for amount in (3, 4):
        process = counters.Counters()
        process.add("duplicates|kind=message", amount)
        process.add("send_failures|code=131026", 1)
        process.flush()
    counters.count("sends", outcome="sent")
    counters.counters.flush()
    redis_client().hset(
        sockets_key(), mapping={"a:1": f"12 {time.time():.0f}", "gone:2": f"99 {time.time() - 100:.0f}"}
    )
    factories.conversation(cast, "un texto que nadie debe ver")
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    lines = set(text.splitlines())
    assert {
        'ventanilla_duplicates_total{kind="message"} 7.0',
        'ventanilla_send_failures_total{code="131026"} 2.0',
        'ventanilla_sends_total{outcome="sent"} 1.0',
        'ventanilla_up{part="database"} 1.0',
        'ventanilla_backlog{of="deliveries"} 0.0',
        'ventanilla_sockets{process="a:1"} 12.0',
        'ventanilla_queue_waiting{queue="inbound"} 0.0',
    } <= lines
    assert "gone:2" not in text
    assert read_socket_counts() == {"a:1": 12}
    assert "nadie" not in text


def test_a_count_whose_answer_was_lost_is_counted_once_and_series_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    redis_client().delete(counters.counters_key())
    process, real = counters.Counters(), counters.add_up

    def lost_answer(hand_over: str, amounts: dict[str, int]) -> None:
        real(hand_over, amounts)
        raise RedisConnectionError("the line was dropped behind it")

    def away(hand_over: str, amounts: dict[str, int]) -> None:
        raise RedisConnectionError("away")

    for way, amount in ((lost_answer, 1), (away, 10), (real, 100)):
        monkeypatch.setattr(counters, "add_up", way)
        process.add("sends|outcome=sent", amount)
        process.flush()
    assert counters.read_counters() == {("sends", (("outcome", "sent"),)): 111}
    # A mistake that makes a series of every value, in process after process.
    monkeypatch.setattr(counters, "MOST_SERIES", 20)
    for number in range(5):
        other = counters.Counters()
        for series in range(15):
            other.add(f"wrong|id={number}-{series}", 1)
        other.add("sends|outcome=sent", 1)
        other.flush()
    found = counters.read_counters()
    assert len(found) == 20
    assert found["sends", (("outcome", "sent"),)] == 116


async def test_who_connects_while_the_last_count_is_written_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task that tells ends with the last socket; one that came while it wrote has seen it running and started no other."""
    own, told = hub.Hub(), []

    def write(count: int) -> None:
        told.append(count)
        if len(told) == 1:
            own.sockets.add("somebody")  # type: ignore[arg-type]  # only counted
        elif len(told) == 2:
            own.sockets.clear()

    monkeypatch.setattr(hub, "write_socket_count", write)
    monkeypatch.setattr(hub, "TELL_SECONDS", 0.01)
    await asyncio.wait_for(own.tell_count(), timeout=30)
    assert told == [0, 1, 0]


def test_a_hint_that_a_sweeper_gives_again_is_not_sent_to_a_full_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are gone for a day must not fill the broker's memory with what will be thrown away."""
    key = "celery:outbound"
    redis_client().delete(key)
    monkeypatch.setattr(hints, "MOST_WAITING", 20)
    monkeypatch.setattr(hints, "LOOK_EVERY_SECONDS", 0.0)
    try:
        for number in range(50):
            drain_outbox.delay(number)
        assert redis_client().llen(key) == 20
        # A task that nobody would give again is always sent.
        renew_contact_copies.apply_async((1,), queue="outbound")
        assert redis_client().llen(key) == 21
    finally:
        redis_client().delete(key)
