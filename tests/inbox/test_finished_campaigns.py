"""A campaign that ends while people wait in it: whoever ends it reads how many, and they stay where agents find them (decision 022)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from campaigns.actions.campaign_setup import change_campaign_state
from campaigns.models import Campaign
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.distribution import assign_waiting, distribute_all_waiting
from inbox.actions.inactivity import alert_agents, step_on
from inbox.actions.returning import return_unanswered
from inbox.models import Conversation
from tests import factories
from tests.factories import Cast
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import nothing_happens


def open_work(user: User, campaign: Campaign) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("campaign-open-work", args=[campaign.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def ended(cast: Cast) -> Campaign:
    """The campaign, its number's new conversations going elsewhere by now, finished."""
    cast.account.campaigns.add(cast.other_campaign)
    cast.account.default_campaign = cast.other_campaign
    cast.account.save()
    return change_campaign_state(cast.campaign.pk, state="finished", by=cast.admin)


def test_who_finishes_it_reads_what_waits_there_and_afterwards(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign", return_after_s=60)
    with translation.override("es"):
        assert "Ninguna conversación suya está abierta." in open_work(cast.admin, cast.campaign)
        waiting, taken = factories.conversation(cast), factories.taken_conversation(cast)
        said = open_work(cast.admin, cast.campaign)
        assert "1 conversación espera un agente." in said
        assert "1 está en manos de alguien." in said
        assert f"/?tray=pending&amp;campaign={cast.campaign.pk}" in said
        page = Client()
        page.force_login(cast.admin)
        address = reverse("campaign-open-work", args=[cast.campaign.pk])
        assert address in page.get(reverse("campaign", args=[cast.campaign.pk])).content.decode()
        campaign = ended(cast)
        assert "1 conversación espera un agente." in open_work(cast.admin, campaign)
        assert address in page.get(reverse("campaign", args=[cast.campaign.pk])).content.decode()

    # Nothing happens to them by itself: neither given out nor put back nor let go.
    put_into(cast.ana, "social_new_and_active")
    with nothing_happens():
        assert assign_waiting(waiting.pk) is None
        assert distribute_all_waiting(most=10) == 0
        assert (return_unanswered(most=10), alert_agents(), step_on()) == (0, 0, 0)
    # They stand where agents look, and are taken by hand; who supervises closes what is left.
    seen = Conversation.objects.visible_to(cast.ana).filter(campaign=campaign).order_by("pk")
    assert [each.pk for each in seen] == [waiting.pk, taken.pk]
    assert take_conversation(waiting.pk, by=cast.ana).assignee == cast.ana
    for each in (waiting, taken):
        close_conversation(each.pk, by=cast.luis, typification_id=factories.leaf().pk)
    assert "conversación" not in open_work(cast.admin, campaign)
    check_invariants()


@pytest.mark.shows("S01", "S05")
def test_another_teams_work_is_not_counted_for_anybody(cast: Cast) -> None:
    address = reverse("campaign-open-work", args=[cast.campaign.pk])
    for user, expected in ((cast.ana, 403), (cast.eva, 403), (cast.luis, None), (cast.admin, 200)):
        client = Client()
        client.force_login(user)
        if expected is None:
            other = reverse("campaign-open-work", args=[cast.other_campaign.pk])
            user.user_permissions.add(factories.permission("manage_campaigns"))
            assert client.get(address).status_code == 200
            assert client.get(other).status_code == 404
        else:
            assert client.get(address).status_code == expected
