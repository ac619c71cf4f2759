"""What a desk asks of the database, as the product asks it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.test import Client

from benchmarks._people import People
from inbox import rows
from inbox.api.pages import encode as encode_position
from inbox.api.pages import message_page
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.listing import counts, encode_cursor, page
from inbox.models import Conversation, Message

PAGE = 50
# What is looked for, and how many have it: from nearly everybody to nobody.
SEARCHES = {
    "surname of many «benit»": "benit",
    "name and surname «rocio ben»": "rocio ben",
    "rare surname «kowal»": "kowal",
    "nobody's name «zzyzx»": "zzyzx",
    "two letters of many «jo»": "jo",
    "two letters of nobody «qx»": "qx",
    "six digits «651351»": "651351",
    "six digits of many «595965»": "595965",
}
DAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=30)
DAY_AFTER = DAY + datetime.timedelta(days=1)
Ask = Callable[[], Any]


@dataclass(frozen=True)
class Question:
    """`kind` says which targets it stands under: page, counts, rows, search, list, chat, rest."""

    kind: str
    name: str
    ask: Ask


def questions(people: People) -> Iterator[Question]:
    """Every tray for every kind of person, and what they look for. Built on the database that is connected."""
    for who, user in people.each():
        audience = Audience.of(user)
        yield from list_questions(who, audience, people)
        yield Question("counts", f"{who}: counts", partial(counts, audience, InboxFilter()))
        for what, words in SEARCHES.items():
            yield Question("search", f"{who}: {what}", partial(ids, audience, InboxFilter(search=words)))
        yield Question(
            "search",
            f"{who}: surname of many, in Atendidos",
            partial(ids, audience, InboxFilter(tray="attended", search="benit")),
        )
    newest = (
        Conversation.objects.filter(status="closed").order_by("-last_activity_at").values_list("id", flat=True)[:PAGE]
    )
    yield Question("rows", "50 rows by id, with names", partial(read_rows, list(newest)))
    yield from chat_questions(people)
    yield from rest_questions(people)


def list_questions(who: str, audience: Audience, people: People) -> Iterator[Question]:
    asked = {
        "pending": InboxFilter(tray="pending"),
        "in progress": InboxFilter(tray="in_progress"),
        "attended": InboxFilter(tray="attended"),
        "all trays": InboxFilter(),
        "in progress, unread": InboxFilter(tray="in_progress", unread=True),
        "all trays, unanswered": InboxFilter(unanswered=True),
        "pending, longest waiting": InboxFilter(tray="pending", order="waiting"),
        "in progress, mine": InboxFilter(tray="in_progress", assignee=(audience.user_id,)),
        "attended, one campaign": InboxFilter(tray="attended", campaign=(people.campaign_id,)),
        "in progress, by name": InboxFilter(tray="in_progress", order="name"),
        "attended, by name": InboxFilter(tray="attended", order="name"),
        "attended, one campaign by name, backwards": InboxFilter(
            tray="attended", campaign=(people.campaign_id,), order="-name"
        ),
        "in progress, window that ends first": InboxFilter(tray="in_progress", order="window"),
        "in progress, window about to end, no first reply": InboxFilter(
            tray="in_progress", window="ending", unreplied=True
        ),
        "attended, answered, of one day": InboxFilter(tray="attended", answered=True, since=DAY, until=DAY_AFTER),
    }
    for name, each in asked.items():
        yield Question("page", f"{who}: {name}", partial(ids, audience, each))
    attended = asked["attended"]
    yield Question(
        "page", f"{who}: attended, page in the middle", partial(ids, audience, attended, middle_of(audience, attended))
    )
    yield Question("list", f"{who}: in progress, as rows", partial(shown, audience, asked["in progress"]))


def ids(audience: Audience, asked: InboxFilter, cursor: str | None = None) -> Any:
    return page(audience, asked, limit=PAGE, cursor=cursor)


def shown(audience: Audience, asked: InboxFilter) -> Any:
    """All that the list's view does between its user and its answer."""
    found = page(audience, asked, limit=PAGE, cursor=None)
    by_id = rows.read_conversations(found.ids)
    return [rows.show_conversation(by_id[pk], sees_numbers=audience.sees_numbers) for pk in found.ids]


def read_rows(wanted: list[int]) -> Any:
    return rows.read_conversations(wanted)


def middle_of(audience: Audience, asked: InboxFilter) -> str:
    seen = asked.apply(Conversation.objects.filter(audience.condition())).order_by(*asked.ordering())
    middle = seen[seen.count() // 2]
    return encode_cursor(asked, (middle.last_activity_at, middle.pk))


def chat_questions(people: People) -> Iterator[Question]:
    chat = long_chat(people)
    messages = Message.objects.filter(conversation=chat).order_by("-happened_at", "-id")
    middle = messages[messages.count() // 2]
    before = encode_position({"happened_at": middle.happened_at, "id": middle.pk})
    yield Question("chat", "chat of 5,000: newest page", partial(message_page, chat, limit=PAGE, before=""))
    yield Question("chat", "chat of 5,000: page in the middle", partial(message_page, chat, limit=PAGE, before=before))


def rest_questions(people: People) -> Iterator[Question]:
    for who, user in people.each():
        client = Client(SERVER_NAME="localhost", headers={"authorization": f"Token {people.tokens[user.pk]}"})
        yield Question("rest", f"REST, {who}: in progress", partial(get, client, "conversations/?tray=in_progress"))
        yield Question("rest", f"REST, {who}: counts", partial(get, client, "conversations/counts/"))
        if user == people.agent:
            path = f"conversations/{long_chat(people).pk}/messages/"
            yield Question("rest", f"REST, {who}: chat of 5,000", partial(get, client, path))


def long_chat(people: People) -> Conversation:
    return Conversation.objects.filter(assignee=people.agent).latest("id")


def get(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, f"{path}: {response.status_code} {response.content[:200]!r}"
    return response
