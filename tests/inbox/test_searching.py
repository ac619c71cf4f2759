"""Words in messages: found without their accents, from their beginning, and only among what the reader may see (P1-35, S05)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.refusals import Invalid
from inbox import searching
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.audience import Audience
from inbox.excerpts import LENGTH, excerpt
from inbox.models import Conversation, Message
from tests import factories
from tests.factories import Cast, identity, inbound


def ask(user: Any, path: str, **parameters: Any) -> Any:
    client = Client()
    client.force_login(user)
    response = client.get(f"/api/v1/{path}", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def texts(found: dict[str, Any]) -> list[str]:
    return [each["text"] for each in found["messages"]]


@pytest.mark.shows("P1-35")
@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("MODEM", True), ("módem", True), ("mode", True), ("luz roja", True), ("roja luz", True), ("promocion", True),
        ("odem", False), ("modem azul", False), ("0981", True), ("224 607", True), ("plan.com", True), ("muñoz", True), ("munoz", True),
        ("a'b", False), ("luz & !roja:*", True), ("ro", False),
    ],
)  # fmt: skip
def test_words_are_found_without_their_accents_and_from_their_beginning(cast: Cast, query: str, is_found: bool) -> None:
    """The same by both plans: through the index, and reading one message after the other."""
    text = "El MÓDEM tiene la luz roja desde la promoción; llamen al 0981-224-607 o a plan.com, señora Mun\u0303oz"
    conversation = factories.conversation(cast, text)
    wanted = searching.Wanted.read(query)
    audience = Audience.of(cast.luis)
    assert (searching.ids_if_few(wanted) == [Message.objects.get().pk]) is is_found
    assert (searching.among_newest(audience, wanted, limit=5)[0] == [Message.objects.get().pk]) is is_found
    assert (searching.found_in_conversation(conversation, query)["results"] == [Message.objects.get().pk]) is is_found


@pytest.mark.shows("P1-35", "S05")
@pytest.mark.parametrize("few", [searching.FEW, 0], ids=["the index", "the newest conversations"])
def test_another_teams_messages_are_neither_found_nor_counted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    mine = factories.taken_conversation(
        cast, text="Quiero la fibra xyzzy", sender=identity("595981777888", name="Ñusta Xyzzyana")
    )
    write_note(mine.pk, by=cast.ana, client_id=factories.client_id(), text="Ojo: xyzzy")
    for user in (cast.ana, cast.luis, cast.admin):
        found = ask(user, "search/", search="xyzzy")
        assert sorted(texts(found)) == ["Ojo: xyzzy", "Quiero la fibra xyzzy"], user
        assert [each["id"] for each in found["conversations"]] == [mine.pk]
    for query in ("xyzzy", "0981 777 888", "Xyzzyana"):
        assert ask(cast.eva, "search/", search=query) == {"conversations": [], "messages": [], "whole": True}
    # A second one, whoever it belongs to, leaves her answer the same.
    factories.conversation(cast, "xyzzy otra vez")
    assert ask(cast.eva, "search/", search="xyzzy") == {"conversations": [], "messages": [], "whole": True}
    client = Client()
    client.force_login(cast.eva)
    for path in ("found", "earlier", "others", "files"):
        assert client.get(f"/api/v1/conversations/{mine.pk}/{path}/?search=xyzzy").status_code == 404


@pytest.mark.shows("P1-35")
def test_a_person_is_found_by_name_and_by_any_written_form_of_the_number(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity("595981777888", name="Wenceslao Ñemby"))
    for query in ("ñemby", "nemby", "0981 777 888", "+595 (981) 777-888", "777888"):
        assert [each["id"] for each in ask(cast.ana, "search/", search=query)["conversations"]] == [conversation.pk], (
            query
        )


def test_what_was_removed_or_taken_back_is_not_found(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, text="xyzzy")
    Message.objects.filter(conversation=conversation).update(deleted_at=conversation.last_activity_at)
    assert texts(ask(cast.ana, "search/", search="xyzzy")) == []
    assert ask(cast.ana, f"conversations/{conversation.pk}/found/", search="xyzzy") == {"results": [], "more": False}


def test_in_one_conversation_the_newest_comes_first(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, text="fibra uno", sender=identity())
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Sí, la FIBRA dos")
    receive_messages(cast.account, [inbound("otra cosa"), inbound("y la fibra tres")])
    found = ask(cast.ana, f"conversations/{conversation.pk}/found/", search="fibra")["results"]
    assert [Message.objects.get(pk=pk).text for pk in found] == ["y la fibra tres", "Sí, la FIBRA dos", "fibra uno"]


@pytest.mark.parametrize("query", ["x", "¡!", "🙏🙏", "x" * 81, "\x00"])
def test_what_cannot_be_looked_for_is_refused(cast: Cast, query: str) -> None:
    with pytest.raises(Invalid):
        searching.Wanted.read(query)


def test_the_index_answers_and_the_table_is_not_read(cast: Cast) -> None:
    factories.conversation(cast, "xyzzy")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM inbox_message WHERE inbox_words(text) @@ to_tsquery('simple', 'xyzzy') AND deleted_at IS NULL"
        )
        assert "message_words" in "\n".join(line for (line,) in cursor.fetchall())


def test_an_excerpt_is_what_stands_around_the_word() -> None:
    text = f"{'uno ' * 60}El módem tiene la luz roja {'dos ' * 60}"
    shown = excerpt(text, ("modem",))
    assert "módem tiene" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= LENGTH + 2
    assert excerpt("Corto", ("nada",)) == "Corto"


# --- The same person before and elsewhere -----------------------------------------------------------------------------------------


@pytest.mark.shows("P0-29", "S01")
def test_a_persons_other_conversations_are_those_the_reader_may_see(cast: Cast) -> None:
    first = factories.taken_conversation(cast, text="Primera", sender=identity())
    close(first, cast)
    second = factories.taken_conversation(cast, text="Segunda", sender=identity())
    close(second, cast)
    third = factories.taken_conversation(cast, text="Tercera", sender=identity())
    hidden = factories.conversation(cast, text="De otro equipo", sender=identity("595981111222"))
    Conversation.objects.filter(pk=hidden.pk).update(
        contact=first.contact, campaign=cast.other_campaign, team=cast.other_team
    )
    for user in (cast.ana, cast.luis):
        assert [each["id"] for each in ask(user, f"conversations/{third.pk}/earlier/")["results"]] == [
            second.pk,
            first.pk,
        ]
        assert [each["id"] for each in ask(user, f"conversations/{first.pk}/others/")["results"]] == [
            third.pk,
            second.pk,
        ]
    page = ask(cast.ana, f"conversations/{third.pk}/earlier/", limit=1)
    assert [each["id"] for each in page["results"]] == [second.pk]
    rest = ask(cast.ana, f"conversations/{third.pk}/earlier/", limit=1, cursor=page["next"])
    assert [each["id"] for each in rest["results"]] == [first.pk]
    assert rest["next"] is None
    # Who sees everything sees that one too, in its place.
    assert [each["id"] for each in ask(cast.admin, f"conversations/{first.pk}/others/")["results"]] == [
        hidden.pk,
        third.pk,
        second.pk,
    ]


def close(conversation: Conversation, cast: Cast) -> None:
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Listo")
    close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk, note="Listo")
