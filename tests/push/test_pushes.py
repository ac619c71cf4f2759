"""Who is told of what, what it says, and what becomes of a push service's refusals (S59, R51, P0-38, 004-34)."""

from __future__ import annotations

import datetime
import logging

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.actions import pushing, switch_aux_state
from accounts.models import AuxState, PushSettings, PushSubscription
from campaigns.actions import remove_agent
from connectors import webpush
from core.models import JournalEntry
from inbox import push_tasks
from inbox.actions import notifying
from inbox.actions.assignment import take_conversation
from inbox.actions.reading import mark_read
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation, Message, PushNotice
from tests import factories
from tests.connectors.loopback import Loopback, answers, hangs_up
from tests.push.conftest import Subscribe
from tests.push.service import signed_claims

pytestmark = pytest.mark.django_db


def a_conversation(cast: factories.Cast) -> Conversation:
    receive_messages(cast.account, [factories.inbound("Hola, ¿cuánto cuesta?")])
    return Conversation.objects.get()


def tell_everybody() -> list[bool]:
    return [push_tasks.send_push(pk) for pk in PushNotice.objects.order_by("pk").values_list("pk", flat=True)]


@pytest.mark.shows("S59", "P0-38", "004-34")
def test_the_assignee_is_told_without_a_word_of_the_customer(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    browser, _kept = subscribe(cast.ana)
    other, _his = subscribe(cast.luis)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    notifying.note_messages([conversation.pk])
    assert tell_everybody() == [True]
    [request] = service.requests
    assert request.path == "/push/1"
    assert browser.open(request.body) == {"kind": "news", "conversation": conversation.pk, "title": "Nuevo mensaje"}
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert (headers["content-encoding"], headers["urgency"], len(headers["topic"])) == ("aes128gcm", "high", 32)
    claims = signed_claims(request, pushing.public_key())
    assert claims["aud"] == service.url
    assert 0 < claims["exp"] - timezone.now().timestamp() <= 24 * 3600
    assert not PushNotice.objects.exists()
    assert other.endpoint not in str(service.requests)


@pytest.mark.shows("S59")
def test_an_admin_may_allow_previews_and_the_number_stays_masked(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    browser, _kept = subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    pushing.show_previews(by=cast.admin, shows_preview=True)
    pushing.show_previews(by=cast.admin, shows_preview=True)
    assert JournalEntry.objects.filter(verb="push_previews_decided").count() == 1
    notifying.note_messages([conversation.pk])
    tell_everybody()
    told = browser.open(service.requests[0].body)
    assert (told["title"], told["body"]) == ("Rocío Benítez", "Hola, ¿cuánto cuesta?")
    Conversation.objects.update(contact_name="")
    conversation.refresh_from_db()
    masked = notifying.preview_of(conversation, sees_numbers=False)["title"]
    assert "651" not in masked
    assert "•" in masked or "*" in masked


@pytest.mark.shows("004-34", "P0-38")
def test_what_waits_is_told_to_agents_who_are_ready_for_new_ones(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    resting, absent = factories.agent_of(cast, "pablo"), factories.agent_of(cast, "rosa")
    browsers = {user.username: subscribe(user)[0] for user in (cast.ana, resting, absent, cast.luis, cast.eva)}
    ready, pause = AuxState.objects.get(code="mixed"), AuxState.objects.get(code="break")
    switch_aux_state(cast.ana, ready)
    switch_aux_state(resting, pause)
    conversation = a_conversation(cast)
    notifying.note_waiting([conversation.pk])
    tell_everybody()
    assert [each.path for each in service.requests] == ["/push/1"]
    assert browsers["ana"].open(service.requests[0].body)["conversation"] == conversation.pk


@pytest.mark.shows("S04", "S59")
def test_who_left_the_campaign_meanwhile_is_told_nothing_of_its_queue(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    switch_aux_state(cast.ana, AuxState.objects.get(code="mixed"))
    notifying.note_waiting([conversation.pk])
    assert PushNotice.objects.exists()
    remove_agent(cast.campaign, cast.ana, by=None)
    assert tell_everybody() == [True]
    assert not service.requests


@pytest.mark.shows("004-34")
def test_an_auxiliary_that_does_not_work_mutes(cast: factories.Cast, subscribe: Subscribe, service: Loopback) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    assert notifying.note_messages([conversation.pk]) == []
    switch_aux_state(cast.ana, AuxState.objects.get(code="mixed"))
    assert len(notifying.note_messages([conversation.pk])) == 1


@pytest.mark.shows("P0-38")
def test_many_messages_of_one_conversation_are_one_notice_and_what_was_read_is_no_news(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    for _time in range(3):
        notifying.note_messages([conversation.pk])
    assert PushNotice.objects.count() == 1
    mark_read(conversation.pk, by=cast.ana, up_to=Message.objects.latest("pk").pk)
    assert tell_everybody() == [True]
    assert service.requests == []
    assert not PushNotice.objects.exists()


@pytest.mark.shows("R51")
def test_told_twice_at_once_it_is_sent_once_and_a_message_meanwhile_is_told_again(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    [pk] = notifying.note_messages([conversation.pk])
    notice = notifying.claim(pk)
    assert notice is not None
    assert notifying.claim(pk) is None
    notifying.note_messages([conversation.pk])
    assert notifying.tell(notice)
    assert PushNotice.objects.filter(due_at__lte=timezone.now()).count() == 1


@pytest.mark.shows("R51")
@pytest.mark.parametrize("status", [404, 410, 401, 403])
def test_a_browser_that_is_gone_is_forgotten(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback, status: int
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    service.will(answers(status, b""))
    notifying.note_messages([conversation.pk])
    assert tell_everybody() == [True]
    assert not PushSubscription.objects.exists()
    assert not PushNotice.objects.exists()


@pytest.mark.shows("R51")
@pytest.mark.parametrize(
    ("answer", "at_least"),
    [
        (answers(429, b"", Retry_After="120"), 110),
        (answers(503, b""), 10),
        (hangs_up, 10),
        (answers(302, b"", Location="http://127.0.0.1:1/"), 10),
    ],
    ids=["429", "503", "no answer", "redirect"],
)
def test_a_service_in_trouble_is_left_alone_for_a_while_and_longer_each_time(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback, answer: object, at_least: int
) -> None:
    _browser, kept = subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    service.will(answer)  # type: ignore[arg-type]
    notifying.note_messages([conversation.pk])
    assert tell_everybody() == [False]
    kept.refresh_from_db()
    assert kept.failures == 1
    assert kept.quiet_until is not None
    assert kept.quiet_until - timezone.now() > datetime.timedelta(seconds=at_least)
    notice = PushNotice.objects.get()
    assert notice.due_at == kept.quiet_until
    # Another message meanwhile does not knock at the door again.
    knocks = len(service.requests)
    notifying.note_messages([conversation.pk])
    assert tell_everybody() == [False]
    assert len(service.requests) == knocks
    first_pause = kept.quiet_until - timezone.now()
    pushing.back_off(kept, retry_after=0)
    pushing.back_off(kept, retry_after=0)
    kept.refresh_from_db()
    assert kept.quiet_until - timezone.now() > min(first_pause, datetime.timedelta(seconds=40))
    service.will(answers(201, b""))
    PushSubscription.objects.update(quiet_until=None)
    PushNotice.objects.update(due_at=timezone.now())
    assert tell_everybody() == [True]
    kept.refresh_from_db()
    assert (kept.failures, kept.failing_since, kept.quiet_until) == (0, None, None)


@pytest.mark.shows("R51")
def test_after_days_of_trouble_the_browser_is_given_up(cast: factories.Cast, subscribe: Subscribe) -> None:
    _browser, kept = subscribe(cast.ana)
    pushing.back_off(kept, retry_after=0)
    PushSubscription.objects.update(failing_since=timezone.now() - datetime.timedelta(days=4))
    pushing.back_off(kept, retry_after=0)
    assert not PushSubscription.objects.exists()


@pytest.mark.shows("R51")
def test_a_message_refused_for_itself_costs_nobody_their_subscription(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    service.will(answers(413, b""))
    notifying.note_messages([conversation.pk])
    assert tell_everybody() == [True]
    assert PushSubscription.objects.count() == 1


@pytest.mark.shows("R51")
def test_the_sweeper_finds_what_a_lost_hint_left_and_forgets_what_is_old(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    notifying.note_messages([conversation.pk])
    hinted: list[int] = []
    monkeypatch.setattr(push_tasks.send_push, "delay", hinted.append)
    assert push_tasks.sweep_pushes() == 1
    assert hinted == [PushNotice.objects.get().pk]
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=20), tick=True):
        assert push_tasks.sweep_pushes() == 0
    assert not PushNotice.objects.exists()


@pytest.mark.shows("S12")
def test_a_session_that_ended_by_time_wakes_nobody(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback
) -> None:
    subscribe(cast.ana)
    conversation = a_conversation(cast)
    take_conversation(conversation.pk, by=cast.ana)
    notifying.note_messages([conversation.pk])
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=13), tick=True):
        PushNotice.objects.update(asked_at=timezone.now(), due_at=timezone.now())
        notice = PushNotice.objects.select_related("subscription__user", "subscription__session", "conversation").get()
        assert notifying.tell(notice)
    assert service.requests == []
    assert not PushSubscription.objects.exists()


@pytest.mark.shows("004-34")
def test_assignment_by_the_distribution_is_told(cast: factories.Cast, subscribe: Subscribe, service: Loopback) -> None:
    browser, _kept = subscribe(cast.ana)
    conversation = a_conversation(cast)
    assert notifying.note_assignment(conversation.pk) == []
    take_conversation(conversation.pk, by=cast.ana)
    notifying.note_assignment(conversation.pk)
    assert tell_everybody() == [True]
    assert browser.open(service.requests[0].body)["title"] == "Nuevo mensaje"


def test_the_installation_makes_one_key_and_keeps_it_sealed(
    cast: factories.Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first, second = pushing.push_settings(), pushing.push_settings()
    assert first.public_key == second.public_key == webpush.public_key_of(first.private_key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_key FROM accounts_pushsettings")
        [(sealed,)] = cursor.fetchall()
    assert first.private_key.encode() not in bytes(sealed)
    assert first.private_key not in caplog.text
    assert PushSettings.objects.count() == 1


def test_a_key_from_the_environment_wins_and_older_subscriptions_go(
    cast: factories.Cast, subscribe: Subscribe, service: Loopback, settings: object
) -> None:
    _browser, kept = subscribe(cast.ana)
    settings.VAPID_PRIVATE_KEY = webpush.make_private_key()  # type: ignore[attr-defined]
    assert pushing.deliver(PushSubscription.objects.select_related("user", "session").get(pk=kept.pk), {"kind": "test"})
    assert not PushSubscription.objects.exists()
    assert service.requests == []
