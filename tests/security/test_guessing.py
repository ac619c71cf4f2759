"""Whoever tries ids one after the other, or makes some up, finds nothing that is not theirs (S11)."""

from __future__ import annotations

import datetime
import random
import uuid
from collections import Counter

import pytest
from django.core.cache import cache
from django.utils import timezone

from core import misses
from core.cache import OutageTolerantRedisCache
from core.misses import MissRate
from inbox.models import Callback, Conversation, Offer, ScheduledMessage
from tests import factories
from tests.concurrency import scaled
from tests.figures import figure
from tests.security.matrix import World
from tests.untouched import untouched

CHAT = "/api/v1/conversations/"


@pytest.mark.shows("S11", "S02")
@pytest.mark.faults
def test_made_up_and_neighbouring_ids_reach_nothing(world: World) -> None:
    """With no rate in their way: what keeps them out is whose things are."""
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


@pytest.mark.shows("S11")
@pytest.mark.faults
def test_whoever_guesses_has_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    eva, most = world.clients["eva"], 20
    monkeypatch.setattr(MissRate, "THROTTLE_RATES", {"misses": f"{most}/hour"})
    theirs, ours = (f"{CHAT}{each.conversation_id}/" for each in (world.theirs, world.ours))
    assert eva.get(theirs).status_code == 200
    guesses = scaled(small=60, full=1000)
    answers = Counter(eva.get(f"/api/v1/media/{uuid.uuid4()}/").status_code for _each in range(guesses))
    assert answers == {404: most, 429: guesses - most}
    # Told in words, at each door, with how long; what is there and theirs is no different from what is not.
    for address in (theirs, ours, f"{CHAT}{2**40}/", f"/contacts/{2**40}/"):
        answer = eva.get(address)
        assert answer.status_code == 429, address
        assert int(answer["Retry-After"]) > 0
    assert eva.get(theirs).json()["error"]["code"] == "throttled"
    program = world.clients["token of eva"].get(theirs)
    assert (program.status_code, program.json()["error"]["code"]) == (429, "throttled")
    # Nothing is done either, and their lists and their leaving go on; so does everybody else.
    with untouched():
        assert eva.put(f"{theirs}read/", {}, "application/json").status_code == 429
    assert eva.get(CHAT).status_code == 200
    assert eva.get("/api/v1/me/").status_code == 200
    assert world.clients["ana"].get(ours).status_code == 200
    # Once the time is over they work on.
    cache.delete(misses.key_of(world.cast.eva.pk))
    assert eva.get(theirs).status_code == 200
    figure("S11", f"{most} answered 404, {guesses - most} refused unread; unthrottled: all {guesses} answered", data=f"{most} misses allowed in the test, 240 a minute in life", samples=guesses)  # fmt: skip


@pytest.mark.shows("S11")
def test_a_programs_misses_are_its_users(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MissRate, "THROTTLE_RATES", {"misses": "3/hour"})
    program, eva = world.clients["token of eva"], world.clients["eva"]
    for _each in range(3):
        assert program.get(f"/api/v1/media/{uuid.uuid4()}/").status_code == 404
    assert program.get(f"/api/v1/media/{uuid.uuid4()}/").status_code == 429
    assert eva.get(f"{CHAT}{world.theirs.conversation_id}/").status_code == 429
    # An address that leads nowhere names nothing, and who is not signed in is nobody.
    assert eva.get("/nowhere/").status_code == 404
    assert world.clients["nobody"].get(f"/api/v1/media/{uuid.uuid4()}/").status_code == 401


@pytest.mark.shows("S11", "R07")
def test_without_redis_nobody_is_locked_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttles fail open: a restart of Redis must not stop a contact centre's work."""
    monkeypatch.setattr(MissRate, "THROTTLE_RATES", {"misses": "1/hour"})
    away = OutageTolerantRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    monkeypatch.setattr(misses, "cache", away)
    eva = world.clients["eva"]
    for _each in range(3):
        assert eva.get(f"/api/v1/media/{uuid.uuid4()}/").status_code == 404
    assert eva.get(f"{CHAT}{world.theirs.conversation_id}/").status_code == 200
