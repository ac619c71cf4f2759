"""Promises of several agents, for what moves them."""

from __future__ import annotations

import datetime
import random
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from contacts.models import Contact
from inbox.models import Callback
from processes.actions.asking import ask_for_run, freeze
from processes.catalogue import process_of
from processes.models import Run
from tests.contacts.people import person
from tests.factories import Cast


def promised(cast: Cast, owner: User | None, **said: Any) -> Callback:
    """One more callback of somebody's, tomorrow unless told otherwise."""
    contact: Contact = said.pop("contact", None) or person(cast.team)
    values: dict[str, Any] = {
        "campaign": cast.campaign,
        "kind": "personal" if owner is not None else "global",
        "due_at": timezone.now() + datetime.timedelta(days=1),
        "interaction_id": uuid.uuid4(),
    }
    return Callback.objects.create(contact=contact, owner=owner, **(values | said))


def many_promised(cast: Cast, owners: list[User], how_many: int, *, seed: int = 3) -> list[Callback]:
    dice = random.Random(seed)
    now = timezone.now()
    return [
        promised(cast, dice.choice(owners), due_at=now + datetime.timedelta(hours=dice.randint(-48, 48)))
        for _ in range(how_many)
    ]


def handing(*sources: User, to: list[User], by: User, campaigns: tuple[Campaign, ...] = (), due: str = "") -> Run:
    """A previewed reassignment."""
    said = {
        "sources": sorted(each.pk for each in sources),
        "targets": sorted(each.pk for each in to),
        "campaigns": sorted(each.pk for each in campaigns),
        "due": due,
    }
    run = ask_for_run(process_of("reassigning"), said, submission=uuid.uuid4(), by=by)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def picture() -> list[dict[str, Any]]:
    return list(Callback.objects.order_by("pk").values())
