"""The control of R36: tests.core.impatient, but whoever has the task has the work. `celery -A tests.core.unleased worker`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import django

from tests.core.impatient import app

django.setup()

from core import leases  # noqa: E402  # models come after the set-up
from inbox.actions import delivery  # noqa: E402
from inbox.actions.lanes import Lane  # noqa: E402
from inbox.models import OutboxEntry  # noqa: E402

__all__ = ["app"]


@contextmanager
def everybody(key: str, *, seconds: float) -> Iterator[leases.HeldLease]:
    yield leases.HeldLease(key=key, token=uuid.uuid4(), attempt=1)


def oldest(lane: Lane) -> OutboxEntry | None:
    return OutboxEntry.objects.filter(contact_point_id=lane[1]).order_by("id").first()


leases.held = everybody
delivery.next_due = oldest
delivery.claim = lambda *_entry_and_lease, seconds: True
