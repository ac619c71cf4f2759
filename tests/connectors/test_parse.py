from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.kinds import MessageKind, MessageStatus
from connectors.messages import AccountError, Identity, InboundMessage, Notice, StatusUpdate, Unparseable
from connectors.whatsapp.errors import Scope, rule_for
from connectors.whatsapp.parse import PieceKind, read, split
from tests.connectors.payloads import (
    AT,
    BSUID,
    NUMBER,
    NUMBER_CHANGED,
    PHONE,
    TYPES,
    WABA,
    body,
    change,
    contact,
    delivery,
    failed,
    inbound,
    message,
    one,
    read_all,
    status,
)


def update(raw: Any) -> StatusUpdate:
    (piece,) = split(body(raw))
    found = read(piece)
    assert isinstance(found, StatusUpdate)
    return found


def test_a_text_says_who_what_when_and_to_which_number() -> None:
    found = inbound(
        one(message(context={"from": "1", "id": "wamid.q"}, text={"body": "Hola"}, referral={"source_id": "ad"}))
    )
    assert found == InboundMessage(
        account_external_id=NUMBER,
        provider_id="wamid.HBgLMTY1",
        sender=Identity(phone=PHONE, business_id=BSUID, portfolio=WABA, profile_name="Sheena Nelson"),
        happened_at=datetime.fromtimestamp(int(AT), tz=UTC),
        kind=MessageKind.TEXT,
        text="Hola",
        media=None,
        reply_to_provider_id="wamid.q",
        target_provider_id=None,
        referral={"source_id": "ad"},
        changed_to=None,
        payload=found.payload,
        details={"referral": {"source_type": "", "source_id": "ad", "url": "", "headline": "", "body": ""}},
    )
    assert found.payload["text"] == {"body": "Hola"}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_read(name: str) -> None:
    raw, text = TYPES[name]
    found = inbound(one(raw))
    kinds = {"voice": "voice", "button": "interactive", "button_reply": "interactive", "list_reply": "interactive"}
    kinds |= {"nfm_reply": "interactive", "request_welcome": "system", "a type of tomorrow": "unsupported"}
    assert found.kind == kinds.get(name, name)
    assert found.text == text
    assert found.payload == raw


def test_a_medium_brings_its_reference() -> None:
    media = inbound(one(TYPES["document"][0])).media
    assert media is not None
    assert (media.id, media.mime, media.filename, media.caption) == (
        "1003383421387256",
        "application/pdf",
        "cédula.pdf",
        "Va",
    )
    voice = inbound(one(TYPES["voice"][0])).media
    assert voice is not None
    assert voice.voice
    sticker = inbound(one(TYPES["sticker"][0])).media
    assert sticker is not None
    assert sticker.animated


@pytest.mark.parametrize("name", ["reaction", "edit", "revoke"])
def test_what_changes_another_message_names_it(name: str) -> None:
    assert inbound(one(TYPES[name][0])).target_provider_id == "wamid.old"


@pytest.mark.parametrize(
    "raw",
    [
        message("text", text={"body": 7}),
        message("text", text="hola"),
        message("image", image={}),
        message("image", image={"id": ""}),
        message("location", location={}),
        message("contacts", contacts="x"),
        message("reaction", reaction={"emoji": "x"}),
        message("interactive", interactive={"type": ["x"]}),
        message("edit", edit={"original_message_id": "a", "message": {"type": "edit", "edit": {}}}),
        {**message(), "type": ["text"]},
        {**message(), "type": None},
    ],
)
def test_content_of_an_unknown_shape_is_unsupported_with_its_payload_kept(raw: Any) -> None:
    found = inbound(one(raw))
    assert found.kind is MessageKind.UNSUPPORTED
    assert found.payload == raw


@pytest.mark.shows("R10")
@pytest.mark.parametrize(
    ("raw", "contacts"),
    [
        ({**message(sender=None), "from_user_id": BSUID}, [contact(phone=None)]),
        (message(sender=None), [contact(phone=None)]),
        ({**message(sender=None), "from_user_id": BSUID}, None),
        ({**message(sender=""), "from_user_id": BSUID}, []),
    ],
)
def test_a_sender_without_a_phone_is_known_by_the_business_scoped_id(raw: Any, contacts: Any) -> None:
    sender = inbound(one(raw, contacts=contacts)).sender
    assert (sender.phone, sender.business_id) == (None, BSUID)


@pytest.mark.shows("R10")
def test_a_phone_joining_a_known_business_scoped_id_brings_both() -> None:
    sender = inbound(one({**message(), "from_user_id": BSUID})).sender
    assert (sender.phone, sender.business_id) == (PHONE, BSUID)


def test_the_portfolio_is_the_scope_where_the_caller_knows_it() -> None:
    (piece,) = split(body(one(message())))
    found = read(piece, portfolio="portfolio-1")
    assert isinstance(found, InboundMessage)
    assert found.sender.portfolio == "portfolio-1"


def test_a_changed_number_tells_the_new_identity_though_it_brings_no_contacts() -> None:
    found = inbound(NUMBER_CHANGED)
    assert found.kind is MessageKind.SYSTEM
    assert found.sender.phone == PHONE
    assert found.changed_to == Identity(phone="595981000001", business_id="PY.9", portfolio=WABA)


