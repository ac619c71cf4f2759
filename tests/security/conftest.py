"""Two teams at work, and everybody's way in."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actions import pushing
from accounts.models import User
from core.misses import MissRate
from tests import factories
from tests.security.matrix import World
from tests.security.world import make_ours, make_theirs, signed_in, with_token


@pytest.fixture
def world(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> World:
    # Who tries every door of another team misses hundreds of times; that this has a rate is shown in test_guessing.py.
    monkeypatch.setattr(MissRate, "THROTTLE_RATES", {"misses": None})
    # As `seed` does.
    pushing.push_settings()
    made = World(cast=cast, ours=make_ours(cast), theirs=make_theirs(cast))
    people: dict[str, User] = {"ana": cast.ana, "luis": cast.luis, "eva": cast.eva, "admin": cast.admin}
    made.clients = {"nobody": Client()} | {name: signed_in(user) for name, user in people.items()}
    made.clients |= {f"token of {name}": with_token(people[name]) for name in ("ana", "eva")}
    return made
