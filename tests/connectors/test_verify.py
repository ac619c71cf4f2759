from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.whatsapp.verify import challenge, signature_is_valid

BODY = b'{"object": "whatsapp_business_account",  "entry": []}'
SECRET = "4c0ffee"


def signed(raw: bytes = BODY, secret: str = SECRET, algorithm: str = "sha256") -> str:
    return f"{algorithm}={hmac.new(secret.encode(), raw, algorithm).hexdigest()}"


def test_a_true_signature_is_accepted() -> None:
    assert signature_is_valid(BODY, signed(), [SECRET])


def test_during_a_rotation_both_secrets_are_good_and_a_third_is_not() -> None:
    assert signature_is_valid(BODY, signed(secret="new"), [SECRET, "new"])
    assert signature_is_valid(BODY, signed(), [SECRET, "new"])
    assert not signature_is_valid(BODY, signed(secret="another app's"), [SECRET, "new"])


@pytest.mark.shows("S22")
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        signed().upper(),
        "sha256=" + signed()[7:].upper(),
        signed()[7:],
        signed(algorithm="sha1"),
        "sha1=" + signed()[7:],
        signed() + "\n",
        " " + signed(),
        signed() + "0",
        signed()[:-1],
        signed() + "," + signed(),
        "sha256=" + "é" * 64,
        signed(json.dumps(json.loads(BODY)).encode()),
        signed(secret="another app's"),
        "sha256=" + hashlib.sha256(BODY).hexdigest(),
    ],
)
def test_any_other_header_is_refused(header: str | None) -> None:
    assert not signature_is_valid(BODY, header, [SECRET])


@pytest.mark.shows("S23")
def test_without_a_secret_everything_is_refused() -> None:
    assert not signature_is_valid(BODY, signed(), [])
    assert not signature_is_valid(BODY, signed(secret=""), [""])
    assert not signature_is_valid(BODY, signed(secret=""), ["", "x"])


@pytest.mark.shows("S23")
def test_digests_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[object, object]] = []

    def watch(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("connectors.whatsapp.verify.hmac.compare_digest", watch)
    assert signature_is_valid(BODY, signed(), [SECRET, "old"])
    assert len(compared) == 2


@given(raw=st.binary(max_size=200), header=st.text(max_size=90))
def test_nothing_a_stranger_writes_is_accepted_or_raises(raw: bytes, header: str) -> None:
    assert not signature_is_valid(raw, header, ["a secret a stranger does not have"])


@pytest.mark.shows("S26")
def test_the_challenge_is_echoed_only_for_the_token_and_only_if_it_is_a_number() -> None:
    assert challenge("subscribe", "tok", "1158201444", "tok") == "1158201444"
    for mode, token, written, expected in (
        ("subscribe", "guess", "1", "tok"),
        ("subscribe", "tok", "<b>1</b>", "tok"),
        ("subscribe", "tok", "1\n", "tok"),
        ("subscribe", "tok", "١٢٣", "tok"),
        ("subscribe", "tok", "", "tok"),
        ("subscribe", "tok", "9" * 65, "tok"),
        ("unsubscribe", "tok", "1", "tok"),
        ("subscribe", "", "1", ""),
        ("subscribe", "é", "1", "tok"),
        (None, None, None, "tok"),
    ):
        assert challenge(mode, token, written, expected) is None
