"""Another agent, or another campaign: who may, whither, why not, and what the next one finds (004-21 … 004-26)."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from accounts.actions import hold_user, switch_aux_state
from accounts.models import AgentStateInterval, AuxState, TeamMember, User
from campaigns.actions import add_agent
from campaigns.models import Campaign
from core.models import JournalEntry, JournalValue
from core.refusals import Invalid, NotFound, Refusal
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.leaving import redistribute
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.actions.transferring import transfer_to_agent, transfer_to_campaign
from inbox.api import details
from inbox.api.attention import transfer_offer
from inbox.errors import (
    AlreadyClosed,
    AnotherIsOpen,
    AuxStateForbids,
    NoteRequired,
    NotYours,
    TargetUnavailable,
    TransferUnavailable,
    TypificationNotOffered,
)
from inbox.events import ConversationAssigned, ConversationsQueued, ConversationTransferred
from inbox.models import Assignment, Conversation, Message, Transfer
from inbox.models.conversation import Status
from tests import factories
from tests.concurrency import scaled, together
from tests.factories import Cast, identity, inbound
from tests.inbox.test_assignment import put_into
from tests.inbox.test_preview import opened, worked_base
from tests.invariants import check_invariants
from tests.witness import announced, refused

WHY = "Pide hablar de la factura"


def ready(cast: Cast, name: str = "beto") -> User:
    """One more agent of Ana's campaign, online."""
    user = factories.agent_of(cast, name)
    put_into(user, "social_new_and_active")
    return user


def sharing(cast: Cast) -> Campaign:
    """Eva's campaign attends the same number."""
    cast.account.campaigns.add(cast.other_campaign)
    return cast.other_campaign


# --- To an agent --------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-22", "004-24", "004-26")
def test_the_next_agent_has_it_anew_and_reads_why(cast: Cast) -> None:
    beto = ready(cast)
    sender = identity("595981888000")
    conversation = factories.taken_conversation(cast, sender=sender)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Te escucho")
    receive_messages(cast.account, [inbound("¿Y mi factura?", sender=sender)])
    with announced() as facts:
        transfer = transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=f"  {WHY} ")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("assigned", beto)
    # New to them: the red dot, and what nobody has read, which is what came before our last word too (001-14, 001-15).
    assert (conversation.needs_first_reply, conversation.answered, conversation.unread) == (True, False, 2)
    assert ConversationAssigned(conversation_ids=(conversation.pk,), user_id=beto.pk, by_id=cast.ana.pk) in facts
    assert facts[-1] == ConversationTransferred(conversation_ids=(conversation.pk,), by_id=cast.ana.pk)
    assert (transfer.from_user, transfer.to_user, transfer.note) == (cast.ana, beto, WHY)
    assert transfer.typification.system_code == "transfer"
    event = conversation.events.get(kind="transferred")
    assert (event.actor, event.details["assignee_name"], event.details["note"]) == (cast.ana, beto.name, WHY)
    assert event.details["typification"] == "Transferencia"
    assert Assignment.objects.get(conversation=conversation, ended_at=None).user == beto
    check_invariants(outbox_is_empty=False)


@pytest.mark.shows("004-26")
def test_why_stands_in_the_journal_apart_from_what_erasure_keeps(cast: Cast) -> None:
    beto = ready(cast)
    conversation = factories.taken_conversation(cast)
    transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY)
    entry = JournalEntry.objects.get(verb="conversation_transferred")
    assert (entry.actor_id, entry.subject_id) == (cast.ana.pk, str(conversation.pk))
    assert WHY not in str(entry.details)
    assert JournalValue.objects.get(entry=entry).value == WHY


@pytest.mark.shows("004-26")
@pytest.mark.parametrize("note", ["", "   ", "\x00"])
def test_nothing_is_transferred_without_a_reason(cast: Cast, note: str) -> None:
    beto = ready(cast)
    conversation = factories.taken_conversation(cast)
    with refused(NoteRequired) as refusal:
        transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=note)
    assert list(refusal.value.fields) == ["note"]
    with refused(Invalid):
        transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note="x" * 4001)


