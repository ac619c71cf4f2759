"""Every kind WhatsApp sends: what the provider got is what was asked for, and what it would refuse never leaves (001-34 … 001-40)."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation
from PIL import Image
from pytest_django import Settings

from connectors.kinds import MessageKind
from connectors.outgoing import (
    Choice,
    ContactCard,
    LinkButton,
    Location,
    LocationRequest,
    Menu,
    ReplyButtons,
    Section,
    is_moving_webp,
)
from core.refusals import Invalid
from inbox.actions.assignment import take_conversation
from inbox.actions.sending import retry_message, send_message
from inbox.actions.uploads import store_upload
from inbox.models import Attachment, Conversation, Message
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast, client_id
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants
from tests.witness import refused

OGG = b"OggS" + bytes(60)


def ours(cast: Cast, provider: Provider) -> Conversation:
    provider.writes("Hola")
    return take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)


def send(conversation: Conversation, cast: Cast, text: str = "", **more: Any) -> Message:
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=client_id(), text=text, **more)
    return message


def stored(conversation: Conversation, cast: Cast, kind: str, mime: str, content: bytes, name: str = "") -> Attachment:
    """An upload as the uploading action leaves it."""
    attachment = Attachment(conversation=conversation, kind=kind, mime=mime, size=len(content), name=name, uploaded_by=cast.ana)  # fmt: skip
    attachment.path = default_storage.save(attachment.pk.hex, ContentFile(content))
    attachment.state, attachment.is_moving = "stored", is_moving_webp(content)
    attachment.save()
    return attachment


def webp(*, frames: int, size: int) -> bytes:
    """A WebP of so many frames, padded with a chunk that readers skip."""
    file = io.BytesIO()
    pictures = [Image.new("RGB", (64, 64), color) for color in ("teal", "red", "blue")][:frames]
    pictures[0].save(file, "WEBP", save_all=frames > 1, append_images=pictures[1:])
    return file.getvalue() + bytes(max(0, size - file.tell()))


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-34", "001-35", "001-37", "001-40")
@pytest.mark.parametrize(
    ("kind", "mime", "content", "words", "expected"),
    [
        ("image", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(40), "Mire", ("image", {"caption": "Mire"})),
        ("video", "video/mp4", b"\0\0\0\x18ftypmp42" + bytes(40), "Mire", ("video", {"caption": "Mire"})),
        ("audio", "audio/mpeg", b"ID3" + bytes(40), "", ("audio", {})),
        ("voice", "audio/ogg", OGG, "", ("audio", {"voice": True})),
        ("document", "application/pdf", b"%PDF-1.7" + bytes(40), "La factura", ("document", {"caption": "La factura", "filename": "a.pdf"})),
        ("sticker", "image/webp", webp(frames=1, size=0), "", ("sticker", {})),
    ],
)  # fmt: skip
def test_a_file_of_each_kind_is_uploaded_and_sent(
    cast: Cast, provider: Provider, kind: str, mime: str, content: bytes, words: str, expected: tuple[str, Any]
) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, kind, mime, content, "a.pdf")
    message = send(conversation, cast, words, attachment_id=file.pk, kind=kind)
    drain_outbox(conversation.pk)
    provider.pump()
    (sent,) = provider.sent()
    type_, more = expected
    assert (sent.kind, sent.content) == (type_, {type_: {"id": sent.media_id} | more})
    uploaded = provider.simulator.world.media.get(sent.media_id)
    assert uploaded is not None
    assert uploaded.content == content
    message.refresh_from_db()
    assert (message.kind, message.status) == (kind, "delivered")
    conversation.refresh_from_db()
    assert conversation.preview_kind == kind
    check_invariants()


def test_a_file_is_uploaded_once_however_often_its_message_is_tried(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, "document", "application/pdf", b"%PDF-1.7")
    send(conversation, cast, attachment_id=file.pk)
    provider.simulator.faults(scripts=[{"code": 131000, "status": 500, "times": 1}])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        drain_outbox(conversation.pk)
        clock.shift(5)
        drain_outbox(conversation.pk)
    assert len(provider.sent()) == 1
    file.refresh_from_db()
    assert file.provider_media_id == provider.sent()[0].media_id


@pytest.mark.parametrize(("days", "is_same"), [(28, True), (29, False)])
def test_a_file_the_provider_may_have_forgotten_is_uploaded_anew(
    cast: Cast, provider: Provider, days: int, is_same: bool
) -> None:
    """It keeps them for 30 days (CHANNELS.md)."""
    conversation = ours(cast, provider)
    file = stored(conversation, cast, "document", "application/pdf", b"%PDF-1.7")
    send(conversation, cast, attachment_id=file.pk)
    provider.simulator.faults(scripts=[{"code": 131000, "status": 500, "times": 1}])
    drain_outbox(conversation.pk)
    file.refresh_from_db()
    first = file.provider_media_id
    assert first
    with time_machine.travel(timezone.now() + datetime.timedelta(days=days, seconds=1), tick=False):
        drain_outbox(conversation.pk)
    assert (provider.sent()[0].media_id == first) is is_same


def test_a_file_that_was_refused_is_uploaded_anew_by_the_next_try(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, "document", "application/pdf", b"%PDF-1.7")
    message = send(conversation, cast, attachment_id=file.pk)
    provider.simulator.faults(scripts=[{"code": 131053, "status": 400, "times": 1}])
    drain_outbox(conversation.pk)
    file.refresh_from_db()
    first = file.provider_media_id
    message.refresh_from_db()
    assert (message.status, message.failure_code, bool(first)) == ("failed", 131053, True)
    retry_message(conversation.pk, message.pk, by=cast.ana)
    drain_outbox(conversation.pk)
    assert provider.sent()[0].media_id != first


@pytest.mark.parametrize(
    ("kind", "mime", "content", "accepted"),
    [
        ("sticker", "image/webp", webp(frames=1, size=100 * 1024), True),
        ("sticker", "image/webp", webp(frames=1, size=100 * 1024 + 1), False),
        ("sticker", "image/webp", webp(frames=3, size=500 * 1024), True),
        ("sticker", "image/webp", webp(frames=3, size=500 * 1024 + 1), False),
        ("document", "text/html", b"<html>", False),
        ("voice", "audio/mpeg", b"ID3", False),
        ("audio", "audio/wav", b"RIFF", False),
    ],
)
@pytest.mark.shows("001-34", "001-35")
def test_a_file_whatsapp_would_refuse_never_leaves(
    cast: Cast, provider: Provider, kind: str, mime: str, content: bytes, accepted: bool
) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, kind, mime, content)
    if accepted:
        assert send(conversation, cast, attachment_id=file.pk).kind == kind
        return
    with refused(Invalid) as refusal:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="", attachment_id=file.pk)
    assert list(refusal.value.fields) == ["attachment"]


def test_what_a_sticker_may_weigh_is_known_without_opening_it(
    cast: Cast, provider: Provider, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation's row is locked while a message is written: no storage that hangs may be asked there."""
    settings.MEDIA_ROOT = tmp_path
    conversation = ours(cast, provider)
    sent = []
    for frames in (1, 3):
        file = SimpleUploadedFile("s.webp", webp(frames=frames, size=200 * 1024), "image/webp")
        sent.append(store_upload(conversation.pk, file, by=cast.ana, kind=MessageKind.STICKER))

    def hangs(*_args: object, **_more: object) -> object:
        raise AssertionError("the storage was asked under the lock")

    monkeypatch.setattr(default_storage, "open", hangs)
    with refused(Invalid):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="", attachment_id=sent[0].pk)
    assert send(conversation, cast, attachment_id=sent[1].pk).kind == "sticker"


