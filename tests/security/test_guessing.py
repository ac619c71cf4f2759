"""Whoever tries ids one after the other, or makes some up, finds nothing that is not theirs (S11)."""

from __future__ import annotations

import datetime
import random
import uuid
from collections import Counter

import pytest
from django.utils import timezone

from inbox.models import Callback, Conversation, Offer, ScheduledMessage
from tests import factories
from tests.concurrency import scaled
from tests.figures import figure
from tests.security.matrix import World
from tests.untouched import untouched


@pytest.mark.shows("S11", "S02")
@pytest.mark.faults
def test_made_up_and_neighbouring_ids_reach_nothing(world: World) -> None:
    eva, dice = world.clients["eva"], random.Random(11)
    ours = Conversation.objects.get(pk=world.ours.conversation_id)
    later = timezone.now() + datetime.timedelta(hours=1)
    scheduled = ScheduledMessage.objects.create(
        conversation=ours, author=world.cast.ana, text="Hasta mañana", due_at=later, client_id=uuid.uuid4(), made_at=later
    )  # fmt: skip
    offer = Offer.objects.create(conversation=ours, user=world.cast.ana, offered_at=timezone.now(), until=later)
    mine = {world.theirs.conversation_id}
    answers: Counter[int] = Counter()
    guesses = scaled(small=120, full=1000)
    with untouched():
        for number in range(guesses):
            made_up = uuid.UUID(int=dice.getrandbits(128), version=4)
            near = max(1, offer.pk - guesses // 2 + number)
            for answer in (
                eva.get(f"/api/v1/media/{made_up}/"),
                eva.put(f"/api/v1/calls/{made_up}/outcome/", {"typification": factories.leaf().pk}, "application/json"),
                eva.delete(f"/api/v1/conversations/{ours.pk}/scheduled/{made_up}/"),
                eva.put(f"/api/v1/offers/{near}/answer/"),
                eva.delete(f"/api/v1/offers/{near}/answer/"),
            ):
                answers[answer.status_code] += 1
        # The very ones, too: knowing them is no right to them.
        for path in (
            f"conversations/{ours.pk}/scheduled/{scheduled.uuid}/",
            f"conversations/{world.theirs.conversation_id}/scheduled/{scheduled.uuid}/",
            f"offers/{offer.pk}/answer/",
        ):
            assert eva.delete(f"/api/v1/{path}").status_code == 404
        callbacks = Callback.objects.exclude(owner=world.cast.eva).values_list("pk", flat=True)
        for pk in callbacks:
            assert eva.get(f"/api/v1/callbacks/{pk}/").status_code == 404
        reached = {
            pk for pk in range(1, ours.pk + 50) if eva.get(f"/api/v1/conversations/{pk}/transfer/").status_code == 200
        }
    assert list(callbacks)
    assert answers == {404: 5 * guesses}
    assert reached == mine
    figure("S11", "0 hits", data="files, calls, words for later, offers: made up or beside real ones", samples=5 * guesses)  # fmt: skip