@pytest.mark.shows("004-23", "B-05")
def test_who_cannot_get_it_is_shown_with_the_reason_and_refused_with_it(cast: Cast) -> None:
    beto, caro, dora, elio = (factories.agent_of(cast, name) for name in ("beto", "caro", "dora", "elio"))
    put_into(beto, "social_new_and_active")
    put_into(caro, "break")
    add_agent(cast.campaign, dora, by=None, channels=["email"])
    put_into(dora, "social_new_and_active")
    # Signed in, and the panel closed.
    switch_aux_state(elio, AuxState.objects.get(code="social_new_and_active"))
    factories.be_away(elio)
    conversation = factories.taken_conversation(cast)
    with translation.override("es"):
        offer = transfer_offer(conversation, cast.ana)
        reasons = {each["name"]: each["reason"] for each in offer["agents"]}
        assert next(iter(reasons)) == beto.name
        assert reasons == {
            beto.name: "",
            caro.name: "Caro no está en línea: su auxiliar no recibe conversaciones nuevas.",
            dora.name: "Dora no atiende este canal.",
            elio.name: "Elio no está conectado.",
        }
        for user in (caro, dora, elio):
            with refused(TargetUnavailable) as refusal:
                transfer_to_agent(conversation.pk, by=cast.ana, user_id=user.pk, note=WHY)
            assert refusal.value.message == reasons[user.name]
        for nobody in (cast.eva.pk, cast.luis.pk, 987_654_321):
            with refused(TargetUnavailable) as refusal:
                transfer_to_agent(conversation.pk, by=cast.ana, user_id=nobody, note=WHY)
            assert refusal.value.message == "No es agente de esta campaña."
        with refused(TargetUnavailable):
            transfer_to_agent(conversation.pk, by=cast.ana, user_id=cast.ana.pk, note=WHY)


@pytest.mark.shows("000-02", "004-23", "B-05")
def test_who_has_a_record_open_is_handed_no_chat_unless_the_campaign_blends_both(cast: Cast) -> None:
    beto = ready(cast)
    opened(worked_base(cast), beto)
    conversation = factories.taken_conversation(cast)
    with translation.override("es"):
        (offered,) = transfer_offer(conversation, cast.ana)["agents"]
        assert (offered["allowed"], offered["reason"]) == (False, "Beto tiene un registro abierto en preview.")
        with refused(TargetUnavailable) as refusal:
            transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY)
        assert refusal.value.message == offered["reason"]
    Campaign.objects.filter(pk=cast.campaign.pk).update(blending=True)
    assert transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY).to_user == beto


@pytest.mark.shows("004-23", "B-05")
def test_a_campaign_without_the_channel_hands_nothing_of_it_on(cast: Cast) -> None:
    """Its number was taken from it while a conversation went on."""
    beto = ready(cast)
    conversation = factories.taken_conversation(cast)
    cast.account.campaigns.remove(cast.campaign)
    with translation.override("es"):
        (offered,) = transfer_offer(conversation, cast.ana)["agents"]
        assert (offered["id"], offered["allowed"]) == (beto.pk, False)
        assert offered["reason"] == "Altas no atiende este canal."
        with refused(TargetUnavailable) as refusal:
            transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY)
        assert refusal.value.message == offered["reason"]
    # Another account of the same channel is enough.
    factories.account_of(cast.campaign)
    assert transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY).to_user == beto


@pytest.mark.shows("004-21", "B-05")
def test_below_two_campaigns_nothing_is_transferred_unless_the_installation_lets_agents(
    cast: Cast, settings: Settings
) -> None:
    beto = ready(cast)
    conversation = factories.taken_conversation(cast)
    assert details.conversation_detail(conversation.pk, cast.ana)["actions"]["transfer"]["allowed"] is True
    Campaign.objects.filter(pk=cast.other_campaign.pk).update(state="finished")
    with translation.override("es"):
        shown = details.conversation_detail(conversation.pk, cast.ana)["actions"]["transfer"]
        assert shown["reason"] == "Para transferir hacen falta dos o más campañas."
        with refused(TransferUnavailable) as refusal:
            transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY)
        assert refusal.value.message == shown["reason"]
    settings.TRANSFER_WITHIN_ONE_CAMPAIGN = True
    assert transfer_to_agent(conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY).to_user == beto


