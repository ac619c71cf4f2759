from __future__ import annotations

import hashlib
import io
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from connectors import transport
from connectors.whatsapp.media import (
    Downloaded,
    MediaAddress,
    MediaError,
    MediaFetcher,
    MediaGone,
    MediaRefused,
    MediaTooLarge,
    MediaUnavailable,
)
from tests.connectors.loopback import Loopback, answers, graph_error, hangs_up

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 5000


@pytest.fixture
def fetcher(graph: Loopback) -> Iterator[MediaFetcher]:
    with MediaFetcher(graph.url, "the-token") as fetcher:
        yield fetcher


def address(graph: Loopback, **more: Any) -> MediaAddress:
    return MediaAddress(**{"url": f"{graph.url}/files/1?hash=a%2Fb", "mime": "image/jpeg", **more})


def refusal(fetcher: MediaFetcher, where: MediaAddress, limit: int = 10_000) -> MediaError:
    with pytest.raises(MediaError) as caught:
        fetcher.download(where, limit_bytes=limit, into=io.BytesIO())
    return caught.value


def test_an_id_leads_to_an_address_and_the_address_to_the_bytes(graph: Loopback, fetcher: MediaFetcher) -> None:
    answer = {
        "id": "1",
        "url": f"{graph.url}/files/1?hash=a%2Fb",
        "mime_type": "image/jpeg",
        "sha256": "x",
        "file_size": "5004",
    }
    graph.will(answers(200, answer), answers(200, JPEG))
    found = fetcher.resolve("1003383421387256")
    assert found == address(graph, sha256="x", size_bytes=5004)
    into = io.BytesIO()
    got = fetcher.download(found, limit_bytes=5004, into=into)
    assert into.getvalue() == JPEG
    assert got == Downloaded(mime="image/jpeg", size_bytes=5004, sha256=hashlib.sha256(JPEG).hexdigest())
    asked, fetched = graph.requests
    assert asked.path.endswith("/1003383421387256")
    assert fetched.path == "/files/1?hash=a%2Fb"
    assert fetched.headers["authorization"] == "Bearer the-token"
    assert fetched.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("media_id", ["", "../1", "1/../../me", "1?fields=x", "é", "1\n", "x" * 256])
def test_an_id_that_is_none_is_never_asked_for(graph: Loopback, fetcher: MediaFetcher, media_id: str) -> None:
    graph.will(answers(200, {}))
    with pytest.raises(MediaGone):
        fetcher.resolve(media_id)
    assert graph.requests == []


@pytest.mark.shows("R45")
@pytest.mark.parametrize(
    ("answer", "error", "permanent"),
    [
        (graph_error(100, 400), MediaGone, True),
        (answers(404, b"gone"), MediaGone, True),
        (graph_error(190, 401), MediaUnavailable, False),
        (graph_error(1, 500), MediaUnavailable, False),
        (answers(502, b"x"), MediaUnavailable, False),
        (answers(200, {"id": "1"}), MediaUnavailable, False),
        (hangs_up, MediaUnavailable, False),
    ],
)
def test_resolving_says_whether_it_is_worth_another_try(
    graph: Loopback, fetcher: MediaFetcher, answer: Any, error: type[MediaError], permanent: bool
) -> None:
    graph.will(answer)
    with pytest.raises(error) as caught:
        fetcher.resolve("1")
    assert caught.value.permanent is permanent


@pytest.mark.shows("R45")
@pytest.mark.parametrize(
    ("answer", "error", "permanent"),
    [
        (answers(401, b""), MediaGone, True),
        (answers(404, b""), MediaGone, True),
        (answers(410, b""), MediaGone, True),
        (answers(429, b""), MediaUnavailable, False),
        (answers(400, b""), MediaUnavailable, True),
        (answers(500, b""), MediaUnavailable, False),
        (answers(204, b""), MediaUnavailable, False),
        (answers(200, b""), MediaUnavailable, False),
        (hangs_up, MediaUnavailable, False),
        (answers(200, JPEG[:50], Content_Length="5004", Connection="close"), MediaUnavailable, False),
        (answers(200, b"<html><script>"), MediaRefused, True),
        (answers(200, b"\x89PNG\r\n\x1a\n" + b"x" * 50), MediaRefused, True),
        (answers(200, JPEG, Content_Encoding="gzip"), MediaRefused, True),
        (answers(302, b"", Location="http://169.254.169.254/"), MediaRefused, True),
    ],
)
def test_downloading_says_whether_it_is_worth_another_try(
    graph: Loopback,
    fetcher: MediaFetcher,
    answer: Any,
    error: type[MediaError],
    permanent: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetcher._downloading, "timeout", 0.3)
    graph.will(answer)
    failure = refusal(fetcher, address(graph))
    assert type(failure) is error
    assert failure.permanent is permanent
    assert len(graph.requests) == 1


def test_a_file_over_the_limit_is_refused_before_during_and_whatever_it_announces(
    graph: Loopback, fetcher: MediaFetcher
) -> None:
    assert isinstance(refusal(fetcher, address(graph, size_bytes=10_001)), MediaTooLarge)
    assert graph.requests == []
    graph.will(answers(200, JPEG))
    assert isinstance(refusal(fetcher, address(graph), limit=5003), MediaTooLarge)

    def unannounced(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    graph.will(unannounced)
    into = io.BytesIO()
    with pytest.raises(MediaTooLarge):
        fetcher.download(address(graph), limit_bytes=100_000, into=into)
    assert len(into.getvalue()) <= 100_000


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://user:pass@lookaside.fbsbx.com/x",
        "https://graph.facebook.com@evil.example/x",
        "http://127.0.0.1:6379/",
        "https://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "gopher://x",
        "//x",
        "",
        "https://\x00",
    ],
)
def test_no_address_but_the_providers_is_visited(fetcher: MediaFetcher, url: str) -> None:
    assert isinstance(refusal(fetcher, MediaAddress(url=url, mime="image/jpeg")), MediaRefused)


@pytest.mark.parametrize(
    "found",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "fe80::1%eth0",
        "224.0.0.1",
    ],
)
def test_a_name_of_the_provider_that_leads_inside_is_not_connected_to(
    fetcher: MediaFetcher, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(host: str, port: int, **more: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("157.240.1.1", port)),
            (0, socket.SOCK_STREAM, 6, "", (found, port)),
        ]

    def connected(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connected)
    failure = refusal(fetcher, MediaAddress(url="https://lookaside.fbsbx.com/x", mime="image/jpeg"))
    assert isinstance(failure, MediaUnavailable)


def test_what_was_checked_is_what_is_connected_to(fetcher: MediaFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def resolved(host: str, port: int, **more: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("157.240.1.1", port))]

    def connected(where: Any, *arguments: Any, **more: Any) -> Any:
        asked.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connected)
    refusal(fetcher, MediaAddress(url="https://mmg.whatsapp.net/x", mime="image/jpeg"))
    assert asked == [("157.240.1.1", 443)]
    assert transport._is_public("157.240.1.1")
