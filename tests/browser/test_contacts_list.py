"""The Contacts screen in a real browser: rows, search on ENTER, the section beside the list, keys, views of one's own, and a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import SavedView
from contacts.actions import create_contact
from contacts.models import Company, Contact
from contacts.sheets import PointEntry
from tests.browser.conftest import PHONE, Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def people(stack: Stack) -> dict[str, Contact]:
    """Rocío, VIP and of a company, among seventy of Ventas; Teófilo of Soporte."""
    company = Company.objects.create(name="Panadería La Esquina", sort_name="panaderia la esquina")
    made = {
        "rocio": create_contact(
            by=stack.cast.ana,
            first_name="Rocío",
            last_name="Benítez Duarte",
            points=[PointEntry(value="+595 991 651351", kind="whatsapp"), PointEntry(value="rocio@laesquina.com.py")],
            company=company,
            is_vip=True,
        ),
        "teofilo": create_contact(by=stack.cast.eva, first_name="Teófilo", last_name="Insfrán"),
    }
    for number in range(69):
        create_contact(by=stack.cast.ana, first_name=f"Ámbar {number:02}")
    return made


def at_contacts(page: Page) -> Page:
    page.locator(".rail a[href='/contacts/']").click()
    expect(page.get_by_role("heading", name="Contactos", level=1)).to_be_visible()
    # Its keys are listened to.
    page.wait_for_load_state("load")
    return page


@pytest.mark.shows("002-01", "002-02", "002-03", "S05")
def test_an_agent_lists_the_contacts_of_their_team(stack: Stack, sit_down: Sit) -> None:
    people(stack)
    ana = at_contacts(sit_down("ana"))
    # The names stand in order and page by page, both ways.
    expect(ana.locator("tbody tr")).to_have_count(50)
    expect(ana.locator(".page-head .badge")).to_contain_text("70")
    ana.get_by_role("link", name="Siguiente").click()
    rocio = ana.get_by_role("row", name=re.compile("Rocío"))
    expect(rocio.locator(".avatar")).to_have_text("RB")
    expect(rocio.get_by_role("img", name="VIP")).to_be_visible()
    expect(rocio).to_contain_text("Panadería La Esquina")
    for name in ("WhatsApp", "Correo"):
        expect(rocio.locator(f".channel[title^='{name}']")).to_have_count(1)
    ana.get_by_role("link", name="Anterior").click()
    expect(ana.locator("tbody tr").first).to_contain_text("Ámbar 00")
    ana.get_by_role("link", name="Nombres y apellidos").click()
    expect(ana.locator("tbody tr").first).to_contain_text("Rocío")
    expect(ana.get_by_role("columnheader", name="Nombres y apellidos")).to_have_attribute("aria-sort", "descending")
    eva = at_contacts(sit_down("eva"))
    expect(eva.locator("tbody tr")).to_have_count(1)
    expect(eva.locator("tbody")).to_contain_text("Teófilo")


@pytest.mark.shows("002-23")
def test_enter_searches_by_whatever_is_known_of_somebody(stack: Stack, sit_down: Sit) -> None:
    people(stack)
    ana = at_contacts(sit_down("ana"))
    for words in ("ROCIO benitez", "panaderia", "0991 651 351", "rocio@laesquina"):
        ana.keyboard.press("/")
        box = ana.get_by_role("searchbox", name="Buscar contactos")
        expect(box).to_be_focused()
        box.fill(words)
        with ana.expect_navigation():
            box.press("Enter")
        expect(ana.locator("tbody tr")).to_have_count(1)
        expect(ana.locator("tbody")).to_contain_text("Rocío Benítez Duarte")
        ana.locator("main h1").click()
    ana.get_by_role("searchbox").fill("Teófilo")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("heading", name="Sin resultados")).to_be_visible()
    ana.get_by_role("link", name="Ver todos los contactos").click()
    expect(ana.locator("tbody tr")).to_have_count(50)


@pytest.mark.shows("002-14")
def test_a_row_opens_the_section_and_the_list_stays_where_it_was(stack: Stack, sit_down: Sit) -> None:
    rocio = people(stack)["rocio"]
    ana = sit_down("ana")
    ana.goto(f"{stack.url}/contacts/?order=-name")
    ana.evaluate("document.querySelector('.table-scroll').dataset.same = 'yes'")
    section = ana.locator("#contact-section")
    link = ana.get_by_role("link", name=re.compile("Rocío Benítez"))
    link.focus()
    ana.keyboard.press("ArrowDown")
    expect(ana.get_by_role("link", name="Ámbar 68")).to_be_focused()
    ana.keyboard.press("ArrowUp")
    ana.keyboard.press("Enter")
    expect(section.get_by_role("heading", name=re.compile("Rocío Benítez"))).to_be_visible()
    expect(ana).to_have_url(re.compile(rf"/contacts/{rocio.pk}/\?order=-name$"))
    expect(link).to_have_attribute("aria-current", "true")
    expect(ana.locator(".table-scroll")).to_have_attribute("data-same", "yes")
    ana.keyboard.press("Escape")
    expect(section).to_be_hidden()
    expect(ana).to_have_url(re.compile(r"/contacts/\?order=-name$"))
    expect(link).to_be_focused()
    # The history goes both ways, and × closes as Esc does.
    ana.go_back()
    expect(section.get_by_role("heading", name=re.compile("Rocío Benítez"))).to_be_visible()
    section.get_by_role("link", name="Cerrar el detalle").click()
    expect(section).to_be_hidden()
    expect(link).to_be_focused()
    expect(ana.locator(".table-scroll")).to_have_attribute("data-same", "yes")
    # A place far down stays in sight; a second row takes the first one's place.
    last = ana.locator("tbody tr").last
    last.scroll_into_view_if_needed()
    top = ana.locator(".table-scroll").evaluate("element => element.scrollTop")
    last.click(position={"x": 300, "y": 20})
    expect(section).to_be_visible()
    assert ana.locator(".table-scroll").evaluate("element => element.scrollTop") == pytest.approx(top, abs=60)
    expect(last).to_have_attribute("aria-selected", "true")


@pytest.mark.shows("002-14")
def test_the_deep_link_shows_list_and_section_without_any_script(stack: Stack, sit_down: Sit) -> None:
    rocio = people(stack)["rocio"]
    ana = sit_down("ana")
    page = ana.request.get(f"{stack.url}/contacts/{rocio.pk}/?order=-name").text()
    assert "data-open" in page
    assert 'aria-selected="true"' in page
    assert page.count("data-contact=") == 50
    ana.goto(f"{stack.url}/contacts/{rocio.pk}/?order=-name")
    expect(ana.locator("#contact-section").get_by_role("heading", name=re.compile("Rocío"))).to_be_visible()
    ana.keyboard.press("Escape")
    expect(ana.locator("#contact-section")).to_be_hidden()
    expect(ana).to_have_url(re.compile(r"/contacts/\?order=-name$"))
    eva = sit_down("eva")
    assert eva.request.get(f"{stack.url}/contacts/{rocio.pk}/").status == 404


@pytest.mark.shows("001-19")
def test_a_combination_of_filters_is_kept_as_a_view_of_ones_own(stack: Stack, sit_down: Sit) -> None:
    people(stack)
    ana = at_contacts(sit_down("ana"))
    ana.get_by_role("link", name="VIP", exact=True).click()
    expect(ana.locator("tbody tr")).to_have_count(1)
    expect(ana.get_by_role("link", name="Quitar el filtro VIP")).to_be_visible()
    ana.get_by_role("button", name="Guardar esta vista").click()
    name = ana.get_by_label("Nombre de la vista")
    expect(name).to_be_focused()
    name.fill("Mis VIP")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("link", name="Mis VIP")).to_have_attribute("aria-current", "true")
    ana.get_by_role("link", name="Quitar el filtro VIP").click()
    expect(ana.locator("tbody tr")).to_have_count(50)
    ana.get_by_role("link", name="Mis VIP").click()
    expect(ana.locator("tbody tr")).to_have_count(1)
    # All the filters in one form, by keyboard.
    ana.get_by_role("button", name="Filtro", exact=True).click()
    kinds = ana.get_by_role("combobox", name="Vía de contacto")
    kinds.fill("insta")
    kinds.press("Enter")
    # Leaving the field closes its list.
    kinds.press("Tab")
    ana.get_by_role("button", name="Aplicar").click()
    expect(ana.get_by_role("heading", name="Sin resultados")).to_be_visible()
    ana.get_by_role("link", name="Quitar el filtro Vía de contacto: Instagram").click()
    expect(ana.locator("tbody tr")).to_have_count(1)
    ana.get_by_role("button", name="Administrar las vistas").click()
    ana.get_by_role("button", name="Eliminar la vista Mis VIP").click()
    expect(ana.get_by_role("link", name="Mis VIP")).to_have_count(0)
    wait_until(lambda: not SavedView.objects.exists(), what="its end")


@pytest.mark.shows("002-14")
def test_on_a_phone_the_section_covers_the_list(stack: Stack, sit_down: Sit) -> None:
    people(stack)
    ana = sit_down("ana", viewport=PHONE)
    ana.goto(f"{stack.url}/contacts/?search=rocio")
    assert ana.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ana.get_by_role("link", name=re.compile("Rocío Benítez")).click()
    section = ana.locator("#contact-section")
    expect(section.get_by_role("heading", name=re.compile("Rocío"))).to_be_visible()
    box = section.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    assert ana.evaluate("document.querySelector('.list-column').inert")
    section.get_by_role("link", name="Cerrar el detalle").click()
    expect(section).to_be_hidden()
    expect(ana.get_by_role("link", name=re.compile("Rocío Benítez"))).to_be_focused()
