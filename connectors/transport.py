"""How connectors reach the outside: one deadline, no redirects, bounded answers, no private addresses.

httpx alone bounds each read, not their sum: a server that sends one byte every nine seconds holds a worker for hours.
And an address checked by name and then resolved again can change in between. Both are settled where the socket is.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import httpcore
import httpx

CONNECT_S: Final = 3.0
TOTAL_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 1024 * 1024

# A connection idle for longer may have been dropped at the other end, and a request written into it is a lost answer.
_KEEP_ALIVE_S: Final = 5.0


class RedirectRefused(Exception):
    """The other side answered with a redirect. It is not followed: it could lead anywhere, with our token."""


class AnswerTooLarge(Exception):
    """The answer is longer than anything expected."""


class AddressRefused(httpcore.ConnectError):
    """The name leads to a private address, where no provider lives. It reaches callers as httpx.ConnectError."""


class GuardedTransport(httpx.HTTPTransport):
    """An httpx transport that refuses redirects, oversized answers, slow ones as a whole, and private addresses.

    Takes the base address whose requests are sent to `base_url` instead of the host pywa has built in (None: as they
    are), the seconds an exchange may last, the bytes an answer may have (None: the caller counts), and the one host and
    port that may be private, because the installation itself is configured to use it.
    """

    def __init__(
        self,
        *,
        base_url: httpx.URL | None = None,
        total_s: float = TOTAL_S,
        max_bytes: int | None = MAX_ANSWER_BYTES,
        trusted: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(verify=_ssl_context(), trust_env=False)
        self._base_url = base_url
        self._total_s = total_s
        self._max_bytes = max_bytes
        self._backend = _Backend(trusted)
        # httpx takes no network backend, and without one there is neither a deadline nor a pinned address.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=_KEEP_ALIVE_S,
            retries=0,
            network_backend=self._backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request. Raises RedirectRefused, AnswerTooLarge (while the answer is read), or what httpx raises."""
        if self._base_url is not None:
            _rewrite(request, self._base_url)
        # An upload needs longer than a message: its request says so.
        self._backend.start_clock(float(request.extensions.get("total_s", self._total_s)))
        response = super().handle_request(request)
        if response.is_redirect or response.has_redirect_location:
            response.close()
            raise RedirectRefused(f"HTTP {response.status_code}")
        if self._max_bytes is not None and isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Bounded(response.stream, self._max_bytes)
        return response


def guarded_client(transport: GuardedTransport, *, timeout_s: float = TOTAL_S) -> httpx.Client:
    """Return a client on `transport`; it follows no redirect and reads no proxy from the environment."""
    timeout = httpx.Timeout(timeout_s, connect=CONNECT_S, pool=CONNECT_S)
    return httpx.Client(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)


def origin(url: httpx.URL) -> tuple[str, int]:
    """Return the host and port an address leads to."""
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def _rewrite(request: httpx.Request, base_url: httpx.URL) -> None:
    path = base_url.raw_path.rstrip(b"/") + request.url.raw_path
    request.url = base_url.copy_with(raw_path=path)
    request.headers["Host"] = base_url.netloc.decode("ascii")


@cache
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificates takes some 20 ms: once, not per channel account.
    return httpx.create_ssl_context()


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for chunk in self._stream:
            seen += len(chunk)
            if seen > self._max_bytes:
                raise AnswerTooLarge(f"more than {self._max_bytes} bytes")
            yield chunk

    def close(self) -> None:
        self._stream.close()


class _Backend(httpcore.NetworkBackend):
    """Opens connections to public addresses, and lets none outlive the deadline of the exchange its thread is in."""

    def __init__(self, trusted: tuple[str, int] | None) -> None:
        self._trusted = trusted
        self._inner = httpcore.SyncBackend()
        # A request and the reading of its answer happen in one thread; a connection may serve another one afterwards.
        self._clock = threading.local()

    def start_clock(self, total_s: float) -> None:
        self._clock.ends_at = time.monotonic() + total_s

    def remaining(self, timeout: float | None) -> float | None:
        ends_at: float | None = getattr(self._clock, "ends_at", None)
        if ends_at is None:
            return timeout
        # Never 0, which a socket understands as "do not block".
        left = max(ends_at - time.monotonic(), 0.001)
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = host if (host, port) == self._trusted else _public_address(host, port)
        stream = self._inner.connect_tcp(address, port, self.remaining(timeout), local_address, socket_options)
        return _Deadlined(stream, self)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Deadlined(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: _Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # The name is still the one asked for: pinning the address does not weaken the certificate check.
        stream = self._stream.start_tls(ssl_context, server_hostname, self._backend.remaining(timeout))
        return _Deadlined(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _public_address(host: str, port: int) -> str:
    """Resolve once and connect to exactly what was checked. One private address among several refuses the name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise AddressRefused(f"{host} is not a public address")
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv6 address may carry an IPv4 one to where a gateway unwraps it: that one is the address that counts.
        carried = ip.ipv4_mapped or ip.sixtofour or (_last_32_bits(ip) if ip in _NAT64 else None)
        if carried is not None:
            return _is_public(str(carried))
    return ip.is_global and not ip.is_multicast


_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def _last_32_bits(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
