"""A conversation that begins with a bare number and a template: one person, one conversation, whoever asks and however often."""

from __future__ import annotations

import datetime
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.actions import switch_aux_state
from accounts.models import AuxState
from campaigns.actions import ResourceWords, create_resource
from campaigns.models import Campaign, MessageTemplate
from contacts.actions import create_contact
from contacts.models import Contact, ContactPoint
from core.models import JournalEntry
from inbox.actions.closing import close_conversation
from inbox.models import Assignment, Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox
from simulator.templates import demo_templates
from tests import factories
from tests.concurrency import all_well, together
from tests.inbox.conftest import Provider
from tests.security.world import picture, signed_in
from tests.untouched import contents, untouched

NUMBER = "0981 555-444"
LINE = "+595981555444"


@pytest.fixture
def templates(cast: factories.Cast) -> dict[str, MessageTemplate]:
    return make_templates(cast)


def make_templates(cast: factories.Cast) -> dict[str, MessageTemplate]:
    return {
        each["name"]: MessageTemplate.objects.create(
            account=cast.account, name=each["name"], language=each["language"], category=each["category"],
            status=each["status"], components=each["components"], synced_at=timezone.now(),
        )
        for each in demo_templates()
    }  # fmt: skip


def wanted(cast: factories.Cast, template: MessageTemplate, **fields: Any) -> dict[str, Any]:
    chosen = {"id": template.pk} | fields.pop("values", {})
    return {
        "client_id": str(uuid.uuid4()), "number": NUMBER, "account": cast.account.pk, "campaign": cast.campaign.pk, "template": chosen,
    } | fields  # fmt: skip


def start(client: Client, body: dict[str, Any]) -> Any:
    return client.post("/api/v1/openings/", body, content_type="application/json")


def look_up(client: Client, cast: factories.Cast, number: str = NUMBER) -> Any:
    body = {"number": number, "account": cast.account.pk}
    return client.post("/api/v1/openings/lookups/", body, content_type="application/json")


@pytest.mark.shows("001-03", "001-04", "P0-15")
def test_a_template_goes_to_a_number_nobody_has_and_the_contact_is_made_with_it(
    cast: factories.Cast, templates: dict[str, MessageTemplate], provider: Provider
) -> None:
    ana = signed_in(cast.ana)
    before = contents()
    asked = look_up(ana, cast)
    assert asked.json() == {"number": "+595 981 555 444", "country": "PY", "contact": None, "conversation": None}
    # Asking makes nobody.
    assert contents() == before
    values = {"header": {"1": "mañana"}, "body": {"1": "Ana", "2": "martes"}}
    answer = start(ana, wanted(cast, templates["visita_tecnica"], values=values))
    assert answer.status_code == 201
    row = answer.json()["conversation"]
    assert (row["status"], row["tray"], row["assignee_id"], row["number"]) == ("in_progress", "in_progress", cast.ana.pk, "+595 981 555 444")  # fmt: skip
    assert (row["campaign_id"], row["team_id"], row["window_expires_at"]) == (cast.campaign.pk, cast.team.pk, None)
    assert not row["needs_first_reply"]
    contact = Contact.objects.get(pk=row["contact_id"])
    assert (contact.name, list(contact.teams.all())) == ("", [cast.team])
    assert ContactPoint.objects.get(contact=contact).normalised == LINE
    assert Assignment.objects.get(conversation=row["id"]).first_reply_at is not None
    drain_outbox(row["id"])
    (sent,) = provider.sent()
    assert (sent.to, sent.text) == (
        "595981555444",
        "Visita mañana\n\nHola Ana, el técnico pasa el martes.\n\nFibra Sur",
    )


