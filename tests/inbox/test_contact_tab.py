"""The tab beside a conversation: who the contact is, mended there, and what the next agent must know (004-14, 004-15)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from contacts.models import ContactNote
from inbox.actions.closing import close_conversation
from inbox.actions.sending import send_message
from tests import factories
from tests.factories import Cast, client_id, identity, leaf

WRITER = identity("595981777123")


def ask(user: Any, path: str, *, method: str = "get", body: Any = None, status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    send = getattr(client, method)
    answer = send(f"/api/v1/{path}") if body is None else send(f"/api/v1/{path}", body, "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.shows("004-14", "004-15")
def test_what_one_agent_writes_about_a_contact_another_reads_in_the_next_conversation(cast: Cast) -> None:
    first = factories.taken_conversation(cast, sender=WRITER)
    contact = ask(cast.ana, f"conversations/{first.pk}/")["contact"]
    assert contact["name"]
    ask(
        cast.ana,
        f"conversations/{first.pk}/contact-notes/",
        method="post",
        body={"text": "Prefiere la tarde"},
        status=201,
    )
    note = ContactNote.objects.get()
    assert (note.author, note.conversation_uuid, note.contact_id) == (cast.ana, first.uuid, first.contact_id)
    send_message(first.pk, by=cast.ana, client_id=client_id(), text="Listo")
    close_conversation(first.pk, by=cast.ana, typification_id=leaf().pk)
    beto = factories.agent_of(cast, "beto")
    second = factories.taken_conversation(cast, by=beto, sender=WRITER)
    assert second.pk != first.pk
    (read,) = ask(beto, f"contacts/{contact['id']}/notes/")["results"]
    assert read["text"] == "Prefiere la tarde"
    assert "Ana" in str(read)
    # What was said of that conversation does not begin this one's closing note.
    assert ask(beto, f"conversations/{second.pk}/closure/")["note"] == ""
    ask(cast.eva, f"conversations/{second.pk}/contact-notes/", method="post", body={"text": "x"}, status=404)
    ask(cast.eva, f"contacts/{contact['id']}/notes/", status=404)
    assert ContactNote.objects.get() == note
