"""Pictures up and down, and the addresses that expire."""

import base64
import hashlib
from typing import Any

import httpx
import pytest

from simulator.media import LIMITS, MediaStore, sample_photo
from simulator.server import Running
from tests.simulator.conftest import NUMBER, Business, send


def upload(graph: httpx.Client, content: bytes, mime_type: str = "image/png", **fields: Any) -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": mime_type} | fields
    return graph.post(f"/v25.0/{NUMBER}/media", data=form, files={"file": ("casa.png", content, mime_type)})


def test_a_picture_goes_up_is_sent_and_comes_down(simulator: Running, graph: httpx.Client, business: Business) -> None:
    photo = sample_photo()
    media_id = upload(graph, photo).json()["id"]
    node = graph.get(f"/v25.0/{media_id}").json()
    assert node == {
        "url": node["url"],
        "mime_type": "image/png",
        "sha256": hashlib.sha256(photo).hexdigest(),
        "file_size": len(photo),
        "id": media_id,
        "messaging_product": "whatsapp",
    }
    downloaded = graph.get(node["url"])
    assert (downloaded.content, downloaded.headers["content-type"]) == (photo, "image/png")
    simulator.write("rocio", "Hola")
    answer = send(graph, type="image", text=None, image={"id": media_id, "caption": "Tu plan"})
    assert answer.status_code == 200
    (sent,) = simulator.sent()
    assert (sent.media_id, sent.text) == (media_id, "Tu plan")
    assert graph.delete(f"/v25.0/{media_id}").json() == {"success": True}
    assert graph.get(f"/v25.0/{media_id}").json()["error"]["error_subcode"] == 33


def test_a_customers_photo_can_be_fetched(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.send_photo("rocio")
    assert simulator.wait_idle()
    image = business.messages()[0]["image"]
    node = graph.get(f"/v25.0/{image['id']}").json()
    content = graph.get(node["url"]).content
    assert hashlib.sha256(content).hexdigest() == image["sha256"]
    assert graph.get(image["url"]).content == content


def test_an_address_expires_and_cannot_be_forged(simulator: Running, graph: httpx.Client) -> None:
    url = graph.get(f"/v25.0/{upload(graph, sample_photo()).json()['id']}").json()["url"]
    assert graph.get(url, headers={"Authorization": ""}).status_code == 401
    assert graph.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 404
    simulator.advance(301)
    assert graph.get(url).status_code == 404


def test_wrong_files_are_refused(graph: httpx.Client) -> None:
    wrong_type = upload(graph, b"<html>", "text/html")
    assert (wrong_type.status_code, wrong_type.json()["error"]["code"]) == (400, 100)
    assert "text/html" in wrong_type.json()["error"]["message"]
    too_large = upload(graph, b"\x89PNG\r\n\x1a\n" + bytes(LIMITS["image/png"]))
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (400, 100)
    assert upload(graph, sample_photo(), messaging_product="").status_code == 400


def test_a_file_that_lies_about_its_type_fails_afterwards(
    simulator: Running, graph: httpx.Client, business: Business
) -> None:
    simulator.write("rocio", "Hola")
    media_id = upload(graph, b"not a picture").json()["id"]
    assert send(graph, type="image", text=None, image={"id": media_id}).status_code == 200
    assert simulator.wait_idle()
    assert business.statuses()[0]["errors"][0]["code"] == 131053


@pytest.mark.parametrize(
    ("fault", "status", "same_bytes", "mime_type"),
    [
        ("expired", 404, False, "text/plain; charset=utf-8"),
        ("unauthorised", 401, False, "text/plain; charset=utf-8"),
        ("short", 200, False, "image/png"),
        ("wrong_bytes", 200, False, "image/png"),
        ("altered", 200, False, "image/png"),
        ("wrong_type", 200, True, "text/html; charset=utf-8"),
    ],
)
def test_downloads_go_wrong_as_wanted(
    simulator: Running, graph: httpx.Client, fault: str, status: int, same_bytes: bool, mime_type: str
) -> None:
    photo = sample_photo()
    url = graph.get(f"/v25.0/{upload(graph, photo).json()['id']}").json()["url"]
    simulator.faults(media=fault)
    answer = graph.get(url)
    assert answer.status_code == status
    assert (answer.content == photo) is same_bytes
    assert answer.headers["content-type"] == mime_type


def test_an_id_may_be_gone_its_address_stale_or_somebody_elses(simulator: Running, graph: httpx.Client) -> None:
    media_id = upload(graph, sample_photo()).json()["id"]
    simulator.faults(media="gone")
    assert graph.get(f"/v25.0/{media_id}").json()["error"]["error_subcode"] == 33
    simulator.faults(media="stale_once")
    assert [graph.get(graph.get(f"/v25.0/{media_id}").json()["url"]).status_code for _ in range(2)] == [404, 200]
    simulator.faults(media="elsewhere")
    assert graph.get(f"/v25.0/{media_id}").json()["url"].startswith("http://169.254.169.254/")


@pytest.mark.parametrize(("fault", "bytes_read"), [("endless", 30_000_000), ("dripping", 1)])
def test_a_file_may_have_no_end(simulator: Running, graph: httpx.Client, fault: str, bytes_read: int) -> None:
    url = graph.get(f"/v25.0/{upload(graph, sample_photo()).json()['id']}").json()["url"]
    simulator.faults(media=fault)
    read = 0
    with graph.stream("GET", url) as answer:
        for chunk in answer.iter_raw():
            read += len(chunk)
            if read >= bytes_read:
                break
    assert read >= bytes_read
    simulator.faults()


def test_a_voice_note_is_announced_as_one(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.send_file("rocio", "voice", b"OggS" + bytes(40), "audio/ogg; codecs=opus")
    assert simulator.wait_idle()
    (message,) = business.messages()
    assert (message["type"], message["audio"]["voice"]) == ("audio", True)
    node = graph.get(f"/v25.0/{message['audio']['id']}").json()
    assert base64.b64decode(message["audio"]["sha256"]).hex() == node["sha256"]


def test_two_sample_photos_differ() -> None:
    assert sample_photo(0).startswith(b"\x89PNG\r\n\x1a\n")
    assert sample_photo(0) != sample_photo(1)


def test_the_oldest_files_leave_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MediaStore, "KEPT_BYTES", 100)
    store = MediaStore()
    ids = [store.add(bytes(40), "image/png", number_id=NUMBER).id for _ in range(4)]
    assert [store.get(media_id) is not None for media_id in ids] == [False, False, True, True]
