from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors import transport
from connectors.whatsapp.errors import AnswerLost, NotSent, ProviderFailure, Scope, SendFailed
from connectors.whatsapp.send import Recipient, Sender
from tests.connectors.loopback import Loopback, answers, graph_error, hangs_up

SENT = answers(
    200, {"messaging_product": "whatsapp", "contacts": [{"input": "1", "wa_id": "1"}], "messages": [{"id": "wamid.1"}]}
)
ANA = Recipient(phone="595991651351", business_id="PY.1")


@pytest.fixture
def sender(graph: Loopback) -> Iterator[Sender]:
    with Sender(graph.url, "the-token", "106540352242922") as sender:
        yield sender


def refusal(sender: Sender) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as caught:
        sender.send_text(ANA, "Hola", opaque="uuid-1")
    return caught.value


def test_a_text_reaches_the_configured_host_with_our_id_in_it(graph: Loopback, sender: Sender) -> None:
    graph.will(SENT)
    assert sender.send_text(ANA, "Hola 😀", opaque="uuid-1", reply_to="wamid.q").provider_id == "wamid.1"
    (request,) = graph.requests
    assert (request.method, request.path.rpartition("/v")[0]) == ("POST", "")
    assert request.path.endswith("/106540352242922/messages")
    assert request.headers["host"] == graph.url.removeprefix("http://")
    assert request.headers["authorization"] == "Bearer the-token"
    assert request.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "595991651351",
        "type": "text",
        "text": {"body": "Hola 😀", "preview_url": False},
        "context": {"message_id": "wamid.q"},
        "biz_opaque_callback_data": "uuid-1",
    }


@pytest.mark.parametrize("business_id", ["US.13491208655302741918", "US.ENT.11815799212886844830", "PY.a1B2c3"])
def test_a_customer_known_only_by_a_business_scoped_id_is_written_to(
    graph: Loopback, sender: Sender, business_id: str
) -> None:
    graph.will(
        answers(200, {"contacts": [{"input": business_id, "user_id": business_id}], "messages": [{"id": "wamid.2"}]})
    )
    sender.send_text(Recipient(business_id=business_id), "Hola", opaque="u")
    assert graph.requests[0].json["recipient"] == business_id
    assert "to" not in graph.requests[0].json


def test_a_recipient_is_somebody() -> None:
    with pytest.raises(ValueError, match="phone or a business-scoped id"):
        Recipient()


