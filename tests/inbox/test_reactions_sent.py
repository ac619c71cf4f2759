"""Reactions of ours: one on a message, changed, taken off."""

from __future__ import annotations

import pytest
import time_machine
from django.utils import timezone

from core.refusals import Invalid
from inbox.actions.reacting import react
from inbox.events import MessageQueued, MessagesChanged
from inbox.models import Message, OutboxEntry, Reaction
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast
from tests.inbox.conftest import Provider
from tests.inbox.test_kinds_sent import ours, send
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused


def test_a_reaction_shows_at_once_and_leaves_no_bubble_and_no_preview(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    theirs = conversation.messages.get()
    conversation.refresh_from_db()
    before = (
        conversation.preview,
        conversation.needs_first_reply,
        conversation.answered,
        conversation.last_activity_at,
    )
    with announced() as facts:
        react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="👍")
    assert facts == [MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=theirs.pk)]  # fmt: skip
    reaction = Reaction.objects.get()
    assert (reaction.message, reaction.direction, reaction.emoji, reaction.status, reaction.author) == (
        theirs, "out", "👍", "queued", cast.ana,
    )  # fmt: skip
    assert Message.objects.get(pk=theirs.pk).change > theirs.change
    with announced() as facts:
        assert drain_outbox(conversation.pk) == 1
    assert facts == [MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(theirs.pk,))]
    (sent,) = provider.sent()
    assert sent.content == {"reaction": {"message_id": theirs.provider_id, "emoji": "👍"}}
    assert sent.reply_to == ""
    assert Reaction.objects.get().status == "sent"
    conversation.refresh_from_db()
    assert (conversation.preview, conversation.needs_first_reply, conversation.answered, conversation.last_activity_at) == before  # fmt: skip
    assert conversation.messages.count() == 1
    check_invariants()


@pytest.mark.shows("R16", "R17")
def test_a_second_thought_takes_the_first_ones_place_and_leaves_in_typed_order(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    theirs = conversation.messages.get()
    react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="👍")
    send(conversation, cast, "Uno")
    react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="❤️")
    with nothing_happens():
        assert react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="❤️")[1] is False
    drain_outbox(conversation.pk)
    assert [each.text for each in provider.sent()] == ["Uno", "❤️"]
    react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="")
    drain_outbox(conversation.pk)
    assert [each.text for each in provider.sent()] == ["Uno", "❤️", ""]
    assert Reaction.objects.get().emoji == ""


@pytest.mark.shows("R13")
def test_a_reaction_whose_answer_was_lost_is_simply_sent_again(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    react(conversation.pk, by=cast.ana, message_id=conversation.messages.get().pk, emoji="👍")
    provider.simulator.faults(lost_answer=1.0)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        drain_outbox(conversation.pk)
        assert Reaction.objects.get().status == "queued"
        provider.simulator.faults()
        clock.shift(5)
        drain_outbox(conversation.pk)
    assert Reaction.objects.get().status == "sent"
    assert not OutboxEntry.objects.exists()


def test_a_reaction_that_was_refused_says_so_and_may_be_tried_again(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    theirs = conversation.messages.get()
    react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="👍")
    provider.simulator.faults(scripts=[{"code": 131009, "times": 1}])
    drain_outbox(conversation.pk)
    reaction = Reaction.objects.get()
    assert (reaction.status, reaction.failure_code) == ("failed", 131009)
    assert react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="👍")[1] is True
    drain_outbox(conversation.pk)
    assert Reaction.objects.get().status == "sent"


@pytest.mark.parametrize("emoji", ["x", "hola", "👍👍", "<b>", "1", "👍 "])
def test_a_reaction_is_one_emoji(cast: Cast, emoji: str) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid) as refusal:
        react(conversation.pk, by=cast.ana, message_id=conversation.messages.get().pk, emoji=emoji)
    assert list(refusal.value.fields) == ["reaction.emoji"]


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👩‍👩‍👧", "🇵🇾", "👍🏽", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_composed_emoji_are_one_emoji(cast: Cast, emoji: str) -> None:
    conversation = factories.taken_conversation(cast)
    assert react(conversation.pk, by=cast.ana, message_id=conversation.messages.get().pk, emoji=emoji)[1]


@pytest.mark.shows("S02")
def test_another_conversations_message_a_note_or_an_unsent_one_is_not_reacted_to(cast: Cast) -> None:
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    unsent = send(conversation, cast, "Aún no")
    for message in (other.messages.get(), unsent):
        with refused(Invalid) as refusal:
            react(conversation.pk, by=cast.ana, message_id=message.pk, emoji="👍")
        assert list(refusal.value.fields) == ["reaction.message"]
