"""The first story, through the real processes: a customer writes, Ana answers, the ticks climb, she closes."""

from __future__ import annotations

import uuid

import pytest

from tests import factories
from tests.stack import Stack, frame_like, wait_until


@pytest.mark.shows("B-14")
def test_a_customer_is_answered_and_closed_with_an_outcome(stack: Stack) -> None:
    ana = stack.login("ana")
    stack.write("Hola")
    row = wait_until(
        lambda: (ana.get("/api/v1/conversations/?tray=pending").json()["results"] or [None])[0], what="the conversation"
    )
    address = f"/api/v1/conversations/{row['id']}/"
    assert ana.put(f"{address}assignment/", json={}).status_code == 200
    sent = ana.post(f"{address}messages/", json={"client_id": str(uuid.uuid4()), "text": "Buenos días, Rocío"})
    assert sent.status_code == 201
    wait_until(
        lambda: ana.get(f"{address}messages/").json()["results"][-1]["status"] == "delivered", what="the delivery"
    )
    stack.simulator("PUT", "/control/customers/rocio/read", json={})
    wait_until(lambda: ana.get(f"{address}messages/").json()["results"][-1]["status"] == "read", what="the reading")
    closed = ana.post(f"{address}closure/", json={"typification": factories.leaf().pk})
    assert (closed.status_code, closed.json()["status"], closed.json()["tray"]) == (200, "closed", "attended")


def test_luis_sees_the_list_change_without_asking(stack: Stack) -> None:
    luis = stack.login("luis")
    with stack.socket(luis) as opened:
        frame_like(opened, type="hello")
        opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{"tray":"pending"}}')
        frame_like(opened, type="watching")
        stack.write("Hola")
        put = frame_like(opened, type="put")
        assert put["row"]["preview"] == "Hola"
        frame_like(opened, type="counts")
