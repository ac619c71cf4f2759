"""What nobody answers goes back in time, and nobody waits for who is not there (B-06)."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from campaigns.actions import add_agent, remove_agent
from campaigns.models import Campaign
from inbox.actions.assignment import take_conversation
from inbox.actions.returning import return_strays, return_unanswered
from inbox.actions.sending import send_message
from inbox.actions.transferring import transfer_to_agent
from tests import factories
from tests.factories import Cast
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import nothing_happens

# A Monday morning in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


@pytest.fixture
def patient(cast: Cast) -> Cast:
    """Altas lets an agent think for two minutes."""
    Campaign.objects.filter(pk=cast.campaign.pk).update(return_after_s=120)
    return cast


@pytest.mark.shows("B-06")
def test_who_answered_or_talks_to_somebody_who_does_not_wait_keeps_it(patient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        answered, waiting_for_them = (factories.taken_conversation(patient) for _each in range(2))
        for each in (answered, waiting_for_them):
            send_message(each.pk, by=patient.ana, client_id=factories.client_id(), text="Te escucho")
        beto = factories.agent_of(patient, "beto")
        put_into(beto, "social_new_and_active")
        # New to Beto, and its customer waits for nothing.
        transfer_to_agent(waiting_for_them.pk, by=patient.ana, user_id=beto.pk, note="Sigue tú")
        clock.shift(3600)
        with nothing_happens():
            assert return_unanswered(most=10) == 0


@pytest.mark.shows("B-06", "S04")
def test_what_is_held_by_who_left_the_campaign_goes_back(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    gone, channel, stays = (factories.taken_conversation(cast, by=beto) for _each in range(3))
    mine = factories.taken_conversation(cast)
    stepped_in = take_conversation(factories.conversation(cast).pk, by=cast.luis)
    take_conversation(stays.pk, by=cast.luis)
    with nothing_happens():
        assert return_strays(cast.campaign.pk) == 0
    add_agent(cast.campaign, beto, by=None, channels=["email"])
    assert return_strays(cast.campaign.pk) == 2
    remove_agent(cast.campaign, beto, by=None)
    assert return_strays(cast.campaign.pk) == 0
    for each in (gone, channel):
        each.refresh_from_db()
        assert (each.status, each.events.get(kind="returned").details["reason"]) == ("queued", "not_an_agent")
    for each, holder in ((mine, cast.ana), (stepped_in, cast.luis), (stays, cast.luis)):
        each.refresh_from_db()
        assert each.assignee == holder
    check_invariants()
