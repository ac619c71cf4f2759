"""Reactions, edits, revocations, replies and changed numbers: the same end whatever the order, and nothing lost (R10, R12)."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from connectors.kinds import MessageStatus
from contacts.models import Contact, ContactPoint
from core.models import JournalEntry
from inbox import rows
from inbox.actions.attachments import claim_fetch, store_fetched
from inbox.actions.changing import purge_parked_changes, settle_parked
from inbox.actions.delivery import record_sent
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.events import MessagesChanged, MessagesReceived
from inbox.models import Attachment, Conversation, ConversationEvent, Message, ParkedChange, Reaction
from inbox.tasks import clear_file
from tests import factories
from tests.concurrency import scaled
from tests.connectors import payloads
from tests.factories import Cast
from tests.invariants import check_invariants
from tests.witness import announced
from webhooks.models import DeadLetter, Delivery
from webhooks.tasks import ingest

START = 1_800_000_000
ORIGINAL = "wamid.original"


def piece(type_: str, *, id_: str, at: int = 0, sender: str = factories.ROCIO, **content: Any) -> Any:
    raw = payloads.message(type_, id_=id_, sender=sender, **content) | {"timestamp": str(START + at)}
    return payloads.change(messages=[raw], contacts=[payloads.contact(sender, None, "Rocío")])


def original(at: int = 0, id_: str = ORIGINAL, **more: Any) -> Any:
    return piece("text", id_=id_, at=at, text={"body": "Hola"}, **more)


def reaction(emoji: str, *, at: int, id_: str, to: str = ORIGINAL) -> Any:
    return piece("reaction", id_=id_, at=at, reaction={"message_id": to, "emoji": emoji})


def edit(text: str, *, at: int, id_: str, to: str = ORIGINAL) -> Any:
    written = {"type": "text", "text": {"body": text}}
    return piece("edit", id_=id_, at=at, edit={"original_message_id": to, "message": written})


def revoke(*, at: int, id_: str = "wamid.revoke", to: str = ORIGINAL) -> Any:
    return piece("revoke", id_=id_, at=at, revoke={"original_message_id": to})


def reply(*, at: int, id_: str = "wamid.reply", to: str = ORIGINAL) -> Any:
    return piece("text", id_=id_, at=at, text={"body": "Eso"}, context={"from": "1", "id": to})


def arrives(*changes: Any) -> None:
    """One delivery, read."""
    Delivery.objects.create(body=orjson.dumps(payloads.delivery(*changes)))
    ingest()


def shown(provider_id: str = ORIGINAL) -> dict[str, Any]:
    return rows.message_rows(Message.objects.filter(provider_id=provider_id))[0]


def shown_thread() -> list[Any]:
    """What the screen shows of the thread, without the ids and counters that depend on the order of arrival."""
    thread = rows.message_rows(Message.objects.order_by("happened_at", "provider_id"))
    names = ("kind", "text", "edited", "revoked", "reactions", "details", "attachment", "happened_at")
    numbers = {each["id"]: place for place, each in enumerate(thread)}
    return [
        [each[name] for name in names]
        + [{**each["quoted"], "id": numbers.get(each["quoted"]["id"])} if each["quoted"] else None]
        for each in thread
    ]


# ── R12: every order


STORY = [
    original(),
    reaction("❤️", at=10, id_="wamid.react.1"),
    reaction("👍", at=20, id_="wamid.react.2"),
    edit("Hola, Ana", at=30, id_="wamid.edit.1"),
    edit("Hola, Ana.", at=40, id_="wamid.edit.2"),
    reply(at=50),
]


def told(story: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Tell a story in an empty inbox, look at it, and forget it again."""
    point = transaction.savepoint()
    for change in story:
        arrives(change)
    check_invariants()
    assert not DeadLetter.objects.exists()
    assert not ParkedChange.objects.exists()
    conversation = Conversation.objects.values("unread", "preview", "preview_kind", "preview_at").get()
    thread = shown_thread()
    transaction.savepoint_rollback(point)
    return thread, conversation