def test_an_image_is_sent_by_its_id_and_never_looked_up_as_a_file(
    graph: Loopback, sender: Sender, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    graph.will(SENT)
    for media_id in ("1003383421387256", str(secret)):
        sender.send_image(ANA, media_id=media_id, opaque="u", caption="Así")
        assert graph.requests[-1].json["image"] == {"id": media_id, "caption": "Así"}
    sender.send_image(ANA, media_id="1", opaque="u")
    assert graph.requests[-1].json["image"] == {"id": "1"}
    assert len(graph.requests) == 3


@pytest.mark.parametrize("from_disk", [True, False])
def test_a_file_is_uploaded(graph: Loopback, sender: Sender, tmp_path: Path, from_disk: bool) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xd8\xff-the-bytes")
    graph.will(answers(200, {"id": "987"}))
    file = path if from_disk else path.read_bytes()
    assert sender.upload_media(file, mime="image/jpeg", filename="foto.jpg") == "987"
    (request,) = graph.requests
    assert request.path.endswith("/106540352242922/media")
    assert b"\xff\xd8\xff-the-bytes" in request.body
    assert b'filename="foto.jpg"' in request.body
    assert b"image/jpeg" in request.body


def test_a_message_is_marked_read(graph: Loopback, sender: Sender) -> None:
    graph.will(answers(200, {"success": True}))
    sender.mark_read("wamid.in")
    assert graph.requests[0].json == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in"}


@pytest.mark.parametrize(
    ("code", "status", "permanent", "scope"),
    [
        (1, 500, False, Scope.MESSAGE),
        (2, 503, False, Scope.MESSAGE),
        (131000, 500, False, Scope.MESSAGE),
        (130429, 429, False, Scope.NUMBER),
        (131056, 400, False, Scope.CONTACT),
        (131047, 400, True, Scope.CONTACT),
        (131026, 400, True, Scope.CONTACT),
        (190, 401, False, Scope.ACCOUNT),
        (100, 400, True, Scope.MESSAGE),
        (999999, 400, True, Scope.MESSAGE),
        (999999, 500, False, Scope.MESSAGE),
    ],
)
def test_the_provider_says_no(
    graph: Loopback, sender: Sender, code: int, status: int, permanent: bool, scope: Scope
) -> None:
    graph.will(graph_error(code, status))
    failure = refusal(sender)
    assert isinstance(failure, SendFailed)
    assert (failure.code, failure.permanent, failure.scope, failure.message) == (code, permanent, scope, "Because.")
    assert failure.reason.endswith(".")
    assert len(graph.requests) == 1


def test_retry_after_is_taken_in_seconds_or_as_a_date(graph: Loopback, sender: Sender) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for written, least, most in (
        ("7", 7, 7),
        (soon, 60, 90),
        ("never", 1, 1),
        ("-5", 1, 1),
        ("9" * 12, 1, 1),
        ("", 1, 1),
    ):
        graph.will(graph_error(130429, 429, Retry_After=written))
        failure = refusal(sender)
        assert isinstance(failure, SendFailed)
        assert failure.retry_after is not None
        assert least <= failure.retry_after.total_seconds() <= most


@pytest.mark.parametrize(
    "answer",
    [
        hangs_up,
        answers(200, b"", Content_Length="", Connection="close"),
        answers(200, b"<html>"),
        answers(200, []),
        answers(200, {"messages": []}),
        answers(200, {"messages": [{"id": ""}]}),
        answers(200, {"messages": [{"id": 5}]}),
        answers(200, b'{"messages"', Content_Length="500", Connection="close"),
        lambda connection: (
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"mess'),
            connection.close(),
        ),
        lambda connection: connection.sendall(b"not http\r\n\r\n"),
        answers(502, b"<html>Bad gateway"),
        answers(504, {"error": "a string"}),
        answers(503, b""),
        answers(400, {"error": {"message": "no code"}}),
        answers(200, b"x" * (transport.MAX_ANSWER_BYTES + 1)),
    ],
)
def test_when_it_may_have_been_sent_the_answer_is_lost(
    graph: Loopback, sender: Sender, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender._http, "timeout", 0.3)
    graph.will(answer)
    assert isinstance(refusal(sender), AnswerLost)
    assert len(graph.requests) == 1


def test_a_sent_message_whose_answer_lacks_contacts_is_sent(graph: Loopback, sender: Sender) -> None:
    graph.will(answers(200, {"messages": [{"id": "wamid.9"}]}))
    assert sender.send_text(ANA, "Hola", opaque="u").provider_id == "wamid.9"


def test_a_gateway_that_limits_is_heard(graph: Loopback, sender: Sender) -> None:
    graph.will(answers(429, b"slow down", Retry_After="3"))
    failure = refusal(sender)
    assert isinstance(failure, SendFailed)
    assert (failure.permanent, failure.retry_after) == (False, timedelta(seconds=3))


def test_a_silent_provider_is_given_up_on_and_the_answer_is_lost(
    graph: Loopback, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender._http, "timeout", 0.2)
    graph.will(lambda _: (graph.closing.wait(5), None)[1])
    assert isinstance(refusal(sender), AnswerLost)


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["body", "head"]
)
def test_a_dripping_provider_is_held_to_the_whole_time(graph: Loopback, start: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        while not graph.closing.wait(0.05):
            connection.sendall(b"{")

    graph.will(drip)
    base = httpx.URL(graph.url)
    http = transport.guarded_client(
        transport.GuardedTransport(base_url=base, total_s=0.4, trusted=transport.origin(base))
    )
    with Sender(graph.url, "t", "1", http) as sender:
        started = time.monotonic()
        assert isinstance(refusal(sender), AnswerLost)
        assert time.monotonic() - started < 15


def test_the_limits_of_time_are_set(sender: Sender) -> None:
    timeout = sender._http.timeout
    assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == (3.0, 10.0, 10.0, 3.0)
    assert transport.TOTAL_S == 10.0


def test_nothing_is_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Sender(f"http://127.0.0.1:{port}", "t", "1") as sender:
        assert isinstance(refusal(sender), NotSent)


def test_nothing_is_sent_to_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    with Sender("https://graph.example", "t", "1") as sender:
        assert isinstance(refusal(sender), NotSent)


def test_a_redirect_is_not_followed_and_sends_no_token_elsewhere(graph: Loopback, sender: Sender) -> None:
    graph.will(answers(307, b"", Location=f"{graph.url}/elsewhere"))
    failure = refusal(sender)
    # Nobody took the message, and nothing was said about the number: it is tried again.
    assert isinstance(failure, NotSent)
    assert len(graph.requests) == 1


def test_a_base_address_with_a_path_keeps_it(graph: Loopback) -> None:
    graph.will(SENT)
    with Sender(f"{graph.url}/graph/", "t", "1") as sender:
        sender.send_text(ANA, "Hola", opaque="u")
    assert graph.requests[0].path.startswith("/graph/v")


def test_two_senders_do_not_share_a_token(graph: Loopback) -> None:
    graph.will(SENT)
    with Sender(graph.url, "one", "1") as first, Sender(graph.url, "two", "2") as second:
        first.send_text(ANA, "a", opaque="a")
        second.send_text(ANA, "b", opaque="b")
    assert [request.headers["authorization"] for request in graph.requests] == ["Bearer one", "Bearer two"]


def test_neither_words_nor_tokens_are_logged(graph: Loopback, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        graph.will(SENT)
        sender.send_text(ANA, "palabras privadas", opaque="u")
        graph.will(graph_error(190, 401))
        refusal(sender)
    assert "palabras privadas" not in caplog.text
    assert "the-token" not in caplog.text
