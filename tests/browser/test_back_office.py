"""The back office's main walks in a real browser: somebody is made and signs in, a role opens a section, nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.actions.roles import create_role
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.stack import Stack

pytestmark = pytest.mark.browser

SETTINGS = ".rail a[href='/settings/']"


def test_an_administrator_makes_a_user_who_signs_in(stack: Stack, sit_down: Sit) -> None:
    admin = sit_down("admin")
    admin.locator(SETTINGS).click()
    admin.locator("main a[href='/settings/users/']").click()
    admin.get_by_role("link", name="Nuevo usuario").click()
    admin.get_by_label("Usuario").fill("nora")
    admin.get_by_label("Nombre", exact=True).fill("Nora")
    admin.get_by_label("Mostrar una primera contraseña una sola vez").check()
    # The combobox by keyboard alone.
    roles = admin.get_by_role("combobox", name="Roles")
    roles.fill("agen")
    roles.press("Enter")
    teams = admin.get_by_role("combobox", name="Equipos")
    teams.fill("vent")
    teams.press("Enter")
    expect(admin.locator(".page-foot [data-unsaved]")).to_contain_text("cambios sin guardar")
    admin.get_by_role("button", name="Crear usuario").click()
    password = admin.locator("#shown-once").inner_text()
    nora = sit_down(None)
    nora.get_by_label("Usuario").fill("nora")
    nora.get_by_label("Contraseña", exact=True).fill(password)
    nora.keyboard.press("Enter")
    nora.get_by_text("Conectado", exact=True).wait_for()


def test_a_right_ticked_in_the_grid_opens_its_section(stack: Stack, sit_down: Sit) -> None:
    admin, ana = sit_down("admin"), sit_down("ana")
    expect(ana.locator(SETTINGS)).to_have_count(0)
    admin.goto(f"{stack.url}/settings/roles/")
    admin.get_by_label("Agente: Administrar equipos").check()
    admin.get_by_role("button", name="Guardar cambios").click()
    expect(admin.get_by_role("status").first).to_contain_text("Guardado")
    ana.reload()
    ana.locator(SETTINGS).click()
    ana.locator("main a[href='/settings/teams/']").click()
    expect(ana.locator("tbody")).to_contain_text("Ventas")
    expect(ana.locator("tbody")).not_to_contain_text("Soporte")


def test_what_is_wrong_is_told_where_it_is_and_leaving_asks_first(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/teams/new/")
    admin.get_by_label("Nombre", exact=True).fill("ventas")
    admin.get_by_role("button", name="Crear equipo").click()
    summary = admin.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Nombre").click()
    field = admin.get_by_label("Nombre", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value("ventas")
    # Chromium tells in its console that the refused form answered 400.
    complaints.clear()
    asked: list[str] = []
    admin.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    admin.get_by_role("link", name="Usuarios").click()
    admin.wait_for_url("**/settings/users/")
    assert asked == ["beforeunload"]


def test_a_dialog_whose_form_was_refused_opens_again_with_what_was_typed(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    assert stack.cast is not None
    create_role("Calidad", like=None, by=stack.cast.admin)
    create_role("Cobranzas", like=None, by=stack.cast.admin)
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/roles/")
    for opener, name, button in (
        ("Editar Calidad", "cobranzas", "Guardar"),
        ("Nuevo rol", "calidad", "Crear rol"),
    ):
        admin.get_by_role("button", name=opener).click()
        dialog = admin.get_by_role("dialog")
        dialog.get_by_label("Nombre").fill(name)
        dialog.get_by_role("button", name=button, exact=True).click()
        field = admin.get_by_role("dialog").get_by_label("Nombre")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(name)
        expect(field).to_be_focused()
        assert findings(admin) == []
        admin.keyboard.press("Escape")
        expect(admin.get_by_role("dialog")).to_have_count(0)
    # Chromium tells in its console that they answered 400.
    assert all("status of 400" in each for each in complaints), complaints
    complaints.clear()


def test_an_archived_team_comes_back_by_the_toast(stack: Stack, sit_down: Sit) -> None:
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/teams/")
    admin.get_by_role("link", name="Soporte").click()
    admin.get_by_role("button", name="Archivar").click()
    expect(admin.locator("tbody")).not_to_contain_text("Soporte")
    admin.get_by_role("button", name="Deshacer").click()
    expect(admin.locator("tbody")).to_contain_text("Soporte")
