"""Ending a chat as people do it: associated with a base on the way, handed on to a colleague, promised for later."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from campaigns.models import CampaignBase
from contacts.models import BaseMember, ContactBase
from inbox.models import Callback, Conversation, Transfer
from tests import factories
from tests.browser.conftest import Sit
from tests.browser.test_writing import begin_to_close, take_rocio
from tests.contacts.members import base_of
from tests.factories import Cast
from tests.stack import Stack, wait_until
from typification.models import Typification

pytestmark = pytest.mark.browser


def base_to_choose(cast: Cast) -> ContactBase:
    base = base_of(cast, 1, name="Altas web")
    CampaignBase.objects.create(campaign=cast.campaign, base=base, is_default=True)
    return base


@pytest.mark.shows(
    "000-03", "000-05", "000-07", "000-08", "000-09", "000-13", "000-14", "000-15", "000-16", "000-17", "004-20", "B-05"
)
def test_a_quick_close_leads_to_the_base_and_back(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    base = base_to_choose(committed_cast)
    Typification.objects.filter(name="No responde").update(requires_base=True)
    ana = sit_down("ana")
    dialog = begin_to_close(ana, stack)
    dialog.get_by_role("button", name="Cierre rápido").click()
    dialog.get_by_text("No responde").click()
    expect(dialog.locator("footer")).to_contain_text("asocia primero la conversación")
    dialog.get_by_role("button", name="Asociar a una base").click()

    wizard = ana.get_by_role("dialog", name="Asociar contacto a una base")
    expect(wizard).to_contain_text("+595 991 651 351")
    wizard.get_by_role("button", name="Aceptar").click()
    expect(wizard).to_contain_text("No existe en ninguna base")
    wizard.get_by_role("button", name="Contacto nuevo").click()
    wizard.get_by_label("Nombre", exact=True).fill("Rocío")
    expect(wizard.get_by_label("Base", exact=True)).to_have_value(str(base.pk))
    wizard.get_by_role("button", name="Aceptar").click()

    # Back where one was, with the same outcome.
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Finalizar").click()
    expect(dialog).to_be_hidden()
    closed = Conversation.objects.get()
    assert closed.status == "closed"
    assert closed.base_member is not None
    member = BaseMember.objects.get(pk=closed.base_member.pk)
    assert (member.base, member.last_typification, member.attempts) == (base, factories.leaf("No responde"), 1)


@pytest.mark.shows("004-22", "004-23", "004-24", "004-26", "001-14", "P0-33", "B-05")
def test_a_conversation_is_handed_on_and_is_new_to_who_gets_it(
    stack: Stack, committed_cast: Cast, sit_down: Sit
) -> None:
    factories.agent_of(committed_cast, "beto")
    ana, beto = sit_down("ana"), sit_down("beto")
    composer = take_rocio(ana, stack)
    composer.fill("Buenos días")
    composer.press("Enter")
    expect(ana.locator('.message[data-direction="out"]')).to_have_count(1)
    ana.get_by_role("button", name="Transferir", exact=True).click()
    dialog = ana.get_by_role("dialog", name="Transferir la conversación")
    expect(dialog.locator("footer")).to_contain_text("Elige un agente o una campaña")
    dialog.get_by_text("Beto").click()
    expect(dialog.locator("footer")).to_contain_text("Escribe por qué se transfiere")
    expect(dialog.get_by_label("Tipificación")).to_contain_text("Transferencia")
    dialog.get_by_label("Nota para quien la recibe").fill("Pregunta por su factura")
    dialog.get_by_role("button", name=re.compile("Transferir")).last.click()
    expect(dialog).to_be_hidden()
    row = beto.locator(".conversation-row", has_text="Rocío")
    expect(row.get_by_role("img", name="Sin primera respuesta")).to_be_visible()
    wait_until(lambda: Transfer.objects.filter(note="Pregunta por su factura").exists(), what="the transfer")


@pytest.mark.shows("004-18", "B-05")
def test_an_outcome_that_asks_when_fills_the_callbacks(stack: Stack, committed_cast: Cast, sit_down: Sit) -> None:
    Typification.objects.filter(name="No responde").update(asks_callback="personal", closes_member=False)
    ana = sit_down("ana")
    dialog = begin_to_close(ana, stack)
    dialog.get_by_text("No responde").click()
    expect(dialog.locator("footer")).to_contain_text("Di cuándo volver a contactar")
    dialog.get_by_role("button", name="En 1 hora").click()
    dialog.get_by_role("button", name="Finalizar").click()
    expect(dialog).to_be_hidden()
    ana.get_by_role("button", name="Agendas").click()
    listed = ana.get_by_role("dialog", name="Agendas")
    expect(listed).to_contain_text("Rocío")
    listed.get_by_role("button", name="Listo").click()
    expect(listed).to_contain_text("No hay nadie a quien volver a contactar")
    wait_until(lambda: Callback.objects.get().state == "done", what="the promise's end")
