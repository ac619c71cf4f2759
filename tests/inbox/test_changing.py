"""Reactions, edits, revocations, replies and changed numbers: the same end whatever the order, and nothing lost (R10, R12)."""

from __future__ import annotations

import datetime
from typing import Any

import orjson
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.kinds import MessageStatus
from inbox import rows
from inbox.actions.changing import purge_parked_changes, settle_parked
from inbox.actions.delivery import record_sent
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.events import MessagesChanged
from inbox.models import Conversation, Message, ParkedChange, Reaction
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
