"""Between the trays by hand: what the states allow happens once, what they do not says why and changes nothing (001-24)."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.models import Campaign, ChannelAccount
from core.refusals import NotAllowed, NotFound
from inbox.actions.closing import close_conversation
from inbox.actions.moving import begin_conversation, reopen_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.errors import AlreadyClosed, AlreadyTaken, AnotherIsOpen, AuxStateForbids, NotClosed, NotReopened
from inbox.events import ConversationMoved, ConversationReopened
from inbox.models import Assignment, Conversation
from inbox.models.conversation import Status
from tests import factories
from tests.concurrency import together
from tests.factories import Cast, client_id, identity, inbound, leaf
from tests.invariants import check_invariants
from tests.witness import announced, refused


def closed_conversation(cast: Cast, *, answered: bool = True) -> Conversation:
    conversation = factories.taken_conversation(cast, sender=identity())
    if answered:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Buenas")
        # It left.
        conversation.outbox.all().delete()
        conversation.messages.filter(direction="out").update(status="sent")
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_close_unanswered=True, reopen_within_h=24)
    return close_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk, note="Listo")


# --- To En curso ------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-24")
def test_what_waits_or_is_mine_moves_to_in_progress_with_its_red_dot(cast: Cast) -> None:
    waiting, mine = factories.conversation(cast), factories.taken_conversation(cast)
    for conversation in (waiting, mine):
        with announced() as facts:
            moved = begin_conversation(conversation.pk, by=cast.ana)
        assert [type(each) for each in facts][-1:] == [ConversationMoved]
        assert (moved.status, moved.assignee_id, moved.needs_first_reply) == (Status.IN_PROGRESS, cast.ana.pk, True)
        # Again is the same.
        assert begin_conversation(conversation.pk, by=cast.ana).version == moved.version
    check_invariants()


@pytest.mark.shows("001-24", "S01")
def test_what_may_not_move_to_in_progress_says_why(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    his = factories.taken_conversation(cast, by=beto)
    waiting, closed = factories.conversation(cast), closed_conversation(cast)
    with refused(NotFound):
        begin_conversation(his.pk, by=cast.ana)
    with refused(NotFound):
        begin_conversation(waiting.pk, by=cast.eva)
    with refused(AlreadyClosed):
        begin_conversation(closed.pk, by=cast.ana)
    vera = one_who_sees_the_team(cast)
    with refused(AlreadyTaken):
        begin_conversation(his.pk, by=vera)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    with refused(AuxStateForbids):
        begin_conversation(waiting.pk, by=cast.ana)


def one_who_sees_the_team(cast: Cast) -> User:
    vera = factories.agent_of(cast, "vera")
    vera.user_permissions.add(factories.permission("view_team_conversations"))
    return User.objects.get(pk=vera.pk)


# --- Back from Atendidos ----------------------------------------------------------------------------------------------


@pytest.mark.shows("001-24", "P0-33")
def test_a_closed_one_is_reopened_by_whoever_goes_on_with_it(cast: Cast) -> None:
    closed = closed_conversation(cast)
    with announced() as facts:
        reopened = reopen_conversation(closed.pk, by=cast.ana)
    assert facts == [ConversationReopened(conversation_ids=(closed.pk,), by_id=cast.ana.pk)]
    assert (reopened.status, reopened.assignee_id, reopened.typification, reopened.closed_at) == (
        Status.IN_PROGRESS,
        cast.ana.pk,
        None,
        None,
    )
    # Ana had answered: she goes on with her turn.
    assert not reopened.needs_first_reply
    check_invariants()
    close_conversation(closed.pk, by=cast.ana, typification_id=leaf().pk, note="Ahora sí")
    # Another person has a turn of their own, and answers first.
    beto = factories.agent_of(cast, "beto")
    beto.user_permissions.add(factories.permission("view_team_conversations"))
    again = reopen_conversation(closed.pk, by=User.objects.get(pk=beto.pk))
    assert (again.assignee_id, again.needs_first_reply, again.unread) == (beto.pk, True, 0)
    assert Assignment.objects.filter(conversation=closed, ended_at=None).count() == 1
    check_invariants()


@pytest.mark.shows("001-24")
def test_the_campaign_says_whether_and_how_long_what_was_closed_is_taken_up_again(cast: Cast) -> None:
    closed, live = closed_conversation(cast), factories.taken_conversation(cast)
    with refused(NotClosed):
        reopen_conversation(live.pk, by=cast.ana)
    Conversation.objects.filter(pk=closed.pk).update(closed_at=timezone.now() - datetime.timedelta(hours=25))
    with refused(NotReopened):
        reopen_conversation(closed.pk, by=cast.ana)
    Campaign.objects.filter(pk=cast.campaign.pk).update(reopen_within_h=0)
    with refused(NotReopened):
        reopen_conversation(closed.pk, by=cast.ana)
    with refused(NotFound):
        reopen_conversation(closed.pk, by=cast.eva)
    with refused(NotFound):
        reopen_conversation(987654321, by=cast.ana)


@pytest.mark.shows("001-24")
def test_beside_a_live_one_nothing_is_reopened(cast: Cast) -> None:
    closed = closed_conversation(cast)
    # It was closed before the campaign's hours: the customer's next word began another one.
    Conversation.objects.filter(pk=closed.pk).update(closed_at=timezone.now() - datetime.timedelta(hours=25))
    receive_messages(cast.account, [inbound("Otra cosa", sender=identity())])
    assert Conversation.objects.live().count() == 1
    Conversation.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    with refused(AnotherIsOpen):
        reopen_conversation(closed.pk, by=cast.ana)


@pytest.mark.shows("001-24")
def test_somebody_who_left_the_campaign_does_not_reopen(cast: Cast) -> None:
    closed = closed_conversation(cast)
    cast.campaign.memberships.filter(user=cast.ana).delete()
    with refused(NotAllowed):
        reopen_conversation(closed.pk, by=cast.ana)


@pytest.mark.shows("001-24", "R30")
@pytest.mark.faults
def test_two_who_reopen_while_the_customer_writes_leave_one_live_conversation(committed_cast: Cast) -> None:
    for _round in range(10):
        Conversation.objects.all().delete()
        closed = closed_conversation(committed_cast)
        # Read anew: it knows its campaign as it was.
        account = ChannelAccount.objects.get(pk=committed_cast.account.pk)
        together(
            [
                partial(reopen_conversation, closed.pk, by=committed_cast.ana),
                partial(reopen_conversation, closed.pk, by=committed_cast.luis),
                partial(receive_messages, account, [inbound("Sigo acá", sender=identity())]),
            ]
        )
        assert Conversation.objects.live().count() == 1
        assert Conversation.objects.count() == 1
    check_invariants()


# --- By its door ------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-24")
def test_the_tray_is_put_and_attended_asks_for_an_outcome(cast: Cast) -> None:
    ana, conversation = Client(), factories.conversation(cast)
    ana.force_login(cast.ana)
    address = f"/api/v1/conversations/{conversation.pk}/tray/"

    def put(tray: str) -> tuple[int, str]:
        answer = ana.put(address, {"tray": tray}, content_type="application/json")
        conversation.refresh_from_db()
        return answer.status_code, conversation.status

    assert put("in_progress") == (200, "in_progress")
    assert put("attended") == (400, "in_progress")
    assert put("pending") == (204, "queued")
    assert put("nowhere") == (400, "queued")
    permits = ana.get(f"/api/v1/conversations/{conversation.pk}/").json()["actions"]
    assert (permits["begin"]["allowed"], permits["reopen"]) == (
        True, {"allowed": False, "code": "not_closed", "reason": "No está cerrada."},
    )  # fmt: skip
