"""A whole day through the real product: the simulator's customers write, three agents work at real desks, and nothing is left over.

What tests/inbox/test_a_day.py drives through actions, with a clock and dice, runs here as it does in life: signed webhooks, workers, the
beat, REST and sockets, three people at once. Time-outs are short because they are set so; nothing is slept away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AgentStateInterval, AuxState, User
from campaigns.actions import add_agent, ensure_campaign
from campaigns.actions.exclusive import set_exclusive_agent
from campaigns.models import Campaign, Client
from contacts.actions import create_contact
from contacts.sheets import PointEntry
from core.models import Lease
from inbox.actions.distribution import DISTRIBUTION_LOCK
from inbox.models import Assignment, Conversation, ConversationEvent, Message, Offer, ScheduledMessage, Transfer
from inbox.models.conversation import LIVE, Status
from tests import factories
from tests.concurrency import IS_FULL
from tests.figures import figure
from tests.inbox.agents_at_desks import CONVERSATIONS, LATER, Desk, Outcomes, Plan, number_of
from tests.invariants import check_invariants
from tests.own_redis import broker_of
from tests.stack import Stack, wait_until

CUSTOMERS = 200
ASSIGNED, RINGING = range(80), range(80, 120)
# To whom the others write: agents take them.
NUMBERS = {"ring": "106540352242990", "manual": "106540352242991"}
# Contacts of long ago, each with an exclusive agent. Where agents take what waits they wait for theirs however long it takes; where it is
# assigned they may be anybody's after a minute.
OF_ANA, OF_BETO, OF_CARO = 205, 215, 225
CAROS_LAST, CAROS_LATE = 206, 216
EXCLUSIVE = {OF_ANA: "ana", OF_BETO: "beto", OF_CARO: "caro", CAROS_LAST: "caro", CAROS_LATE: "caro"}
WAITED = timedelta(minutes=2)
EVERYBODY = [*range(CUSTOMERS), *EXCLUSIVE]
# The next one comes when the day has gone on.
WAVES = 5
# A day is long where other work keeps the machine busy.
DAY_SECONDS = 420
Kind = ConversationEvent.Kind


@pytest.mark.faults
@pytest.mark.skipif(not IS_FULL, reason="a day takes minutes: python3 run.py faults a_day_of_three")
@pytest.mark.shows("R30", "R31", "R32", "R33", "B-06", "004-10", "004-28")
def test_a_day_of_three_agents_and_two_hundred_customers_leaves_nothing_over(stack: Stack) -> None:
    cast, began = stack.cast, time.monotonic()
    assert cast is not None
    plan = prepare(stack)
    caro_id = User.objects.get(username="caro").pk
    with at_work(stack, plan) as (ana, beto, caro):
        write(stack, 0)
        going_on(ana, beto, caro, closed=range(5, CUSTOMERS, 50))

        # Ana has a break: what she holds stays hers, and nothing new is hers.
        rest = AuxState.objects.get(code="break").pk
        obeyed(ana, lambda: begin_break(ana, rest))
        since = distributions_are_over()
        write(stack, 1)
        going_on(beto, caro, closed=range(6, CUSTOMERS, 50))
        until = timezone.now()
        assert not Assignment.objects.filter(user=cast.ana, assigned_at__gt=since, assigned_at__lt=until).exists()
        obeyed(ana, lambda: end_break(ana, plan.ready))

        # She may not leave with work in hand; Beto may: what he had goes back, and he comes again. What is theirs alone comes to them.
        write(stack, 2)
        obeyed(ana, lambda: refused_to_leave(ana), meanwhile=lambda: say(stack, [OF_ANA]))
        # In the very moment in which he goes Ana hands something on to him: refused, or back in the queue.
        goes, beto_id = threading.Barrier(2), User.objects.get(username="beto").pk
        handing_on = ana.order(lambda: hand_on(ana, beto_id, goes))
        obeyed(beto, lambda: left_and_back(beto, goes), meanwhile=lambda: say(stack, [OF_BETO]))
        wait_for(lambda: well(ana) and handing_on.is_set(), what="what Ana hands on")
        say(stack, [OF_CARO])
        going_on(ana, beto, caro, closed=[OF_ANA, OF_BETO, OF_CARO])
        for number in (OF_ANA, OF_BETO, OF_CARO):
            assert {each.user.username for each in turns_of(number)} == {EXCLUSIVE[number]}

        # Caro shuts her laptop with work in hand, and ten minutes pass. Another one of hers has waited for her long enough.
        write(stack, 3)
        obeyed(caro, lambda: hold_something(caro), meanwhile=lambda: say(stack, [CAROS_LAST], ago=WAITED))
        caro.end()
        ten_minutes_pass(stack, caro_id)
        say(stack, [OF_CARO])
        say(stack, [CAROS_LATE], ago=WAITED)
        write(stack, 4)
        # Where the campaign has no patience to end, what is hers waits for her, until who supervises lets everybody have it.
        wait_for(lambda: well(ana, beto) and kept_for_caro().exists(), what="what waits for Caro")
        kept = kept_for_caro().get()
        let_everybody_have(stack, kept)

        wait_for(lambda: is_over(stack, ana, beto), what="the day's end")
        # Whoever finishes takes nothing new, and leaves without anything in hand.
        drain = AuxState.objects.get(code="social_active_only").pk
        obeyed(beto, lambda: begin_break(beto, drain))
        obeyed(ana, lambda: left(ana))
        obeyed(beto, lambda: left(beto))
        heard = ana.heard + beto.heard + caro.heard
        refusals = ana.answers + beto.answers + caro.answers
    settled(stack)
    nothing_is_left_over(stack)
    everything_happened()
    assert caro_id not in {each.user_id for each in turns_of(CAROS_LATE)}
    after_her = [each.user_id for each in turns_of(OF_CARO) if each.conversation_id == kept.pk]
    assert after_her
    assert after_her[-1] != caro_id
    # Their panels were told, and colleagues were faster.
    assert heard["offered"], heard
    assert heard["assigned"], heard
    figure(
        "R31", f"a day in {time.monotonic() - began:.0f} s: {Conversation.objects.count()} conversations, {dict(refusals)}",
        data=f"3 agents, {CUSTOMERS} customers, three campaigns", samples=CUSTOMERS,
    )  # fmt: skip


# --- Before the day ---------------------------------------------------------------------------------------------------------------------


def prepare(stack: Stack) -> Plan:
    """Three campaigns of one client, each with a number and a way to give out what waits; three agents in all of them; the customers."""
    cast = stack.cast
    assert cast is not None
    people = [cast.ana, factories.agent_of(cast, "beto"), factories.agent_of(cast, "caro")]
    User.objects.filter(pk__in=[each.pk for each in people]).update(
        capacity={"whatsapp": 12}, may_log_out_with_active=True
    )
    User.objects.filter(pk=cast.ana.pk).update(may_log_out_with_active=False)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign", exclusive_fallback_min=1)
    campaigns = {"assign": cast.campaign}
    for way, number in NUMBERS.items():
        campaign = campaigns[way] = ensure_campaign(f"Día {way}", team=cast.team, client="Fibra Sur", project="Hogar")
        Campaign.objects.filter(pk=campaign.pk).update(distribution=way, ring_timeout_s=8, exclusive_fallback_min=None)
        for each in people:
            add_agent(campaign, each, by=None)
        factories.account_of(campaign, name=f"WhatsApp {way}", phone_number_id=number)
        stack.simulator("POST", "/control/numbers", json={"id": number})
    # Who is silent for so long is asked once, and then it ends.
    Client.objects.filter(pk=cast.campaign.project.client_id).update(max_inactivity_s=6, inactivity_attempts=1)
    Campaign.objects.update(inactivity_message="¿Sigues ahí?")
    stack.simulator("POST", "/control/customers", json=[customer(each) for each in EVERYBODY])
    for number, username in EXCLUSIVE.items():
        campaign, agent = campaigns[way_of(number)], User.objects.get(username=username)
        contact = create_contact(
            by=None,
            first_name=f"Cliente {number}",
            points=[PointEntry(value=f"+{phone_of(number)}", kind="whatsapp")],
            teams=[cast.team],
        )
        set_exclusive_agent(contact.pk, campaign_id=campaign.pk, user_id=agent.pk, by=cast.luis)
    outcomes = Outcomes(normal=factories.leaf().pk, quick=factories.leaf("Número equivocado").pk)
    ready = AuxState.objects.get(code="social_new_and_active").pk
    return Plan(manual_campaign=campaigns["manual"].pk, outcomes=outcomes, ready=ready)


def customer(number: int) -> dict[str, object]:
    """One in ten never says another word."""
    answers = [] if number % 10 == 9 else ["Sí, es por el pedido", "El mismo", "Gracias"]
    return {"id": f"c{number}", "name": f"Cliente {number}", "phone": phone_of(number), "answers": answers}


def phone_of(number: int) -> str:
    return f"59598170{number:04d}"


@contextmanager
def at_work(stack: Stack, plan: Plan) -> Iterator[list[Desk]]:
    desks: list[Desk] = []
    try:
        for name in ("ana", "beto", "caro"):
            desks.append(Desk(stack, name, plan))
            desks[-1].begin()
        yield desks
    finally:
        for desk in desks:
            desk.end()


# --- The day ----------------------------------------------------------------------------------------------------------------------------


def write(stack: Stack, wave: int) -> None:
    """A wave of customers: of each campaign some, in turns."""
    say(stack, range(wave, CUSTOMERS, WAVES))


def say(stack: Stack, numbers: Iterable[int], *, ago: timedelta = timedelta()) -> None:
    at = int((timezone.now() - ago).timestamp())
    stack.simulator(
        "POST",
        "/control/messages",
        json=[
            {
                "customer": f"c{each}",
                "text": "Hola, ¿dónde está mi pedido?",
                "number": written_to(each),
                "timestamp": at,
            }
            for each in numbers
        ],
    )


def written_to(number: int) -> str:
    return NUMBERS.get(way_of(number), factories.PHONE_NUMBER_ID)


def way_of(number: int) -> str:
    """How the campaign that they write to gives out what waits."""
    if number in ASSIGNED or number in (CAROS_LAST, CAROS_LATE):
        return "assign"
    return "ring" if number in RINGING else "manual"


def turns_of(number: int) -> list[Assignment]:
    """Who had this customer, one after the other."""
    theirs = Assignment.objects.filter(conversation__contact_name=f"Cliente {number}")
    return list(theirs.select_related("user").order_by("assigned_at", "pk"))


def going_on(*desks: Desk, closed: Collection[int]) -> None:
    """Until these customers are done with."""
    theirs = Conversation.objects.filter(contact_name__in=[f"Cliente {each}" for each in closed], status=Status.CLOSED)

    def are_closed() -> bool:
        return well(*desks) and theirs.values("contact").distinct().count() == len(closed)

    wait_for(are_closed, what=f"the end of {list(closed)}")


def wait_for(condition: Callable[[], object], *, what: str) -> None:
    """Says what is left where it does not come."""
    try:
        wait_until(condition, seconds=DAY_SECONDS, what=what)
    except AssertionError as error:
        raise AssertionError(f"{error}; {what_is_left()}") from error


def well(*desks: Desk) -> bool:
    """Raises what made one of them stop."""
    for desk in desks:
        if desk.error is not None:
            raise AssertionError(f"{desk.username} stopped") from desk.error
    return True


def obeyed(desk: Desk, order: Callable[[], None], *, meanwhile: Callable[[], None] = lambda: None) -> None:
    done = desk.order(order)
    meanwhile()
    wait_for(lambda: well(desk) and done.is_set(), what=f"{desk.username}'s order")


def begin_break(desk: Desk, aux_state: int) -> None:
    desk.rests = True
    desk.switch(aux_state)


def end_break(desk: Desk, aux_state: int) -> None:
    desk.switch(aux_state)
    desk.rests = False


def hold_something(desk: Desk) -> None:
    """Take or be given something, and leave it lying: what nobody answered yet no clock takes away."""
    while not any(row["status"] == "assigned" for row in desk.in_hand()):
        desk.take_some(1)
        for offer in desk.read("/api/v1/offers/"):
            desk.do("PUT", f"/api/v1/offers/{offer['id']}/answer/")
        desk.is_over.wait(0.2)


def refused_to_leave(desk: Desk) -> None:
    hold_something(desk)
    assert desk.sign_out() == 409
    assert desk.client.get("/api/v1/me/").status_code == 200


def left_and_back(desk: Desk, goes: threading.Barrier) -> None:
    hold_something(desk)
    goes.wait(DAY_SECONDS)
    assert desk.sign_out() == 200
    desk.sign_in()


def hand_on(desk: Desk, user_id: int, goes: threading.Barrier) -> None:
    """Something of anybody's, to who goes in that moment."""

    def unanswered() -> list[dict[str, Any]]:
        rows = [row for row in desk.in_hand() if row["status"] == "assigned"]
        return [row for row in rows if number_of(row) not in EXCLUSIVE]

    while not (rows := unanswered()):
        desk.take_some(1)
        desk.is_over.wait(0.2)
    held = rows[0]
    goes.wait(DAY_SECONDS)
    desk.do("POST", f"{CONVERSATIONS}{held['id']}/transfer/", {"user": user_id, "note": "Pregunta por la factura"})


