"""What cannot be read, and where a message finds its conversation."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import threading

import httpx
import orjson
import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from connectors.kinds import MessageKind
from contacts.models import Contact
from core.refusals import NotFound
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.events import ConversationsQueued, MessagesReceived
from inbox.models import Conversation, ConversationEvent, Message
from inbox.models.conversation import Status
from tests import factories
from tests.concurrency import PATIENCE_SECONDS, all_well, together
from tests.connectors import payloads
from tests.factories import Cast, identity, inbound
from tests.inbox.test_receiving import NOON, arrive, text_piece
from tests.invariants import check_invariants
from tests.running import run
from tests.stack import wait_until
from tests.witness import announced, every_row, nothing_happens, refused
from webhooks.actions import claim_deliveries, replay_letter, take_in_deliveries
from webhooks.group_commit import GroupCommit
from webhooks.ingress import Ingress
from webhooks.models import DeadLetter, Delivery
from webhooks.tasks import ingest

# --- What cannot be read ----------------------------------------------------------------------------------------------


def test_a_number_nobody_connected_goes_to_the_dead_letters(cast: Cast) -> None:
    raw = payloads.change(messages=[payloads.message()], contacts=[payloads.contact()], number="999")
    delivery = arrive(raw)
    ingest()
    letter = DeadLetter.objects.get()
    assert (letter.delivery_id, letter.reason) == (delivery.pk, "No connected account has the number id 999.")
    assert orjson.loads(bytes(letter.body))["entry"][0]["changes"] == [raw]
    assert not Message.objects.exists()
    assert not Contact.objects.exists()
    delivery.refresh_from_db()
    assert delivery.processed_at is not None


@pytest.mark.shows("S24")
def test_another_apps_signature_does_not_open_this_apps_number(cast: Cast) -> None:
    """And it does not take the app's own messages down with it, when both are read in one batch."""
    arrive(text_piece("wamid.own"))
    arrive(text_piece("wamid.foreign"), app_key="another-app")
    ingest()
    assert list(Message.objects.values_list("provider_id", flat=True)) == ["wamid.own"]
    letter = DeadLetter.objects.get()
    assert letter.app_key == "another-app"
    assert b"wamid.foreign" in bytes(letter.body)


def test_malformed_json_with_a_valid_signature_is_acknowledged_and_buried(
    committed_cast: Cast, settings: Settings
) -> None:
    settings.META_APP_SECRETS = ("s3cr3t",)
    body = b'{"object": "whatsapp_business_account", "entry": [{"id":'
    signature = "sha256=" + hmac.new(b"s3cr3t", body, hashlib.sha256).hexdigest()
    assert run(post(body, signature)) == 200
    assert run(post(body, "sha256=" + "0" * 64)) == 401
    assert ingest() == 1
    letter = DeadLetter.objects.get()
    assert bytes(letter.body) == body
    assert letter.reason.startswith("The delivery is not valid JSON")


async def post(body: bytes, signature: str) -> int:
    """To the ingress itself, with a pool of connections of its own."""
    commit = GroupCommit()
    transport = httpx.ASGITransport(app=Ingress(commit))  # type: ignore[arg-type]  # a plain ASGI callable
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.post("/webhooks/meta/", content=body, headers={"X-Hub-Signature-256": signature})
            return answer.status_code
    finally:
        if commit.pool is not None:
            await commit.pool.close()


@pytest.mark.shows("R04")
def test_one_bad_piece_of_a_hundred_costs_only_itself(cast: Cast) -> None:
    changes = [text_piece(f"wamid.{n}", sender=f"59598100{n:04d}") for n in range(97)]
    changes.insert(
        10, payloads.change(messages=[{"type": "text", "text": {"body": "sin id"}}], contacts=[payloads.contact()])
    )
    changes.insert(50, payloads.change(statuses=[payloads.status("teleported")]))
    changes.insert(90, payloads.change(messages=[payloads.message()], contacts=[payloads.contact()], number="999"))
    arrive(*changes)
    ingest()
    assert Message.objects.count() == 97
    assert sorted(DeadLetter.objects.values_list("reason", flat=True)) == [
        "No connected account has the number id 999.",
        "The piece has no id, or one that is too long.",
        "The status 'teleported' is not one we know.",
    ]


