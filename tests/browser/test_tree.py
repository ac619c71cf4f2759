"""The typifications' tree as an administrator edits it: by keyboard alone, and by dragging."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.browser.test_every_kind import shot
from tests.stack import Stack, wait_until
from typification.models import Typification

pytestmark = pytest.mark.browser


def tree_of(page: Page, stack: Stack) -> Locator:
    page.goto(f"{stack.url}/settings/typifications/")
    tree = page.get_by_role("tree")
    expect(tree).to_be_visible()
    return tree


def item(page: Page, name: str) -> Locator:
    return page.locator(f"[role=treeitem][data-name='{name}']")


def settled(page: Page, name: str) -> None:
    """The server's tree stands there, and the focus is on this one of it: until then keys would be of the tree before."""
    expect(page.locator("[data-tree-place]")).not_to_have_attribute("aria-busy", "true")
    expect(item(page, name)).to_be_focused()


def children_of(name: str) -> list[str]:
    found = Typification.objects.filter(parent__name=name).order_by("position")
    return list(found.values_list("name", flat=True))


@pytest.mark.shows("P0-44")
def test_the_tree_is_edited_by_keyboard_alone(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    page = sit_down("admin")
    tree_of(page, stack)
    keys = page.keyboard
    page.get_by_label("Buscar en el árbol").focus()
    keys.type("factúr")
    expect(page.locator("[role=treeitem]:visible")).to_have_count(2)
    keys.press("ControlOrMeta+a")
    keys.press("Delete")
    keys.press("ArrowDown")
    expect(item(page, "Venta concretada")).to_be_focused()
    # Walking and folding.
    keys.press("ArrowDown")
    keys.press("ArrowLeft")
    expect(item(page, "Interesado")).to_have_attribute("aria-expanded", "false")
    expect(item(page, "Llamar más tarde")).to_be_hidden()
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    expect(item(page, "Llamar más tarde")).to_be_focused()
    # Moving among its neighbours, out of its heading and into the one before it.
    keys.press("Alt+ArrowDown")
    wait_until(
        lambda: children_of("Interesado")[:2] == ["Pide propuesta por correo", "Llamar más tarde"], what="the step"
    )
    settled(page, "Llamar más tarde")
    keys.press("Alt+ArrowLeft")
    wait_until(lambda: Typification.objects.get(name="Llamar más tarde").parent is None, what="the way out")
    settled(page, "Llamar más tarde")
    keys.press("Alt+ArrowRight")
    wait_until(lambda: children_of("Interesado")[-1] == "Llamar más tarde", what="the way in")
    settled(page, "Llamar más tarde")
    # Renaming and adding in place; what is refused stays typed.
    keys.press("F2")
    expect(page.locator(".tree input")).to_be_focused()
    keys.type("Interesado")
    keys.press("Enter")
    wait_until(lambda: Typification.objects.filter(name="Interesado").count() == 2, what="the new name")
    expect(page.locator("[data-tree-place]")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("[role=treeitem]:focus")).to_have_attribute("data-name", "Interesado")
    keys.press("F2")
    expect(page.locator(".tree input")).to_be_focused()
    keys.type("pide propuesta por correo")
    keys.press("Enter")
    expect(page.locator("[data-tree-problem]")).to_contain_text("Ya hay una")
    expect(page.locator(".tree input")).to_have_value("pide propuesta por correo")
    complaints.clear()  # the refusal on purpose is a 400 in the console
    keys.press("ControlOrMeta+a")
    keys.type("Volver a llamar")
    keys.press("Enter")
    settled(page, "Volver a llamar")
    keys.press("Insert")
    expect(page.locator(".tree input")).to_be_focused()
    keys.type("Manda un audio")
    keys.press("Enter")
    settled(page, "Manda un audio")
    assert children_of("Interesado")[-1] == "Manda un audio"
    # The menu, and back.
    keys.press("Shift+F10")
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    assert findings(page) == []
    keys.press("Escape")
    expect(menu).to_be_hidden()
    expect(item(page, "Manda un audio")).to_be_focused()
    # Archiving, with a way back.
    keys.press("Delete")
    expect(page.get_by_role("status").filter(has_text="archivada; ya no se ofrece")).to_have_count(1)
    wait_until(lambda: Typification.objects.get(name="Manda un audio").archived, what="the archiving")
    page.get_by_role("button", name="Deshacer").press("Enter")
    settled(page, "Manda un audio")
    assert not Typification.objects.get(name="Manda un audio").archived
    # Opening it: its form beside the tree.
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Manda un audio")).to_be_visible()
    assert findings(page) == []
    shot(page, "tree")


def test_a_node_is_dragged_into_another_and_before_one(stack: Stack, sit_down: Sit) -> None:
    page = sit_down("admin")
    tree_of(page, stack)
    drag(page, "No responde", "Reclamo", at=0.5)
    wait_until(
        lambda: children_of("Reclamo") == ["Servicio", "Facturación", "Atención", "No responde"], what="the drop"
    )
    drag(page, "No responde", "Facturación", at=0.1)
    wait_until(
        lambda: children_of("Reclamo") == ["Servicio", "No responde", "Facturación", "Atención"], what="the order"
    )
    # Never below itself: nothing is asked, nothing happens.
    drag(page, "Reclamo", "Servicio", at=0.5)
    expect(page.locator("[data-tree-problem]")).to_be_hidden()
    assert Typification.objects.get(name="Reclamo").parent is None
    # The server's no is said.
    drag(page, "Número equivocado", "Transferencia", at=0.5)
    assert Typification.objects.get(name="Número equivocado").parent is None


def drag(page: Page, name: str, over: str, *, at: float) -> None:
    expect(page.locator("[data-tree-place]")).not_to_have_attribute("aria-busy", "true")
    row = item(page, name)
    row.hover()
    grip, target = row.locator(".grip").bounding_box(), item(page, over).bounding_box()
    assert grip is not None
    assert target is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(target["x"] + 120, target["y"] + target["height"] * at, steps=8)
    page.mouse.up()


@pytest.mark.shows("P0-46")
def test_on_a_phone_the_tree_and_a_node_are_pages_of_their_own(stack: Stack, sit_down: Sit) -> None:
    page = sit_down("admin", viewport=PHONE)
    tree_of(page, stack)
    item(page, "Servicio").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Servicio")).to_be_visible()
    expect(page.get_by_role("tree")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Nombre", exact=True).first.fill("Servicio técnico")
    page.get_by_role("button", name="Guardar").click()
    wait_until(lambda: Typification.objects.filter(name="Servicio técnico").exists(), what="the name")
    assert findings(page) == []
    shot(page, "tree-phone")
