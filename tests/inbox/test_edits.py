"""Edits, revocations, kinds, and a customer who changes their number."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from contacts.models import Contact, ContactPoint
from core.models import JournalEntry
from inbox.actions.attachments import claim_fetch, store_fetched
from inbox.actions.sending import send_message
from inbox.events import MessagesChanged, MessagesReceived
from inbox.models import Attachment, Conversation, ConversationEvent, Message, ParkedChange
from inbox.tasks import clear_file
from tests import factories
from tests.connectors import payloads
from tests.factories import Cast
from tests.inbox.test_changing import ORIGINAL, START, arrives, edit, original, piece, reaction, revoke, shown
from tests.invariants import check_invariants
from tests.witness import announced
from webhooks.models import DeadLetter, Delivery
from webhooks.tasks import ingest

# ── Edits and revocations


def test_an_edit_keeps_what_stood_there_before(cast: Cast) -> None:
    arrives(original())
    arrives(edit("Hola, Ana", at=30, id_="wamid.edit"))
    message = Message.objects.get()
    assert [each["text"] for each in message.payload["versions"]] == ["Hola", "Hola, Ana"]
    assert message.edited_at == datetime.datetime.fromtimestamp(START + 30, tz=datetime.UTC)
    assert Conversation.objects.get().preview == "Hola, Ana"


def test_a_customer_changes_nothing_of_ours(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="¿Sigo?")
    Message.objects.filter(pk=message.pk).update(provider_id=ORIGINAL)
    arrives(edit("Otra cosa", at=30, id_="wamid.edit"), revoke(at=31))
    message.refresh_from_db()
    assert (message.text, message.revoked_at, message.edited_at) == ("¿Sigo?", None, None)


def store(attachment: Attachment) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"%PDF-1.4")
        store_fetched(attachment, file, mime="application/pdf", size=8, sha256="")


def test_a_revocation_removes_words_payload_and_file(
    cast: Cast, settings: Settings, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = payloads.file("application/pdf", filename="cédula.pdf", caption="Mi cédula")
    arrives(piece("document", id_=ORIGINAL, document=file))
    attachment = Attachment.objects.get()
    store(attachment)
    attachment.refresh_from_db()
    assert default_storage.exists(attachment.path)
    path = attachment.path
    with django_capture_on_commit_callbacks(execute=True):
        arrives(revoke(at=10))
    message = Message.objects.get()
    assert (message.text, message.payload, message.details) == ("", {}, {})
    attachment.refresh_from_db()
    assert (attachment.state, attachment.name) == ("failed", "")
    clear_file(str(attachment.pk))
    attachment.refresh_from_db()
    assert attachment.path == ""
    assert not default_storage.exists(path)
    row = shown()
    assert (row["revoked"], row["attachment"]) == (True, None)
    assert Conversation.objects.get().preview_kind == "deleted"
    assert Conversation.objects.get().preview == ""


def test_a_file_being_fetched_is_not_stored_after_its_revocation(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    arrives(piece("document", id_=ORIGINAL, document=payloads.file("application/pdf", filename="a.pdf")))
    attachment = claim_fetch(str(Attachment.objects.get().pk))
    assert attachment is not None
    arrives(revoke(at=10))
    store(attachment)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.path) == ("failed", "")


def test_changes_are_announced_once_for_a_batch(cast: Cast) -> None:
    arrives(original(), original(id_="wamid.other", at=1))
    with announced() as facts:
        arrives(
            reaction("👍", at=10, id_="wamid.r1"),
            reaction("❤️", at=10, id_="wamid.r2", to="wamid.other"),
            edit("Hola, Ana", at=30, id_="wamid.edit"),
        )
    (fact,) = facts
    assert isinstance(fact, MessagesChanged)
    assert len(fact.message_ids) == 2


def test_a_reaction_alone_opens_no_conversation_and_no_window(cast: Cast) -> None:
    with announced() as facts:
        arrives(reaction("👍", at=10, id_="wamid.r", to="wamid.unknown"))
    assert ParkedChange.objects.count() == 1
    assert facts == []
    assert not Conversation.objects.exists()
    assert not Contact.objects.exists()


# ── Every kind is stored as what it is


def test_every_kind_is_stored_with_what_it_holds(cast: Cast) -> None:
    order_lines = [
        {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 125000, "currency": "PYG"},
        {"product_retailer_id": "SKU-2", "quantity": 1, "item_price": 19999.5, "currency": "PYG"},
    ]
    arrives(
        piece("location", id_="w.loc", location={"latitude": -25.29, "longitude": -57.63, "name": "Casa"}),
        piece("contacts", id_="w.con", contacts=[{"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+595 991", "type": "CELL", "wa_id": "595991"}]}]),
        piece("interactive", id_="w.list", interactive={"type": "list_reply", "list_reply": {"id": "1", "title": "Ventas", "description": "x"}}),
        piece("interactive", id_="w.flow", interactive={"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "t", "plan": "300\\u0000 megas", "extras": ["tv", "fijo"]}'}}),
        piece("order", id_="w.ord", order={"catalog_id": "9", "text": "Para hoy", "product_items": order_lines}),
        piece("text", id_="w.ad", text={"body": "Info"}, referral={"source_type": "ad", "source_url": "javascript:alert(1)", "headline": "300 megas"}),
        piece("unsupported", id_="w.uns", errors=[{"code": 131051, "title": "Message type unknown", "error_data": {"details": "No."}}]),
        piece("sticker", id_="w.sti", sticker=payloads.file("image/webp")),
        piece("audio", id_="w.voi", audio=payloads.file("audio/ogg; codecs=opus", voice=True) | {"id": "77"}),
    )  # fmt: skip
    assert not DeadLetter.objects.exists()
    found = {each.provider_id: each for each in Message.objects.all()}
    assert [found[f"w.{name}"].kind for name in ("loc", "con", "list", "flow", "ord", "ad", "uns", "sti", "voi")] == [
        "location", "contacts", "interactive", "interactive", "order", "text", "unsupported", "sticker", "voice",
    ]  # fmt: skip
    assert found["w.loc"].details["location"] | {"name": ""} == {
        "latitude": -25.29, "longitude": -57.63, "name": "", "address": "", "url": "",
    }  # fmt: skip
    assert found["w.con"].details["contacts"][0]["phones"] == [
        {"number": "+595 991", "type": "CELL", "has_whatsapp": True}
    ]
    assert found["w.list"].details["interactive"]["title"] == "Ventas"
    assert found["w.flow"].details["interactive"]["answers"] == [
        {"name": "plan", "value": "300 megas"}, {"name": "extras", "value": "tv, fijo"},
    ]  # fmt: skip
    assert (found["w.ord"].details["order"]["total"], found["w.ord"].details["order"]["currency"]) == (
        "269999.5",
        "PYG",
    )
    # Shown as a line; an address that is none of the web is no link (S33).
    assert found["w.ad"].details["referral"] == {
        "source_type": "ad", "source_id": "", "url": "", "headline": "300 megas", "body": "",
    }  # fmt: skip
    assert found["w.uns"].details["unsupported"] == {
        "type": "unsupported", "code": 131051, "title": "Message type unknown", "reason": "No.",
    }  # fmt: skip
    assert found["w.uns"].payload["errors"][0]["code"] == 131051
    assert {each.kind for each in Attachment.objects.all()} == {"sticker", "voice"}
    check_invariants()


# ── R10: another number


NEW = "595981222333"


def new_number(*, id_: str = "wamid.system", at: int = 100, to: str = NEW, sender: str = factories.ROCIO) -> Any:
    system = {"body": "Rocío changed from A to B", "wa_id": to, "type": "user_changed_number"}
    return piece("system", id_=id_, at=at, sender=sender, system=system)


@pytest.mark.shows("R10")
def test_who_changes_their_number_stays_one_contact_and_is_answered_there(cast: Cast) -> None:
    arrives(original())
    with announced() as facts:
        arrives(new_number())
    contact = Contact.objects.get()
    assert set(ContactPoint.objects.values_list("contact", "normalised")) == {
        (contact.pk, f"+{factories.ROCIO}"), (contact.pk, f"+{NEW}"),
    }  # fmt: skip
    conversation = Conversation.objects.get()
    assert conversation.contact_point.normalised == f"+{NEW}"
    assert conversation.contact_digits.endswith("981222333")
    assert (conversation.unread, conversation.last_inbound_at) == (
        1,
        datetime.datetime.fromtimestamp(START, tz=datetime.UTC),
    )
    assert any(isinstance(fact, MessagesChanged) for fact in facts)
    arrives(piece("text", id_="wamid.after", at=200, sender=NEW, text={"body": "Soy yo"}))
    assert Contact.objects.count() == 1
    assert Conversation.objects.count() == 1
    check_invariants()


@pytest.mark.shows("R10")
def test_a_repeated_change_of_number_is_told_once(cast: Cast) -> None:
    arrives(original())
    arrives(new_number())
    delivery = payloads.delivery(new_number())
    Delivery.objects.create(body=orjson.dumps(delivery))
    version = Conversation.objects.get().version
    ingest()
    assert ConversationEvent.objects.filter(kind="new_number").count() == 1
    assert Conversation.objects.get().version == version
    assert JournalEntry.objects.filter(verb="point_joined").count() == 1


@pytest.mark.shows("R10")
def test_the_new_number_may_write_before_anybody_said_it_is_new(cast: Cast) -> None:
    """The old one was never heard of: it joins whoever has the new one."""
    arrives(piece("text", id_="wamid.first", at=200, sender=NEW, text={"body": "Hola"}))
    arrives(new_number())
    assert Contact.objects.count() == 1
    assert ContactPoint.objects.count() == 2


@pytest.mark.shows("R10")
def test_a_number_that_is_another_contacts_is_only_written_down(cast: Cast) -> None:
    arrives(original())
    arrives(piece("text", id_="wamid.theirs", at=1, sender=NEW, text={"body": "Yo soy otra"}))
    arrives(new_number())
    arrives(new_number())
    assert Contact.objects.count() == 2
    entry = JournalEntry.objects.get(verb="number_taken")
    other = ContactPoint.objects.get(normalised=f"+{NEW}").contact_id
    assert entry.details["contact_ids"] == [other]
    event = ConversationEvent.objects.get(kind="new_number")
    assert event.details["joined"] is False
    assert event.conversation.contact_point.normalised == f"+{factories.ROCIO}"
    check_invariants()


@pytest.mark.shows("R10")
def test_an_older_change_of_number_that_comes_late_leaves_the_answers_where_they_go(cast: Cast) -> None:
    arrives(original())
    arrives(new_number(id_="wamid.s2", at=300, to="595981444555"))
    arrives(new_number(id_="wamid.s1", at=200, to=NEW))
    assert Conversation.objects.get().contact_point.normalised == "+595981444555"
    assert Contact.objects.count() == 1


def test_messages_and_their_changes_in_one_delivery_need_no_parking(cast: Cast) -> None:
    with announced() as facts:
        arrives(reaction("👍", at=10, id_="wamid.r"), original(), edit("Hola, Ana", at=30, id_="wamid.edit"))
    assert [type(fact) for fact in facts if isinstance(fact, MessagesReceived | MessagesChanged)] == [
        MessagesReceived, MessagesChanged,
    ]  # fmt: skip
    assert shown()["text"] == "Hola, Ana"
