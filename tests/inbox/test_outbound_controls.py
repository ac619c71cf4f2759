"""The controls of what goes out: the same measures as in test_outbound_faults.py, each on a variant without the safeguard."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections import Counter

import pytest
from django.utils import timezone

from campaigns.actions import save_whatsapp_account
from core.models import Lease
from inbox.actions import delivery, handing_over, lanes
from inbox.actions.lanes import Lane
from inbox.actions.sending import send_message
from inbox.models import Message, OutboxEntry
from inbox.tasks import drain_outbox, resume_account
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, client_id
from tests.figures import control, p95_ms
from tests.inbox.conftest import Provider
from tests.inbox.outbound import patience, people, round_trips, say
from tests.inbox.sending_workers import until_sent, workers
from tests.stack import database_url, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def times_sent(provider: Provider) -> Counter[str]:
    return Counter(each.opaque for each in provider.sent())


@pytest.mark.shows("R13")
def test_sending_again_what_was_not_answered_doubles_messages(
    committed_cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(monkeypatch)
    monkeypatch.setattr(delivery, "record_unknown", lambda entry: delivery.defer(entry, seconds=0.1))
    conversations = people(committed_cast, provider, 10)
    provider.simulator.faults(lost_answer=0.3)
    with workers(4, monkeypatch, sweep_seconds=0.1):
        for each in conversations * 3:
            say(each, "Mensaje", committed_cast)
        until_sent(60)
    doubled = sum(times > 1 for times in times_sent(provider).values())
    control("R13", f"a lost answer is tried again: {doubled} messages reached their customer twice or more",
            data="30 % of the answers lost", samples=30)  # fmt: skip
    assert doubled


@pytest.mark.shows("R14")
def test_with_one_line_for_the_whole_number_everybody_waits_behind_the_limited_one(
    committed_cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited, *others = people(committed_cast, provider, 8)

    def next_of_the_number(lane: Lane) -> OutboxEntry | None:
        entry = OutboxEntry.objects.filter(channel_account_id=lane[0]).order_by("id").first()
        return entry if entry is not None and entry.due_at <= timezone.now() else None

    with workers(4, monkeypatch, sweep_seconds=0.1):
        round_trips(others, committed_cast, provider)
        baseline = p95_ms(round_trips(others, committed_cast, provider))
    monkeypatch.setattr(delivery, "next_due", next_of_the_number)
    monkeypatch.setattr(lanes, "lease_key", lambda lane: f"outbox:{lane[0]}")
    provider.simulator.faults(scripts=[{"code": 131056, "customer": f"c{committed_cast.account.pk}-0"}])
    with workers(4, monkeypatch, sweep_seconds=0.1):
        say(limited, "Limitado", committed_cast)
        measured = p95_ms(round_trips(others, committed_cast, provider, seconds=max(3.0, baseline / 100)))
    control("R14", f"one line for all customers of the number: p95 of the others {baseline:.0f} ms before, more than {measured:.0f} ms (given up) with one limited",
            data="7 customers and the limited one, 4 workers", samples=len(others))  # fmt: skip
    assert measured > 1.2 * baseline


@pytest.mark.shows("R16")
def test_without_lanes_a_refused_message_is_overtaken(
    committed_cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(monkeypatch)
    (conversation,) = people(committed_cast, provider, 1)

    def next_free(lane: Lane) -> OutboxEntry | None:
        due = OutboxEntry.objects.filter(contact_point_id=lane[1], claimed_at__isnull=True, due_at__lte=timezone.now())
        return due.order_by("id").first()

    monkeypatch.setattr(delivery, "next_due", next_free)
    monkeypatch.setattr(lanes, "lease_key", lambda _lane: f"outbox:{uuid.uuid4()}")
    provider.simulator.faults(server_error=0.5, slow_p95_ms=150)
    with workers(6, monkeypatch, sweep_seconds=0.05):
        typed = [say(conversation, f"Mensaje {n}", committed_cast).text for n in range(12)]
        until_sent(60)
    overtaken = sum(
        later < earlier
        for earlier, later in zip(
            *[[typed.index(text) for text in provider.texts()][at:] for at in (0, 1)], strict=False
        )
    )
    control("R16", f"every message for itself: {overtaken} came before one that was typed earlier",
            data="one customer, half of the calls refused, 6 workers", samples=len(typed))  # fmt: skip
    assert overtaken


@pytest.mark.shows("R17")
def test_without_a_client_id_every_click_is_a_message(committed_cast: Cast, provider: Provider) -> None:
    (conversation,) = people(committed_cast, provider, 1)

    def click() -> None:
        for _again in range(2):
            # A browser that names each of its tries anew has named none.
            send_message(conversation.pk, by=committed_cast.ana, client_id=client_id(), text="Buenas")
            drain_outbox(conversation.pk)

    all_well(together([click] * 10))
    drain_outbox(conversation.pk)
    messages, calls = Message.objects.filter(direction="out").count(), len(provider.sent())
    control("R17", f"no id of the tab's own: {messages} messages, {calls} calls at the provider", data="10 threads", samples=20)  # fmt: skip
    assert messages == calls == 20


@pytest.mark.shows("R18")
def test_sending_again_what_a_killed_worker_had_in_hand_doubles_it(committed_cast: Cast, provider: Provider) -> None:
    conversations = people(committed_cast, provider, 3)
    for each in conversations:
        say(each, "Mensaje", committed_cast)
    provider.simulator.faults(slow_p95_ms=6_000)
    for kills_it in (True, True, True, False):
        if not kills_it:
            provider.simulator.faults()
        process = subprocess.Popen(  # our own module
            [sys.executable, "-m", "tests.inbox.resending_process", provider.simulator.url],
            env=os.environ | {"DATABASE_URL": database_url()}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            if kills_it:
                wait_until(in_hand, seconds=120, what="a call under way")
                # It is on its way: the provider will take it, whoever is there to hear so.
                time.sleep(0.7)
            else:
                wait_until(lambda: not OutboxEntry.objects.exists(), seconds=180, what="the rest")
            process.kill()
        Lease.objects.all().delete()
        handing_over.gates.reopen(handing_over.gate_of(committed_cast.account.pk))

    def doubled() -> int:
        return sum(times - 1 for times in times_sent(provider).values())

    # The provider is slow with the first ones.
    wait_until(doubled, seconds=90, what="a second copy")
    control("R18", f"what was in a killed worker's hand is sent again: {doubled()} doubled by 3 kills", data="3 customers", samples=3)  # fmt: skip


def in_hand() -> bool:
    return OutboxEntry.objects.filter(claimed_at__isnull=False).exists()


@pytest.mark.shows("R19")
def test_failing_what_a_revoked_token_refused_loses_it(
    committed_cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(entry: OutboxEntry, failure: handing_over.SendFailed) -> None:
        delivery.record_failed(entry, code=failure.code, reason=failure.reason, permanent=False)

    monkeypatch.setattr(handing_over, "record_refusal", fail)
    account = committed_cast.account
    conversations = people(committed_cast, provider, 4)
    for each in conversations:
        say(each, "Mensaje", committed_cast)
    provider.simulator.faults(token_revoked=True)
    for each in conversations:
        drain_outbox(each.pk)
    provider.simulator.faults()
    save_whatsapp_account(
        name=account.name, phone_number_id=account.external_id, waba_id=account.portfolio_id, token=factories.TOKEN, campaign=None,
    )  # fmt: skip
    resume_account(account.pk)
    lost = Message.objects.filter(direction="out", status="failed").count()
    control("R19", f"a refusal is the message's failure: {lost} of 4 lost with the token", data="4 customers", samples=4)  # fmt: skip
    assert lost == 4
    assert provider.sent() == []
