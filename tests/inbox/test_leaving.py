"""Who leaves leaves nothing behind; and who may not leave it to others does not leave."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import presence
from accounts.actions import begin_session, deactivate_user, end_session, switch_aux_state
from accounts.models import AgentStateInterval, AuxState, User
from core.models import JournalEntry
from core.realtime.bus import client as redis
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.leaving import abandoning_user_ids, redistribute
from inbox.actions.sending import send_message
from inbox.events import ConversationReleased, ConversationsQueued
from inbox.models import Conversation
from inbox.tasks import rescue_orphans
from tests import factories
from tests.factories import Cast
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens


def left(cast: Cast) -> tuple[Conversation, Conversation]:
    """What Ana had in hand when she signed out: one she had not answered, one she had."""
    begin_session(cast.ana)
    unanswered, answered = factories.taken_conversation(cast), factories.taken_conversation(cast)
    send_message(answered.pk, by=cast.ana, client_id=factories.client_id(), text="Te escucho")
    end_session(cast.ana, session_digest="this one")
    return unanswered, answered


@pytest.mark.shows("B-06", "R32")
def test_what_was_in_hand_goes_back_to_the_queue(cast: Cast) -> None:
    ids = [each.pk for each in left(cast)]
    with announced() as facts:
        assert redistribute(cast.ana.pk) == 2
    assert facts == [
        fact
        for pk in ids
        for fact in (
            ConversationReleased(conversation_ids=(pk,), by_id=None),
            ConversationsQueued(conversation_ids=(pk,)),
        )
    ]
    for conversation in Conversation.objects.filter(pk__in=ids):
        assert (conversation.status, conversation.assignee) == ("queued", None)
        # The next agent has not answered: the red dot is theirs (001-14).
        assert (conversation.needs_first_reply, conversation.answered) == (True, False)
        event = conversation.events.get(kind="returned")
        assert event.details == {"reason": "left", "assignee_id": cast.ana.pk, "assignee_name": "Ana Gómez"}
    assert JournalEntry.objects.filter(verb="conversation_returned", actor_id=None).count() == 2
    check_invariants(outbox_is_empty=False)
    with nothing_happens():
        assert redistribute(cast.ana.pk) == 0


def test_who_is_here_keeps_what_they_have(cast: Cast) -> None:
    left(cast)
    begin_session(cast.ana)
    with nothing_happens():
        assert redistribute(cast.ana.pk) == 0
        assert abandoning_user_ids() == []


def test_a_snoozed_one_waits_for_its_time(cast: Cast) -> None:
    _unanswered, answered = left(cast)
    Conversation.objects.filter(pk=answered.pk).update(status="snoozed")
    assert redistribute(cast.ana.pk) == 1
    answered.refresh_from_db()
    assert (answered.status, answered.assignee) == ("snoozed", cast.ana)


@pytest.mark.shows("B-06")
def test_a_deactivated_agents_conversations_do_not_stay_with_them(cast: Cast) -> None:
    begin_session(cast.ana)
    conversation = factories.taken_conversation(cast)
    deactivate_user(cast.ana.pk, by=cast.admin)
    assert rescue_orphans() == 1
    conversation.refresh_from_db()
    assert conversation.status == "queued"
    # Even where something opened an auxiliary for them since.
    take_conversation(conversation.pk, by=cast.luis)
    assert rescue_orphans() == 0


@pytest.mark.shows("B-06")
def test_what_no_hint_told_of_the_sweeper_finds(cast: Cast) -> None:
    left(cast)
    # A program stands in no auxiliary, and leaves none.
    program = factories.agent_of(cast, "programa")
    factories.taken_conversation(cast, by=program)
    assert abandoning_user_ids() == [cast.ana.pk]
    assert rescue_orphans() == 2
    assert rescue_orphans() == 0
    assert Conversation.objects.filter(assignee=program).count() == 1


# --- The way out --------------------------------------------------------------------------------------------------------------


def signed_in(user: User, *, may_leave: bool) -> Client:
    User.objects.filter(pk=user.pk).update(may_log_out_with_active=may_leave)
    # Whoever had a panel open in an earlier test.
    redis().delete(presence.key())
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    begin_session(user)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("api:me")).status_code == 200


@pytest.mark.shows("B-06", "B-05")
def test_who_may_not_leave_work_to_others_is_told_how_much_there_is(cast: Cast) -> None:
    ana = signed_in(cast.ana, may_leave=False)
    first, second = factories.taken_conversation(cast), factories.taken_conversation(cast)
    with translation.override("es"):
        answer = ana.post(reverse("account_logout"))
    assert answer.status_code == 409
    assert "Tienes 2 conversaciones en curso. Finalízalas o devuélvelas antes de salir." in answer.content.decode()
    assert is_in(ana)
    assert AgentStateInterval.objects.filter(user=cast.ana, ended_at=None).exists()
    for conversation in (first, second):
        release_conversation(conversation.pk, by=cast.ana)
    assert ana.post(reverse("account_logout")).status_code == 302
    assert not is_in(ana)
    assert not AgentStateInterval.objects.filter(user=cast.ana, ended_at=None).exists()


@pytest.mark.shows("B-06")
def test_who_may_leave_does_and_their_work_is_for_the_others(cast: Cast) -> None:
    ana = signed_in(cast.ana, may_leave=True)
    conversation = factories.taken_conversation(cast)
    assert ana.get(reverse("account_logout")).status_code == 200
    assert ana.post(reverse("account_logout")).status_code == 302
    assert not is_in(ana)
    assert rescue_orphans() == 1
    conversation.refresh_from_db()
    assert conversation.status == "queued"


def test_one_of_two_browsers_may_always_be_left(cast: Cast) -> None:
    ana = signed_in(cast.ana, may_leave=False)
    conversation = factories.taken_conversation(cast)
    presence.note_connected(cast.ana.pk, "another browser")
    try:
        assert ana.post(reverse("account_logout")).status_code == 302
    finally:
        presence.note_gone(cast.ana.pk, "another browser")
    assert not is_in(ana)
    # She is here still: nothing is taken from her.
    assert redistribute(cast.ana.pk) == 0
    conversation.refresh_from_db()
    assert conversation.assignee == cast.ana


def test_a_closed_or_snoozed_one_holds_nobody_back(cast: Cast) -> None:
    ana = signed_in(cast.ana, may_leave=False)
    conversation = factories.taken_conversation(cast)
    Conversation.objects.filter(pk=conversation.pk).update(status="snoozed")
    assert ana.post(reverse("account_logout")).status_code == 302


def test_whoever_is_not_signed_in_leaves_as_ever(cast: Cast) -> None:
    assert Client().post(reverse("account_logout")).status_code == 302
    assert Client().get(reverse("account_logout")).status_code == 302


def test_switching_auxiliary_is_no_leaving(cast: Cast) -> None:
    begin_session(cast.ana)
    conversation = factories.taken_conversation(cast)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    assert rescue_orphans() == 0
    conversation.refresh_from_db()
    assert conversation.assignee == cast.ana
