"""All that match (B-04), as a supervisor does it: chosen by the list's own filters, counted, confirmed, and seen to happen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from contacts.actions import create_contact
from contacts.models import ContactTag
from inbox.models import Conversation
from processes.models import Run
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.contacts.people import tag
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def wait_for_preview(page: Page) -> Run:
    """Counted by a worker, or by whoever sweeps after it; the page goes on by itself."""
    expect(page.get_by_role("heading", name="Detalle por motivo")).to_be_visible()
    return Run.objects.latest("pk")


@pytest.mark.shows("B-04", "S05")
def test_the_conversations_a_supervisor_sees_are_tagged_from_the_desk(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    label = tag("Noviembre")
    for customer in ("rocio", "inigo", "joao"):
        stack.write("Hola", customer=customer)
    wait_until(lambda: Conversation.objects.count() == 3, what="three conversations")
    ana, luis = sit_down("ana"), sit_down("luis")
    expect(ana.locator(".conversation-row")).to_have_count(3)
    expect(ana.get_by_role("button", name=re.compile("^Seleccionar las"))).to_have_count(0)
    expect(luis.locator(".conversation-row")).to_have_count(3)
    luis.get_by_role("button", name="Seleccionar las 3 que coinciden").click()
    assert findings(luis) == []
    luis.get_by_role("menuitem", name="Etiquetar sus contactos…").click()
    expect(luis.get_by_role("heading", name="3 conversaciones coinciden")).to_be_visible()
    expect(luis.get_by_text("Pendiente", exact=True)).to_be_visible()
    luis.get_by_role("combobox", name="Etiqueta").fill("Nov")
    luis.get_by_role("option", name="Noviembre").click()
    luis.get_by_role("button", name="Ver vista previa").click()
    run = wait_for_preview(luis)
    assert (run.kind, run.expected) == ("tagging", 3)
    luis.get_by_role("button", name="Cambiar 3").click()
    wait_until(lambda: Run.objects.get(pk=run.pk).state == "done", what="the run's end")
    assert ContactTag.objects.filter(tag=label, by=stack.cast.luis).count() == 3
    expect(luis.get_by_role("button", name="Deshacer")).to_be_visible()


@pytest.mark.shows("B-04", "S64")
def test_all_contacts_that_match_are_chosen_across_the_pages_on_a_phone(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    tag("Noviembre")
    for number in range(53):
        create_contact(by=stack.cast.ana, first_name=f"Ámbar {number:02}")
    create_contact(by=stack.cast.ana, first_name="Otra")
    create_contact(by=stack.cast.eva, first_name="Ámbar ajena")
    luis = sit_down("luis", viewport=PHONE)
    luis.goto(f"{stack.url}/contacts/?search=ambar")
    luis.get_by_role("button", name="Seleccionar los 53 que coinciden").click()
    luis.get_by_role("link", name="Poner o quitar una etiqueta").click()
    expect(luis.get_by_role("heading", name="53 contactos coinciden")).to_be_visible()
    assert findings(luis) == []
    luis.get_by_role("combobox", name="Etiqueta").fill("Nov")
    luis.get_by_role("option", name="Noviembre").click()
    luis.get_by_role("button", name="Ver vista previa").click()
    assert wait_for_preview(luis).expected == 53
