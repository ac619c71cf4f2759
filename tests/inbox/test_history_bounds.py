"""How far back the desk shows: a campaign's hours of one conversation, a client's number of conversations (004-02, 004-16)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.history import bound_of
from inbox.models import Conversation, Message
from tests import factories
from tests.factories import Cast, client_id, identity, inbound, leaf

HOUR = datetime.timedelta(hours=1)


def ask(user: Any, path: str, *, status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response.json()


def old_and_new(cast: Cast) -> Conversation:
    """Ana's, answered: «Vieja» two days ago, «Media» thirty hours ago, «Nueva» an hour ago."""
    cast.campaign.history_hours = 24
    cast.campaign.save()
    now = timezone.now()
    for text, ago in (("Vieja", 48), ("Media", 30), ("Nueva", 1)):
        receive_messages(cast.account, [inbound(text, sender=identity(), at=now - ago * HOUR)])
    conversation = Conversation.objects.get()
    Conversation.objects.filter(pk=conversation.pk).update(
        status="in_progress", assignee=cast.ana, assigned_at=now, unread=0, waiting_since=None, needs_first_reply=False
    )
    conversation.refresh_from_db()
    return conversation


def texts(page: dict[str, Any]) -> list[str]:
    return [each["text"] for each in page["results"]]


@pytest.mark.shows("004-02")
def test_the_campaigns_hours_bound_what_is_shown_and_a_supervisor_may_ask_for_more(cast: Cast) -> None:
    conversation = old_and_new(cast)
    path = f"conversations/{conversation.pk}/messages/"
    for user in (cast.ana, cast.luis):
        page = ask(user, path)
        assert (texts(page), page["previous"]) == (["Nueva"], None)
        assert page["bound"]["hours"] == 24
    assert ask(cast.ana, path)["bound"]["more"] == {
        "allowed": False, "code": "not_allowed", "reason": ask(cast.ana, path)["bound"]["more"]["reason"],
    }  # fmt: skip
    assert ask(cast.ana, path)["bound"]["more"]["reason"]
    assert ask(cast.ana, f"{path}?beyond=1", status=403)["error"]["code"] == "not_allowed"
    whole = ask(cast.luis, f"{path}?beyond=1")
    assert (texts(whole), whole["bound"]) == (["Vieja", "Media", "Nueva"], None)


@pytest.mark.shows("004-02")
def test_no_door_leads_around_the_bound(cast: Cast) -> None:
    conversation = old_and_new(cast)
    old, newest = Message.objects.get(text="Vieja"), Message.objects.get(text="Nueva")
    path = f"conversations/{conversation.pk}"
    ask(cast.ana, f"{path}/messages/?around={old.pk}", status=404)
    assert texts(ask(cast.luis, f"{path}/messages/?around={old.pk}&beyond=1")) == ["Vieja", "Media", "Nueva"]
    assert texts(ask(cast.ana, f"{path}/messages/?before={newest.pk}")) == []
    assert texts(ask(cast.ana, f"{path}/messages/?after={old.pk}")) == ["Nueva"]
    assert texts(ask(cast.ana, f"{path}/messages/?after_change=0")) == ["Nueva"]
    assert texts(ask(cast.luis, f"{path}/messages/?after_change=0")) == ["Vieja", "Media", "Nueva"]
    assert ask(cast.ana, f"{path}/found/?search=vieja")["results"] == []
    assert ask(cast.luis, f"{path}/found/?search=vieja")["results"] == [old.pk]
    assert ask(cast.ana, "search/?search=vieja")["messages"] == []
    assert [each["id"] for each in ask(cast.luis, "search/?search=vieja")["messages"]] == [old.pk]
    assert [each["id"] for each in ask(cast.ana, "search/?search=nueva")["messages"]] == [newest.pk]


