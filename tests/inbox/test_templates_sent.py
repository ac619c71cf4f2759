"""Templates and notes beside what else is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from campaigns.actions import save_templates
from campaigns.models import ChannelAccount, MessageTemplate
from campaigns.tasks import sync_templates
from connectors.outgoing import (
    Location,
)
from connectors.whatsapp.templates import ListedTemplate, list_templates
from core.models import JournalEntry
from core.refusals import Invalid
from inbox.actions.composing import TemplateChoice
from inbox.actions.reacting import react
from inbox.actions.sending import send_message, write_note
from inbox.errors import WindowClosed
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast, client_id
from tests.inbox.conftest import Provider
from tests.inbox.test_kinds_sent import BUTTONS, ours, send, stored
from tests.witness import nothing_happens, refused

# --- Templates --------------------------------------------------------------------------------------------------------


def synced(cast: Cast, provider: Provider) -> dict[str, MessageTemplate]:
    listed = list_templates(provider.simulator.url, factories.TOKEN, factories.WABA_ID)
    save_templates(cast.account, listed)
    return {each.name: each for each in MessageTemplate.objects.all()}


def test_templates_are_copied_page_by_page_and_what_is_gone_stays_as_gone(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.whatsapp.templates.PAGE_SIZE", 1)
    first = synced(cast, provider)
    assert {name: each.status for name, each in first.items()} == {
        "recordatorio": "APPROVED", "visita_tecnica": "APPROVED", "factura": "APPROVED", "promo": "REJECTED",
    }  # fmt: skip
    world = provider.simulator.world
    world.templates = [each for each in world.templates if each["name"] != "factura"]
    again = synced(cast, provider)
    assert again["factura"].status == "GONE"
    assert {each.pk for each in first.values()} == {each.pk for each in again.values()}


def test_templates_that_did_not_change_are_not_written_down_again(cast: Cast, provider: Provider) -> None:
    for _hour in range(3):
        synced(cast, provider)
    (entry,) = JournalEntry.objects.filter(verb="templates_synced")
    assert entry.details == {"listed": 4, "changed": 4, "gone": 0}
    world = provider.simulator.world
    world.templates = [each for each in world.templates if each["name"] != "factura"]
    for _hour in range(3):
        synced(cast, provider)
    assert JournalEntry.objects.filter(verb="templates_synced").latest("pk").details["gone"] == 1
    assert JournalEntry.objects.filter(verb="templates_synced").count() == 2


def test_an_account_whose_templates_cannot_be_saved_holds_back_no_other(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = ChannelAccount.objects.create(
        kind="whatsapp", external_id="404", name="AAA", portfolio_id=factories.WABA_ID, credentials={"token": factories.TOKEN}
    )  # fmt: skip

    def listing(url: str, token: str, portfolio_id: str, **_: Any) -> Any:
        # The first account asked for is the poisoned one: they come by their names.
        name = "x" if asked else "x\x00"
        asked.append(portfolio_id)
        return [
            ListedTemplate(external_id="1", name=name, language="es", category="", status="APPROVED", components=())
        ]

    asked: list[str] = []
    monkeypatch.setattr("campaigns.actions.syncing.list_templates", listing)
    assert sync_templates() == 1
    assert MessageTemplate.objects.get().account == cast.account != poisoned


@pytest.mark.shows("001-38")
def test_an_approved_template_goes_out_with_its_variables_after_the_window(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    template = synced(cast, provider)["visita_tecnica"]
    Conversation.objects.update(window_expires_at=timezone.now())
    with refused(WindowClosed):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Hola")
    choice = TemplateChoice(template_id=template.pk, header={"1": "gratis"}, body={"1": "Rocío {{2}}", "2": "lunes"})
    message = send(conversation, cast, content=choice)
    drain_outbox(conversation.pk)
    (sent,) = provider.sent()
    # What a value says is never read as a variable of its own (S35).
    assert sent.text == message.text == "Visita gratis\n\nHola Rocío {{2}}, el técnico pasa el lunes.\n\nFibra Sur"
    assert sent.content["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "gratis"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Rocío {{2}}"}, {"type": "text", "text": "lunes"}]},
    ]
    provider.pump()
    message.refresh_from_db()
    assert (message.kind, message.status) == ("template", "delivered")


@pytest.mark.shows("001-38")
def test_a_template_with_a_file_a_named_variable_and_a_button(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    template = synced(cast, provider)["factura"]
    file = stored(conversation, cast, "document", "application/pdf", b"%PDF-1.7", "factura.pdf")
    choice = TemplateChoice(template_id=template.pk, body={"mes": "mayo"}, buttons={0: "a1"})
    message = send(conversation, cast, content=choice, attachment_id=file.pk)
    drain_outbox(conversation.pk)
    (sent,) = provider.sent()
    header, body, button = sent.content["template"]["components"]
    document = header["parameters"][0]["document"]
    assert document["filename"] == "factura.pdf"
    assert provider.simulator.world.media.get(document["id"]) is not None
    assert body["parameters"] == [{"type": "text", "text": "mayo", "parameter_name": "mes"}]
    assert (button["sub_type"], button["index"], button["parameters"]) == ("url", "0", [{"type": "text", "text": "a1"}])
    assert message.text == "Tu factura de mayo ya está lista."


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("visita_tecnica", "template.body", {"header": {"1": "x"}, "body": {"1": "x"}}),
        ("visita_tecnica", "template.body", {"header": {"1": "x"}, "body": {"1": "x", "2": "y", "3": "z"}}),
        ("visita_tecnica", "template.body", {"header": {"1": "x"}, "body": {"1": "x", "2": "a\nb"}}),
        ("visita_tecnica", "template.body", {"header": {"1": "x"}, "body": {"1": "x", "2": "x" * 1025}}),
        ("visita_tecnica", "template.header", {"body": {"1": "x", "2": "y"}}),
        ("visita_tecnica", "template.buttons", {"header": {"1": "x"}, "body": {"1": "x", "2": "y"}, "buttons": {7: "x"}}),
        ("factura", "attachment", {"body": {"mes": "mayo"}, "buttons": {0: "a"}}),
        ("promo", "template.id", {}),
        ("recordatorio", "template.body", {"body": {"1": "x"}}),
    ],
)  # fmt: skip
def test_a_template_that_is_not_approved_or_not_filled_is_refused(
    cast: Cast, provider: Provider, name: str, field: str, values: dict[str, Any]
) -> None:
    conversation = ours(cast, provider)
    template = synced(cast, provider)[name]
    with refused(Invalid) as refusal, translation.override("es"):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="", content=TemplateChoice(template_id=template.pk, **values))  # fmt: skip
    assert field in refusal.value.fields


@pytest.mark.shows("S02")
def test_another_accounts_template_does_not_exist(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    other = ChannelAccount.objects.create(kind="whatsapp", external_id="777", name="Otro", credentials={"token": "x"})
    template = MessageTemplate.objects.create(
        account=other, name="x", language="es", status="APPROVED", components=[], synced_at=timezone.now()
    )
    with refused(Invalid) as refusal:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="", content=TemplateChoice(template_id=template.pk))  # fmt: skip
    assert list(refusal.value.fields) == ["template.id"]
    assert list(MessageTemplate.objects.visible_to(cast.ana)) == []
    assert list(MessageTemplate.objects.visible_to(cast.admin)) == [template]


def test_the_command_copies_the_templates_and_names_what_it_could_not(
    cast: Cast, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sync_templates")
    assert capsys.readouterr().out == "WhatsApp Ventas: 4 templates.\n"
    provider.simulator.faults(token_revoked=True)
    with nothing_happens(), pytest.raises(CommandError, match="WhatsApp Ventas: SendFailed"):
        call_command("sync_templates")


# --- Notes stay inside, whatever is sent beside them --------------------------------------------------------------------


@pytest.mark.shows("S10")
@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=strategies.lists(strategies.sampled_from(["note", "text", "place", "buttons", "reaction", "quote", "drain"]), min_size=1, max_size=12))  # fmt: skip
def test_no_note_is_ever_in_what_goes_out(cast: Cast, provider: Provider, script: list[str]) -> None:
    conversation = Conversation.objects.first() or ours(cast, provider)
    theirs = conversation.messages.filter(direction="in").first()
    assert theirs is not None
    for number, step in enumerate(script):
        if step == "note":
            write_note(conversation.pk, by=cast.ana, client_id=client_id(), text=f"secreto {number}")
        elif step == "text":
            send(conversation, cast, f"público {number}")
        elif step == "place":
            send(conversation, cast, content=Location(latitude=1, longitude=2, name=f"Local {number}"))
        elif step == "buttons":
            send(conversation, cast, "¿?", content=BUTTONS)
        elif step == "reaction":
            react(conversation.pk, by=cast.ana, message_id=theirs.pk, emoji="👍" if number % 2 else "❤️")
        elif step == "quote":
            note = conversation.messages.filter(is_note=True).first()
            if note is not None:
                with pytest.raises(Invalid):
                    send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="x", reply_to_id=note.pk)
        else:
            drain_outbox(conversation.pk)
    drain_outbox(conversation.pk)
    assert not OutboxEntry.objects.filter(message__is_note=True).exists()
    notes = set(Message.objects.filter(is_note=True).values_list("uuid", flat=True))
    for sent in provider.sent():
        assert "secreto" not in repr(sent)
        assert sent.opaque not in {str(each) for each in notes}
