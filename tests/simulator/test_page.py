"""The page with the phones: kept to itself, told at once, and counted as a reader only while it looks."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.server import Running
from tests.simulator.conftest import Business, eventually, send


class Page:
    """An open page, as far as the simulator can tell."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.client: str = self.next("hello")["client"]

    def next(self, wanted: str) -> Any:
        event = ""
        for line in self._lines:
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: ") and event == wanted:
                return json.loads(line[6:])
        raise AssertionError("the stream ended")


@pytest.fixture
def page(simulator: Running) -> Iterator[Page]:
    with httpx.stream("GET", f"{simulator.url}/events", timeout=30, trust_env=False) as response:
        yield Page(response)


def test_the_page_is_served_under_a_strict_policy(graph: httpx.Client) -> None:
    answer = graph.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "style=" not in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert graph.get("/static/main.js").headers["content-type"].startswith("text/javascript")


def test_another_origin_changes_nothing(simulator: Running, graph: httpx.Client) -> None:
    foreign = graph.post("/control/reset", json={}, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    own = graph.patch("/control/faults", json={}, headers={"Origin": simulator.url})
    assert own.status_code == 200
    assert graph.post("/control/reset", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_the_page_hears_what_is_written(simulator: Running, page: Page) -> None:
    simulator.write("rocio", "Hola")
    assert page.next("message")["state"] == "pending"
    assert page.next("message")["state"] == "stored"
    assert page.next("activity")["counts"]["webhooks_acked"] == 1


def test_who_looks_at_the_chat_has_read_it(
    simulator: Running, graph: httpx.Client, business: Business, page: Page
) -> None:
    simulator.write("rocio", "Hola")
    send(graph)
    assert simulator.wait_idle()
    assert business.statuses()[-1]["status"] == "delivered"
    graph.put(f"/control/presence/{page.client}", json={"customer": "rocio"})
    assert simulator.wait_idle()
    assert business.statuses()[-1]["status"] == "read"
    graph.put(f"/control/presence/{page.client}", json={})
    send(graph)
    assert simulator.wait_idle()
    assert business.statuses()[-1]["status"] == "delivered"


def test_a_page_that_is_gone_reads_nothing(simulator: Running, graph: httpx.Client) -> None:
    with httpx.stream("GET", f"{simulator.url}/events", timeout=30, trust_env=False) as response:
        page = Page(response)
        graph.put(f"/control/presence/{page.client}", json={"customer": "rocio"})
        assert simulator.world.viewers
    eventually(lambda: not simulator.world.viewers)
    assert graph.put(f"/control/presence/{page.client}", json={"customer": "rocio"}).status_code == 410
    assert not simulator.world.viewers


def test_a_photo_is_sent_from_the_page(simulator: Running, graph: httpx.Client, business: Business) -> None:
    path = "/control/customers/rocio/messages"
    picture = {"file": ("foto.jpg", b"\xff\xd8\xff\xe0", "image/jpeg")}
    answer = graph.post(path, data={"caption": "Mi casa"}, files=picture)
    assert answer.json()["text"] == "Mi casa"
    assert graph.get(answer.json()["media"]["url"]).content == b"\xff\xd8\xff\xe0"
    refused = graph.post(path, files={"file": ("virus.html", b"<script>", "text/html")})
    assert refused.status_code == 415
    assert len(graph.get(path).json()["messages"]) == 1


def test_an_uploaded_page_is_never_shown_as_one(simulator: Running, graph: httpx.Client) -> None:
    message = simulator.send_photo("rocio", b"<script>alert(1)</script>", "text/html")
    answer = graph.get(f"/control/media/{message.media_id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_new_people_may_write(simulator: Running, graph: httpx.Client, business: Business) -> None:
    made = graph.post("/control/customers", json={"name": "Lucía Ñandutí", "phone": "+598 94 123 456"}).json()
    assert (made["wa_id"], made["country"]) == ("59894123456", "UY")
    assert made["user_id"].startswith("UY.")
    hidden = graph.post("/control/customers", json={"name": "Sin número", "user_id": "BR.12345"}).json()
    assert (hidden["wa_id"], hidden["country"]) == ("", "BR")
    taken = graph.post("/control/customers", json={"phone": "59894123456"})
    assert (taken.status_code, "Lucía" in taken.json()["error"]) == (400, True)
    assert graph.post("/control/customers", json={"name": "Nadie"}).status_code == 400
    many = [{"customer": made["id"], "text": "Uno"}, {"customer": hidden["id"], "text": "Dos"}]
    assert len(graph.post("/control/messages", json=many).json()["ids"]) == 2
    assert simulator.wait_idle()
    assert len(business.messages()) == 2


def test_health_and_idleness_are_told(graph: httpx.Client) -> None:
    assert graph.get("/healthz").json()["status"] == "ok"
    assert graph.get("/control/idle", params={"timeout": 1}).json() == {"idle": True, "pending": 0}