@pytest.mark.shows("004-21", "S01", "B-05")
def test_who_may_not_transfer_is_told_why_and_nothing_moves(cast: Cast) -> None:
    beto, caro = ready(cast), ready(cast, "caro")
    conversation = factories.taken_conversation(cast)
    give = partial(transfer_to_agent, conversation.pk, user_id=caro.pk, note=WHY)
    with refused(NotFound):
        give(by=cast.eva)
    with refused(NotFound):
        give(by=beto)
    put_into(cast.ana, "break")
    with refused(AuxStateForbids):
        give(by=cast.ana)
    put_into(cast.ana, "social_new_and_active")
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_transfer=False)
    with refused(TransferUnavailable):
        give(by=cast.ana)
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_transfer=True)
    with refused(TypificationNotOffered):
        give(by=cast.ana, typification_id=factories.leaf().pk)
    # Who supervises steps in, whoever holds it.
    assert give(by=cast.luis).from_user == cast.ana
    with refused(NotFound):
        give(by=cast.ana)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(AlreadyClosed):
        give(by=cast.luis)


def test_who_sees_the_team_and_holds_nothing_asks_the_holder(cast: Cast) -> None:
    beto = ready(cast)
    beto.user_permissions.add(factories.permission("view_team_conversations"))
    conversation = factories.taken_conversation(cast)
    with refused(NotYours):
        transfer_to_agent(conversation.pk, by=User.objects.get(pk=beto.pk), user_id=beto.pk, note=WHY)


@pytest.mark.shows("R32")
@pytest.mark.faults
def test_who_leaves_in_the_same_moment_keeps_nobodys_conversation(committed_cast: Cast) -> None:
    """Refused, or back in the queue: never in the hands of somebody who is gone."""
    cast = committed_cast
    beto = ready(cast)

    def leave() -> int:
        # As `end_session` and what follows its commit.
        from_here = AgentStateInterval.objects.filter(user=beto, ended_at=None)
        with_lock(beto, partial(from_here.update, ended_at=timezone.now()))
        return redistribute(beto.pk)

    for number in range(scaled(small=8, full=300)):
        put_into(beto, "break")
        put_into(beto, "social_new_and_active")
        conversation = factories.taken_conversation(cast, sender=identity(f"59598400{number:04d}"))
        jobs: list[Callable[[], object]] = [
            partial(transfer_to_agent, conversation.pk, by=cast.ana, user_id=beto.pk, note=WHY),
            leave,
        ]
        random.Random(number).shuffle(jobs)
        outcomes = together(jobs)
        assert not [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Refusal)]
        # Whoever transferred after the last look is found by the sweeper.
        redistribute(beto.pk)
        conversation.refresh_from_db()
        assert (conversation.status, conversation.assignee_id) in (("assigned", cast.ana.pk), ("queued", None))
    check_invariants()


def with_lock(user: User, write: Callable[[], object]) -> None:
    with transaction.atomic():
        hold_user(user)
        write()


# --- To a campaign ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-25", "B-05")
def test_only_campaigns_of_the_same_number_are_offered(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    assert transfer_offer(conversation, cast.ana)["campaigns"] == []
    with refused(TargetUnavailable):
        transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=cast.other_campaign.pk, note=WHY)
    sharing(cast)
    (offered,) = transfer_offer(conversation, cast.ana)["campaigns"]
    assert (offered["id"], offered["allowed"], offered["joins"]) == (cast.other_campaign.pk, True, False)
    Campaign.objects.filter(pk=cast.other_campaign.pk).update(state="paused")
    with translation.override("es"):
        (offered,) = transfer_offer(conversation, cast.ana)["campaigns"]
        assert offered["reason"] == "La campaña Reclamos está «En pausa» ahora."
        with refused(TargetUnavailable) as refusal:
            transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=cast.other_campaign.pk, note=WHY)
        assert refusal.value.message == offered["reason"]


@pytest.mark.shows("004-22", "004-25")
def test_it_waits_in_the_other_campaign_whose_team_sees_it(cast: Cast) -> None:
    target = sharing(cast)
    conversation = factories.taken_conversation(cast)
    with refused(NotFound):
        take_conversation(conversation.pk, by=cast.eva)
    with announced() as facts:
        transfer = transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=target.pk, note=WHY)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.campaign) == ("queued", None, target)
    assert (conversation.team, conversation.needs_first_reply, conversation.unread) == (cast.other_team, True, 1)
    assert conversation.awaits_greeting is False
    assert ConversationsQueued(conversation_ids=(conversation.pk,)) in facts
    assert (transfer.to_campaign, transfer.joined_to) == (target, None)
    assert conversation.contact.teams.filter(pk=cast.other_team.pk).exists()
    # Who gave it away does not see it any more.
    with refused(NotFound):
        transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=cast.campaign.pk, note=WHY)
    assert take_conversation(conversation.pk, by=cast.eva).assignee == cast.eva
    check_invariants()


