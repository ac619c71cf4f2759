"""A day of a campaign that uses everything: three agents, their customers, and dice. Nothing is left over when it ends."""

from __future__ import annotations

import datetime
import random
from contextlib import suppress

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AgentStateInterval, User
from campaigns.actions.exclusive import set_exclusive_agent
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.models import Campaign, Client
from core.refusals import Refusal
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.offers import accept_offer, decline_offer
from inbox.actions.receiving import receive_messages
from inbox.actions.scheduling import schedule_message
from inbox.actions.sending import send_message
from inbox.actions.snoozing import snooze_conversation
from inbox.actions.transferring import transfer_to_agent
from inbox.attention_tasks import end_offers, tick
from inbox.models import Assignment, Conversation, Offer, ScheduledMessage
from inbox.models.conversation import LIVE, Status
from inbox.tasks import distribute_waiting, redistribute, rescue_orphans, return_unanswered, sweep_greetings
from tests import factories
from tests.concurrency import scaled
from tests.factories import Cast, Identity, client_id, identity, inbound
from tests.figures import figure
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants

EIGHT = datetime.datetime(2031, 3, 3, 11, tzinfo=datetime.UTC)
STEP = datetime.timedelta(seconds=60)
READY = "social_new_and_active"


class Day:
    """Everybody of the campaign, and their dice."""

    def __init__(self, cast: Cast, *, customers: int) -> None:
        self.cast, self.dice = cast, random.Random(8)
        self.agents = [cast.ana, *(factories.agent_of(cast, name) for name in ("beto", "caro"))]
        self.senders = [identity(f"59598500{number:04d}", name=f"Cliente {number}") for number in range(customers)]
        self.outcome = factories.leaf().pk

    def says(self, sender: Identity, text: str) -> None:
        receive_messages(self.cast.account, [inbound(text, sender=sender)])

    def clocks(self) -> None:
        """What the beat does."""
        for turn in (sweep_greetings, end_offers, distribute_waiting, return_unanswered, tick, rescue_orphans):
            turn()

    def works(self, agent: User) -> None:
        """One agent's minute. What is refused is refused: they go on with something else."""
        for offer in Offer.objects.filter(user=agent, ended_at=None):
            with suppress(Refusal):
                match self.dice.randrange(10):
                    case 0:
                        decline_offer(offer.pk, by=agent)
                    case 1 | 2:
                        continue
                    case _:
                        accept_offer(offer.pk, by=agent)
        for conversation in Conversation.objects.filter(assignee=agent, status__in=LIVE).order_by("pk"):
            with suppress(Refusal):
                self.handles(agent, conversation)

    def handles(self, agent: User, conversation: Conversation) -> None:
        pk, now = conversation.pk, conversation.last_activity_at
        if conversation.status == Status.ASSIGNED:
            if self.dice.random() < 0.5:
                send_message(pk, by=agent, client_id=client_id(), text="Te escucho")
            elif self.dice.random() < 0.05:
                release_conversation(pk, by=agent)
            return
        match self.dice.randrange(12):
            case 0 | 1 | 2:
                send_message(pk, by=agent, client_id=client_id(), text="¿Y el documento?")
            case 3:
                snooze_conversation(pk, by=agent, until=now + datetime.timedelta(minutes=self.dice.randrange(5, 20)))
            case 4:
                other = self.dice.choice(self.agents)
                transfer_to_agent(pk, by=agent, user_id=other.pk, note="Sigue tú")
            case 5:
                due_at = now + datetime.timedelta(minutes=10)
                schedule_message(pk, by=agent, text="¿Pudiste?", due_at=due_at, client_id=client_id())
            case 6 | 7:
                close_conversation(pk, by=agent, typification_id=self.outcome, note="Listo")
            case _:
                pass

    def leaves(self, agent: User) -> None:
        """Their session ends: in life the interval closes, and a task follows."""
        for interval in AgentStateInterval.objects.filter(user=agent, ended_at=None):
            interval.ended_at = timezone.now()
            interval.save()
        redistribute(agent.pk)


@pytest.mark.shows("B-06", "R31", "R33")
@pytest.mark.parametrize("distribution", ["ring", "assign"])
def test_a_day_ends_without_orphans_or_double_owners_and_everything_typified(cast: Cast, distribution: str) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(
        distribution=distribution, ring_timeout_s=60, return_after_s=240, exclusive_fallback_min=15
    )
    Client.objects.filter(pk=cast.campaign.project.client_id).update(max_inactivity_s=600, inactivity_attempts=2)
    sheet = MessagesSheet(welcome_message="Hola {nombre}", inactivity_message="¿Sigues ahí?")
    set_messages(cast.campaign.pk, sheet=sheet, by=cast.admin)
    cast.account.refresh_from_db()
    customers = scaled(small=24, full=200)
    with time_machine.travel(EIGHT, tick=False) as clock:
        day = Day(cast, customers=customers)
        for agent in day.agents:
            put_into(agent, READY)
        minutes, arriving = scaled(small=60, full=240), list(day.senders)
        for minute in range(minutes):
            for sender in arriving[minute * customers // minutes : (minute + 1) * customers // minutes]:
                day.says(sender, "Hola")
            for sender in day.dice.sample(day.senders, k=2):
                if Conversation.objects.filter(contact__points__value=sender.phone, status__in=LIVE).exists():
                    day.says(sender, "¿Y?")
            if minute % 7 == 0 and (some := Conversation.objects.filter(status__in=LIVE).first()) is not None:
                chosen = day.dice.choice(day.agents)
                set_exclusive_agent(some.contact_id, campaign_id=cast.campaign.pk, user_id=chosen.pk, by=cast.luis)
            if minute == minutes // 2:
                day.leaves(day.agents[2])
            for agent in day.agents if minute < minutes // 2 else day.agents[:2]:
                day.works(agent)
            day.clocks()
            clock.shift(STEP)
        # Closing time: what is left is taken and closed, what is silent ends by itself.
        for _turn in range(120):
            if not Conversation.objects.filter(status__in=LIVE).exists():
                break
            for conversation in Conversation.objects.filter(status__in=LIVE).order_by("pk"):
                with suppress(Refusal):
                    if conversation.assignee_id != cast.luis.pk:
                        take_conversation(conversation.pk, by=cast.luis)
                    close_conversation(conversation.pk, by=cast.luis, typification_id=day.outcome, note="Cierre")
            day.clocks()
            clock.shift(STEP)
        # Words for later whose conversation is over are not said.
        clock.shift(datetime.timedelta(hours=1))
        day.clocks()
    assert not Conversation.objects.exclude(status=Status.CLOSED).exists()
    assert not Conversation.objects.filter(typification=None).exists()
    assert not Assignment.objects.filter(ended_at=None).exists()
    assert not Offer.objects.filter(ended_at=None).exists()
    assert not ScheduledMessage.objects.filter(state="pending").exists()
    assert Conversation.objects.values("contact").distinct().count() == customers
    check_invariants(outbox_is_empty=False)
    count = Conversation.objects.count()
    figure("R31", f"a day: {count} conversations, all typified", data=f"3 agents, {customers} customers, {distribution}", samples=count)  # fmt: skip
