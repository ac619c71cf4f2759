"""pywa is the measure: where it can read a piece, we read the same; where it cannot, this shows it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pywa.client import WhatsApp
from pywa.types.base_update import RawUpdate
from pywa.types.callback import CallbackButton, CallbackSelection
from pywa.types.message import DeletedMessage, EditedMessage, Message
from pywa.types.message_status import MessageStatus

from connectors.messages import InboundMessage, StatusUpdate
from connectors.whatsapp.parse import read, split
from tests.connectors.payloads import PHONE, TYPES, body, change, contact, delivery, failed, message, one, status

CLIENT = WhatsApp()
PLAIN = ["text", "image", "video", "audio", "voice", "document", "sticker", "location", "contacts", "reaction", "order"]


def raw_update(raw: Any) -> RawUpdate:
    return RawUpdate(body(raw), hmac_header=None, update_hash="")


def ours(raw: Any) -> Any:
    (piece,) = split(body(raw))
    return read(piece)


def assert_same_message(mine: InboundMessage, theirs: Any) -> None:
    assert mine.account_external_id == theirs.metadata.phone_number_id
    assert mine.provider_id == theirs.id
    assert mine.happened_at == theirs.timestamp
    assert (mine.sender.phone, mine.sender.business_id) == (theirs.from_user.wa_id, theirs.from_user.bsuid)
    assert mine.sender.profile_name == theirs.from_user.name
    assert mine.reply_to_provider_id == (theirs.reply_to_message.id if theirs.reply_to_message else None)


@pytest.mark.parametrize("name", PLAIN)
def test_messages_are_read_as_pywa_reads_them(name: str) -> None:
    raw = one({**TYPES[name][0], "context": {"from": PHONE, "id": "wamid.q"}})
    mine, theirs = ours(raw), Message.from_update(CLIENT, raw_update(raw))
    assert_same_message(mine, theirs)
    assert mine.kind.value == ("voice" if theirs.voice else theirs.type.value)
    if theirs.media:
        assert (mine.media.id, mine.media.mime, mine.media.sha256) == (
            theirs.media.id,
            theirs.media.mime_type,
            theirs.media.sha256,
        )
        assert mine.media.caption == (theirs.caption or "")
        assert mine.media.filename == (theirs.media.filename or "")
    if theirs.text:
        assert mine.text == theirs.text
    if theirs.reaction:
        assert mine.text == theirs.reaction.emoji
        assert mine.target_provider_id == theirs.reaction.message_id


def test_the_rarer_types_are_read_as_pywa_reads_them() -> None:
    for name, parser, text in (
        ("button", CallbackButton, "title"),
        ("button_reply", CallbackButton, "title"),
        ("list_reply", CallbackSelection, "title"),
        ("edit", EditedMessage, "original_message_id"),
        ("revoke", DeletedMessage, "original_message_id"),
    ):
        raw = one({**TYPES[name][0], "context": {"from": PHONE, "id": "wamid.q"}})
        theirs = parser.from_update(CLIENT, raw_update(raw))
        mine = ours(raw)
        assert mine.provider_id == theirs.id
        assert getattr(theirs, text) == (mine.text if text == "title" else mine.target_provider_id)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50),
    seconds=st.integers(1, 2**33),
)
def test_any_text_is_read_as_pywa_reads_it(text: str, seconds: int) -> None:
    raw = one({**message(text={"body": text}), "timestamp": str(seconds)})
    mine, theirs = ours(raw), Message.from_update(CLIENT, raw_update(raw))
    assert_same_message(mine, theirs)
    assert mine.text == theirs.text


@given(
    name=st.sampled_from(["sent", "delivered", "read", "failed"]),
    opaque=st.none()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40),
    errors=st.lists(st.sampled_from(failed()["errors"]), max_size=1),
)
def test_any_status_is_read_as_pywa_reads_it(name: str, opaque: str | None, errors: list[Any]) -> None:
    optional = {"biz_opaque_callback_data": opaque, "errors": errors}
    step = {**status(name), **{key: value for key, value in optional.items() if value}}
    raw = delivery(change(contacts=[contact()], statuses=[step]))
    mine, theirs = ours(raw), MessageStatus.from_update(CLIENT, raw_update(raw))
    assert isinstance(mine, StatusUpdate)
    assert (mine.provider_id, mine.status.value, mine.happened_at) == (theirs.id, theirs.status.value, theirs.timestamp)
    assert (mine.recipient.phone, mine.recipient.business_id) == (theirs.from_user.wa_id, theirs.from_user.bsuid)
    assert mine.opaque == theirs.tracker
    assert (mine.error.code if mine.error else None) == (theirs.error.code if theirs.error else None)


def test_what_pywa_cannot_read_we_do() -> None:
    """The day one of these stops raising, pywa's parsers may be worth another look."""
    for raw, parser in (
        (one(message(), contacts=[contact(user_id=None)]), Message),
        (one(message(), contacts=None), Message),
        (delivery(change(statuses=[failed()])), MessageStatus),
        (one(message("image", image={"id": "1", "mime_type": "image/png"})), Message),
    ):
        with pytest.raises(KeyError):
            parser.from_update(CLIENT, raw_update(raw))
        assert ours(raw).provider_id

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = delivery(change(contacts=[contact()], messages=[message(id_="a"), message(id_="b")]))
        assert Message.from_update(CLIENT, raw_update(batch)).id == "a"
    assert [piece.item["id"] for piece in split(body(batch))] == ["a", "b"]
