"""Web push: a message sealed for one browser (RFC 8291), signed by us (RFC 8292), handed to the browser's push service (RFC 8030).

The endpoint comes from a browser, so from anybody: it is checked against the hosts that are push services, resolved and pinned,
and no redirect is followed (S41).
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import http_ece
import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from connectors.transport import AnswerTooLarge, GuardedTransport, RedirectRefused, guarded_client, origin

TOTAL_S: Final = 5.0
LONGEST_ANSWER_BYTES: Final = 64 * 1024
# Push services refuse tokens of more than a day; a new one every hour costs nothing.
TOKEN_SECONDS: Final = 12 * 3600
LONGEST_PAYLOAD_BYTES: Final = 3000
POINT_BYTES, SECRET_BYTES = 65, 16


class EndpointRefused(Exception):
    """The address does not lead to a push service, or the keys are none."""


class PushGone(Exception):
    """The browser took its subscription back (404, 410), or never answered to our key (401, 403): it will never work again."""


class PushHeldUp(Exception):
    """Not now: 429, 5xx, no answer. `retry_after` is what the service asked for, in seconds (0: nothing)."""

    def __init__(self, why: str, *, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class PushRefused(Exception):
    """The service found something wrong with this one message (400, 413): the next may go."""


@dataclass(frozen=True)
class Browser:
    """Where a subscription leads and the keys it is sealed with, base64url as the browser gave them."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Sender:
    """Who we are: our private key (32 bytes, base64url) and whom a push service may write to."""

    private_key: str
    subject: str


def make_private_key() -> str:
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(32, "big"))


def public_key_of(private_key: str) -> str:
    """What browsers are given as `applicationServerKey`."""
    point = vapid_of(private_key).public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return encode(point)


def check_browser(browser: Browser, *, hosts: Sequence[str]) -> None:
    """Refuse what is no subscription of a known push service, before it is kept and again before it is used.

    Raises:
        EndpointRefused
    """
    refuse_unless_push_service(browser.endpoint, hosts)
    try:
        point, secret = decode(browser.p256dh), decode(browser.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error):
        raise EndpointRefused("the keys are none") from None
    if len(point) != POINT_BYTES or len(secret) != SECRET_BYTES:
        raise EndpointRefused("the keys are none")


def refuse_unless_push_service(endpoint: str, hosts: Sequence[str]) -> None:
    """`hosts`: names, `*.name` for any name below it, or whole origins of a push service of one's own."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise EndpointRefused("it is no address") from None
    if not endpoint.isascii() or any(char.isspace() or char == "\\" for char in endpoint):
        raise EndpointRefused("it is no address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise EndpointRefused("it carries more than an address")
    if f"{parts.scheme}://{parts.netloc}" in hosts:
        return
    host = parts.hostname or ""
    is_known = any(
        host.endswith(each[1:]) and host != each[2:] if each.startswith("*.") else host == each for each in hosts
    )
    if parts.scheme != "https" or port not in (None, 443) or not is_known:
        raise EndpointRefused("it is not the address of a known push service")


def send(
    browser: Browser,
    payload: bytes,
    *,
    sender: Sender,
    hosts: Sequence[str],
    topic: str = "",
    ttl: int = 600,
    now: float | None = None,
) -> None:
    """Hand `payload` to the browser's push service, sealed so that only this browser can read it.

    `topic` (32 characters of base64url at most) makes a later message take the place of one still undelivered.

    Raises:
        EndpointRefused, PushGone, PushHeldUp, PushRefused
    """
    check_browser(browser, hosts=hosts)
    if len(payload) > LONGEST_PAYLOAD_BYTES:
        raise PushRefused("the message is too long")
    address = httpx.URL(browser.endpoint)
    body = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decode(browser.p256dh),
        auth_secret=decode(browser.auth),
        version="aes128gcm",
    )
    claims = {
        "aud": f"{address.scheme}://{address.netloc.decode('ascii')}",
        "exp": int((time.time() if now is None else now) + TOKEN_SECONDS),
        "sub": sender.subject,
    }
    headers = vapid_of(sender.private_key).sign(claims) | {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(ttl),
        "Urgency": "high",
    }
    if topic:
        headers["Topic"] = topic
    judge(post(address, body, headers, hosts))


def post(address: httpx.URL, body: bytes, headers: dict[str, str], hosts: Sequence[str]) -> httpx.Response:
    own = f"{address.scheme}://{address.netloc.decode('ascii')}" in hosts
    try:
        # One connection for one message: push services are many, and a kept connection would outlive its pinned address.
        with guarded_client(
            GuardedTransport(total_s=TOTAL_S, max_bytes=LONGEST_ANSWER_BYTES, trusted=origin(address) if own else None),
            timeout_s=TOTAL_S,
        ) as client:
            return client.post(address, content=body, headers=headers)
    except RedirectRefused as refused:
        raise PushHeldUp(f"a redirect: {refused}") from None
    except (httpx.HTTPError, AnswerTooLarge) as error:
        # Its name alone: the text may hold the address, which is a key to somebody's browser.
        raise PushHeldUp(type(error).__name__) from None


def judge(response: httpx.Response) -> None:
    status = response.status_code
    if status in (401, 403, 404, 410):
        raise PushGone(str(status))
    if status == 429 or status >= 500 or status == 408:
        raise PushHeldUp(str(status), retry_after=seconds_of(response.headers.get("Retry-After", "")))
    if not 200 <= status < 300:
        raise PushRefused(str(status))


def seconds_of(header: str) -> float:
    # The other form is a date, which no push service uses: our own patience then.
    return float(header) if header.isascii() and header.isdigit() and len(header) < 8 else 0.0


@lru_cache(maxsize=4)
def vapid_of(private_key: str) -> Vapid02:
    return Vapid02.from_raw(private_key.encode())


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Base64url with or without padding, and nothing else."""
    stripped = text.rstrip("=")
    if not stripped.isascii() or not all(char.isalnum() or char in "-_" for char in stripped):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))
