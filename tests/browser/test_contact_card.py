"""The contact beside the list and beside the conversation: what one reads, starts, notes and adds there, without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from contacts.actions import add_point
from contacts.models import ContactGroup, ContactNote, Tag
from inbox.models import Call, Conversation
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.test_for_everybody import assert_fits, findings
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def known(stack: Stack) -> int:
    """Rocío, in Ana's hands, with a telephone; return her id."""
    assert stack.cast
    conversation = factories.conversation(stack.cast, "Hola, quiero la promo", sender=factories.identity())
    factories.take_conversation(conversation.pk, by=stack.cast.ana)
    add_point(conversation.contact_id, value="+595 21 584 310", kind="phone", by=stack.cast.admin)
    return int(conversation.contact_id)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(name)).click()


@pytest.mark.shows("002-14", "002-15", "002-16", "002-17", "002-19", "002-20", "002-21", "002-22", "001-30", "001-33")
def test_the_section_opens_beside_the_list_and_everything_on_it_changes_in_place(stack: Stack, sit_down: Sit) -> None:
    contact_id = known(stack)
    ana = sit_down("ana")
    # This machine has no telephone, and a headless browser waits for one for ever: what would be dialled is only kept.
    ana.add_init_script("HTMLAnchorElement.prototype.click = function () { window.dialled = this.href; }")
    ana.goto(f"{stack.url}/contacts/")
    ana.get_by_role("link", name="Rocío Benítez").click()
    section = ana.locator("#contact-section")
    expect(section.get_by_role("heading", name="Rocío Benítez")).to_be_visible()
    expect(ana).to_have_url(re.compile(rf"/contacts/{contact_id}/"))
    expect(ana.get_by_role("link", name="Rocío Benítez").first).to_be_visible()
    # Nothing from here on may load the page anew.
    ana.evaluate("window.stays = true")
    expect(section.locator(".via-group h4")).to_have_text(["WhatsApp", "Correo", "Telefonía", "Messenger", "Instagram"])
    expect(section.get_by_role("link", name="Escribir")).to_be_visible()
    assert findings(ana) == []

    section.get_by_role("button", name="Llamar").click()
    dialog = ana.get_by_role("dialog")
    dialog.get_by_role("button", name="Guardar tipificación").wait_for()
    assert Call.objects.get().ended_at is None
    wait_until(lambda: ana.evaluate("window.dialled") == "tel:+59521584310", what="the dialling")
    dialog.get_by_label("Tipificación").select_option(label="Interesado › Pide propuesta por correo")
    dialog.get_by_label("Nota").fill("Quiere la propuesta")
    dialog.get_by_role("button", name="Guardar tipificación").click()
    expect(dialog).to_be_hidden()
    wait_until(lambda: Call.objects.get().note == "Quiere la propuesta", what="its note")

    tab(ana, "Historial")
    expect(section.locator(".interaction")).to_have_count(2)
    section.locator(".interaction", has_text="Llamada saliente").locator("summary").click()
    expect(section.get_by_text("Quiere la propuesta").last).to_be_visible()
    section.locator(".interaction", has_text="WhatsApp Ventas").locator("summary").click()
    expect(section.locator(".transcript")).to_contain_text("Hola, quiero la promo")

    tab(ana, "Direcciones")
    section.get_by_text("Agregar dirección").click()
    section.get_by_label("Calle y número").fill("Palma 123")
    section.get_by_role("button", name="Guardar dirección").click()
    expect(section.locator("#contact-panel-addresses .card-list")).to_contain_text("Palma 123")
    expect(section.get_by_role("tab", name=re.compile("Direcciones")).locator(".badge")).to_have_text("1")

    tab(ana, "Notas")
    section.locator("#contact-panel-notes").get_by_label("Nota").fill("Prefiere la tarde")
    section.get_by_role("button", name="Guardar nota").click()
    expect(section.locator("#contact-panel-notes .card-list")).to_contain_text("Ana Gómez")
    tab(ana, "Archivos")
    expect(section.get_by_text("No hay archivos de este tipo")).to_be_visible()
    assert ana.evaluate("window.stays")

    # The address says which tab; a reload and a phone show the same.
    expect(ana).to_have_url(re.compile("tab=files"))
    ana.set_viewport_size(PHONE)
    ana.reload()
    expect(section.get_by_text("No hay archivos de este tipo")).to_be_visible()
    assert_fits(ana)
    assert findings(ana) == []


@pytest.mark.shows("001-13", "001-19", "001-27", "001-28", "001-30")
def test_tags_groups_and_notes_stand_beside_the_conversation_and_lists_are_narrowed_by_them(
    stack: Stack, sit_down: Sit
) -> None:
    contact_id = known(stack)
    assert stack.cast
    factories.conversation(stack.cast, "Otra cosa", sender=factories.identity("595981000001", name="Nadia Ocampos"))
    Tag.objects.create(name="Promo 300", folded_name="promo 300", hue="ochre")
    ContactGroup.objects.create(name="Zona Central", folded_name="zona central")
    ana, luis = sit_down("ana"), sit_down("luis")
    row = ana.locator(".conversation-row", has_text="Rocío")
    row.click()
    side = ana.get_by_role("complementary", name="Ficha del contacto")
    side.get_by_label("Agregar etiqueta o grupo").select_option(label="Promo 300")
    expect(side.locator(".tag-cloud")).to_contain_text("Promo 300")
    side.get_by_label("Agregar etiqueta o grupo").select_option(label="Zona Central")
    expect(row.locator(".tag[data-label]")).to_have_text("Promo 300")
    expect(row.locator(".tag[data-more]")).to_contain_text("+1")
    # Luis sees it where he looks, without doing anything.
    expect(luis.locator(".conversation-row", has_text="Rocío").locator(".tag[data-label]")).to_have_text("Promo 300")
    side.get_by_label("Nota sobre el contacto").fill("Prefiere la tarde")
    side.get_by_role("button", name="Guardar nota").click()
    expect(side.locator(".contact-notes .card-list")).to_contain_text("Prefiere la tarde")
    wait_until(lambda: ContactNote.objects.filter(contact=contact_id, author=stack.cast.ana).exists(), what="her note")  # type: ignore[union-attr]
    assert findings(ana) == []

    luis.get_by_role("button", name="Filtros", exact=True).click()
    panel = luis.get_by_role("dialog", name="Filtros")
    panel.get_by_role("group", name="Etiquetas").get_by_role("button", name="Promo 300").click()
    expect(luis.locator(".conversation-row .row-name")).to_have_text([re.compile("Rocío")])
    luis.keyboard.press("Escape")
    expect(luis.get_by_role("list", name="Filtros aplicados")).to_contain_text("Etiqueta: Promo 300")
    # Taken off, it leaves the list that asks for it by itself.
    side.get_by_role("button", name="Quitar la etiqueta Promo 300").click()
    expect(luis.locator(".conversation-row")).to_have_count(0)
    assert Conversation.objects.count() == 2