@pytest.mark.shows("001-04", "R17")
def test_the_same_opening_again_is_the_same_conversation_and_sends_nothing(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    ana, body = signed_in(cast.ana), wanted(cast, templates["recordatorio"])
    first, second = start(ana, body), start(ana, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["message"]["id"] == second.json()["message"]["id"]
    assert (Conversation.objects.count(), Message.objects.count(), OutboxEntry.objects.count()) == (1, 1, 1)


@pytest.mark.shows("001-04")
@pytest.mark.parametrize("written", ["595981555444", "+595 981 555 444", "0981555444", "981-555-444", "00595981555444"])
def test_however_it_is_written_it_is_one_person_and_the_open_conversation_is_offered(
    cast: factories.Cast, templates: dict[str, MessageTemplate], written: str
) -> None:
    conversation = factories.taken_conversation(cast, sender=factories.identity("595981555444", name="Rocío"))
    ana = signed_in(cast.ana)
    found = look_up(ana, cast, written).json()
    assert (found["contact"]["name"], found["conversation"]["id"]) == ("Rocío", conversation.pk)
    with untouched():
        answer = start(ana, wanted(cast, templates["recordatorio"], number=written))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conversation_exists")
    assert answer.json()["error"]["conversation"] == conversation.pk


@pytest.mark.shows("001-04")
def test_a_known_contact_without_an_open_conversation_is_written_to_as_who_they_are(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    closed = factories.taken_conversation(cast, sender=factories.identity("595981555444", name="Rocío"))
    close_conversation(closed.pk, by=cast.luis, typification_id=factories.leaf().pk, note="", mode="normal")
    # And one known by telephone only.
    julio = create_contact(by=None, first_name="Julio", teams=[cast.team])
    ContactPoint.objects.create(
        contact=julio, kind="phone", value="0982 111 222", normalised="+595982111222", digits="595982111222"
    )
    ana = signed_in(cast.ana)
    assert look_up(ana, cast).json()["conversation"] is None
    assert start(ana, wanted(cast, templates["recordatorio"])).json()["conversation"]["contact_id"] == closed.contact_id
    row = start(ana, wanted(cast, templates["recordatorio"], number="0982111222")).json()["conversation"]
    assert (row["contact_id"], row["name"]) == (julio.pk, "Julio")
    assert set(julio.points.values_list("kind", flat=True)) == {"phone", "whatsapp"}
    assert Contact.objects.count() == 2


@pytest.mark.shows("001-04", "S01")
def test_a_number_of_another_team_is_refused_without_a_name_and_journaled(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    theirs = create_contact(by=None, first_name="Teófila", teams=[cast.other_team])
    ContactPoint.objects.create(
        contact=theirs, kind="whatsapp", value="595981555444", normalised=LINE, digits="595981555444"
    )
    ana, body = signed_in(cast.ana), wanted(cast, templates["recordatorio"])
    for number, ask in enumerate((partial(look_up, ana, cast), partial(start, ana, body)), 1):
        answer = ask()
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "of_another_team")
        assert answer.json()["error"]["message"] == "Este número pertenece a otro equipo; solicita acceso."
        assert b"Te\xc3\xb3fila" not in answer.content
        assert str(theirs.pk) not in answer.json()["error"]
        entries = JournalEntry.objects.filter(verb="number_of_another_team_asked", actor_id=cast.ana.pk)
        assert [each.details for each in entries] == [{"contact": theirs.pk}] * number
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    assert list(theirs.teams.all()) == [cast.other_team]


def test_a_conversation_of_a_colleague_is_named_and_one_of_strangers_is_not(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    factories.taken_conversation(cast, sender=factories.identity("595981555444"))
    mirta = factories.agent_of(cast, "mirta")
    answer = start(signed_in(mirta), wanted(cast, templates["recordatorio"]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conversation_exists")
    assert answer.json()["error"]["message"] == "Ana Gómez ya atiende este número. Pide la transferencia."
    assert "conversation" not in answer.json()["error"]


def test_who_asked_not_to_be_written_to_is_not(cast: factories.Cast, templates: dict[str, MessageTemplate]) -> None:
    julio = create_contact(by=None, first_name="Julio", teams=[cast.team])
    ContactPoint.objects.create(contact=julio, kind="whatsapp", value=LINE, normalised=LINE, digits=LINE[1:])
    ana = signed_in(cast.ana)
    for field in ("do_not_contact", "blocked"):
        Contact.objects.update(**{"do_not_contact": False, "blocked": False, field: True})
        with untouched():
            answer = start(ana, wanted(cast, templates["recordatorio"]))
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "do_not_contact")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "12"}, "number"),
        ({"number": "hola"}, "number"),
        ({"template": "promo"}, "template.id"),
        ({"template": "visita_tecnica"}, "template.header"),
        ({"template": "factura"}, "attachment"),
        ({"template": {"id": 10**9}}, "template.id"),
    ],
)
def test_an_opening_is_refused_at_its_field_and_makes_nobody(
    cast: factories.Cast, templates: dict[str, MessageTemplate], change: dict[str, Any], field: str
) -> None:
    if isinstance(change.get("template"), str):
        change = {"template": {"id": templates[change["template"]].pk}}
    ana = signed_in(cast.ana)
    with untouched():
        answer = start(ana, wanted(cast, templates["recordatorio"]) | change)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_campaigns_accounts_and_resources_of_others_do_not_exist(
    cast: factories.Cast, templates: dict[str, MessageTemplate], settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    words = ResourceWords(name="x", campaign_id=cast.other_campaign.pk)
    theirs = create_resource("image", words, by=cast.admin, file=picture())
    body = wanted(cast, templates["recordatorio"])
    for who, change in (
        (cast.eva, {}), (cast.ana, {"campaign": cast.other_campaign.pk}), (cast.ana, {"account": 10**9}),
        (cast.ana, {"resource": theirs.pk}), (cast.eva, {"campaign": cast.other_campaign.pk}),
    ):  # fmt: skip
        client = signed_in(who)
        with untouched():
            assert start(client, body | change).status_code == 404
    assert look_up(signed_in(cast.eva), cast).status_code == 404
    Campaign.objects.update(state="paused")
    ana = signed_in(cast.ana)
    with untouched():
        assert start(ana, body).status_code == 404


def test_what_may_be_begun_is_listed_and_on_a_break_it_says_why_not(cast: factories.Cast) -> None:
    found = {
        who.username: signed_in(who).get("/api/v1/openings/").json()
        for who in (cast.ana, cast.luis, cast.eva, cast.admin)
    }
    names = {who: [each["campaign"]["name"] for each in answer["results"]] for who, answer in found.items()}
    assert names == {"ana": ["Altas"], "luis": ["Altas"], "eva": [], "admin": ["Altas"]}
    assert found["ana"]["results"][0]["accounts"] == [
        {"id": cast.account.pk, "name": "WhatsApp Ventas", "kind": "whatsapp", "country": "PY"}
    ]
    assert found["ana"]["allowed"]
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    answer = signed_in(cast.ana).get("/api/v1/openings/").json()
    assert (answer["allowed"], answer["code"]) == (False, "aux_state_forbids")


def test_a_supervisor_who_is_no_agent_of_it_begins_one_and_it_is_journaled(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    row = start(signed_in(cast.luis), wanted(cast, templates["recordatorio"])).json()["conversation"]
    assert row["assignee_id"] == cast.luis.pk
    assert JournalEntry.objects.filter(verb="conversation_started", subject_id=str(row["id"])).exists()


@pytest.mark.shows("P0-15", "004-07")
def test_a_header_takes_a_file_of_the_gallery_and_a_refused_one_leaves_no_copy(
    cast: factories.Cast, templates: dict[str, MessageTemplate], provider: Provider, tmp_path: Path
) -> None:
    def stored() -> int:
        return sum(1 for each in tmp_path.rglob("*") if each.is_file())

    pdf = picture("factura.pdf")
    pdf.file.seek(0)
    document = create_resource("document", ResourceWords(name="Factura"), by=cast.admin, file=pdf)
    before = stored()
    ana = signed_in(cast.ana)
    with untouched():
        # No value for the body: the copy made for the header goes again.
        assert start(ana, wanted(cast, templates["factura"], resource=document.pk)).status_code == 400
    assert stored() == before
    values = {"body": {"mes": "noviembre"}, "buttons": {"0": "F-7"}}
    body = wanted(cast, templates["factura"], resource=document.pk, values=values)
    answer = start(ana, body)
    assert answer.status_code == 201
    assert answer.json()["message"]["attachment"]["name"] == "factura.pdf"
    assert (stored(), start(ana, body).status_code, stored()) == (before + 1, 200, before + 1)
    drain_outbox(answer.json()["conversation"]["id"])
    (sent,) = provider.sent()
    assert sent.text == "Tu factura de noviembre ya está lista."


@pytest.mark.shows("001-04")
@pytest.mark.django_db(transaction=True)
def test_of_many_who_begin_with_one_number_at_once_one_does(committed_cast: factories.Cast) -> None:
    cast = committed_cast
    template = make_templates(cast)["recordatorio"]
    people = [cast.ana, *(factories.agent_of(cast, f"agente{number}") for number in range(5))]
    clients = [signed_in(each) for each in people]
    answers = all_well(together([partial(start, client, wanted(cast, template)) for client in clients]))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]
    assert (Contact.objects.count(), Conversation.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_the_customers_answer_joins_the_conversation_that_was_begun(
    cast: factories.Cast, templates: dict[str, MessageTemplate]
) -> None:
    row = start(signed_in(cast.ana), wanted(cast, templates["recordatorio"])).json()["conversation"]
    later = timezone.now() + datetime.timedelta(seconds=1)
    factories.conversation(cast, "¿Quién es?", sender=factories.identity("595981555444", name="Rocío"), at=later)
    conversation = Conversation.objects.get()
    assert (conversation.pk, conversation.assignee_id, conversation.unread) == (row["id"], cast.ana.pk, 1)
    assert conversation.window_expires_at is not None
