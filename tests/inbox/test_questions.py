"""What may be asked of the list and of a thread, and nothing else: questions, cursors, pages."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import orjson
import pytest
from django.test import Client
from hypothesis import given, settings, strategies

from inbox.actions.receiving import receive_messages
from inbox.models import Conversation
from tests import factories
from tests.factories import Cast, identity, inbound
from tests.inbox.drawn import NOON, quick

BAD = [
    ("order_by=-owner__password", "order_by"),
    ("order=-assignee__password", "order"),
    ("order=alias.period", "order"),
    ("order=last_activity&order=waiting", "order"),
    ("campaign__name=Altas", "campaign__name"),
    ("assignee__password__startswith=a", "assignee__password__startswith"),
    ("assignee=ana", "assignee"),
    ("assignee=-1", "assignee"),
    ("assignee=1%27%20or%201=1", "assignee"),
    ("team=%C2%B2", "team"),
    ("team=99999999999999999999", "team"),
    ("campaign=", "campaign"),
    ("account=1.5", "account"),
    ("tray=closed", "tray"),
    ("tray=", "tray"),
    ("tray=pending&tray=attended", "tray"),
    ("unread=2", "unread"),
    ("unanswered=yes", "unanswered"),
    ("answered=no", "answered"),
    ("window=shut", "window"),
    ("since=yesterday", "since"),
    ("since=2026-02-30", "since"),
    ("since=2026-11-21T10:00", "since"),
    ("until=9999-12-31", "until"),
    ("until=0001-01-01", "until"),
    ("until=2026-11-21&until=2026-11-22", "until"),
    ("order=contact_name_folded", "order"),
    ("search=a", "search"),
    ("search=" + "a" * 81, "search"),
    ("custom__'quote=1", "custom__'quote"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=-1", "limit"),
    ("limit=5&limit=6", "limit"),
    ("limit=" + "9" * 5000, "limit"),
    ("limit=%D9%A3", "limit"),
    ("cursor=x", "cursor"),
    ("cursor=%00", "cursor"),
    ("__proto__=1", "__proto__"),
]


@pytest.mark.shows("S06", "S54")
def test_what_is_not_on_the_list_of_questions_is_refused_by_name(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    for query, name in BAD:
        answer = client.get(f"/api/v1/conversations/?{query}")
        assert answer.status_code == 400, (query[:60], answer.content[:200])
        error = answer.json()["error"]
        assert (error["code"], list(error["fields"])) == ("invalid", [name]), query[:60]
        assert error["message"] == "Revisa los campos marcados."


@pytest.mark.shows("S06")
def test_the_counts_refuse_the_same_and_take_no_pages(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    for query in ("order_by=x", "assignee=ana", "limit=5", "cursor=x"):
        assert client.get(f"/api/v1/conversations/counts/?{query}").status_code == 400, query


def sealed(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.shows("S06")
@pytest.mark.parametrize(
    "forged",
    [
        ["-last_activity", "2031-03-04T12:00:00+00:00"],
        ["waiting", "2031-03-04T12:00:00+00:00", 1],
        ["-last_activity", "2031-03-04", 1],
        ["-last_activity", "2031-03-04T12:00:00", 1],
        ["-last_activity", 5, 1],
        ["name", "ana", 1],
        ["-last_activity", "2031-03-04T12:00:00+00:00", "1"],
        {"order": "-last_activity"},
        None,
        [],
    ],
)
def test_a_forged_cursor_is_refused(cast: Cast, forged: Any) -> None:
    client = Client()
    client.force_login(cast.ana)
    answer = client.get("/api/v1/conversations/", {"cursor": sealed(forged)})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["cursor"])


@pytest.mark.shows("S06")
@settings(quick, max_examples=40)
@given(
    text=strategies.text(max_size=40),
    name=strategies.sampled_from(["search", "cursor", "limit", "assignee", "team", "order"]),
)
def test_whatever_is_asked_is_answered_or_refused_never_an_error(cast: Cast, text: str, name: str) -> None:
    client = Client()
    client.force_login(cast.ana)
    assert client.get("/api/v1/conversations/", {name: text.encode("utf-8", "replace")}).status_code in (200, 400)


@pytest.mark.shows("S06")
@settings(quick, max_examples=30)
@given(
    at=strategies.datetimes(timezones=strategies.just(datetime.UTC)) | strategies.just("9999-12-31T23:59:59-23:59"),
    pk=strategies.integers(-(2**80), 2**80),
)
def test_any_moment_and_number_in_a_cursor_is_answered_or_refused(cast: Cast, at: Any, pk: int) -> None:
    moment = at.isoformat() if isinstance(at, datetime.datetime) else at
    listed = base64.urlsafe_b64encode(f'["-last_activity","{moment}",{pk}]'.encode()).decode()
    shown = base64.urlsafe_b64encode(f'["{moment}",{pk}]'.encode()).decode()
    client = Client()
    client.force_login(cast.ana)
    conversation = Conversation.objects.first() or factories.conversation(cast)
    assert client.get("/api/v1/conversations/", {"cursor": listed}).status_code in (200, 400)
    address = f"/api/v1/conversations/{conversation.pk}/messages/"
    assert client.get(address, {"before": shown}).status_code in (200, 400)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_thread_read_upward_page_by_page_is_the_whole_thread(cast: Cast, limit: int) -> None:
    """Several messages within each of the provider's seconds, and the pages end in the middle of them."""
    conversation = factories.conversation(cast, sender=identity(), at=NOON)
    receive_messages(
        cast.account, [inbound(f"{n}", at=NOON + datetime.timedelta(seconds=n // 3 + 1)) for n in range(11)]
    )
    client = Client()
    client.force_login(cast.ana)
    address, shown, before = f"/api/v1/conversations/{conversation.pk}/messages/", [], ""
    while True:
        answer = client.get(address, {"limit": limit} | ({"before": before} if before else {})).json()
        shown = [each["id"] for each in answer["results"]] + shown
        before = answer["previous"]
        if before is None:
            break
    assert shown == list(conversation.messages.order_by("happened_at", "id").values_list("pk", flat=True))
