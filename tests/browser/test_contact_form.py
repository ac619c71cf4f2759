"""The contact's form in a real browser: rows of contact points, what is said at once, by keyboard alone, without script, nothing lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contacts.actions import create_contact
from contacts.actions.field_definitions import FieldSheet, create_field
from contacts.actions.seeding import seed_document_types
from contacts.models import Address, Contact, DocumentType, FieldDefinition
from contacts.sheets import PointEntry
from tests.browser.conftest import PHONE, Sit
from tests.stack import Stack

pytestmark = pytest.mark.browser

# The contact's own page; the form's, /contacts/new/, is none.
SAVED = re.compile(r"/contacts/\d+/$")


@pytest.fixture
def ana(stack: Stack, sit_down: Sit) -> Page:
    seed_document_types()
    page = sit_down("ana")
    page.goto(f"{stack.url}/contacts/new/")
    return page


def add(page: Page, text: str) -> None:
    box = page.get_by_label("Teléfono, WhatsApp o correo")
    box.fill(text)
    box.press("Enter")


def paste(page: Page, text: str) -> None:
    page.get_by_label("Teléfono, WhatsApp o correo").evaluate(
        """(box, text) => {
            const data = new DataTransfer();
            data.setData("text", text);
            box.focus();
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


@pytest.mark.shows("002-04", "002-05", "002-06", "002-07", "002-09", "002-10")
def test_a_contact_is_written_with_rows_a_checked_document_and_an_address(stack: Stack, ana: Page) -> None:
    ana.goto(f"{stack.url}/contacts/")
    ana.get_by_role("link", name="Nuevo contacto").first.click()
    ana.get_by_label("Nombres").fill("Rocío")
    ana.get_by_label("Apellidos").fill("Benítez")
    add(ana, "0981 555 444")
    rows = ana.locator(".point-row")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("+595 981 555 444")
    rows.first.locator("select").select_option(label="WhatsApp")
    add(ana, "rocio@example.com")
    paste(ana, "021 555 123; 0982 111 222\n0983 333 444")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("Correo")
    # Of the telephones the second is the main one now.
    ana.get_by_role("button", name="Principal: +595 982 111 222").click()
    ana.get_by_role("button", name="Quitar +595 983 333 444").click()
    expect(rows).to_have_count(4)
    ana.locator("#id_document_type").select_option(label="RUC (Paraguay)")
    number = ana.get_by_label("Número de documento").or_(ana.locator("#id_document_number"))
    number.first.fill("80028061-1")
    number.first.press("Tab")
    expect(ana.locator("#document-note")).to_be_visible()
    number.first.fill("800280610")
    number.first.press("Tab")
    expect(number.first).to_have_value("80028061-0")
    ana.get_by_label("Contacto VIP").check()
    expect(ana.get_by_label("Calle y número")).to_be_hidden()
    ana.get_by_label("Agregar dirección").check()
    ana.get_by_label("Calle y número").fill("Palma 123")
    ana.get_by_role("button", name="Crear contacto").click()
    ana.wait_for_url(SAVED)
    contact = Contact.objects.get(first_name="Rocío")
    points = {(each.kind, each.normalised): each.is_primary for each in contact.points.all()}
    assert points == {
        ("whatsapp", "+595981555444"): True,
        ("email", "rocio@example.com"): True,
        ("phone", "+59521555123"): False,
        ("phone", "+595982111222"): True,
    }
    assert (contact.is_vip, contact.document_number) == (True, "800280610")
    assert Address.objects.get(contact=contact).line == "Palma 123"


@pytest.mark.shows("002-08")
def test_a_company_is_found_while_typing_or_registered_on_the_way(stack: Stack, ana: Page) -> None:
    ana.get_by_label("Nombres").fill("Rocío")
    company = ana.get_by_role("combobox", name="Empresa")
    company.press_sequentially("Ñandutí Textil", delay=10)
    ana.get_by_role("option", name="Registrar «Ñandutí Textil»").wait_for()
    company.press("Enter")
    expect(ana.get_by_label("Registrarla como empresa nueva")).to_be_checked()
    ana.get_by_label("Rubro").fill("Textil")
    ana.get_by_role("button", name="Crear contacto").click()
    ana.wait_for_url(SAVED)
    made = Contact.objects.get().company
    assert made is not None
    assert (made.name, made.industry) == ("Ñandutí Textil", "Textil")
    ana.goto(f"{stack.url}/contacts/new/")
    ana.get_by_label("Nombres").fill("Mirta")
    company.press_sequentially("nandu", delay=10)
    ana.get_by_role("option", name="Ñandutí Textil").wait_for()
    company.press("Enter")
    expect(company).to_have_value("Ñandutí Textil")
    ana.get_by_role("button", name="Crear contacto").click()
    ana.wait_for_url(SAVED)
    assert Contact.objects.get(first_name="Mirta").company == made


@pytest.mark.shows("002-05", "002-12")
def test_what_somebody_has_already_is_said_at_once_with_a_link_and_nothing_typed_is_lost(
    stack: Stack, ana: Page, complaints: list[str]
) -> None:
    cast = stack.cast
    known = create_contact(by=cast.ana, first_name="Mirta", last_name="Sosa", points=[PointEntry(value="0981 555 444")])
    create_contact(by=cast.eva, first_name="Ajena", points=[PointEntry(value="0982 555 444")])
    ana.get_by_label("Nombres").fill("Rocío")
    add(ana, "595981555444")
    link = ana.locator(".point-row").get_by_role("link", name="Mirta Sosa")
    expect(link).to_have_attribute("href", f"/contacts/{known.pk}/")
    add(ana, "0982 555 444")
    expect(ana.locator(".point-row").nth(1)).to_contain_text("otro equipo")
    expect(ana.locator("body")).not_to_contain_text("Ajena")
    add(ana, "rocio@")
    expect(ana.locator(".point-row").nth(2)).to_have_attribute("data-state", "invalid")
    ana.get_by_label("Agregar dirección").check()
    ana.get_by_label("Distrito").fill("Lambaré")
    ana.get_by_role("button", name="Crear contacto").click()
    expect(ana.locator(".error-summary")).to_be_focused()
    expect(ana.get_by_label("Nombres")).to_have_value("Rocío")
    expect(ana.locator(".point-row")).to_have_count(3)
    expect(ana.get_by_label("Distrito")).to_have_value("Lambaré")
    # The way to what is wrong ends in what stands for it.
    ana.locator(".error-summary a[href='#id_points']").click()
    expect(ana.get_by_label("Teléfono, WhatsApp o correo")).to_be_focused()
    complaints.clear()
    asked: list[str] = []
    ana.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    ana.locator(".crumbs a").first.click()
    ana.wait_for_url("**/contacts/")
    assert asked == ["beforeunload"]
    assert Contact.objects.filter(first_name="Rocío").count() == 0


@pytest.mark.shows("002-11", "002-12", "002-13")
def test_fields_of_ones_own_have_the_right_inputs_in_the_new_form_and_in_editing(
    stack: Stack, ana: Page, complaints: list[str]
) -> None:
    kinds = FieldDefinition.Kind
    by = stack.cast.admin
    create_field(FieldSheet(label="Ocupación", is_required=True), by=by)
    create_field(FieldSheet(label="Edad", kind=kinds.NUMBER, minimum=18, maximum=99), by=by)
    create_field(FieldSheet(label="Visita", kind=kinds.DATE), by=by)
    create_field(FieldSheet(label="Zona", kind=kinds.CHOICE, options=["Norte", "Sur"]), by=by)
    create_field(FieldSheet(label="Intereses", kind=kinds.CHOICES, options=["Fibra", "Móvil", "TV"]), by=by)
    create_field(FieldSheet(label="Con contrato", kind=kinds.YES_NO), by=by)
    ana.reload()
    ana.get_by_label("Nombres").fill("Rocío")
    ana.get_by_label("Edad").fill("12")
    ana.get_by_label("Visita").fill("2026-12-01")
    ana.get_by_label("Zona").select_option("Sur")
    ana.get_by_label("Fibra").check()
    ana.get_by_label("TV").check()
    ana.get_by_role("group", name="Con contrato").get_by_label("Sí").check()
    ana.get_by_role("button", name="Crear contacto").click()
    summary = ana.locator(".error-summary")
    expect(summary).to_contain_text("Ocupación")
    expect(summary).to_contain_text("Edad")
    complaints.clear()
    ana.get_by_label("Ocupación").fill("Arquitecta")
    ana.get_by_label("Edad").fill("45")
    ana.get_by_role("button", name="Crear contacto").click()
    ana.wait_for_url(SAVED)
    contact = Contact.objects.get()
    kept = {
        "txtOcupacion": "Arquitecta",
        "numEdad": 45,
        "dteVisita": "2026-12-01",
        "cboZona": "Sur",
        "chkIntereses": ["Fibra", "TV"],
        "swiConContrato": True,
    }
    assert contact.custom == kept
    ana.goto(f"{stack.url}/contacts/{contact.pk}/edit/")
    expect(ana.get_by_label("Ocupación")).to_have_value("Arquitecta")
    expect(ana.get_by_label("TV")).to_be_checked()
    expect(ana.get_by_role("group", name="Con contrato").get_by_label("Sí")).to_be_checked()
    ana.get_by_label("Apellidos").fill("Benítez")
    ana.get_by_role("button", name="Guardar cambios").click()
    ana.wait_for_url(f"{stack.url}/contacts/{contact.pk}/")
    contact.refresh_from_db()
    assert (contact.last_name, contact.custom) == ("Benítez", kept)


@pytest.mark.shows("002-04", "002-05")
def test_by_keyboard_alone(stack: Stack, ana: Page) -> None:
    ana.get_by_label("Nombres").focus()
    ana.keyboard.type("Rocío")
    for _step in range(8):
        ana.keyboard.press("Tab")
        if ana.evaluate("document.activeElement.id") == "id_points_typing":
            break
    ana.keyboard.type("0981 555 444")
    ana.keyboard.press("Enter")
    ana.keyboard.type("rocio@example.com,")
    expect(ana.locator(".point-row")).to_have_count(2)
    for name in ("select", ".point-primary"):
        expect(ana.locator(f".point-row >> nth=0 >> {name}")).to_be_visible()
    ana.keyboard.type("mirta@example.com")
    # Not confirmed with Enter: leaving the box adds it.
    ana.keyboard.press("Tab")
    expect(ana.locator(".point-row")).to_have_count(3)
    ana.get_by_role("button", name="Crear contacto").focus()
    ana.keyboard.press("Enter")
    ana.wait_for_url(SAVED)
    assert Contact.objects.get().points.count() == 3


@pytest.mark.shows("002-04", "002-05", "002-12")
def test_without_script_the_same_form_does_the_same(
    stack: Stack, sit_down: Sit, browser: Any, complaints: list[str]
) -> None:
    seed_document_types()
    signed_in = sit_down("ana")
    context = browser.new_context(
        java_script_enabled=False, locale="es-PY", storage_state=signed_in.context.storage_state(), viewport=PHONE
    )
    page = context.new_page()
    try:
        page.goto(f"{stack.url}/contacts/new/")
        page.get_by_label("Nombres").fill("Rocío")
        page.locator("#id_points").fill("rocio@\n* WhatsApp: 0981 555 444")
        page.locator("#id_company_name").fill("Ñandutí")
        page.get_by_label("Registrarla como empresa nueva").check()
        page.get_by_label("Agregar dirección").check()
        page.get_by_label("Calle y número").fill("Palma 123")
        page.get_by_role("button", name="Crear contacto").click()
        expect(page.locator("#id_points_error")).to_be_visible()
        expect(page.locator("#id_points")).to_have_value("rocio@\n* WhatsApp: 0981 555 444")
        page.locator("#id_points").fill("rocio@example.com\n* WhatsApp: 0981 555 444")
        page.get_by_role("button", name="Crear contacto").click()
        page.wait_for_url(SAVED)
    finally:
        context.close()
    contact = Contact.objects.get()
    assert sorted(contact.points.values_list("kind", flat=True)) == ["email", "whatsapp"]
    assert contact.company is not None
    assert DocumentType.objects.exists()


@pytest.mark.shows("001-28")
def test_a_rule_is_counted_while_it_is_put_together(stack: Stack, sit_down: Sit) -> None:
    for name in ("Rocío", "Mirta"):
        create_contact(by=stack.cast.ana, first_name=name, is_vip=True)
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/contacts/groups/new/")
    expect(admin.locator("#card-rule")).to_be_hidden()
    admin.get_by_label("Nombre", exact=True).fill("Los VIP")
    admin.get_by_label("Por regla").check()
    admin.get_by_label("VIP", exact=True).select_option(label="Sí")
    expect(admin.locator("[data-counted]")).to_contain_text("2 contactos")
    admin.get_by_role("button", name="Crear grupo").click()
    expect(admin.locator("tbody")).to_contain_text("Los VIP")
