"""Turning the crank of the inbound pipeline."""

from __future__ import annotations

import datetime
import logging

from celery import shared_task
from django.db import connection
from kombu.exceptions import OperationalError as BrokerAway

from core.counters import count
from core.realtime.bus import Breaker
from webhooks.actions import BATCH, claim_deliveries, forget_letters, take_in_deliveries

logger = logging.getLogger(__name__)

# A task is short: what is left after so many batches is taken by the next hint or the sweeper.
BATCHES = 20
MONTHS_AHEAD = 3
breaker = Breaker()


def hint_ingest() -> None:
    """Tell the workers that deliveries wait. Dropped while the broker is away: the beat asks every two seconds anyway."""
    if not breaker.is_open():
        return
    try:
        ingest.delay()
    except (BrokerAway, OSError) as error:
        breaker.trip()
        logger.warning("broker away, left to the sweeper: %s", type(error).__name__)


@shared_task
def ingest() -> int:
    """Process waiting deliveries, batch by batch; return how many."""
    total = 0
    for _round in range(BATCHES):
        deliveries = claim_deliveries(limit=BATCH)
        if not deliveries:
            break
        take_in_deliveries(deliveries)
        total += len(deliveries)
        count("deliveries_processed", len(deliveries))
    return total


@shared_task
def make_partitions() -> None:
    """Make the next months' partitions of the deliveries. A default partition catches what none was made for."""
    first = datetime.datetime.now(datetime.UTC).date().replace(day=1)
    with connection.cursor() as cursor:
        for _month in range(MONTHS_AHEAD + 1):
            after = (first + datetime.timedelta(days=32)).replace(day=1)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS webhooks_delivery_{first:%Y_%m} PARTITION OF webhooks_delivery "
                f"FOR VALUES FROM ('{first:%Y-%m-%d}+00') TO ('{after:%Y-%m-%d}+00')"
            )
            first = after


@shared_task
def forget_dead_letters() -> int:
    return forget_letters()