@pytest.mark.shows("004-25")
def test_where_they_talk_already_it_goes_on_there(cast: Cast) -> None:
    """One person has one live conversation in a campaign (DOMAIN.md)."""
    target = sharing(cast)
    conversation = factories.taken_conversation(cast, sender=identity("595981777000"))
    there = Conversation.objects.create(
        contact=conversation.contact,
        contact_point=conversation.contact_point,
        channel_account=cast.account,
        campaign=target,
        team=cast.other_team,
        last_activity_at=timezone.now(),
    )
    said = Message.objects.get(conversation=conversation, direction="in")
    said.pk, said.uuid, said.conversation, said.provider_id = None, factories.client_id(), there, "wamid.there"
    said.save()
    assert transfer_offer(conversation, cast.ana)["campaigns"][0]["joins"] is True
    ask = partial(transfer_to_campaign, conversation.pk, by=cast.ana, campaign_id=target.pk, note=WHY)
    with refused(AnotherIsOpen) as refusal:
        ask()
    assert refusal.value.extra == {"joins": True}
    transfer = ask(joins=True)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.close_mode) == ("closed", "merged")
    assert conversation.typification is not None
    assert conversation.typification.system_code == "duplicate"
    assert transfer.joined_to == there
    note = Message.objects.get(conversation=there, is_note=True)
    there.refresh_from_db()
    # It is new to whoever has it there.
    assert there.unread == 1
    assert (note.is_note, note.text, note.author) == (True, WHY, cast.ana)


# --- At once, and over REST ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("R31")
@pytest.mark.faults
def test_transferring_taking_closing_and_letting_go_at_once_end_in_one_legal_state(committed_cast: Cast) -> None:
    cast = committed_cast
    target = sharing(cast)
    beto = ready(cast)
    User.objects.update(capacity={"whatsapp": 10_000})
    outcome = factories.leaf().pk
    for number in range(scaled(small=8, full=500)):
        sender = identity(f"59598320{number:04d}")
        pk = factories.taken_conversation(cast, sender=sender).pk
        jobs: list[Callable[[], object]] = [
            partial(transfer_to_agent, pk, by=cast.ana, user_id=beto.pk, note=WHY),
            partial(transfer_to_campaign, pk, by=cast.luis, campaign_id=target.pk, note=WHY),
            partial(take_conversation, pk, by=cast.luis),
            partial(release_conversation, pk, by=cast.luis),
            partial(close_conversation, pk, by=cast.luis, typification_id=outcome),
            partial(receive_messages, cast.account, [inbound("¿Y?", sender=sender)]),
        ]
        random.Random(number).shuffle(jobs)
        outcomes = together(jobs)
        wrong = [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Refusal)]
        assert wrong == []
        conversation = Conversation.objects.get(pk=pk)
        if conversation.status == Status.QUEUED:
            assert conversation.assignee is None
    check_invariants(outbox_is_empty=False)


@pytest.mark.shows("004-22", "004-26", "S01")
def test_over_rest(cast: Cast) -> None:
    target = sharing(cast)
    beto = ready(cast)
    conversation = factories.taken_conversation(cast)
    client = Client()
    client.force_login(cast.ana)
    address = f"/api/v1/conversations/{conversation.pk}/transfer/"
    offer = client.get(address).json()
    assert [each["id"] for each in offer["agents"] if each["allowed"]] == [beto.pk]
    assert [each["id"] for each in offer["campaigns"]] == [target.pk]
    assert offer["default"] in [each["id"] for each in offer["typifications"]]
    for body, status in (
        ({"note": WHY}, 400),
        ({"user": beto.pk, "campaign": target.pk, "note": WHY}, 400),
        ({"user": beto.pk}, 409),
        ({"user": beto.pk, "note": WHY}, 204),
        ({"user": beto.pk, "note": WHY}, 404),
    ):
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == status, (body, answer.content)
    assert Transfer.objects.count() == 1
    client.force_login(cast.eva)
    assert client.get(address).status_code == 404
    client.force_login(cast.luis)
    answer = client.post(address, {"campaign": target.pk, "note": WHY}, content_type="application/json")
    # A supervisor of one team does not see the other's.
    assert answer.status_code == 204
    TeamMember.objects.create(user=cast.luis, team=cast.other_team, is_supervisor=True)
    assert client.get(address).status_code == 200
