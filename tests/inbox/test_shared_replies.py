"""Who may answer what a colleague is in charge of: nobody, unless the campaign says so (P0-32)."""

from __future__ import annotations

import pytest

from accounts.models import User
from campaigns.models import Campaign
from core.refusals import NotFound
from inbox.actions.sending import send_message
from inbox.api.details import conversation_detail
from inbox.errors import NotAssigned, NotYours
from inbox.models import Conversation, Message
from tests import factories
from tests.factories import Cast
from tests.witness import nothing_happens


@pytest.fixture
def conversation(cast: Cast) -> Conversation:
    return factories.taken_conversation(cast)


def colleague(cast: Cast) -> User:
    """An agent of the campaign who sees what others are in charge of."""
    bea = factories.agent_of(cast, "bea")
    bea.user_permissions.add(factories.permission("view_team_conversations"))
    return bea


def shared(conversation: Conversation) -> None:
    Campaign.objects.filter(pk=conversation.campaign_id).update(only_owner_replies=False)


@pytest.mark.shows("P0-32")
def test_a_colleague_answers_only_where_the_campaign_lets_them_and_it_stays_whose_it_was(
    cast: Cast, conversation: Conversation
) -> None:
    bea = colleague(cast)
    composer = conversation_detail(conversation.pk, bea)["composer"]
    assert (composer["allowed"], composer["code"]) == (False, "not_yours")
    with nothing_happens(), pytest.raises(NotYours):
        send_message(conversation.pk, by=bea, text="Hola", client_id=factories.client_id())

    shared(conversation)
    for user in (bea, cast.luis):
        assert conversation_detail(conversation.pk, user)["composer"]["allowed"]
        message, _is_new = send_message(conversation.pk, by=user, text="Hola", client_id=factories.client_id())
        assert message.author == user
    conversation.refresh_from_db()
    assert (conversation.assignee, conversation.status) == (cast.ana, "in_progress")


@pytest.mark.shows("P0-32")
def test_whoever_could_not_be_in_charge_shares_no_replies(cast: Cast, conversation: Conversation) -> None:
    shared(conversation)
    bea = colleague(cast)
    # Of the team still, and so able to see it; of the campaign no more.
    conversation.campaign.memberships.filter(user=bea).delete()
    with nothing_happens(), pytest.raises(NotYours):
        send_message(conversation.pk, by=bea, text="Hola", client_id=factories.client_id())
    with nothing_happens(), pytest.raises(NotFound):
        send_message(conversation.pk, by=cast.eva, text="Hola", client_id=factories.client_id())


def test_what_nobody_took_is_answered_by_nobody(cast: Cast) -> None:
    waiting = factories.conversation(cast)
    shared(waiting)
    with nothing_happens(), pytest.raises(NotAssigned):
        send_message(waiting.pk, by=cast.ana, text="Hola", client_id=factories.client_id())
    assert not Message.objects.filter(direction="out").exists()