@pytest.mark.shows("R12")
def test_every_order_of_reactions_edits_and_replies_ends_alike(cast: Cast) -> None:
    expected = told(STORY)
    (first, second), conversation = expected
    assert first[:5] == [
        "text",
        "Hola, Ana.",
        True,
        False,
        [{"emoji": "👍", "direction": "in", "status": "sent", "author_name": ""}],
    ]
    assert second[-1] == {
        "id": 0, "kind": "text", "direction": "in", "text": "Hola, Ana.", "author_name": "", "revoked": False,
    }  # fmt: skip
    assert (conversation["unread"], conversation["preview"]) == (2, "Eso")

    @hypothesis_settings(
        max_examples=scaled(small=10, full=50), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=3))
    def in_any_order(story: list[Any], again: list[Any]) -> None:
        assert told([*story, *again]) == expected

    in_any_order()


@pytest.mark.shows("R12")
def test_every_order_with_a_revocation_ends_with_nothing_said(cast: Cast) -> None:
    story = [*STORY, revoke(at=60)]
    expected = told(story)
    first, second = expected[0]
    assert first[:5] == ["text", "", False, True, []]
    assert (second[-1]["revoked"], second[-1]["text"]) == (True, "")

    @hypothesis_settings(
        max_examples=scaled(small=10, full=50), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(st.permutations(story))
    def in_any_order(shuffled: list[Any]) -> None:
        assert told(shuffled) == expected

    in_any_order()


@pytest.mark.shows("R12")
def test_two_reactions_of_one_second_end_alike_in_both_orders(cast: Cast) -> None:
    one, two = reaction("❤️", at=10, id_="wamid.a"), reaction("👍", at=10, id_="wamid.b")
    assert told([original(), one, two]) == told([two, one, original()]) == told([original(), two, one])


@pytest.mark.shows("R12")
def test_a_reaction_taken_back_before_it_came_stays_away(cast: Cast) -> None:
    arrives(original())
    arrives(reaction("", at=20, id_="wamid.gone"))
    arrives(reaction("❤️", at=10, id_="wamid.late"))
    assert shown()["reactions"] == []
    assert Reaction.objects.get().emoji == ""


def test_what_is_delivered_twice_changes_nothing_the_second_time(cast: Cast) -> None:
    for change in STORY:
        arrives(change)
    delivery = Delivery.objects.create(body=orjson.dumps(payloads.delivery(*STORY)))
    before = Message.objects.order_by("pk").values(), Conversation.objects.values().get()
    before = [list(before[0]), before[1]]
    with announced() as facts:
        ingest()
    assert [list(Message.objects.order_by("pk").values()), Conversation.objects.values().get()] == before
    assert facts == []
    delivery.refresh_from_db()
    assert delivery.processed_at is not None


# ── Parked


@pytest.mark.shows("R12")
def test_what_comes_before_its_message_is_parked_and_shown_when_it_comes(cast: Cast) -> None:
    arrives(edit("Hola, Ana", at=30, id_="wamid.edit"))
    assert ParkedChange.objects.count() == 1
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()
    with announced() as facts:
        arrives(original())
    assert (shown()["text"], shown()["edited"]) == ("Hola, Ana", True)
    assert not ParkedChange.objects.exists()
    changed = [fact for fact in facts if isinstance(fact, MessagesChanged)]
    assert len(changed) == 1
    assert Conversation.objects.get().preview == "Hola, Ana"


@pytest.mark.shows("R12")
def test_a_reply_to_what_is_not_here_shows_a_gap_and_is_linked_when_it_comes(cast: Cast) -> None:
    arrives(reply(at=50))
    gap = shown("wamid.reply")["quoted"]
    assert (gap["id"], gap["text"]) == (None, "")
    with announced() as facts:
        arrives(original())
    assert shown("wamid.reply")["quoted"]["text"] == "Hola"
    linked = Message.objects.get(provider_id="wamid.reply")
    assert linked.reply_to == Message.objects.get(provider_id=ORIGINAL)
    assert [linked.pk] == [pk for fact in facts if isinstance(fact, MessagesChanged) for pk in fact.message_ids]


@pytest.mark.shows("R12")
def test_parked_changes_are_forgotten_after_seven_days_and_not_before(cast: Cast) -> None:
    arrives(revoke(at=5))
    now = timezone.now()
    with time_machine.travel(now + datetime.timedelta(days=6, hours=23), tick=False):
        assert purge_parked_changes() == 0
    with time_machine.travel(now + datetime.timedelta(days=7, hours=1), tick=False):
        assert purge_parked_changes() == 1
    assert not ParkedChange.objects.exists()


@pytest.mark.shows("R12")
def test_a_reaction_and_a_reply_that_overtake_the_answer_of_the_send_are_applied(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="¿Sigo?")
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    arrives(reaction("👍", at=10, id_="wamid.r", to="wamid.sent"), reply(at=11, to="wamid.sent"))
    assert ParkedChange.objects.count() == 1
    record_sent(entry, provider_id="wamid.sent")
    row = rows.message_rows(Message.objects.filter(pk=message.pk))[0]
    assert row["reactions"] == [{"emoji": "👍", "direction": "in", "status": "sent", "author_name": ""}]
    assert shown("wamid.reply")["quoted"] == {
        "id": message.pk, "kind": "text", "direction": "out", "text": "¿Sigo?", "author_name": "Ana Gómez", "revoked": False,
    }  # fmt: skip
    assert not ParkedChange.objects.exists()
    check_invariants()


def test_ours_carries_the_name_of_who_sent_it_and_whether_it_left(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    message = conversation.messages.get()
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(first_name="", last_name="")
    Reaction.objects.create(
        message=message, direction="out", author=cast.ana, emoji="👍", happened_at=timezone.now(), status="queued"
    )
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["reactions"] == [
        {"emoji": "👍", "direction": "out", "status": "queued", "author_name": cast.ana.username}
    ]
    Message.objects.filter(pk=message.pk).update(reply_to=message, author=cast.ana)
    assert rows.message_rows(Message.objects.filter(pk=message.pk))[0]["quoted"]["author_name"] == cast.ana.username


@pytest.mark.shows("R12")
def test_a_status_that_names_a_lost_send_brings_its_reactions_too(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="¿Sigo?")
    arrives(reaction("👍", at=10, id_="wamid.r", to="wamid.sent"))
    apply_statuses(cast.account, [factories.status_update(message, MessageStatus.DELIVERED, provider_id="wamid.sent")])
    assert rows.message_rows(Message.objects.filter(pk=message.pk))[0]["reactions"] != []
    stamps = list(Message.objects.filter(conversation=conversation).values_list("change", flat=True))
    assert len(stamps) == len(set(stamps))
    assert max(stamps) <= Conversation.objects.get(pk=conversation.pk).change


def test_the_sweeper_applies_what_slipped_through(cast: Cast) -> None:
    arrives(original())
    ParkedChange.objects.create(
        channel_account=cast.account, target_id=ORIGINAL, provider_id="wamid.r", kind="reaction", text="👍",
        happened_at=timezone.now(),
    )  # fmt: skip
    assert settle_parked() == 1
    assert shown()["reactions"] != []
    assert settle_parked() == 0


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


def test_a_revocation_removes_words_payload_and_file(
    cast: Cast, settings: Settings, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = payloads.file("application/pdf", filename="cédula.pdf", caption="Mi cédula")
    arrives(piece("document", id_=ORIGINAL, document=file))
    attachment = Attachment.objects.get()
    store_fetched(attachment, ContentFile(b"%PDF-1.4"), mime="application/pdf", size=8, sha256="")
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
    store_fetched(attachment, ContentFile(b"%PDF-1.4"), mime="application/pdf", size=8, sha256="")
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