def kept_for_caro() -> QuerySet[Conversation]:
    """What waits for her, who is gone, in a campaign that waits for ever: whatever of it she had was put back."""
    theirs = Conversation.objects.filter(contact_name=f"Cliente {OF_CARO}", status=Status.QUEUED, assignee=None)
    return theirs.filter(waiting_since__isnull=False)


def let_everybody_have(stack: Stack, conversation: Conversation) -> None:
    luis = stack.login("luis")
    address = f"/api/v1/contacts/{conversation.contact_id}/exclusive-agents/{conversation.campaign_id}/"
    assert luis.delete(address).status_code == 204


def left(desk: Desk) -> None:
    assert desk.sign_out() == 200
    assert desk.client.get("/api/v1/me/").status_code == 401
    desk.is_over.set()


def distributions_are_over() -> datetime:
    """Whatever distribution read before this moment has written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISTRIBUTION_LOCK])
        return timezone.now()


def ten_minutes_pass(stack: Stack, user_id: int) -> None:
    """For who is gone. The beat looks once a minute: here it looks now."""
    passed = timedelta(minutes=11)
    # The eldest first, so that no two of their stretches meet on the way.
    for stretch in AgentStateInterval.objects.filter(user=user_id).order_by("started_at"):
        stretch.started_at -= passed
        stretch.ended_at = stretch.ended_at and stretch.ended_at - passed
        stretch.save(update_fields=["started_at", "ended_at"])
    stands = AgentStateInterval.objects.filter(user=user_id, ended_at=None)

    def is_gone() -> bool:
        turn(stack, "accounts.tasks.sweep_abandoned")
        return not stands.exists()

    wait_for(is_gone, what="their auxiliary's end")


def turn(stack: Stack, task: str) -> None:
    """Have a task of the beat's done now, by the stack's own workers."""
    client = Celery(broker=broker_of(stack.environment["REDIS_URL"]))
    client.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with client.connection_for_write() as opened:
        client.send_task(task, connection=opened)


def is_over(stack: Stack, *desks: Desk) -> bool:
    return (
        well(*desks)
        and Conversation.objects.values("contact").distinct().count() == len(EVERYBODY)
        and not Conversation.objects.filter(status__in=LIVE).exists()
        and stack.simulator("GET", "/control/idle?timeout=0.1")["idle"]
        and stack.is_idle()
    )


def what_is_left() -> str:
    """For who asks why the day does not end."""
    live = Conversation.objects.filter(status__in=LIVE).order_by("pk").values(
        "contact_name", "campaign__name", "status", "assignee__username", "assigned_at", "needs_first_reply", "waiting_since",
        "last_outbound_at", "reminders_sent", "reminded_at", "snoozed_until", "awaits_greeting",
    )  # fmt: skip
    stretches = AgentStateInterval.objects.filter(ended_at=None).values_list("user__username", "aux_state__code")
    offers = Offer.objects.filter(ended_at=None).values_list("conversation", "user__username", "until")
    return f"live {list(live)}, auxiliaries {list(stretches)}, offers {list(offers)}, now {timezone.now()}"


# --- After it ---------------------------------------------------------------------------------------------------------------------------


def settled(stack: Stack) -> None:
    wait_until(lambda: stack.is_idle() and not Lease.objects.exists(), seconds=DAY_SECONDS, what="the stack's rest")


def nothing_is_left_over(stack: Stack) -> None:
    assert not Conversation.objects.exclude(status=Status.CLOSED).exists()
    assert not Conversation.objects.filter(typification=None).exists()
    assert not Assignment.objects.filter(ended_at=None).exists()
    assert not Offer.objects.filter(ended_at=None).exists()
    assert not ScheduledMessage.objects.filter(state="pending").exists()
    # What was written for later went out in its time.
    for words in ScheduledMessage.objects.filter(state="sent"):
        assert Message.objects.get(client_id=words.client_id).happened_at >= words.due_at
    # Nobody ever had two owners: each turn ends before the next one begins.
    turns = Assignment.objects.order_by("conversation_id", "assigned_at", "pk")
    for before, after in pairwise(turns.values_list("conversation_id", "assigned_at", "ended_at", "user_id")):
        if before[0] == after[0]:
            assert before[2], before
            assert before[2] <= after[1], (before, after)
    # What was said was said once.
    sent = stack.simulator("GET", "/control/sent")
    assert set(sent["by_opaque"].values()) == {1}
    check_invariants()
    call_command("check_invariants")


def everything_happened() -> None:
    """It was no quiet day: each of these is in somebody's story."""
    kinds = set(ConversationEvent.objects.values_list("kind", flat=True))
    wanted = {
        Kind.ASSIGNED,
        Kind.RETURNED,
        Kind.DECLINED,
        Kind.MISSED,
        Kind.SNOOZED,
        Kind.WOKEN,
        Kind.TRANSFERRED,
        Kind.CLOSED,
    }
    assert kinds >= wanted, wanted - kinds
    assert Transfer.objects.exists()
    modes = set(Conversation.objects.values_list("close_mode", flat=True))
    assert modes >= {"normal", "quick", "inactivity"}, modes
    later = ScheduledMessage.objects.filter(
        state="sent", conversation__contact_name__in=[f"Cliente {each}" for each in LATER]
    )
    assert later.exists()
    answers = set(Offer.objects.values_list("answer", flat=True))
    assert answers >= {"accepted", "declined", "missed"}, answers
    gone = set(ConversationEvent.objects.filter(kind=Kind.RETURNED).values_list("details__reason", flat=True))
    assert "left" in gone, gone
