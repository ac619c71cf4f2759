"""The right to work on something: one holder at a time, given back by itself when the holder dies."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest
import time_machine
from django.db import connection

from core import leases
from core.models import Lease
from tests.concurrency import all_well, together

pytestmark = pytest.mark.django_db


def let_time_pass(key: str, *, seconds: float) -> None:
    """As if the lease had been taken that much earlier: it is the database's clock that counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_lease SET locked_until = locked_until - %s * interval '1 second' WHERE key = %s",
            [seconds, key],
        )


def test_the_second_taker_gets_none_until_it_is_given_back() -> None:
    lease = leases.take("outbox:7", seconds=60)
    assert lease is not None
    assert lease.attempt == 1
    assert leases.take("outbox:7", seconds=60) is None
    assert leases.take("outbox:8", seconds=60) is not None
    leases.release(lease)
    again = leases.take("outbox:7", seconds=60)
    assert again is not None
    assert (again.attempt, again.token == lease.token) == (1, False)


def test_it_runs_out_by_the_databases_clock() -> None:
    first = leases.take("outbox:7", seconds=60)
    assert first is not None
    let_time_pass("outbox:7", seconds=59)
    assert leases.take("outbox:7", seconds=60) is None
    let_time_pass("outbox:7", seconds=2)
    second = leases.take("outbox:7", seconds=60)
    assert second is not None
    # Begun twice, never ended: whoever sees a high number knows that this work kills its workers.
    assert second.attempt == 2


@pytest.mark.shows("R46")
def test_a_worker_whose_own_clock_is_wrong_takes_nothing_from_others() -> None:
    assert leases.take("outbox:7", seconds=60) is not None
    for wrong in ("2000-01-01", "2100-01-01"):
        with time_machine.travel(wrong, tick=False):
            assert leases.take("outbox:7", seconds=60) is None


def test_who_lost_it_cannot_renew_it_nor_give_it_back() -> None:
    lost = leases.take("outbox:7", seconds=60)
    assert lost is not None
    let_time_pass("outbox:7", seconds=61)
    now = leases.take("outbox:7", seconds=60)
    assert now is not None
    assert leases.renew(lost, seconds=60) is False
    leases.release(lost)
    assert leases.take("outbox:7", seconds=60) is None
    assert leases.renew(now, seconds=60) is True


def test_one_that_ran_out_and_nobody_took_can_still_be_renewed() -> None:
    lease = leases.take("outbox:7", seconds=60)
    assert lease is not None
    let_time_pass("outbox:7", seconds=61)
    assert leases.renew(lease, seconds=60) is True
    assert leases.take("outbox:7", seconds=60) is None


def test_renewing_counts_from_now() -> None:
    lease = leases.take("outbox:7", seconds=10)
    assert lease is not None
    assert leases.renew(lease, seconds=1000)
    let_time_pass("outbox:7", seconds=900)
    assert leases.take("outbox:7", seconds=60) is None


def test_it_is_given_back_at_the_end_whatever_happens() -> None:
    with contextlib.suppress(ZeroDivisionError), leases.held("outbox:7", seconds=60) as lease:
        assert lease is not None
        with leases.held("outbox:7", seconds=60) as second:
            assert second is None
        raise ZeroDivisionError
    assert not Lease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_ask_at_once_one_gets_it() -> None:
    for number in range(3):
        given = all_well(together([partial(leases.take, f"run:{number}", seconds=60)] * 20))
        assert sum(lease is not None for lease in given) == 1
