"""What an agent leaves for later, and what is not left to them: a conversation at rest, words that go out in time, who waits too long, what
the campaign's hours keep back, a transfer there is nobody for.
"""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.models import Campaign, Client
from inbox.models import Conversation, Message, ScheduledMessage
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.test_handing_over import answered, row_of
from tests.browser.test_writing import take_rocio
from tests.factories import Cast
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


@pytest.mark.shows("B-05")
def test_a_conversation_rests_until_it_is_wanted_again(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    ana = sit_down("ana")
    answered(ana, stack)
    ana.locator(".tray-button").click()
    ana.get_by_role("menuitem", name="Posponer").click()
    dialog = ana.get_by_role("dialog", name="Posponer la conversación")
    expect(dialog.locator("footer")).to_contain_text("Di hasta cuándo")
    dialog.get_by_role("button", name="En 1 hora").click()
    dialog.get_by_role("button", name="Posponer", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(ana.get_by_role("log", name="Mensajes").first).to_contain_text("Ana Gómez la pospuso")
    resting = Conversation.objects.get()
    assert resting.status == "snoozed"
    # The customer's word brings it back before its time.
    stack.write("Ya tengo el dato")
    wait_until(lambda: Conversation.objects.get().status == "in_progress", what="the conversation's return")
    expect(ana.get_by_role("log", name="Mensajes").first).to_contain_text("Ya tengo el dato")


@pytest.mark.shows("S10")
@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_words_for_later_are_written_listed_and_called_off(
    stack: Stack, committed_cast: Cast, sit_down: Sit, screen: str
) -> None:
    ana = sit_down("ana", **({"viewport": PHONE} if screen == "phone" else {}))  # type: ignore[arg-type]  # an option of its own
    conversation = factories.taken_conversation(committed_cast, sender=factories.identity())
    ana.goto(f"{stack.url}/?c={conversation.pk}")
    composer = ana.locator("#desk-composer")
    composer.fill("¿Cómo te fue con la visita?")
    if screen == "phone":
        # There it stands with what else is sent now and then, and one sees since when it is theirs all the same (004-03).
        expect(ana.locator(".thread-head .assigned")).to_contain_text("Asignada")
        ana.get_by_role("button", name="Adjuntar", exact=True).click()
        ana.get_by_role("menuitem", name="Programar").click()
    else:
        ana.get_by_role("button", name="Programar", exact=True).click()
    dialog = ana.get_by_role("dialog", name="Programar el mensaje")
    expect(dialog.get_by_label("Mensaje", exact=True)).to_have_value("¿Cómo te fue con la visita?")
    expect(dialog.locator("footer")).to_contain_text("Di cuándo sale")
    dialog.get_by_role("button", name="En 1 hora").click()
    dialog.locator("footer").get_by_role("button", name="Programar").click()
    expect(dialog).to_be_hidden()
    expect(composer).to_have_value("")
    kept = ScheduledMessage.objects.get()
    assert (kept.state, kept.text) == ("pending", "¿Cómo te fue con la visita?")
    # Nothing was said yet; it is listed where one would write more, and called off there.
    assert not Message.objects.filter(direction="out").exists()
    if screen == "phone":
        ana.get_by_role("button", name="Adjuntar", exact=True).click()
        ana.get_by_role("menuitem", name="Programar").click()
    else:
        ana.get_by_role("button", name="Programar", exact=True).click()
    expect(dialog.locator(".scheduled")).to_contain_text("¿Cómo te fue con la visita?")
    dialog.locator(".scheduled").get_by_role("button").click()
    expect(dialog.locator(".scheduled")).to_have_count(0)
    wait_until(lambda: ScheduledMessage.objects.get().state == "cancelled", what="its calling off")


@pytest.mark.shows("004-10")
def test_who_waits_for_too_long_is_marked_in_the_list(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    Client.objects.filter(pk=committed_cast.campaign.project.client_id).update(
        max_inactivity_s=2, inactivity_attempts=0
    )
    ana = sit_down("ana")
    take_rocio(ana, stack)
    late = row_of(ana).locator("[data-late]")
    expect(late).to_have_attribute("title", "Espera respuesta más de lo que quiere el cliente")
    expect(late).to_have_attribute("data-tone", "danger")


@pytest.mark.shows("004-02", "B-05")
def test_what_is_older_than_the_campaigns_hours_is_for_who_supervises(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    ana, luis = sit_down("ana"), sit_down("luis")
    answered(ana, stack)
    conversation = Conversation.objects.get()
    old = timezone.now() - datetime.timedelta(hours=50)
    Message.objects.filter(conversation=conversation, direction="in").update(happened_at=old)
    Conversation.objects.filter(pk=conversation.pk).update(unread=0, waiting_since=None)
    Campaign.objects.filter(pk=committed_cast.campaign.pk).update(history_hours=24)
    for page in (ana, luis):
        page.goto(f"{stack.url}/?c={conversation.pk}")
        log = page.get_by_role("log", name="Mensajes").first
        expect(log).to_contain_text("Buenos días")
        expect(log.locator('.message[data-direction="in"]')).to_have_count(0)
    more = ana.locator(".history-bound").get_by_role("button")
    expect(more).to_have_attribute("aria-disabled", "true")
    assert more.get_attribute("title")
    luis.locator(".history-bound").get_by_role("button").click()
    expect(luis.locator('.message[data-direction="in"]')).to_contain_text(["Hola"])


@pytest.mark.shows("004-21", "B-05")
def test_below_two_campaigns_the_button_says_why_nothing_is_transferred(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    Campaign.objects.filter(pk=committed_cast.other_campaign.pk).update(state="finished")
    ana = sit_down("ana")
    answered(ana, stack)
    transfer = ana.get_by_role("button", name="Transferir", exact=True)
    expect(transfer).to_have_attribute("aria-disabled", "true")
    expect(transfer).to_have_attribute("title", "Para transferir hacen falta dos o más campañas.")
