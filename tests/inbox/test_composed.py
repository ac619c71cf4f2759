"""What is read for every change that is pushed is composed once: it says what the QuerySet itself would, whoever asks for whatever next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from contacts.actions import add_tag
from contacts.models import Tag
from core.composed import Composed
from inbox import rows
from inbox.actions.sending import send_message
from inbox.models import Conversation, ConversationEvent, Message
from tests import factories
from tests.factories import Cast


def test_rows_are_those_of_the_queryset(cast: Cast) -> None:
    tagged, bare = factories.taken_conversation(cast), factories.conversation(cast, "Otra")
    tag = Tag.objects.create(name="Fibra", folded_name="fibra", hue="teal")
    add_tag(tagged.contact_id, tag, by=cast.ana)
    send_message(tagged.pk, by=cast.ana, client_id=factories.client_id(), text="Claro")
    ids = [tagged.pk, bare.pk]
    asked = (
        Conversation.objects.filter(pk__in=ids)
        .order_by()
        .values(*rows.CONVERSATION_FIELDS, **rows.CONVERSATION_ALIASES)
    )

    assert rows.read_conversations(ids) == {row["id"]: row for row in asked}
    assert [each["name"] for each in rows.read_conversations(ids)[tagged.pk]["tags"]] == ["Fibra"]
    assert list(rows.read_conversations([bare.pk])) == [bare.pk]
    assert rows.read_conversations([]) == {}
    assert rows.read_conversations([bare.pk + 1_000_000]) == {}


@pytest.mark.shows("S39")
def test_a_number_that_no_key_holds_is_not_asked_for(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bare = factories.conversation(cast)
    with django_assert_num_queries(0):
        assert rows.read_conversations([2**63, 10**30, -(10**30)]) == {}
    # Beside it the others are found by their keys, whatever the planner would have made of it.
    assert list(rows.read_conversations([bare.pk, 2**63])) == [bare.pk]


def test_changes_are_those_of_the_queryset(cast: Cast) -> None:
    taken = factories.taken_conversation(cast)
    send_message(taken.pk, by=cast.ana, client_id=factories.client_id(), text="Claro")
    upto = Conversation.objects.get(pk=taken.pk).change
    for after in range(upto + 1):
        changed = {"conversation_id": taken.pk, "change__gt": after, "change__lte": upto}
        messages = rows.message_rows(Message.objects.filter(**changed).order_by("change"))
        events = rows.event_rows(ConversationEvent.objects.filter(**changed).order_by("change"))
        assert rows.changed_messages(taken.pk, after, upto) == messages
        assert rows.changed_events(taken.pk, after, upto) == events
    assert rows.changed_messages(taken.pk, 0, upto)
    assert rows.changed_events(taken.pk, 0, upto)


def test_many_threads_ask_the_one_statement(committed_cast: Cast) -> None:
    wanted = [factories.conversation(committed_cast, f"Hola {number}").pk for number in range(8)]

    def ask(pk: int) -> bool:
        try:
            return all(list(rows.read_conversations([pk])) == [pk] for _time in range(20))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, wanted))


def test_a_value_that_cannot_be_told_from_others_is_refused() -> None:
    with pytest.raises(ValueError, match="2 times"):
        Composed(lambda name: Group.objects.filter(name=name).exclude(name="ventas").values("id"), "ventas").ask("a")
