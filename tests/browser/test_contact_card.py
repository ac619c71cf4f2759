"""The contact beside the list and beside the conversation: what one reads, starts, notes and adds there, without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from contacts.actions import add_point, create_contact, edit_contact
from contacts.models import Contact, ContactGroup, ContactNote, Tag
from inbox.models import Call, Conversation
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import assert_fits, findings
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


@pytest.mark.shows("002-20", "001-30")
def test_what_is_half_typed_waits_beside_another_contact_and_a_deleted_note_comes_back(
    stack: Stack, sit_down: Sit
) -> None:
    contact_id = known(stack)
    create_contact(by=stack.cast.ana, first_name="Ámbar")
    ana = sit_down("ana")
    ana.goto(f"{stack.url}/contacts/{contact_id}/?tab=addresses")
    section = ana.locator("#contact-section")
    fold, line = section.locator("#contact-panel-addresses details"), section.get_by_label("Calle y número")
    fold.locator("summary").click()
    line.fill("Palma 12")
    section.get_by_label("Distrito").fill("Centro")
    ana.get_by_role("link", name="Ámbar").click()
    expect(section.get_by_role("heading", name="Ámbar")).to_be_visible()
    # What was typed is Rocío's, not hers.
    tab(ana, "Direcciones")
    fold.locator("summary").click()
    expect(line).to_have_value("")
    ana.get_by_role("link", name="Rocío Benítez").click()
    expect(section.get_by_role("heading", name="Rocío Benítez")).to_be_visible()
    tab(ana, "Direcciones")
    expect(line).to_be_visible()
    expect(line).to_have_value("Palma 12")
    section.get_by_role("button", name="Guardar dirección").click()
    expect(section.locator("#contact-panel-addresses .card-list")).to_contain_text("Centro")
    ana.reload()
    tab(ana, "Direcciones")
    expect(line).to_be_hidden()

    tab(ana, "Notas")
    notes = section.locator("#contact-panel-notes")
    notes.get_by_label("Nota").fill("Prefiere la tarde")
    section.get_by_role("button", name="Guardar nota").click()
    section.get_by_role("button", name="Eliminar mi nota").click()
    undo = notes.get_by_role("button", name="Deshacer")
    expect(undo).to_be_focused()
    expect(notes.locator(".card-list")).to_have_count(0)
    assert findings(ana) == []
    ana.keyboard.press("Enter")
    expect(notes.locator(".card-list")).to_contain_text("Prefiere la tarde")
    expect(undo).to_have_count(0)

    # Beside the conversation it is a toast that brings it back.
    ana.goto(f"{stack.url}/")
    ana.locator(".conversation-row", has_text="Rocío").click()
    card = ana.get_by_role("complementary", name="Ficha del contacto").locator(".contact-notes")
    card.get_by_role("button", name="Eliminar mi nota").click()
    expect(card.locator(".card-list")).to_have_count(0)
    ana.get_by_role("button", name="Deshacer").click()
    expect(card.locator(".card-list")).to_contain_text("Prefiere la tarde")


@pytest.mark.shows("001-13", "001-19", "001-27", "001-28", "001-30", "P0-3", "P0-4")
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


@pytest.mark.shows("P0-34", "004-14")
def test_who_a_contact_is_is_mended_beside_the_conversation_and_nothing_typed_is_lost(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    contact_id = known(stack)
    assert stack.cast
    factories.conversation(stack.cast, "Otra cosa", sender=factories.identity("595981000001", name="Nadia Ocampos"))
    ana, luis = sit_down("ana"), sit_down("luis")
    row = ana.locator(".conversation-row", has_text="Hola, quiero la promo")
    row.click()
    side = ana.get_by_role("complementary", name="Ficha del contacto")
    edit = side.get_by_role("button", name="Editar contacto")
    expect(edit).not_to_have_attribute("aria-disabled", "true")
    edit.click()
    form = side.get_by_role("form", name="Editar contacto")
    first, save = form.get_by_label("Nombre", exact=True), form.get_by_role("button", name="Guardar contacto")
    expect(first).to_be_focused()
    expect(form).to_contain_text("«Rocío Benítez»")
    expect(save).to_have_attribute("aria-disabled", "true")
    first.fill("Rocío")
    form.get_by_label("Apellido").fill("Benítez Sosa")
    form.get_by_label("Contacto VIP").check()
    assert findings(ana) == []
    # Elsewhere and back, and after a reload: what was begun stands there.
    ana.locator(".conversation-row", has_text="Nadia").click()
    expect(form).to_have_count(0)
    row.click()
    expect(form.get_by_label("Apellido")).to_have_value("Benítez Sosa")
    ana.reload()
    expect(form.get_by_label("Apellido")).to_have_value("Benítez Sosa")
    # Somebody else was faster: it is said what stands there now, and nothing is overwritten unseen.
    edit_contact(contact_id, by=stack.cast.luis, first_name="Rocio", last_name="B.")
    save.click()
    expect(form.get_by_role("alert")).to_contain_text("«Rocio B.»")
    assert Contact.objects.get(pk=contact_id).last_name == "B."
    save.click()
    expect(form).to_have_count(0)
    for page in (ana, luis):
        mended = page.locator(".conversation-row", has_text="Rocío Benítez Sosa")
        expect(mended.get_by_role("img", name="VIP")).to_be_visible()
    expect(side.get_by_role("heading", name="Rocío Benítez Sosa")).to_be_visible()
    contact = Contact.objects.get(pk=contact_id)
    assert (contact.first_name, contact.last_name, contact.is_vip) == ("Rocío", "Benítez Sosa", True)

    # One more way to reach them: what is none says so, and of somebody else's it is said whose.
    add = side.get_by_role("button", name="Agregar un número o correo")
    add.click()
    adding = side.get_by_role("form", name="Agregar un número o correo")
    box, put = adding.get_by_label("Número o correo"), adding.get_by_role("button", name="Agregar")
    expect(box).to_be_focused()
    box.fill("12")
    put.click()
    expect(adding.get_by_role("alert")).to_be_visible()
    box.fill("0981 000 001")
    put.click()
    expect(adding.get_by_role("alert")).to_contain_text("Nadia Ocampos")
    expect(adding.get_by_role("link", name="Ver a Nadia Ocampos")).to_have_attribute(
        "href", re.compile(r"/contacts/\d+/$")
    )
    assert findings(ana) == []
    box.fill("rocio@example.com")
    box.press("Enter")
    expect(side.locator(".points")).to_contain_text("rocio@example.com")
    expect(adding).to_have_count(0)
    expect(add).to_be_focused()
    expect(side.get_by_role("link", name="Ficha completa")).to_have_attribute("href", f"/contacts/{contact_id}/")
    # The browser's own words about what was refused.
    assert all("409" in each or "400" in each for each in complaints)
    complaints.clear()
