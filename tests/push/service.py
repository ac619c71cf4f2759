"""A browser and its push service on loopback. The browser opens what it gets by RFC 8291 and 8188 written out here, by nobody's library
but the ciphers: what our own library sealed wrongly would not open.
"""

from __future__ import annotations

import base64
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.connectors.loopback import Request

POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mac(key: bytes, text: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(text)
    return made.finalize()


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, one block."""
    return mac(mac(salt, secret), info + b"\x01")[:length]


@dataclass
class FakeBrowser:
    """What a real one keeps to itself."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(*POINT)

    def subscription(self) -> dict[str, Any]:
        """As PushSubscription.toJSON() gives it."""
        return {"endpoint": self.endpoint, "keys": {"p256dh": b64(self.point), "auth": b64(self.secret)}}

    def open(self, body: bytes) -> Any:
        salt, size, length = body[:16], struct.unpack(">I", body[16:20])[0], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = hkdf(self.secret, shared, b"WebPush: info\x00" + self.point + sender, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert plain[-1:] == b"\x02", "the last record ends with its mark"
        return json.loads(plain[:-1])


def signed_claims(request: Request, public_key: str) -> dict[str, Any]:
    """The claims of RFC 8292, after checking the signature with the key that the browser was given."""
    scheme, _space, parts = {name.lower(): value for name, value in request.headers.items()}["authorization"].partition(
        " "
    )
    assert scheme == "vapid"
    fields = dict(part.strip().split("=", 1) for part in parts.split(","))
    assert fields["k"].rstrip("=") == public_key
    text, _dot, signature = fields["t"].rpartition(".")
    raw = unb64(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(public_key))
    numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(numbers, text.encode(), ec.ECDSA(hashes.SHA256()))
    header, claims = (json.loads(unb64(part)) for part in text.split("."))
    assert header["alg"] == "ES256"
    result: dict[str, Any] = claims
    return result