@pytest.mark.shows("R04")
def test_a_post_of_a_hundred_is_acknowledged_and_its_bad_pieces_can_be_replayed(
    committed_cast: Cast, settings: Settings
) -> None:
    """97 sound ones; one malformed, one of an unknown type, one of an unknown number: 200 to the provider, nothing lost to us."""
    settings.META_APP_SECRETS = ("s3cr3t",)
    changes = [text_piece(f"wamid.{n}", sender=f"59598100{n:04d}") for n in range(97)]
    changes.insert(10, payloads.change(messages=[{"type": "text", "text": {"body": "sin id"}}], contacts=[]))
    changes.insert(
        50,
        payloads.change(
            messages=[payloads.message("hologram", id_="wamid.unknown", hologram={"depth": 3})],
            contacts=[payloads.contact()],
        ),
    )
    changes.insert(90, payloads.change(messages=[payloads.message(id_="wamid.555")], contacts=[], number="555"))
    body = orjson.dumps(payloads.delivery(*changes))
    assert run(post(body, "sha256=" + hmac.new(b"s3cr3t", body, hashlib.sha256).hexdigest())) == 200
    ingest()
    assert Message.objects.filter(kind=MessageKind.TEXT).count() == 97
    # The unknown type is shown as such, in its thread, with what arrived kept beside it.
    shown = Message.objects.get(kind=MessageKind.UNSUPPORTED)
    assert (shown.provider_id, shown.payload["hologram"]) == ("wamid.unknown", {"depth": 3})
    malformed, foreign = DeadLetter.objects.order_by("pk")
    assert malformed.reason == "The piece has no id, or one that is too long."
    assert foreign.reason == "No connected account has the number id 555."
    other = type(committed_cast.account).objects.create(kind="whatsapp", external_id="555", name="Otro")
    for letter in (malformed, foreign):
        replay_letter(letter.pk, by=committed_cast.admin)
    ingest()
    assert Message.objects.get(channel_account=other).provider_id == "wamid.555"
    # What was not mended is a dead letter again.
    assert [each.reason for each in DeadLetter.objects.filter(state="dead")] == [malformed.reason]
    assert (Message.objects.count(), DeadLetter.objects.count()) == (99, 3)
    check_invariants()


@pytest.mark.shows("R04")
def test_a_piece_the_database_refuses_costs_only_itself(cast: Cast) -> None:
    arrive(*(text_piece(f"wamid.{n}") for n in range(5)), text_piece("wamid." + "x" * 246))
    ingest()
    assert Message.objects.count() == 5
    assert DeadLetter.objects.get().reason == "DataError while storing it."
    check_invariants()


def test_a_dead_lock_is_nobodys_fault_and_the_pieces_are_tried_one_by_one(committed_cast: Cast) -> None:
    """Somebody holds the second conversation and wants the first; the reader holds the first and wants the second."""
    first, second = (factories.conversation(committed_cast, sender=identity(f"59598120000{n}")) for n in (1, 2))
    arrive(text_piece("wamid.1", sender="595981200001"), text_piece("wamid.2", sender="595981200002"))
    is_held = threading.Event()

    def hold() -> None:
        # PostgreSQL ends whoever looks first: nearly always the reader, who began to wait a moment before.
        with contextlib.suppress(OperationalError), transaction.atomic():
            Conversation.objects.select_for_update().get(pk=second.pk)
            is_held.set()
            wait_until(somebody_waits_for_a_lock, what="the reader's waiting")
            Conversation.objects.select_for_update().get(pk=first.pk)

    def read() -> int:
        is_held.wait(PATIENCE_SECONDS)
        return ingest()

    assert all_well(together([hold, read]))[1] == 1
    assert set(Message.objects.values_list("provider_id", flat=True)) >= {"wamid.1", "wamid.2"}
    assert not DeadLetter.objects.exists()
    check_invariants()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction the activity is otherwise what it was at the first look.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_a_dead_letter_is_replayed_once_its_cause_is_gone(cast: Cast) -> None:
    arrive(
        payloads.change(messages=[payloads.message(text={"body": "Hola"})], contacts=[payloads.contact()], number="555")
    )
    ingest()
    letter = DeadLetter.objects.get()
    cast.account.external_id = "555"
    cast.account.save()
    replay_letter(letter.pk, by=cast.admin)
    ingest()
    letter.refresh_from_db()
    assert (letter.state, Message.objects.get().text, DeadLetter.objects.count()) == ("replayed", "Hola", 1)
    with nothing_happens():
        assert replay_letter(letter.pk, by=cast.admin) is None
    with refused(NotFound):
        replay_letter(letter.pk + 1, by=cast.admin)


def test_reading_a_delivery_again_buries_its_bad_piece_once(cast: Cast) -> None:
    """A worker that dies before it marks the delivery leaves it to another (R05)."""
    arrive(text_piece("wamid.1"), payloads.change(statuses=[payloads.status("teleported")]))
    with time_machine.travel(NOON, tick=False) as clock:
        for _again in range(2):
            take_in_deliveries(claim_deliveries())
            Delivery.objects.update(processed_at=None)
            clock.shift(61)
    assert (Message.objects.count(), DeadLetter.objects.count()) == (1, 1)


