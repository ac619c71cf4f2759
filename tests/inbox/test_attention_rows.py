"""What the database itself refuses of offers, transfers, callbacks, words for later and exclusive agents."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import ExclusiveAgent
from inbox.models import Callback, Conversation, Offer, ScheduledMessage, Transfer
from tests import factories
from tests.factories import Cast
from typification.models import Typification

NOW = timezone.now()
LATER = NOW + datetime.timedelta(minutes=1)


def offer(cast: Cast, conversation: Conversation, **changes: Any) -> Offer:
    values = {"conversation": conversation, "user": cast.ana, "offered_at": NOW, "until": LATER}
    return Offer.objects.create(**(values | changes))


def transfer(cast: Cast, conversation: Conversation, **changes: Any) -> Transfer:
    values = {
        "conversation": conversation,
        "from_campaign": cast.campaign,
        "to_user": cast.ana,
        "typification": Typification.objects.get(system_code="transfer"),
        "note": "Porque sí",
        "transferred_by": cast.luis,
        "transferred_at": NOW,
    }
    return Transfer.objects.create(**(values | changes))


def callback(cast: Cast, conversation: Conversation, **changes: Any) -> Callback:
    values = {"contact": conversation.contact, "campaign": cast.campaign, "kind": "global", "due_at": LATER}
    return Callback.objects.create(**(values | changes))


def scheduled(cast: Cast, conversation: Conversation, **changes: Any) -> ScheduledMessage:
    values = {
        "conversation": conversation,
        "author": cast.ana,
        "text": "Hola",
        "due_at": LATER,
        "client_id": uuid.uuid4(),
        "made_at": NOW,
    }
    return ScheduledMessage.objects.create(**(values | changes))


def exclusive(cast: Cast, conversation: Conversation, **changes: Any) -> ExclusiveAgent:
    values = {
        "contact": conversation.contact,
        "campaign": cast.campaign,
        "user": cast.ana,
        "set_by": cast.luis,
        "set_at": NOW,
    }
    return ExclusiveAgent.objects.create(**(values | changes))


SAME = uuid.uuid4()
WRONG: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (offer, {"ended_at": LATER}),
    (offer, {"answer": "missed"}),
    (offer, {"until": NOW}),
    (transfer, {"to_user": None}),
    (transfer, {"note": ""}),
    (callback, {"kind": "personal"}),
    (callback, {"state": "done"}),
    (callback, {"ended_at": NOW}),
    (scheduled, {"state": "failed"}),
    (scheduled, {"failure": "window_closed"}),
]


@pytest.mark.parametrize(("make", "changes"), WRONG)
def test_half_a_truth_is_refused(cast: Cast, make: Callable[..., Any], changes: dict[str, Any]) -> None:
    conversation = factories.conversation(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        make(cast, conversation, **changes)


TWICE: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (offer, {}),
    (callback, {"interaction_id": SAME}),
    (scheduled, {"client_id": SAME}),
    (exclusive, {}),
]


@pytest.mark.parametrize(("make", "changes"), TWICE)
def test_what_is_once_is_not_written_twice(cast: Cast, make: Callable[..., Any], changes: dict[str, Any]) -> None:
    conversation = factories.conversation(cast)
    make(cast, conversation, **changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        make(cast, conversation, **changes)


def test_to_both_an_agent_and_a_campaign_is_nowhere(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        transfer(cast, conversation, to_campaign=cast.other_campaign)


def test_what_ended_makes_room_for_another(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    offer(cast, conversation, ended_at=LATER, answer="missed")
    offer(cast, conversation)
    callback(cast, conversation, interaction_id=SAME, state="cancelled", ended_at=NOW)
    callback(cast, conversation, interaction_id=SAME)
    assert (Offer.objects.count(), Callback.objects.count()) == (2, 2)
