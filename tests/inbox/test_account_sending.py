"""What an account's page counts of a day: whom templates went to, what failed, and that neither reads the conversations."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from inbox.guests import failures_of, templates_sent
from inbox.models import Message
from inbox.models.message import AuthorKind, Direction
from tests import factories
from tests.factories import Cast
from tests.security.world import signed_in

DAY = datetime.timedelta(hours=24)


def said(conversation: Any, *, kind: str = "template", status: str = "sent", hours: float = 1, **more: Any) -> Message:
    """One message of ours, so many hours ago."""
    return Message.objects.create(
        conversation=conversation,
        channel_account=conversation.channel_account,
        change=uuid.uuid4().int % 1_000_000,
        happened_at=timezone.now() - datetime.timedelta(hours=hours),
        direction=Direction.OUT,
        author_kind=AuthorKind.AGENT,
        kind=kind,
        status=status,
        **more,
    )


@pytest.mark.django_db
@pytest.mark.shows("P0-54")
def test_people_are_counted_once_a_day_and_what_did_not_leave_not_at_all(cast: Cast) -> None:
    first = factories.conversation(cast)
    second = factories.conversation(cast, sender=factories.identity("595991000002"))
    for conversation in (first, first, second):
        said(conversation)
    said(second, kind="text")
    said(factories.conversation(cast, sender=factories.identity("595991000003")), hours=25)
    said(factories.conversation(cast, sender=factories.identity("595991000004")), status="queued")
    said(first, status="failed", failure_reason="The number is not on WhatsApp.", failure_code=131026)
    said(first, status="failed", failure_reason="The number is not on WhatsApp.", failure_code=131026, hours=25)
    since = timezone.now() - DAY
    assert templates_sent([cast.account.pk], since=since) == 2
    assert failures_of(cast.account.pk, since=since).count() == 1
    page = signed_in(cast.admin).get(reverse("account-sending", args=[cast.account.pk])).content.decode()
    assert "131026" in page


@pytest.mark.django_db
def test_neither_count_reads_more_than_its_own_small_index(cast: Cast) -> None:
    """With a table as small as a test's nothing is worth an index: that way is closed to see which one is left."""
    since = timezone.now() - DAY
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "failure_of_account" in failures_of(cast.account.pk, since=since).explain()
    sent = Message.objects.filter(
        channel_account_id__in=[cast.account.pk], direction=Direction.OUT, kind="template", happened_at__gte=since
    )
    assert "template_of_account" in sent.explain()