@pytest.mark.shows("004-02")
def test_what_nobody_answered_or_read_is_shown_however_old_it_is(cast: Cast) -> None:
    conversation = old_and_new(cast)
    first = Message.objects.get(text="Vieja").happened_at
    Conversation.objects.filter(pk=conversation.pk).update(waiting_since=first)
    page = ask(cast.ana, f"conversations/{conversation.pk}/messages/")
    assert texts(page) == ["Vieja", "Media", "Nueva"]
    Conversation.objects.filter(pk=conversation.pk).update(waiting_since=None, unread=2)
    assert texts(ask(cast.ana, f"conversations/{conversation.pk}/messages/")) == ["Media", "Nueva"]


@pytest.mark.shows("004-02")
def test_the_hours_are_counted_back_from_the_last_word_and_without_any_all_is_shown(cast: Cast) -> None:
    conversation = old_and_new(cast)
    shift = 30 * 24 * HOUR
    for message in Message.objects.all():
        message.happened_at -= shift
        message.save()
    Conversation.objects.update(last_activity_at=conversation.last_activity_at - shift)
    assert texts(ask(cast.ana, f"conversations/{conversation.pk}/messages/")) == ["Nueva"]
    cast.campaign.history_hours = None
    cast.campaign.save()
    page = ask(cast.ana, f"conversations/{conversation.pk}/messages/")
    assert (texts(page), page["bound"]) == (["Vieja", "Media", "Nueva"], None)
    assert bound_of(Conversation.objects.get()) is None


def ended(cast: Cast, count: int) -> list[int]:
    """One customer's closed conversations, and one that is live; their keys, oldest first."""
    keys = []
    for number in range(count + 1):
        receive_messages(cast.account, [inbound(f"Vez {number}", sender=identity())])
        conversation = Conversation.objects.latest("pk")
        take_conversation(conversation.pk, by=cast.ana)
        keys.append(conversation.pk)
        if number < count:
            send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Buenas")
            close_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk)
    return keys


@pytest.mark.shows("004-16")
def test_the_history_shows_as_many_conversations_as_the_client_says(cast: Cast) -> None:
    *before, live = ended(cast, 4)
    client = cast.campaign.project.client
    client.max_history_conversations = 3
    client.save()
    page = ask(cast.ana, f"conversations/{live}/others/")
    assert [each["id"] for each in page["results"]] == before[::-1][:3]
    assert (page["next"], page["most"]) == (None, 3)
    first = ask(cast.ana, f"conversations/{live}/others/?limit=2")
    rest = ask(cast.ana, f"conversations/{live}/others/?limit=2&cursor={first['next']}")
    assert [each["id"] for each in first["results"] + rest["results"]] == before[::-1][:3]
    client.max_history_conversations = 10
    client.save()
    assert len(ask(cast.ana, f"conversations/{live}/others/")["results"]) == 4


@pytest.mark.shows("004-02")
def test_what_stands_above_the_thread_keeps_to_the_hours_too(cast: Cast) -> None:
    *before, live = ended(cast, 2)
    old = timezone.now() - 48 * HOUR
    Conversation.objects.filter(pk=before[0]).update(last_activity_at=old)
    cast.campaign.history_hours = 24
    cast.campaign.save()
    path = f"conversations/{live}/earlier/"
    assert [each["id"] for each in ask(cast.ana, path)["results"]] == [before[1]]
    ask(cast.ana, f"{path}?beyond=1", status=403)
    assert [each["id"] for each in ask(cast.luis, f"{path}?beyond=1")["results"]] == before[::-1]


@pytest.mark.shows("004-03")
def test_the_detail_names_campaign_project_and_client_and_since_when_it_is_whose(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    detail = ask(cast.ana, f"conversations/{conversation.pk}/")
    assert (detail["campaign"], detail["project"], detail["client"]) == ("Altas", "Hogar", "Fibra Sur")
    assert datetime.datetime.fromisoformat(detail["assigned_at"]) == conversation.assigned_at