@pytest.mark.parametrize(("kind", "mime"), [("audio", "audio/ogg"), ("voice", "audio/ogg"), ("sticker", "image/webp")])
def test_what_shows_no_words_takes_none(cast: Cast, provider: Provider, kind: str, mime: str) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, kind, mime, OGG)
    with refused(Invalid) as refusal:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Oiga", attachment_id=file.pk)
    assert list(refusal.value.fields) == ["text"]


def test_a_file_of_another_kind_than_asked_for_is_refused(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    file = stored(conversation, cast, "audio", "audio/ogg", OGG)
    with refused(Invalid) as refusal:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="", attachment_id=file.pk, kind="voice")
    assert list(refusal.value.fields) == ["kind"]


# --- Places, cards, buttons -------------------------------------------------------------------------------------------

BUTTONS = ReplyButtons(buttons=(Choice(id="si", title="Sí"), Choice(id="no", title="No")), header="Visita", footer="FS")
MENU = Menu(
    button="Ver", sections=(Section(title="", rows=(Choice(id="a", title="Plan A", description="Hasta 100"),)),)
)
LINK = LinkButton(title="Pagar", url="https://pagos.example.com/7")


@pytest.mark.shows("001-36")
def test_a_place_is_sent_and_stands_in_the_list_by_its_name(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = send(conversation, cast, content=Location(latitude=-25.28, longitude=-57.63, name="Local", address="Palma 1"))  # fmt: skip
    drain_outbox(conversation.pk)
    (sent,) = provider.sent()
    place = {"latitude": -25.28, "longitude": -57.63, "name": "Local", "address": "Palma 1"}
    assert sent.content == {"location": place}
    assert (message.kind, message.text, message.payload) == ("location", "Local, Palma 1", {"location": place})
    conversation.refresh_from_db()
    assert (conversation.preview, conversation.preview_kind) == ("Local, Palma 1", "location")


def test_cards_are_sent(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    cards = (ContactCard(name="Luis Ferreira", phones=("+595 981 1",), emails=("l@example.com",), organization="FS"),)
    message = send(conversation, cast, content=cards)
    drain_outbox(conversation.pk)
    assert provider.sent()[0].content["contacts"] == [
        {
            "name": {"formatted_name": "Luis Ferreira", "first_name": "Luis", "last_name": "Ferreira"},
            "phones": [{"phone": "+595 981 1", "type": "CELL"}],
            "emails": [{"email": "l@example.com", "type": "WORK"}],
            "org": {"company": "FS"},
        }
    ]
    assert message.text == "Luis Ferreira"


@pytest.mark.parametrize(
    ("content", "type_", "action"),
    [
        (
            BUTTONS,
            "button",
            {
                "buttons": [
                    {"type": "reply", "reply": {"id": "si", "title": "Sí"}},
                    {"type": "reply", "reply": {"id": "no", "title": "No"}},
                ]
            },
        ),
        (
            MENU,
            "list",
            {"button": "Ver", "sections": [{"rows": [{"id": "a", "title": "Plan A", "description": "Hasta 100"}]}]},
        ),
        (LINK, "cta_url", {"name": "cta_url", "parameters": {"display_text": "Pagar", "url": LINK.url}}),
        (LocationRequest(), "location_request_message", {"name": "send_location"}),
    ],
)
def test_interactive_messages_are_sent_and_may_quote(
    cast: Cast, provider: Provider, content: Any, type_: str, action: Any
) -> None:
    conversation = ours(cast, provider)
    quoted = conversation.messages.get()
    send(conversation, cast, "¿Le queda bien?", content=content, reply_to_id=quoted.pk)
    drain_outbox(conversation.pk)
    (sent,) = provider.sent()
    interactive = sent.content["interactive"]
    assert (interactive["type"], interactive["action"], interactive["body"]["text"]) == (
        type_,
        action,
        "¿Le queda bien?",
    )
    assert sent.reply_to == quoted.provider_id


def choices(number: int, *, title: str = "t") -> tuple[Choice, ...]:
    return tuple(Choice(id=str(n), title=f"{title}{n}") for n in range(number))


@pytest.mark.parametrize(
    ("field", "text", "content"),
    [
        ("interactive.buttons", "¿?", ReplyButtons(buttons=choices(4))),
        ("interactive.buttons", "¿?", ReplyButtons(buttons=())),
        ("interactive.buttons", "¿?", ReplyButtons(buttons=(Choice(id="a", title="x" * 21),))),
        ("interactive.buttons", "¿?", ReplyButtons(buttons=(Choice(id="a", title="x"), Choice(id="a", title="y")))),
        ("interactive.header", "¿?", ReplyButtons(buttons=choices(1), header="x" * 61)),
        ("interactive.footer", "¿?", ReplyButtons(buttons=choices(1), footer="x" * 61)),
        ("text", "x" * 1025, ReplyButtons(buttons=choices(1))),
        ("text", "", ReplyButtons(buttons=choices(1))),
        ("interactive.sections", "¿?", Menu(button="Ver", sections=(Section(title="", rows=choices(11)),))),
        ("interactive.sections", "¿?", Menu(button="Ver", sections=(Section(title="", rows=choices(2)), Section(title="b", rows=choices(1, title="u"))))),
        ("interactive.sections", "¿?", Menu(button="Ver", sections=(Section(title="a", rows=()),))),
        ("interactive.sections", "¿?", Menu(button="Ver", sections=(Section(title="", rows=(Choice(id="a", title="x" * 25),)),))),
        ("interactive.sections", "¿?", Menu(button="Ver", sections=(Section(title="", rows=(Choice(id="a", title="x", description="x" * 73),)),))),
        ("interactive.button", "¿?", Menu(button="", sections=(Section(title="", rows=choices(1)),))),
        ("interactive.url", "¿?", LinkButton(title="Ver", url="javascript:alert(1)")),
        ("interactive.title", "¿?", LinkButton(title="x" * 21, url="https://example.com")),
        ("location.latitude", "", Location(latitude=91, longitude=0)),
        ("location.longitude", "", Location(latitude=0, longitude=float("nan"))),
        ("text", "hola", Location(latitude=0, longitude=0)),
        ("contacts", "", ()),
        ("contacts", "", (ContactCard(name="", phones=("1",)),)),
        ("contacts", "", (ContactCard(name="Ana"),)),
        ("contacts", "", tuple(ContactCard(name="Ana", phones=("1",)) for _n in range(258))),
    ],
)  # fmt: skip
def test_more_than_whatsapp_takes_is_refused_at_its_field(cast: Cast, field: str, text: str, content: Any) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid) as refusal, translation.override("es"):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text=text, content=content)
    assert field in refusal.value.fields
    for sentences in refusal.value.fields.values():
        assert not any("%(" in sentence for sentence in sentences)


def test_as_much_as_whatsapp_takes_is_taken_by_both_sides(cast: Cast, provider: Provider) -> None:
    """Our limits are the simulator's, written down twice from Meta's pages: neither is stricter."""
    conversation = ours(cast, provider)
    full = "x" * 20
    send(conversation, cast, "x" * 1024, content=ReplyButtons(buttons=tuple(Choice(id=f"{n}" * 256, title=full[:-1] + str(n)) for n in range(3)), header="x" * 60, footer="x" * 60))  # fmt: skip
    rows = tuple(Choice(id=f"{n}" * 200, title="x" * 23 + str(n), description="x" * 72) for n in range(10))
    send(conversation, cast, "x" * 4096, content=Menu(button=full, sections=(Section(title="x" * 24, rows=rows[:5]), Section(title="y" * 24, rows=rows[5:]))))  # fmt: skip
    send(conversation, cast, "x" * 1024, content=LinkButton(title=full, url="https://example.com"))
    drain_outbox(conversation.pk)
    assert len(provider.sent()) == 3