def test_a_delivery_is_leased_to_one_reader_until_the_lease_runs_out(cast: Cast) -> None:
    delivery = arrive(text_piece("wamid.1"))
    with time_machine.travel(NOON, tick=False) as clock:
        assert [each.pk for each in claim_deliveries()] == [delivery.pk]
        before = every_row()
        assert claim_deliveries() == []
        assert every_row() == before
        clock.shift(61)
        assert [each.pk for each in claim_deliveries()] == [delivery.pk]
    delivery.refresh_from_db()
    assert (delivery.attempt, delivery.processed_at) == (2, None)


# --- Where a message finds the conversation ---------------------------------------------------------------------------


def test_the_answer_to_an_outreach_joins_the_queue(cast: Cast) -> None:
    conversation = factories.conversation(cast, sender=identity())
    Conversation.objects.update(status=Status.OUTREACH)
    with announced() as facts:
        receive_messages(cast.account, [inbound("Me interesa")])
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    assert ConversationsQueued(conversation_ids=(conversation.pk,)) in facts


def test_the_answer_to_an_outreach_that_has_an_owner_goes_to_the_owner(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity())
    Conversation.objects.update(status=Status.OUTREACH)
    with announced() as facts:
        receive_messages(cast.account, [inbound("Me interesa")])
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == (Status.ASSIGNED, cast.ana)
    assert [type(fact) for fact in facts] == [MessagesReceived]


def test_a_message_wakes_a_snoozed_conversation(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity())
    Conversation.objects.update(status=Status.SNOOZED)
    receive_messages(cast.account, [inbound("¿Y?")])
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == (Status.IN_PROGRESS, cast.ana)


def test_a_message_to_a_snoozed_conversation_without_owner_queues_it(cast: Cast) -> None:
    conversation = factories.conversation(cast, sender=identity())
    Conversation.objects.update(status=Status.SNOOZED)
    with announced() as facts:
        receive_messages(cast.account, [inbound("¿Y?")])
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    assert ConversationsQueued(conversation_ids=(conversation.pk,)) in facts


def closed_conversation(cast: Cast) -> Conversation:
    conversation = factories.taken_conversation(cast, sender=identity())
    Conversation.objects.filter(pk=conversation.pk).update(needs_first_reply=False)
    return close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk, note="listo")


def test_a_message_soon_after_the_end_reopens_where_the_campaign_says_so(cast: Cast) -> None:
    cast.campaign.reopen_within_h = 2
    cast.campaign.save()
    with time_machine.travel(NOON, tick=False) as clock:
        closed = closed_conversation(cast)
        clock.shift(2 * 3600)
        with announced() as facts:
            receive_messages(cast.account, [inbound("Una cosa más")])
    conversation = Conversation.objects.get()
    assert (conversation.pk, conversation.status, conversation.assignee) == (closed.pk, "queued", None)
    assert (conversation.closed_at, conversation.closed_by, conversation.typification, conversation.close_note) == (
        None,
        None,
        None,
        "",
    )
    assert (conversation.unread, conversation.needs_first_reply, conversation.answered) == (1, True, False)
    assert conversation.events.latest("id").kind == ConversationEvent.Kind.REOPENED
    assert ConversationsQueued(conversation_ids=(conversation.pk,)) in facts
    check_invariants()


@pytest.mark.parametrize("hours", [0, 2])
def test_a_message_later_than_that_opens_another(cast: Cast, hours: int) -> None:
    cast.campaign.reopen_within_h = hours
    cast.campaign.save()
    with time_machine.travel(NOON, tick=False) as clock:
        closed = closed_conversation(cast)
        before = Conversation.objects.filter(pk=closed.pk).values().get()
        clock.shift(hours * 3600 + 1)
        receive_messages(cast.account, [inbound("Una cosa más")])
    assert Conversation.objects.filter(pk=closed.pk).values().get() == before
    assert Conversation.objects.exclude(pk=closed.pk).get().status == "queued"
    assert Contact.objects.count() == 1
    check_invariants()


@pytest.mark.parametrize("campaigns", [0, 2])
def test_without_a_campaign_to_choose_it_waits_for_an_admin(cast: Cast, campaigns: int) -> None:
    cast.account.default_campaign = None
    cast.account.save()
    cast.account.campaigns.set([cast.campaign, cast.other_campaign][:campaigns])
    receive_messages(cast.account, [inbound("Hola")])
    conversation = Conversation.objects.get()
    assert (conversation.campaign, conversation.team) == (None, None)
    assert not Conversation.objects.visible_to(cast.luis).exists()
    assert Conversation.objects.visible_to(cast.admin).get() == conversation
    assert not Contact.teams.through.objects.exists()
