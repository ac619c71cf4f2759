"""A conversation goes from hand to hand: transferred with its reasons, kept for one agent, rung for whoever is free."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from campaigns.actions import add_agent, ensure_campaign
from campaigns.models import Campaign, ExclusiveAgent
from inbox.models import Conversation, Offer, Transfer
from tests import factories
from tests.browser.conftest import Sit
from tests.browser.test_writing import take_rocio
from tests.factories import Cast
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

# Who hands a conversation on hears that it changed before the answer comes, and asks for what is not theirs to see any more.
NOT_THEIRS = "404 (Not Found)"
NOTE = "Pregunta por su factura de octubre"


def answered(page: Page, stack: Stack) -> None:
    """Rocío, in the hands of who sits there, with a first answer."""
    composer = take_rocio(page, stack)
    composer.fill("Buenos días")
    composer.press("Enter")
    expect(page.locator('.message[data-direction="out"]')).to_have_count(1)


def begin_to_transfer(page: Page) -> Locator:
    page.get_by_role("button", name="Transferir", exact=True).click()
    dialog = page.get_by_role("dialog", name="Transferir la conversación")
    expect(dialog.locator("footer")).to_contain_text("Elige un agente o una campaña")
    return dialog


def send_it(dialog: Locator) -> None:
    expect(dialog.locator("footer")).to_contain_text("Escribe por qué se transfiere")
    dialog.get_by_label("Nota para quien la recibe").fill(NOTE)
    dialog.locator("footer").get_by_role("button", name="Transferir").click()
    expect(dialog).to_be_hidden()


def row_of(page: Page, name: str = "Rocío") -> Locator:
    return page.locator(".conversation-row", has_text=name)


def assert_new(row: Locator) -> None:
    expect(row.get_by_role("img", name="Sin primera respuesta")).to_be_visible()


@pytest.mark.shows("004-22", "004-23", "004-24", "004-26", "001-14", "P0-33", "B-05")
def test_a_transfer_is_new_to_who_gets_it_and_says_why(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    add_agent(committed_cast.campaign, committed_cast.luis, by=None)
    factories.agent_of(committed_cast, "beto")
    ana, luis = sit_down("ana", forgives=NOT_THEIRS), sit_down("luis")
    answered(ana, stack)
    dialog = begin_to_transfer(ana)
    # Who is not there stands there all the same, with the reason.
    away = dialog.locator("label", has_text="Beto")
    expect(away).to_contain_text("no está en línea")
    expect(away.get_by_role("radio")).to_be_disabled()
    expect(dialog.get_by_label("Tipificación").locator("option:checked")).to_have_text("Transferencia")
    dialog.get_by_text("Luis Ferreira").click()
    send_it(dialog)

    row = row_of(luis)
    assert_new(row)
    row.click()
    log = luis.get_by_role("log", name="Mensajes").first
    expect(log).to_contain_text("Ana Gómez la transfirió a Luis Ferreira")
    expect(log).to_contain_text(NOTE)
    composer = luis.locator("#desk-composer")
    composer.fill("Hola, soy Luis y sigo yo")
    composer.press("Enter")
    expect(luis.locator('.message[data-direction="out"]')).to_have_count(2)
    expect(luis.get_by_role("img", name="Sin primera respuesta")).to_have_count(0)
    conversation = Conversation.objects.get()
    assert conversation.assignee == committed_cast.luis
    assert Transfer.objects.get().note == NOTE


@pytest.mark.shows("004-22", "004-25", "004-26", "001-14", "B-05")
def test_a_transfer_to_another_campaign_of_the_number_waits_there(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    cast = committed_cast
    paused = ensure_campaign("Retención", team=cast.team, client="Fibra Sur", project="Hogar")
    Campaign.objects.filter(pk=paused.pk).update(state="paused")
    ensure_campaign("Cobranzas", team=cast.team, client="Fibra Sur", project="Hogar")
    cast.account.campaigns.add(cast.other_campaign, paused)
    ana, eva = sit_down("ana", forgives=NOT_THEIRS), sit_down("eva")
    answered(ana, stack)
    expect(row_of(eva)).to_have_count(0)
    dialog = begin_to_transfer(ana)
    dialog.get_by_role("button", name="Campañas").click()
    off = dialog.locator("label", has_text="Retención")
    expect(off).to_contain_text("«En pausa»")
    expect(off.get_by_role("radio")).to_be_disabled()
    # Of the same number only.
    expect(dialog.get_by_text("Cobranzas")).to_have_count(0)
    dialog.get_by_text("Reclamos", exact=True).click()
    send_it(dialog)

    row = row_of(eva)
    assert_new(row)
    expect(row_of(ana)).to_have_count(0)
    row.click()
    eva.get_by_role("button", name="Tomar").first.click()
    log = eva.get_by_role("log", name="Mensajes").first
    expect(log).to_contain_text("Ana Gómez la transfirió a la campaña Reclamos")
    expect(log).to_contain_text(NOTE)
    expect(eva.locator("#desk-composer")).to_be_focused()
    conversation = Conversation.objects.get()
    assert (conversation.campaign, conversation.assignee) == (cast.other_campaign, cast.eva)


@pytest.mark.shows("004-27", "004-28", "004-29", "004-30", "004-31")
def test_a_contact_kept_for_an_agent_goes_to_them_though_another_is_free(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    cast = committed_cast
    beto = factories.agent_of(cast, "beto")
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_close_unanswered=True)
    ana, luis = sit_down("ana"), sit_down("luis")
    sit_down("beto")
    answered(ana, stack)
    toggle = ana.get_by_role("button", name="Ser el agente exclusivo")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    expect(ana.locator(".exclusive-toggle")).to_have_attribute("aria-pressed", "true")
    expect(ana.get_by_role("log", name="Mensajes").first).to_contain_text("agente exclusivo")
    first = Conversation.objects.get()

    # The tab of the contact says the same to everybody.
    luis.goto(f"{stack.url}{reverse('contact', args=[first.contact_id])}?tab=exclusive")
    luis.get_by_role("tab", name="Agente exclusivo").click()
    panel = luis.locator("#contact-panel-exclusive")
    expect(panel).to_contain_text("Ana Gómez")
    expect(panel).to_contain_text("Altas")

    # Closed, and from now on given out: Ana has one in hand, Beto none.
    ana.locator("#desk-finish").click()
    closing = ana.get_by_role("dialog", name="Finalizar la conversación")
    closing.get_by_text("No responde").click()
    closing.get_by_role("button", name="Finalizar").click()
    expect(closing).to_be_hidden()
    factories.taken_conversation(cast, sender=factories.identity(phone="595981500001", name="Íñigo Zúñiga"))
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    stack.write("Hola de nuevo")
    wait_until(
        lambda: Conversation.objects.filter(contact=first.contact_id, assignee=cast.ana).exclude(pk=first.pk).exists(),
        what="Ana's conversation",
    )
    stack.write("Hola", customer="martin")
    wait_until(lambda: Conversation.objects.filter(assignee=beto).exists(), what="the other one's going to Beto")
    ana.get_by_role("tab", name="Pendiente").click()
    assert_new(row_of(ana))
    row_of(ana).click()
    expect(ana.locator(".exclusive-toggle")).to_have_attribute("aria-pressed", "true")

    # From the contact: removed, and given to another, for a campaign that is chosen.
    panel.get_by_role("button", name="Quitar a Ana Gómez de Altas").click()
    expect(panel).to_contain_text("Sin agente exclusivo")
    # Who has the conversation open sees it without asking.
    expect(ana.locator(".exclusive-toggle")).to_have_attribute("aria-pressed", "false")
    panel.get_by_label("Campaña y agente").select_option(f"{cast.campaign.pk}:{beto.pk}")
    panel.get_by_role("button", name="Dejar como exclusivo").click()
    expect(panel.get_by_role("listitem")).to_contain_text("Beto")
    assert ExclusiveAgent.objects.get().user == beto


def test_what_rings_is_taken_by_one_press_and_goes_on_to_the_next_by_another(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    cast = committed_cast
    beto = factories.agent_of(cast, "beto")
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="ring", ring_timeout_s=600)
    pages = {cast.ana.pk: sit_down("ana"), beto.pk: sit_down("beto")}
    stack.write("Hola")
    first = wait_until(lambda: Offer.objects.filter(ended_at=None).first(), what="an offer")
    rung = pages[first.user_id]
    expect(rung.get_by_text("Rocío Benítez Duarte espera")).to_be_visible()
    rung.get_by_role("button", name="Ahora no").click()
    expect(rung.locator(".ring-card")).to_have_count(0)

    (other,) = (page for user, page in pages.items() if user != first.user_id)
    other.locator(".ring-card").get_by_role("button", name="Aceptar").click()
    expect(other.locator("#desk-composer")).to_be_visible()
    expect(other.locator(".ring-card")).to_have_count(0)
    conversation = Conversation.objects.get()
    assert conversation.assignee_id in {*pages} - {first.user_id}
    assert list(Offer.objects.order_by("pk").values_list("answer", flat=True)) == ["declined", "accepted"]
