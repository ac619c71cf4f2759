"""What could not be taken in becomes a dead letter: once each, all of a batch together, and no more of one kind than anybody reads."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from core.locks import hold_names
from webhooks.models import DeadLetter, Delivery

# Of one number that nobody connected: enough to see what it is and to play them again. A number that was disconnected at the busiest
# hour would fill the table by the hundred thousand; what comes after these is counted, and lies in its delivery.
KEPT_OF_A_NUMBER = 200
INSERTED_AT_ONCE = 200
# A settled letter is evidence for a while, and then only weight.
KEPT_SETTLED = datetime.timedelta(days=90)
FORGOTTEN_AT_ONCE = 1000

Number = tuple[str, str]  # (app key, the provider's id of the number)


@dataclass(frozen=True)
class Burial:
    """A piece to bury, as a delivery of its own (`body`). `number` is named where nobody connected it, else ""."""

    delivery: Delivery
    body: bytes
    reason: str
    number: str = ""


def bury(burials: Sequence[Burial]) -> None:
    """Write dead letters. The caller has marked their deliveries done in the same transaction, so that nobody else buries them too."""
    fresh = not_buried_yet(burials)
    kept, counted = within_bounds(fresh)
    DeadLetter.objects.bulk_create([letter_of(each) for each in kept], batch_size=INSERTED_AT_ONCE)
    for number, more in sorted(counted.items()):
        count_more(number, more)


def letter_of(burial: Burial) -> DeadLetter:
    return DeadLetter(
        delivery_id=burial.delivery.pk,
        app_key=burial.delivery.app_key,
        number=burial.number[:120],
        reason=burial.reason[:300],
        body=burial.body,
    )


def not_buried_yet(burials: Sequence[Burial]) -> list[Burial]:
    """Those of deliveries that are read for the first time, and of others what does not lie here already."""
    again = {each.delivery.pk for each in burials if each.delivery.attempt > 1}
    if not again:
        return list(burials)
    known = {
        (delivery_id, bytes(body))
        for delivery_id, body in DeadLetter.objects.filter(delivery_id__in=again).values_list("delivery_id", "body")
    }
    return [each for each in burials if (each.delivery.pk, each.body) not in known]


def within_bounds(burials: Sequence[Burial]) -> tuple[list[Burial], Counter[Number]]:
    """Return those to keep, and how many of which number are only counted. The numbers are held meanwhile."""
    of_numbers: dict[Number, list[Burial]] = defaultdict(list)
    for each in burials:
        if each.number:
            of_numbers[each.delivery.app_key, each.number[:120]].append(each)
    kept = [each for each in burials if not each.number]
    counted: Counter[Number] = Counter()
    if of_numbers:
        hold_names(f"dead letters|{app_key}|{number}" for app_key, number in of_numbers)
        waiting = letters_waiting(of_numbers)
        for key, its in of_numbers.items():
            room = max(0, KEPT_OF_A_NUMBER - waiting[key])
            kept += its[:room]
            if len(its) > room:
                counted[key] = len(its) - room
    return kept, counted


def letters_waiting(numbers: dict[Number, list[Burial]]) -> Counter[Number]:
    rows = (
        DeadLetter.objects.filter(state=DeadLetter.State.DEAD, number__in={number for _app_key, number in numbers})
        .order_by()
        .values_list("app_key", "number")
        .annotate(waiting=Count("pk"))
    )
    return Counter({(app_key, number): waiting for app_key, number, waiting in rows})


def count_more(key: Number, more: int) -> None:
    """Say on the number's newest letter how many of its pieces are not kept here. The number is held."""
    app_key, number = key
    letters = DeadLetter.objects.filter(state=DeadLetter.State.DEAD, app_key=app_key, number=number)
    newest = letters.defer("body", "first_body").order_by("-pk").first()
    assert newest is not None, "there is no room only where letters wait"
    total = newest.more + more
    newest.more = total
    newest.reason = f"{unconnected(number)} {total} more of it came and are only counted."
    newest.save(update_fields=["more", "reason"])


def unconnected(number: str) -> str:
    return f"No connected account has the number id {number[:60]}."


def forget_letters() -> int:
    """Delete letters that were replayed or discarded long ago; return how many. What waits for somebody is never deleted."""
    settled_before = timezone.now() - KEPT_SETTLED
    forgotten = 0
    while True:
        old = DeadLetter.objects.filter(settled_at__lt=settled_before).exclude(state=DeadLetter.State.DEAD)
        ids = list(old.order_by("settled_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        forgotten += DeadLetter.objects.filter(pk__in=ids).exclude(state=DeadLetter.State.DEAD).delete()[0]
        if len(ids) < FORGOTTEN_AT_ONCE:
            return forgotten
