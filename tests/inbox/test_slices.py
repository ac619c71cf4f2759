"""Where a search finds many, it is read another way; the answer is the same."""

from __future__ import annotations

import datetime
import itertools

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from inbox.actions.receiving import receive_messages
from inbox.audience import Audience
from inbox.filters import ORDERS, InboxFilter
from inbox.listing import page, slices_of
from inbox.models import Conversation
from inbox.models.conversation import TRAYS, Status
from tests import factories
from tests.factories import Cast, identity, inbound

NAMES = ("Rocío Benítez", "Roberto Benítez", "Ana Robles", "Íñigo Róa", "Carol Ávalos", "Rocío Sosa")


@pytest.fixture
def crowd(cast: Cast) -> Cast:
    """Twelve conversations of people with alike names, in every tray."""
    noon = timezone.now()
    for number, name in enumerate(NAMES * 2):
        sender = identity(f"59599165{number:04d}", name=name)
        receive_messages(cast.account, [inbound(sender=sender, at=noon + datetime.timedelta(minutes=number // 3))])
    everybody = Conversation.objects.order_by("id")
    for conversation, status in zip(
        everybody, itertools.cycle([*TRAYS["pending"], *TRAYS["in_progress"], "closed"]), strict=False
    ):
        conversation.status = status
        conversation.assignee = None if status == Status.QUEUED else cast.ana
        if status == Status.CLOSED:
            conversation.closed_at, conversation.typification = noon, factories.leaf()
            conversation.unread, conversation.waiting_since = 0, None
        conversation.save()
    return cast


@pytest.mark.parametrize("few", [0, 1, 3])
@pytest.mark.parametrize("words", ["ro", "roc", "benitez", "991650"])
@pytest.mark.shows("001-06")
def test_many_found_are_the_same_pages_as_few(
    crowd: Cast, words: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user, order, tray in itertools.product((crowd.ana, crowd.luis, crowd.admin, crowd.eva), ORDERS, (None, *TRAYS)):
        asked = InboxFilter(search=words, order=order, tray=tray)
        whole = asked.apply(Conversation.objects.visible_to(user)).order_by(*asked.ordering())
        with monkeypatch.context() as patched:
            patched.setattr("inbox.slices.FEW", few)
            walked, cursor = [], None
            while True:
                found = page(Audience.of(user), asked, limit=2, cursor=cursor)
                walked += found.ids
                cursor = found.next
                if cursor is None:
                    break
        assert walked == list(whole.values_list("pk", flat=True)), (user.username, order, tray)


@pytest.mark.shows("001-06")
def test_two_letters_are_the_beginning_of_a_word(crowd: Cast) -> None:
    def names(words: str) -> set[str]:
        found = page(Audience.of(crowd.admin), InboxFilter(search=words), limit=50, cursor=None)
        return set(Conversation.objects.filter(pk__in=found.ids).values_list("contact_name", flat=True))

    assert names("ro") == {"Rocío Benítez", "Roberto Benítez", "Ana Robles", "Íñigo Róa", "Rocío Sosa"}
    assert names("RÓ") == names("ro")
    assert names("oc") == set()
    # Three are a fragment anywhere.
    assert names("aro") == {"Carol Ávalos"}


@pytest.mark.shows("001-08")
@pytest.mark.parametrize("order", ["name", "-name"])
def test_the_closed_are_read_by_name_from_their_index(crowd: Cast, order: str) -> None:
    """Whoever sees much never sorts a million closed ones: the order is the index's own, forward and backward."""
    for user in (crowd.luis, crowd.admin):
        asked = InboxFilter(tray="attended", order=order)
        (part,) = [each for each in slices_of(Audience.of(user), asked, Q()) if not each.is_short]
        sql, params = part.read((asked.column, "id"), ordering=asked.ordering(), limit=51)
        with connection.cursor() as cursor:
            # A handful of rows is read whole whatever there is; what is asked is whether the index can answer.
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "closed_by_name" in plan, plan
        assert "Sort" not in plan, plan
