"""A Graph API on loopback that answers what a test tells it to, down to the bytes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[socket.socket], None]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Loopback:
    """Speaks just enough HTTP/1.1. Each request takes the next scripted answer, or the last one again."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def will(self, *answers: Answer) -> None:
        self.answers[:] = answers


def answers(status: int, content: Any, **headers: str) -> Answer:
    """Answer with JSON, or with bytes as they are. Header names take _ for -; a header given as "" is left out."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    fields = {"Content-Length": str(len(raw)), "Connection": "keep-alive"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return lambda connection: connection.sendall(head.encode() + b"\r\n" + raw)


def hangs_up(connection: socket.socket) -> None:
    # close() alone would leave the connection open behind the file that reads requests from it.
    connection.shutdown(socket.SHUT_RDWR)


def graph_error(code: int, status: int = 400, **headers: str) -> Answer:
    error = {"message": f"(#{code}) No", "type": "OAuthException", "code": code, "error_data": {"details": "Because."}}
    return answers(status, {"error": error}, **headers)


@contextmanager
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    listener = socket.create_server(("127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        listener.close()


def _accept(listener: socket.socket, server: Loopback) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, server), daemon=True).start()


def _serve(connection: socket.socket, server: Loopback) -> None:
    with connection, connection.makefile("rb") as stream:
        while request := _request(stream):
            server.requests.append(request)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            try:
                answer(connection)
            except OSError:
                return
            if connection.fileno() < 0:
                return


def _request(stream: Any) -> Request | None:
    try:
        line = stream.readline().decode().split()
        if not line:
            return None
        headers = {}
        while written := stream.readline().decode().rstrip("\r\n"):
            name, _, value = written.partition(": ")
            headers[name.lower()] = value
        return Request(line[0], line[1], headers, stream.read(int(headers.get("content-length", 0))))
    except (OSError, ValueError):
        return None
