"""A base from its beginning in a real browser: made, filled with who was looked for, started, looked at by an agent, and emptied."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from contacts.actions.members import take_next_member
from contacts.models import BaseMember, ContactBase
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.contacts.members import people
from tests.stack import Stack

pytestmark = pytest.mark.browser


def test_a_base_is_made_filled_started_and_looked_at(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    people(3, teams=[stack.cast.team])
    luis = sit_down("luis")
    luis.locator(".rail a[href='/bases/']").click()
    expect(luis.get_by_role("heading", name="Todavía no hay ninguna base")).to_be_visible()
    luis.get_by_role("link", name="Nueva base").first.click()
    luis.get_by_label("Nombre", exact=True).fill("Renovación")
    luis.get_by_role("button", name="Crear base").click()
    luis.get_by_role("searchbox").fill("persona")
    with luis.expect_navigation():
        luis.get_by_role("searchbox").press("Enter")
    found = luis.locator(".choice-list input[name=contact]")
    expect(found).to_have_count(3)
    for box in found.all():
        box.check()
    luis.get_by_role("button", name="Agregar los elegidos").click()
    expect(luis.get_by_role("status").first).to_contain_text("3 contactos agregados")
    luis.get_by_role("button", name="Iniciar").click()
    expect(luis.locator(".page-head .badge").first).to_have_text("Activa")
    base = ContactBase.objects.get()
    take_next_member(base.pk, by=stack.cast.ana)

    ana = sit_down("ana")
    ana.goto(f"{stack.url}{reverse('base', args=[base.pk])}")
    expect(ana.locator(".state-legend")).to_contain_text("Sin gestionar 2")
    ana.locator(".state-legend a", has_text="Reservado").click()
    expect(ana.locator("tbody tr")).to_have_count(1)
    expect(ana.locator("tbody")).to_contain_text("lo tiene ahora")
    expect(ana.get_by_role("button", name="Pausar")).to_have_count(0)
    ana.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    assert findings(ana) == []

    luis.reload()
    assert findings(luis) == []
    for box in luis.locator("tbody input[name=member]").all():
        box.check()
    luis.get_by_role("button", name="Quitar los elegidos").click()
    expect(luis.get_by_role("heading", name="2 registros salen")).to_be_visible()
    luis.get_by_role("button", name="Quitar", exact=True).click()
    expect(luis.get_by_role("status").first).to_contain_text("2 registros quitados")
    assert BaseMember.objects.live().get().state == "reserved"
    luis.wait_for_load_state("load")
    luis.get_by_role("button", name="Cerrar base").first.click()
    luis.get_by_role("dialog").get_by_role("button", name="Cerrar base").click()
    expect(luis.locator(".page-head .badge").first).to_have_text("Finalizada")
    expect(luis.get_by_role("button", name="Asociar contactos")).to_have_attribute("aria-disabled", "true")
    assert complaints == []
