"""Deliveries nobody should have sent: nothing crashes, nothing sound is lost, nothing unstorable is let in."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.messages import InboundMessage, Unreadable
from connectors.whatsapp.content import MAX_TEXT
from connectors.whatsapp.parse import split
from tests.connectors.payloads import AT, PHONE, body, change, contact, delivery, inbound, message, one, read_all


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"entry": {}}',
        b'{"entry": [{"changes": [NaN]}]}',
        b'{"entry": [1e999], "x": "\\ud800"}',
        b'{"entry": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"entry": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"x": "\\ud800", "entry": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"entry": [], "x": "\\ud800", "n": 99999999999999999999999}',
    ],
)
def test_what_is_no_delivery_is_unreadable_and_says_why(raw: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^The delivery .+\.$"):
        split(raw)


def test_nul_and_lone_surrogates_are_cleaned_everywhere() -> None:
    raw = json.dumps(one({**message(text={"body": "a\x00b\ud83dc\U0001f600"}), "ke\x00y": ["\udc00"]}))
    found = inbound(raw.encode())
    assert found.text == "ab\ufffdc😀"
    assert found.payload["key"] == ["\ufffd"]
    assert "\x00" not in orjson.dumps(found.payload).decode()
    only_nul = inbound(json.dumps(one(message(text={"body": "a\x00b"}))).encode())
    assert only_nul.text == "ab"
    assert only_nul.payload["text"]["body"] == "ab"


def test_bytes_that_are_not_utf8_cost_a_character_and_not_the_batch() -> None:
    raw = body(one(message(text={"body": "señal"}))).replace("ñ".encode(), b"\xf1")
    assert inbound(raw).text == "se\ufffdal"


def test_a_megabyte_of_text_is_cut_and_says_so() -> None:
    found = inbound(one(message(text={"body": "ñ" * 1_000_000})))
    assert found.text == "ñ" * MAX_TEXT
    assert found.payload["truncated"] is True
    assert len(orjson.dumps(found.payload)) < 3 * MAX_TEXT
    image = inbound(one(message("image", image={"id": "1", "mime_type": "image/png", "caption": "x" * 1_000_000})))
    assert image.media is not None
    assert len(image.text) == len(image.media.caption) == MAX_TEXT


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=8)
    | st.sampled_from(["text", "image", AT, PHONE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "from",
                    "type",
                    "text",
                    "body",
                    "timestamp",
                    "status",
                    "errors",
                    "code",
                    "value",
                    "changes",
                    "messages",
                    "context",
                    "user_id",
                    "x",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.shows("R04")
@settings(max_examples=150)
@given(
    strays=st.lists(st.tuples(st.integers(0, 5), JSON), max_size=4),
    where=st.sampled_from(["messages", "statuses", "changes", "entry"]),
)
def test_whatever_stands_among_them_the_sound_ones_are_read(strays: list[tuple[int, Any]], where: str) -> None:
    sound = [message(id_=f"wamid.sound.{place}") for place in range(5)]
    raw = delivery(change(contacts=[contact()], messages=sound))
    value = raw["entry"][0]["changes"][0]["value"]
    home = {
        "messages": sound,
        "statuses": value.setdefault("statuses", []),
        "changes": raw["entry"][0]["changes"],
        "entry": raw["entry"],
    }
    value["messages"] = home["messages"]
    for place, stray in strays:
        home[where].insert(place, stray)
    found, dead = read_all(split(body(raw)))
    ids = [
        item.provider_id
        for item in found
        if isinstance(item, InboundMessage) and item.provider_id.startswith("wamid.sound.")
    ]
    assert sorted(ids) == [f"wamid.sound.{place}" for place in range(5)]
    for piece, reason in dead:
        assert reason.endswith(".")
        assert split(body(piece.envelope)) == [piece]


@settings(max_examples=150)
@given(raw=st.one_of(st.binary(max_size=60), JSON.map(body), JSON.map(lambda value: body({"entry": value}))))
def test_no_body_does_more_than_be_unreadable(raw: bytes) -> None:
    try:
        pieces = split(raw)
    except Unreadable:
        return
    read_all(pieces)