def test_a_status_brings_the_id_we_gave_and_its_price() -> None:
    pricing = {"billable": True, "pricing_model": "PMP", "category": "service"}
    found = update(
        delivery(change(contacts=[contact()], statuses=[status(biz_opaque_callback_data="uuid", pricing=pricing)]))
    )
    assert (found.status, found.opaque, found.pricing, found.error) == (MessageStatus.DELIVERED, "uuid", pricing, None)
    assert (found.recipient.phone, found.recipient.business_id) == (PHONE, BSUID)


def test_a_failed_status_without_contacts_brings_its_error() -> None:
    found = update(delivery(change(statuses=[failed()])))
    assert found.status is MessageStatus.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.details) == (131026, "No.")


@pytest.mark.parametrize("code", [None, "", "abc", "²", True, -1, 2**31, "9" * 5000, 131026.0, {"code": 1}])
def test_an_error_without_a_code_that_can_be_read_has_none(code: Any) -> None:
    """Never 0, which means that the access was taken away."""
    found = update(delivery(change(statuses=[failed() | {"errors": [{"code": code, "title": "Oh"}]}])))
    assert found.error is not None
    assert (found.error.code, found.error.title) == (None, "Oh")
    assert rule_for(None).scope is Scope.MESSAGE


def test_a_voice_note_played_was_read() -> None:
    assert update(delivery(change(statuses=[status("played")]))).status is MessageStatus.READ


def test_an_error_of_the_account_and_a_notice_are_kept() -> None:
    (piece,) = split(body(delivery(change(errors=[{"code": 130429, "title": "Rate limit hit"}]))))
    error = read(piece)
    assert isinstance(error, AccountError)
    assert error.error.code == 130429
    (piece,) = split(body(delivery({"field": "message_template_status_update", "value": {"event": "APPROVED"}})))
    notice = read(piece)
    assert notice == Notice(
        account_external_id="", topic="message_template_status_update", payload={"event": "APPROVED"}
    )


def test_statuses_of_calls_are_not_taken_for_statuses_of_messages() -> None:
    (piece,) = split(
        body(delivery(change(topic="calls", statuses=[{"id": "call", "status": "RINGING", "timestamp": AT}])))
    )
    assert piece.kind is PieceKind.OTHER


def test_a_batch_names_each_sender_by_their_own_contact() -> None:
    people = [contact("1", "A.1", "Ana"), contact("2", "A.2", "Luis")]
    raw = delivery(
        change(
            contacts=people,
            messages=[message(sender="2", id_="b"), message(sender="1", id_="a"), message(sender="3", id_="c")],
        )
    )
    names = [
        (found.provider_id, found.sender.profile_name)
        for found in map(read, split(body(raw)))
        if isinstance(found, InboundMessage)
    ]
    assert names == [("b", "Luis"), ("a", "Ana"), ("c", "")]


def test_the_only_contact_of_a_batch_does_not_name_a_stranger() -> None:
    raw = delivery(
        change(contacts=[contact("1", None, "Ana")], messages=[message(sender="1"), message(sender="2", id_="b")])
    )
    names = [found.sender.profile_name for found in map(read, split(body(raw))) if isinstance(found, InboundMessage)]
    assert names == ["Ana", ""]


@pytest.mark.shows("R04")
def test_a_malformed_piece_never_costs_its_siblings() -> None:
    messages: list[Any] = [message(id_=f"wamid.{place}") for place in range(100)]
    messages[10] = {"from": PHONE, "type": "text", "text": {"body": "no id"}}
    messages[20] = "not even an object"
    messages[30] = message("hologram", id_="wamid.30")
    pieces = split(body(delivery(change(contacts=[contact()], messages=messages))))
    found, dead = read_all(pieces)
    assert len(pieces) == 100
    assert len(found) == 98
    assert [reason for _, reason in dead] == [
        "The piece has no id, or one that is too long.",
        "One of the messages is not an object.",
    ]
    assert sum(isinstance(item, InboundMessage) and item.kind is MessageKind.UNSUPPORTED for item in found) == 1


@pytest.mark.shows("R04")
def test_a_dead_letter_splits_into_the_same_piece_again() -> None:
    raw = delivery(
        change(
            contacts=[contact("1"), contact(PHONE)],
            messages=[message(), "broken", {"id": "x"}],
            statuses=[status(), failed()],
        ),
        change(topic="account_update", event="VERIFIED"),
        {"field": "messages"},
    )
    raw["entry"] += ["not an entry", {"id": "9", "changes": None}]
    pieces = split(body(raw))
    assert [piece.kind for piece in pieces].count(PieceKind.BROKEN) == 4
    for piece in pieces:
        assert split(body(piece.envelope)) == [piece]


WRONG_TIMES: list[Any] = ["", "x", "-1", "0", "9" * 30, None, [], "1e9"]


@pytest.mark.parametrize(
    "raw",
    [
        {key: value for key, value in message().items() if key != "id"},
        message(id_=""),
        message(id_="x" * 256),
        {key: value for key, value in message().items() if key != "timestamp"},
        *({**message(), "timestamp": written} for written in WRONG_TIMES),
        message(sender=None),
        message(sender="not a phone"),
    ],
)
def test_a_piece_without_an_id_a_time_or_a_sender_says_so(raw: Any) -> None:
    (piece,) = split(body(one(raw, contacts=[])))
    with pytest.raises(Unparseable):
        read(piece)


def test_an_unknown_status_and_an_unknown_account_say_so() -> None:
    for raw in (delivery(change(statuses=[status("teleported")])), one(message(), number="")):
        (piece,) = split(body(raw))
        with pytest.raises(Unparseable):
            read(piece)
