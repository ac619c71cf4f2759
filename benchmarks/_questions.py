"""What a desk asks of the database, as the product asks it, and how long each asking takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from benchmarks._people import People
from inbox import rows
from inbox.api.pages import message_page
from inbox.audience import Audience
from inbox.filters import InboxFilter, counts, page
from inbox.models import Conversation, Message

PAGE = 50
Statement = tuple[str, Any]
Ask = Callable[[], Any]


@dataclass(frozen=True)
class Question:
    """`promise` is the kind of target it stands under: «list», «search», «chat», or nothing."""

    name: str
    promise: str
    ask: Ask


@dataclass
class Asked:
    """One question at one size: times in milliseconds."""

    statements: list[Statement]
    rows: int
    key_ms: list[float] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)
    product_ms: list[float] = field(default_factory=list)


def questions(people: People) -> Iterator[Question]:
    """Every tray for every kind of person, and what they look for. Built on the database that is connected."""
    for who, user in people.each():
        audience = Audience.of(user)
        for tray in ("pending", "in_progress", "attended", None):
            asked = InboxFilter(tray=tray)
            yield Question(f"{who}: {tray or 'all trays'}", "list", lister(audience, asked))
        yield Question(f"{who}: attended, deep page", "list", lister(audience, *deep(audience)))
        yield Question(f"{who}: unread", "list", lister(audience, InboxFilter(tray="in_progress", unread=True)))
        yield Question(
            f"{who}: longest waiting", "list", lister(audience, InboxFilter(tray="pending", order="waiting"))
        )
        yield Question(f"{who}: mine", "list", lister(audience, InboxFilter(tray="in_progress", assignee=(user.pk,))))
        yield Question(
            f"{who}: one campaign",
            "list",
            lister(audience, InboxFilter(tray="attended", campaign=(people.house.first_campaign + 2,))),
        )
        yield Question(f"{who}: counts", "list", lambda audience=audience: counts(audience, InboxFilter()))
        for what, words in SEARCHES:
            yield Question(f"{who}: search {what}", "search", lister(audience, InboxFilter(search=words)))
    yield Question("50 rows by id", "rows", row_reader())
    yield from chat_questions(people)
    yield from rest_questions(people)


SEARCHES = (
    ("a common surname «benit»", "benit"),
    ("name and surname «rocio ben»", "rocio ben"),
    ("a rare surname «kowal»", "kowal"),
    ("a name nobody has «zzyzx»", "zzyzx"),
    ("two letters «jo»", "jo"),
    ("two letters nobody has «qx»", "qx"),
    ("six digits «651351»", "651351"),
)


def lister(audience: Audience, asked: InboxFilter, cursor: str | None = None) -> Ask:
    return lambda: page(audience, asked, limit=PAGE, cursor=cursor)


def deep(audience: Audience) -> tuple[InboxFilter, str | None]:
    """The cursor of the page in the middle of what the person may see."""
    asked = InboxFilter(tray="attended")
    mine = asked.apply(Conversation.objects.filter(audience.condition()))
    middle = mine.order_by("-last_activity_at", "-id")[mine.count() // 2]
    return asked, encode(asked, middle)


def encode(asked: InboxFilter, conversation: Conversation) -> str:
    from inbox.filters import encode_cursor

    return encode_cursor(asked, (conversation.last_activity_at, conversation.pk))


def row_reader() -> Ask:
    ids = list(
        Conversation.objects.filter(status="in_progress")
        .order_by("-last_activity_at")
        .values_list("id", flat=True)[:PAGE]
    )
    return lambda: rows.read_conversations(Conversation.objects.filter(pk__in=ids))


def chat_questions(people: People) -> Iterator[Question]:
    chat = Conversation.objects.filter(assignee=people.agent).latest("id")
    middle = Message.objects.filter(conversation=chat).order_by("-happened_at", "-id")[2_500]
    from inbox.api.pages import encode as encode_position

    cursor = encode_position({"happened_at": middle.happened_at, "id": middle.pk})
    yield Question("chat of 5,000: newest page", "chat", lambda: message_page(chat, limit=PAGE, before=""))
    yield Question("chat of 5,000: page in the middle", "chat", lambda: message_page(chat, limit=PAGE, before=cursor))


def rest_questions(people: People) -> Iterator[Question]:
    chat = Conversation.objects.filter(assignee=people.agent).latest("id")
    for who, user in people.each():
        client = Client(SERVER_NAME="localhost", headers={"authorization": f"Token {people.tokens[user.pk]}"})
        yield Question(f"REST {who}: in_progress", "", getter(client, "/api/v1/conversations/?tray=in_progress"))
        yield Question(f"REST {who}: counts", "", getter(client, "/api/v1/conversations/counts/"))
        if who == "agent":
            # Theirs alone: the supervisor's teams are others.
            yield Question(
                f"REST {who}: chat of 5,000", "", getter(client, f"/api/v1/conversations/{chat.pk}/messages/")
            )


def getter(client: Client, path: str) -> Ask:
    def get() -> Any:
        response = client.get(path)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.content[:200]!r}"
        return response

    return get


# --- Asking -------------------------------------------------------------------------------------------------------------------


@contextmanager
def connected_to(wrapper: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the product's «default» be this database for a while."""
    before = connections["default"]
    connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = before


def add_database(alias: str, name: str) -> BaseDatabaseWrapper:
    """Make another database of the same server known to Django."""
    connections.databases[alias] = {**connections.databases["default"], "NAME": name}
    return connections[alias]


def statements_of(ask: Ask) -> tuple[list[Statement], int]:
    """Return what the product sends for this question, with how many rows come back."""
    sent: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    return sent, sum(len(run(statement)) for statement in sent)


def run(statement: Statement) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall()) if cursor.description else []


def explain(statement: Statement) -> str:
    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def timed(work: Ask) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
