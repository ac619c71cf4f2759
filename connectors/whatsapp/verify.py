"""Is this delivery Meta's? Asked of the raw bytes, before anything is parsed."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

# Exactly what Meta writes. Upper case, another algorithm, spaces or a second signature are somebody else's handwriting.
# `\Z`, not `$`: the latter would let a trailing newline pass.
_HEADER: Final = re.compile(r"sha256=([0-9a-f]{64})\Z")
_CHALLENGE: Final = re.compile(r"[0-9]{1,64}\Z")


def signature_is_valid(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Return whether `header` (X-Hub-Signature-256) signs `raw` with one of `secrets` (several during a rotation).

    Fails closed: no secret, no header, a malformed header or an empty secret are all False.

    Source: CHANNELS.md, Webhooks; TRUST.md S22, S23.
    """
    match = _HEADER.match(header) if header else None
    if match is None:
        return False
    given = match[1]
    # Every secret is tried, so that the time taken says nothing about which of them matched.
    matches = [hmac.compare_digest(given, _digest(raw, secret)) for secret in secrets if secret]
    return any(matches)


def challenge(mode: str | None, token: str | None, challenge: str | None, verify_token: str) -> str | None:
    """Return what to echo, as text/plain, to Meta's verification request, or None to refuse it with 403.

    Takes `hub.mode`, `hub.verify_token` and `hub.challenge`. Only digits are echoed, so that the address cannot be made
    to show a page of somebody's choosing (TRUST.md S26). An empty `verify_token` refuses everything.
    """
    if mode != "subscribe" or not token or not verify_token or not challenge:
        return None
    # Bytes: compare_digest refuses strings that are not ASCII by raising, and a stranger chooses this one.
    if not hmac.compare_digest(_bytes(token), _bytes(verify_token)):
        return None
    return challenge if _CHALLENGE.match(challenge) else None


def _digest(raw: bytes, secret: str) -> str:
    return hmac.new(_bytes(secret), raw, hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
