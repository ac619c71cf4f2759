"""Values sealed at rest: AES-256-GCM, a key id in front, bound to the row and column they belong to (S48).

A sealed value copied to another row does not open there: the row's name is authenticated with it. Keys rotate by putting a new
one first in FIELD_KEYS; old values open as long as their key is listed.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class CannotOpen(Exception):
    """The sealed value was made with a key that is not listed, was changed, or belongs to another row."""


def seal(value: Any, *, bound_to: str) -> bytes:
    """Return `value` (anything JSON can hold) sealed with the newest key, to be opened only with the same `bound_to`."""
    key_id, key = settings.FIELD_KEYS[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, orjson.dumps(value), bound_to.encode())
    return key_id.encode() + b":" + nonce + sealed


def unseal(sealed: bytes, *, bound_to: str) -> Any:
    """Return what was sealed.

    Raises:
        CannotOpen: unknown key id, changed bytes, or another row's value.
    """
    key_id, separator, rest = bytes(sealed).partition(b":")
    key = dict(settings.FIELD_KEYS).get(key_id.decode(errors="replace")) if separator else None
    if key is None:
        raise CannotOpen("sealed with a key that is not listed in FIELD_KEYS")
    try:
        return orjson.loads(AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound_to.encode()))
    except (InvalidTag, ValueError):
        raise CannotOpen("changed, or sealed for another row") from None
