"""Pictures: kept, measured, refused, sent once."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.files.storage import default_storage
from django.utils import translation
from PIL import Image

from accounts.models import User
from core.refusals import Invalid, NotFound, Refusal, TooLarge, UnsupportedMedia
from inbox.errors import NotYours
from inbox.models import Assignment, Attachment
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast
from tests.inbox.conftest import Provider
from tests.inbox.test_sending import attempt, now_of, ours, picture, say, upload
from tests.invariants import check_invariants
from tests.witness import refused


@pytest.mark.shows("001-34")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_kept_sent_and_received(cast: Cast, provider: Provider, kind: str) -> None:
    conversation = ours(cast, provider)
    content = picture(kind)
    attachment = upload(conversation, by=cast.ana, name="../../etc/ pá\x00ssŵd.jpg", content=content)
    assert (attachment.state, attachment.width, attachment.height, attachment.size) == ("stored", 30, 20, len(content))
    # Under its own id, never under the name that came with it (S32).
    assert attachment.path == f"{attachment.pk.hex[:2]}/{attachment.pk.hex[2:4]}/{attachment.pk.hex}"
    message = say(conversation, "Mire", by=cast.ana, attachment_id=attachment.pk)
    drain_outbox(conversation.pk)
    provider.pump()
    (sent,) = provider.sent()
    assert sent.text == "Mire"
    stored = provider.simulator.world.media.get(sent.media_id)
    assert stored is not None
    assert stored.content == content
    assert (now_of(message).status, now_of(message).kind) == ("delivered", "image")
    check_invariants()


def test_a_picture_needs_no_words(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "", by=cast.ana, attachment_id=upload(conversation, by=cast.ana).pk)
    drain_outbox(conversation.pk)
    assert now_of(message).status == "sent"
    assert list(provider.sent()[0].content["image"]) == ["id"]


def test_a_picture_whose_file_is_gone_fails_with_words(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    attachment = upload(conversation, by=cast.ana)
    message = say(conversation, "Mire", by=cast.ana, attachment_id=attachment.pk)
    default_storage.delete(attachment.path)
    drain_outbox(conversation.pk)
    assert now_of(message).status == "failed"
    assert now_of(message).failure_reason == "The file is no longer there. Attach it again."
    assert provider.sent() == []
    check_invariants()


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.shows("S31")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("anim.jpg", gif()),
        ("empty.png", b""),
        ("half.png", picture("PNG")[:20]),
        ("report.pdf", b"%PDF-1.7 ..."),
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name_says(
    cast: Cast, provider: Provider, name: str, content: bytes
) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(UnsupportedMedia):
        upload(conversation, by=cast.ana, name=name, content=content)
    assert not any(default_storage.listdir("")), "nothing is left on the disk"


@pytest.mark.shows("001-34")
def test_a_picture_over_the_limit_is_refused_with_both_sizes(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(TooLarge) as refusal, translation.override("es"):
        upload(conversation, by=cast.ana, content=picture() + b"\0" * (5 * 1024 * 1024))
    assert refusal.value.message == "La imagen pesa 5.0 MB; WhatsApp admite 5 MB."
    assert not any(default_storage.listdir(""))


@pytest.mark.shows("S40")
def test_an_image_bomb_is_refused_from_its_header(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    small = bytearray(picture("PNG"))
    small[16:24] = (50_000).to_bytes(4, "big") * 2
    with refused(UnsupportedMedia):
        upload(conversation, by=cast.ana, name="bomb.png", content=bytes(small))


def test_whoever_may_not_answer_may_not_upload(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    refusals: list[tuple[User, type[Refusal]]] = [(cast.luis, NotYours), (cast.eva, NotFound)]
    for user, refusal in refusals:
        with refused(refusal):
            upload(conversation, by=user)
    assert not any(default_storage.listdir(""))


@pytest.mark.shows("S02")
def test_a_file_is_sent_once_by_who_uploaded_it_in_the_conversation_it_was_uploaded_for(
    cast: Cast, provider: Provider
) -> None:
    beto = factories.agent_of(cast, "beto")
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    betos = factories.taken_conversation(cast, by=beto)
    mine, elsewhere, his = upload(conversation, by=cast.ana), upload(other, by=cast.ana), upload(betos, by=beto)
    Attachment.objects.filter(pk=his.pk).update(conversation=conversation)
    pending = Attachment.objects.create(conversation=conversation, kind="image", mime="image/png", uploaded_by=cast.ana)
    for wrong in (elsewhere, his, pending, Attachment(pk=uuid.uuid4())):
        with refused(Invalid) as refusal, translation.override("es"):
            attempt(conversation, cast.ana, attachment_id=wrong.pk)()
        assert refusal.value.fields == {"attachment": ["El archivo ya no está. Adjúntalo otra vez."]}
    say(conversation, "Mire", by=cast.ana, attachment_id=mine.pk)
    with refused(Invalid):
        attempt(conversation, cast.ana, attachment_id=mine.pk)()
    assert Assignment.objects.filter(ended_at=None).count() == 3
