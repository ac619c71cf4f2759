"""How an agent gets to a conversation: a link, the way back, filters, a search, a long list, a second tab."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def begin(stack: Stack, *people: tuple[str, str]) -> dict[str, int]:
    """One waiting conversation each, the last one the newest."""
    assert stack.cast
    now = timezone.now()
    return {
        name: factories.conversation(
            stack.cast,
            f"Hola, soy {name}",
            sender=factories.identity(phone=phone, name=name),
            at=now - datetime.timedelta(minutes=len(people) - n),
        ).pk
        for n, (name, phone) in enumerate(people)
    }


def heading(page: Page, name: str) -> None:
    expect(page.locator(".thread-head").get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.shows("P0-6")
def test_a_link_opens_its_conversation_after_signing_in_and_back_and_forward_work(stack: Stack, sit_down: Sit) -> None:
    ids = begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"))
    ana = sit_down(None)
    ana.goto(f"{stack.url}/?tray=pending&c={ids['Rocío Benítez']}")
    ana.get_by_label("Usuario").fill("ana")
    ana.get_by_label("Contraseña", exact=True).fill(factories.PASSWORD)
    ana.keyboard.press("Enter")
    heading(ana, "Rocío Benítez")
    expect(ana.locator('.conversation-row[aria-current="true"]')).to_contain_text("Rocío")

    ana.locator(".conversation-row", has_text="Martín").click()
    heading(ana, "Martín Peralta")
    ana.get_by_role("tab", name=re.compile("Atendidos")).click()
    expect(ana.get_by_text("Nada atendido todavía")).to_be_visible()
    ana.go_back()
    expect(ana.locator(".conversation-row")).to_have_count(2)
    heading(ana, "Martín Peralta")
    ana.go_back()
    heading(ana, "Rocío Benítez")
    ana.go_forward()
    heading(ana, "Martín Peralta")
    ana.reload()
    heading(ana, "Martín Peralta")


@pytest.mark.shows("P0-6", "S14")
def test_a_link_to_what_is_not_there_says_so(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    begin(stack, ("Rocío Benítez", "595991651351"))
    ana = sit_down("ana")
    ana.goto(f"{stack.url}/?c=999999999")
    expect(ana.get_by_text("Esa conversación no está aquí")).to_be_visible()
    ana.get_by_role("button", name="Volver a la lista").click()
    expect(ana.get_by_text("Elige una conversación")).to_be_visible()
    # The browser logs every 404 by itself, also the last one.
    ana.close()
    complaints.clear()


@pytest.mark.shows("001-10", "001-18", "P0-2", "P0-4")
def test_quick_filters_combine_and_the_address_carries_them(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = begin(
        stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"), ("Ximena Cruz", "5215512345678")
    )
    factories.take_conversation(ids["Rocío Benítez"], by=stack.cast.ana)
    ana = sit_down("ana")
    filters = ana.get_by_role("group", name="Filtros rápidos")
    expect(ana.locator(".conversation-row")).to_have_count(3)
    for name, count in (("Sin responder", 3), ("No leídos", 3), ("Mías", 1)):
        expect(filters.get_by_role("button", name=f"{name} {count}")).to_be_visible()
    filters.get_by_role("button", name="Mías").click()
    expect(ana.locator(".conversation-row")).to_have_count(1)
    expect(ana.locator(".conversation-row")).to_contain_text("Rocío")
    filters.get_by_role("button", name="Sin responder").click()
    expect(ana.locator(".conversation-row")).to_have_count(1)
    expect(ana).to_have_url(re.compile("assignee=me"))
    expect(ana).to_have_url(re.compile("unanswered=1"))

    # She opens and reads it: with «unread» as well nothing is left, and a link undoes all of it.
    ana.locator(".conversation-row").click()
    expect(ana.locator(".conversation-row .row-unread")).to_have_count(0)
    filters.get_by_role("button", name="No leídos").click()
    expect(ana.get_by_text("Sin resultados en Pendiente")).to_be_visible()
    address = ana.url
    ana.get_by_role("button", name="Quitar filtros").click()
    expect(ana.locator(".conversation-row")).to_have_count(3)
    ana.goto(address)
    expect(ana.get_by_text("Sin resultados en Pendiente")).to_be_visible()
    expect(filters.get_by_role("button", pressed=True)).to_have_count(3)


@pytest.mark.shows("001-06", "001-07", "P1-35", "R10")
def test_a_search_finds_names_without_accents_and_numbers_in_any_written_form(stack: Stack, sit_down: Sit) -> None:
    ids = begin(
        stack,
        ("Rocío Benítez", "595991651351"),
        ("Íñigo Zúñiga Muñoz", "56961234567"),
        ("Martín Peralta", "5491155550142"),
    )
    factories.take_conversation(ids["Martín Peralta"], by=stack.cast.ana)  # type: ignore[union-attr]
    ana = sit_down("ana")
    search, rows = ana.locator("#desk-search"), ana.locator(".conversation-row")
    for words, name in (
        ("inigo zuniga", "Íñigo"), ("ROCÍO", "Rocío"), ("munoz", "Íñigo"), ("+595 991 651-351", "Rocío"), ("0991651351", "Rocío"), ("651351", "Rocío"),
        ("+54 11 5555-0142", "Martín"), ("+54 9 11 5555 0142", "Martín"),
    ):  # fmt: skip
        search.fill(words)
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text(name)
    # What is found elsewhere is offered.
    ana.get_by_role("tab", name=re.compile("En curso")).click()
    expect(ana.get_by_text("Sin resultados en En curso")).to_be_visible()
    ana.get_by_role("button", name="Ver 1 coincidencia en Pendiente").click()
    expect(rows).to_contain_text("Martín")
    search.press("Escape")
    expect(rows).to_have_count(3)


@pytest.mark.shows("P0-5", "P1-9")
def test_a_list_of_300_keeps_few_rows_on_the_page_and_all_within_reach(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    now = timezone.now()
    factories.receive_messages(
        stack.cast.account,
        [
            factories.inbound(
                f"Hola {n}",
                sender=factories.identity(phone=f"595981{n:06d}", name=f"Cliente {n:03d}"),
                at=now - datetime.timedelta(minutes=n),
            )
            for n in range(300)
        ],
    )
    ana = sit_down("ana")
    rows, scroller = ana.locator(".conversation-row"), ana.locator("#conversation-list")
    expect(ana.get_by_role("tab", name=re.compile("Pendiente"))).to_contain_text("300")
    expect(rows.first).to_contain_text("Cliente 000")
    drawn = [rows.count()]

    def reach_the_end() -> bool:
        scroller.evaluate("list => list.scrollBy(0, 2400)")
        drawn.append(rows.count())
        return ana.get_by_text("Cliente 299").is_visible()

    wait_until(reach_the_end, seconds=180, what="the end of the list")
    assert max(drawn) <= 60
    assert ana.evaluate("document.querySelectorAll('*').length") < 2_000
    expect(ana.locator("li:has(> .conversation-row)").last).to_have_attribute("aria-posinset", "300")

    # Somebody writes: the rows being looked at stay, a pill tells of the new one.
    shown = rows.last.locator(".row-name").inner_text()
    stack.write("Nueva")
    pill = ana.get_by_role("button", name="1 nueva")
    expect(pill).to_be_visible()
    expect(rows.last.locator(".row-name")).to_have_text(shown)
    pill.click()
    expect(rows.first).to_contain_text("Nueva")
    # Two lines instead of three, and the windowing goes along.
    ana.get_by_role("button", name=re.compile("^Orden")).click()
    ana.get_by_role("menuitemcheckbox", name="Lista compacta").click()
    wait_until(lambda: (rows.first.bounding_box() or {}).get("height") == 60, what="the compact list")
    ana.reload()
    expect(rows.first).to_be_visible()
    wait_until(lambda: (rows.first.bounding_box() or {}).get("height") == 60, what="the compact list again")


@pytest.mark.shows("P0-6", "P0-11")
def test_two_tabs_of_one_person_agree(stack: Stack, sit_down: Sit) -> None:
    stack.write("Hola")
    first = sit_down("ana")
    second = first.context.new_page()
    second.goto(f"{stack.url}/")
    for page in (first, second):
        page.locator(".conversation-row").click()
    first.bring_to_front()
    first.get_by_role("button", name="Tomar").first.click()
    expect(second.get_by_role("button", name="Liberar")).to_be_visible()
    first.locator("#desk-composer").fill("A medias")
    first.get_by_text("Borrador guardado").wait_for()
    second.reload()
    expect(second.locator("#desk-composer")).to_have_value("A medias")
    second.bring_to_front()
    second.locator("#desk-composer").press("Enter")
    for page in (first, second):
        expect(page.locator('.message[data-direction="out"]')).to_have_count(1)
        expect(page.locator('.message[data-direction="out"]')).to_contain_text("A medias")
        expect(page.get_by_role("tab", name=re.compile("En curso"))).to_contain_text("1")
    second.close()
