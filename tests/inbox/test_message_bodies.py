"""POST messages/: each kind has its own body, whatever else is in it changes nothing (S08), and nothing secret comes back (S50)."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import MessageTemplate
from inbox.models import Conversation, Message, OutboxEntry, Reaction
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast, client_id
from tests.security.world import signed_in
from tests.untouched import changed_since, contents


def post(client: Client, conversation: Conversation, **body: Any) -> Any:
    return client.post(
        f"/api/v1/conversations/{conversation.pk}/messages/",
        {"client_id": str(client_id()), **body},
        content_type="application/json",
    )


def template(cast: Cast) -> MessageTemplate:
    components = [{"type": "BODY", "text": "Hola {{1}}"}]
    return MessageTemplate.objects.create(
        account=cast.account, name="saludo", language="es", status="APPROVED", components=components, synced_at=timezone.now()
    )  # fmt: skip


@pytest.mark.shows("001-36", "001-38")
def test_each_kind_has_its_own_body(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    ana = signed_in(cast.ana)
    bodies: list[dict[str, Any]] = [
        {"text": "Hola"},
        {"kind": "text", "text": "Hola"},
        {"kind": "location", "location": {"latitude": -25.3, "longitude": -57.6}},
        {"kind": "contacts", "contacts": [{"name": "Luis", "phones": ["595981"]}]},
        {"kind": "interactive", "text": "¿?", "interactive": {"type": "buttons", "buttons": [{"id": "a", "title": "Sí"}]}},
        {"kind": "interactive", "text": "¿?", "interactive": {"type": "list", "button": "Ver", "sections": [{"rows": [{"id": "a", "title": "A"}]}]}},
        {"kind": "interactive", "text": "¿?", "interactive": {"type": "cta_url", "title": "Ver", "url": "https://example.com"}},
        {"kind": "interactive", "text": "¿?", "interactive": {"type": "location_request"}},
        {"kind": "template", "template": {"id": template(cast).pk, "body": {"1": "Rocío"}}},
    ]  # fmt: skip
    for body in bodies:
        answer = post(ana, conversation, **body)
        assert answer.status_code == 201, answer.content
        assert answer.json()["kind"] == body.get("kind", "text")
    assert OutboxEntry.objects.count() == len(bodies)
    theirs = conversation.messages.get(direction="in")
    answer = post(ana, conversation, kind="reaction", reaction={"message": theirs.pk, "emoji": "👍"})
    assert (answer.status_code, answer.json()["id"]) == (201, theirs.pk)
    again = post(ana, conversation, kind="reaction", reaction={"message": theirs.pk, "emoji": "👍"})
    assert again.status_code == 200
    assert Reaction.objects.get().emoji == "👍"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("location", {"kind": "location"}),
        ("location", {"kind": "text", "text": "Hola", "location": {"latitude": 1, "longitude": 1}}),
        ("location", {"kind": "location", "location": {"latitude": "norte", "longitude": 1}}),
        ("contacts", {"kind": "contacts", "contacts": "Luis"}),
        ("interactive", {"kind": "interactive", "text": "¿?", "interactive": {"type": "flow"}}),
        ("interactive.buttons", {"kind": "interactive", "text": "¿?", "interactive": {"type": "buttons"}}),
        ("template", {"kind": "template", "template": {"id": "x"}}),
        ("template.id", {"kind": "template", "template": {"id": 999_999}}),
        ("attachment", {"kind": "voice"}),
        ("kind", {"kind": "order"}),
        ("kind", {"kind": "location", "location": {"latitude": 1, "longitude": 1}, "is_note": True}),
        ("reaction.emoji", {"kind": "reaction", "reaction": {"message": 1, "emoji": "hola"}}),
    ],
)
def test_a_wrong_body_is_refused_at_its_field_and_changes_nothing(cast: Cast, field: str, body: dict[str, Any]) -> None:
    conversation = factories.taken_conversation(cast)
    if "reaction" in body:
        body["reaction"]["message"] = conversation.messages.get().pk
    ana = signed_in(cast.ana)
    before = contents()
    answer = post(ana, conversation, **body)
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["error"]["fields"]
    assert not changed_since(before)


@pytest.mark.shows("S08")
def test_what_a_message_is_not_asked_for_is_ignored(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    wishes = {
        "status": "sent", "provider_id": "wamid.x", "author_id": cast.luis.pk, "author_kind": "bot", "direction": "in",
        "happened_at": "2001-01-01T00:00:00Z", "payload": {"template": {"name": "x"}}, "uuid": "0" * 32, "change": 999,
        "conversation_id": 1, "channel_account": 1, "is_note_": True, "team_id": cast.other_team.pk,
    }  # fmt: skip
    place = {"latitude": 1.0, "longitude": 2.0, "url": "https://evil.example", "id": "7"}
    answer = post(signed_in(cast.ana), conversation, kind="location", location=place, **wishes)
    assert answer.status_code == 201
    message = Message.objects.get(direction="out")
    assert (message.status, message.provider_id, message.author, message.author_kind, message.direction) == (
        "queued", None, cast.ana, "agent", "out",
    )  # fmt: skip
    assert message.payload == {"location": {"latitude": 1.0, "longitude": 2.0}}
    assert message.happened_at.year > 2001


@pytest.mark.shows("S50")
def test_templates_and_messages_never_carry_a_token(
    cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the log of a call that failed (S51)."""
    conversation = factories.taken_conversation(cast)
    known = template(cast)
    ana = signed_in(cast.ana)
    listed = ana.get(f"/api/v1/templates/?account={cast.account.pk}")
    (row,) = listed.json()["results"]
    assert (row["id"], row["wants"]["body"]) == (known.pk, ["1"])
    sent = post(ana, conversation, kind="template", template={"id": known.pk, "body": {"1": "Rocío"}})
    for answer in (listed, sent, ana.get(f"/api/v1/conversations/{conversation.pk}/")):
        assert factories.TOKEN not in answer.content.decode()
    assert signed_in(cast.eva).get("/api/v1/templates/").json() == {"results": []}
    assert ana.get("/api/v1/templates/?account=x").status_code == 400


@pytest.mark.shows("S51")
def test_neither_the_token_nor_the_words_reach_the_log(
    cast: Cast, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.META_GRAPH_URL = "http://127.0.0.1:9"
    conversation = factories.taken_conversation(cast)
    post(signed_in(cast.ana), conversation, text="palabras del cliente")
    with caplog.at_level(logging.DEBUG):
        for _again in range(2):
            drain_outbox(conversation.pk)
            OutboxEntry.objects.update(due_at=timezone.now())
    shown = "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)
    assert factories.TOKEN not in caplog.text
    assert "palabras" not in shown
