"""Working the records of a base in Preview: from the bottom bar to the record, its call, its outcome, and what was promised with it (000-02)."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, CampaignBase
from contacts.actions import add_point
from contacts.models import BaseMember, ContactBase
from contacts.open_records import open_record_of
from inbox.models import Callback, Conversation
from tests import factories
from tests.browser.conftest import Sit
from tests.contacts.members import base_of
from tests.factories import Cast
from tests.inbox.test_starting import make_templates
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

NEW_AND_ACTIVE = "Redes Sociales (chat nuevos + activos)"


def base_to_work(cast: Cast, *, number: str = "+595 21 584 310", kind: str = "phone") -> ContactBase:
    base = base_of(cast, 1, name="Renovación")
    CampaignBase.objects.create(campaign=cast.campaign, base=base, is_default=True)
    add_point(BaseMember.objects.get().contact_id, value=number, kind=kind, by=None)
    return base


def switch_to(page: Page, name: str) -> None:
    page.locator(".statusbar .aux").click()
    page.get_by_role("menuitemradio", name=name, exact=True).click()
    expect(page.locator(".statusbar .aux")).to_contain_text(name)


def take_the_next(page: Page) -> Page:
    """Through the bottom bar, into the tab where records are worked."""
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Trabajar registros").click()
    records = opening.value
    records.get_by_role("button", name="Tomar el siguiente").click()
    expect(records.get_by_text("Abierto en preview")).to_be_visible()
    return records


@pytest.mark.shows("000-02", "000-04", "B-05")
def test_an_open_record_keeps_chats_away_until_its_call_has_an_outcome(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    cast = committed_cast
    base_to_work(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign", allow_close_unanswered=True)
    held = factories.taken_conversation(cast, sender=factories.identity(phone="595981500001", name="Íñigo Zúñiga"))
    ana, luis = sit_down("ana"), sit_down("luis")
    # This machine has no telephone, and a headless browser waits for one for ever: what would be dialled is only kept.
    ana.context.add_init_script("HTMLAnchorElement.prototype.click = function () { window.dialled = this.href; }")
    switch_to(ana, "Preview")
    records = take_the_next(ana)

    # Back among those who take chats: the record is open still, and the desk says what that means.
    ana.reload()
    switch_to(ana, NEW_AND_ACTIVE)
    expect(ana.get_by_role("link", name="Registro abierto")).to_be_visible()
    ana.locator(f'.conversation-row[data-id="{held.pk}"]').click()
    finish = ana.locator("#desk-finish")
    expect(finish).to_have_attribute("aria-disabled", "true")
    expect(finish).to_have_attribute(
        "title", "Tienes abierto un registro de «Renovación» en preview. Termínalo o devuélvelo primero."
    )
    stack.write("Hola")
    expect(luis.locator(".conversation-row", has_text="Rocío")).to_be_visible()
    waiting = Conversation.objects.exclude(pk=held.pk).get()
    assert waiting.assignee is None

    records.get_by_role("button", name="Llamar").click()
    dialog = records.get_by_role("dialog")
    dialog.get_by_label("Tipificación").select_option(label="Interesado › Pide propuesta por correo")
    dialog.get_by_role("button", name="Guardar tipificación").click()
    expect(records.get_by_text("No tienes ningún registro abierto")).to_be_visible()
    member = BaseMember.objects.get()
    assert (member.attempts, member.last_typification) == (1, factories.leaf("Pide propuesta por correo"))
    wait_until(
        lambda: Conversation.objects.get(pk=waiting.pk).assignee == cast.ana, what="the chat that waited for the record"
    )
    ana.reload()
    expect(ana.get_by_role("link", name="Registro abierto")).to_have_count(0)
    expect(finish).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.shows("000-02", "B-05")
def test_a_record_that_asks_for_later_goes_to_the_callbacks(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    base_to_work(committed_cast)
    ana = sit_down("ana")
    ana.context.add_init_script("HTMLAnchorElement.prototype.click = function () { window.dialled = this.href; }")
    switch_to(ana, "Preview")
    records = take_the_next(ana)
    records.get_by_role("button", name="Llamar").click()
    dialog = records.get_by_role("dialog")
    when = dialog.get_by_label("Cuándo se le vuelve a contactar")
    expect(when).to_be_hidden()
    dialog.get_by_label("Tipificación").select_option(label="Interesado › Llamar más tarde")
    later = timezone.localtime() + datetime.timedelta(days=1)
    when.fill(later.strftime("%Y-%m-%dT%H:%M"))
    dialog.get_by_role("button", name="Guardar tipificación").click()
    expect(records.get_by_text("No tienes ningún registro abierto")).to_be_visible()
    promised = Callback.objects.get()
    assert (promised.kind, promised.owner, promised.member) == (
        "personal",
        committed_cast.ana,
        BaseMember.objects.get(),
    )

    ana.get_by_role("button", name="Agendas").click()
    expect(ana.get_by_role("dialog", name="Agendas")).to_contain_text("Persona")
    expect(ana.get_by_role("dialog", name="Agendas")).to_contain_text("Renovación")


@pytest.mark.shows("000-02", "000-04", "000-07")
def test_a_record_that_is_written_to_ends_with_its_conversation(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    cast = committed_cast
    base_to_work(cast, number="+595991651351", kind="whatsapp")
    make_templates(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_close_unanswered=True)
    ana = sit_down("ana")
    switch_to(ana, "Preview")
    records = take_the_next(ana)
    records.get_by_role("link", name="Plantilla").click()
    opening = records.get_by_role("dialog", name="Conversación nueva")
    opening.locator(".template-item", has_text="recordatorio").click()
    opening.get_by_role("button", name="Enviar y abrir").click()
    expect(opening).to_be_hidden()
    expect(records.locator('.message[data-direction="out"]')).to_have_count(1)

    # Its own conversation is the record's work: that one may be closed.
    finish = records.locator("#desk-finish")
    expect(finish).not_to_have_attribute("aria-disabled", "true")
    finish.click()
    closing = records.get_by_role("dialog", name="Finalizar la conversación")
    closing.get_by_text("No responde").click()
    closing.get_by_role("button", name="Finalizar").click()
    expect(closing).to_be_hidden()
    member = BaseMember.objects.get()
    assert (member.attempts, member.last_typification) == (1, factories.leaf("No responde"))
    assert Conversation.objects.get().base_member == member
    assert open_record_of(cast.ana) is None
