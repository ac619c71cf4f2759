"""The list as a tool: filters that combine, views, a search in all trays, what waits, the pause, the moves between trays."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import AgentStateInterval, SavedView
from campaigns.models import Campaign
from inbox.actions.closing import close_conversation
from inbox.models import Conversation
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import assert_fits, findings
from tests.browser.test_finding import begin
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def rows_are(page: Page, *names: str) -> None:
    """These and no others, in this order."""
    expect(page.locator(".conversation-row .row-name")).to_have_text([re.compile(name) for name in names])


def tray(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(name)).click()


@pytest.mark.shows("001-01", "001-05", "001-10", "001-11", "001-19", "P0-2", "P0-4", "P0-6", "P0-46")
def test_filters_combine_count_what_the_database_has_and_stand_in_the_address(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"), ("Ximena Cruz", "5215512345678"), ("João Lima", "553198765432"))  # fmt: skip
    factories.take_conversation(ids["Martín Peralta"], by=stack.cast.ana)
    # Ximena's window ends within two hours, João's is over.
    now = timezone.now()
    Conversation.objects.filter(pk=ids["Ximena Cruz"]).update(window_expires_at=now + datetime.timedelta(minutes=70))
    Conversation.objects.filter(pk=ids["João Lima"]).update(window_expires_at=now - datetime.timedelta(minutes=70), last_activity_at=now - datetime.timedelta(days=3))  # fmt: skip
    type(stack.cast.account).objects.update(color="violet", icon="headset")
    luis = sit_down("luis")
    expect(luis.locator(".conversation-row")).to_have_count(4)
    # The service by its own icon and colour, and by its name for whoever sees neither.
    expect(luis.locator(".conversation-row").first.get_by_role("img", name="WhatsApp Ventas")).to_be_visible()
    expect(luis.locator('.conversation-row .tag[data-service][data-hue="violet"]')).to_have_count(4)
    expect(luis).to_have_title(re.compile("Panel de Atención · Ventanilla$"))

    luis.get_by_role("button", name="Filtros", exact=True).click()
    panel = luis.get_by_role("dialog", name="Filtros")
    expect(panel.get_by_role("group", name="Equipo").get_by_role("button", name="Ventas")).to_be_visible()
    panel.get_by_role("button", name="Sin asignar").click()
    expect(panel.get_by_role("status")).to_have_text("3 conversaciones")
    rows_are(luis, "Ximena", "Rocío", "João")
    panel.get_by_role("button", name="Vence en menos de 2 h").click()
    rows_are(luis, "Ximena")
    # Of one filter the values are alternatives, of two both must hold.
    panel.get_by_role("button", name="Vence en menos de 2 h").click()
    panel.get_by_role("group", name="Agente asignado").get_by_role("button", name="Ana Gómez").click()
    expect(luis.locator(".conversation-row")).to_have_count(4)
    panel.get_by_label("Desde").fill((now - datetime.timedelta(days=1)).date().isoformat())
    rows_are(luis, "Ximena", "Martín", "Rocío")
    expect(luis.get_by_role("tab", name=re.compile("Pendiente"))).to_contain_text("3")
    assert findings(luis) == []
    luis.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(luis.locator("#desk-filters")).to_be_focused()

    # Each is a chip that goes; the address says it all, and back brings it again.
    applied = luis.get_by_role("list", name="Filtros aplicados")
    expect(applied.get_by_role("listitem")).to_have_count(4)
    address = luis.url
    applied.get_by_role("button", name="Quitar el filtro Sin asignar").click()
    rows_are(luis, "Martín")
    luis.go_back()
    rows_are(luis, "Ximena", "Martín", "Rocío")
    luis.goto(address)
    rows_are(luis, "Ximena", "Martín", "Rocío")
    # What arrives and belongs comes in by itself, what does not stays out.
    factories.conversation(stack.cast, "Hola", sender=factories.identity("595981000001", name="Nadia Ocampos"))
    rows_are(luis, "Nadia", "Ximena", "Martín", "Rocío")
    factories.take_conversation(ids["Rocío Benítez"], by=stack.cast.luis)
    rows_are(luis, "Nadia", "Ximena", "Martín")
    applied.get_by_role("button", name="Quitar todo").click()
    expect(applied).to_be_hidden()
    expect(luis.locator(".conversation-row")).to_have_count(5)


@pytest.mark.shows("P0-4", "001-19")
def test_a_combination_is_kept_as_a_view_and_looked_after(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    assert stack.cast
    ids = begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"))
    factories.take_conversation(ids["Rocío Benítez"], by=stack.cast.ana)
    ana = sit_down("ana")
    chips = ana.get_by_role("group", name="Filtros rápidos")
    expect(chips.get_by_role("button", name="Guardar como vista. Aplica un filtro")).to_have_attribute(
        "aria-disabled", "true"
    )
    for number, name in enumerate(("Urgentes", "Mis pendientes")):
        chips.get_by_role("button", name=("Sin responder", "Mías")[number]).click()
        chips.get_by_role("button", name="Guardar como vista").click()
        dialog = ana.get_by_role("dialog", name="Guardar como vista")
        expect(dialog.get_by_label("Nombre de la vista")).to_be_focused()
        ana.keyboard.type(name)
        ana.keyboard.press("Enter")
        expect(chips.get_by_role("button", name=name, pressed=True)).to_be_visible()
    # The same name again is refused at its field, and what was typed stays.
    chips.get_by_role("button", name="No leídos").click()
    chips.get_by_role("button", name="Guardar como vista").click()
    expect(ana.get_by_label("Nombre de la vista")).to_be_focused()
    ana.keyboard.type("URGENTES")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("alert")).to_have_text("Ya tienes una vista con ese nombre.")
    expect(ana.get_by_label("Nombre de la vista")).to_have_value("URGENTES")
    ana.keyboard.press("Escape")
    complaints.clear()

    ana.goto(f"{stack.url}/")
    expect(ana.locator(".conversation-row")).to_have_count(2)
    chips.get_by_role("button", name="Mis pendientes").click()
    rows_are(ana, "Rocío")
    ana.get_by_role("button", name=re.compile("^Filtros")).click()
    ana.get_by_role("button", name="Subir «Mis pendientes»").click()
    ana.get_by_role("button", name="Renombrar «Urgentes»").click()
    ana.get_by_label("Renombrar «Urgentes»").fill("Ya mismo")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("button", name="Borrar «Ya mismo»")).to_be_visible()
    wait_until(lambda: list(SavedView.objects.values_list("name", flat=True)) == ["Mis pendientes", "Ya mismo"])
    ana.get_by_role("button", name="Borrar «Ya mismo»").click()
    expect(chips.get_by_role("button", name="Ya mismo")).to_be_hidden()
    ana.get_by_role("button", name="Deshacer").click()
    expect(chips.get_by_role("button", name="Ya mismo")).to_be_visible()


@pytest.mark.shows("001-06", "001-08", "001-18", "P0-4")
def test_a_search_goes_to_all_trays_and_what_waits_is_one_press_away(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = begin(stack, ("Rocío Benítez", "595991651351"), ("Rocío Sosa", "5491155550142"), ("Zulma Ríos", "5215512345678"))  # fmt: skip
    factories.take_conversation(ids["Rocío Sosa"], by=stack.cast.ana)
    Conversation.objects.filter(pk=ids["Rocío Sosa"]).update(status="in_progress")
    ana = sit_down("ana")
    ana.locator("#desk-search").fill("rocio")
    rows_are(ana, "Rocío Benítez")
    # Enter goes to what was found; the other trays are offered below it.
    ana.locator("#desk-search").press("Enter")
    expect(ana.locator(".conversation-row").first).to_be_focused()
    ana.get_by_role("button", name="Buscar en todas las bandejas").click()
    rows_are(ana, "Rocío Sosa", "Rocío Benítez")
    expect(ana.locator(".conversation-row").first).to_contain_text("En curso")
    expect(ana).to_have_url(re.compile("all=1"))
    ana.locator("#desk-search").fill("nadie")
    expect(ana.get_by_text("Sin resultados en ninguna bandeja")).to_be_visible()
    ana.get_by_role("button", name="Quitar filtros").click()
    rows_are(ana, "Zulma", "Rocío Benítez")

    # By every key, both ways; an order that says nothing in a tray says why.
    for order, names in (
        ("de la A a la Z", ("Rocío Benítez", "Zulma")),
        ("de la Z a la A", ("Zulma", "Rocío Benítez")),
        ("más esperan", ("Rocío Benítez", "Zulma")),
        ("menos esperan", ("Zulma", "Rocío Benítez")),
        ("vence después", ("Zulma", "Rocío Benítez")),
        ("vence antes", ("Rocío Benítez", "Zulma")),
        ("más antigua", ("Rocío Benítez", "Zulma")),
        ("más reciente", ("Zulma", "Rocío Benítez")),
    ):
        ana.get_by_role("button", name=re.compile("^Orden")).click()
        ana.get_by_role("menuitemradio", name=re.compile(order)).click()
        rows_are(ana, *names)
    tray(ana, "Atendidos")
    ana.get_by_role("button", name=re.compile("^Orden")).click()
    waiting = ana.get_by_role("menuitemradio", name=re.compile("más esperan"))
    expect(waiting).to_have_attribute("aria-disabled", "true")
    expect(waiting).to_contain_text("En Atendidos nadie espera")
    ana.keyboard.press("Escape")

    # What waits, wherever it stands: as many rows as the figure says.
    waiting_now = ana.locator(".statusbar .attention")
    expect(waiting_now).to_contain_text(
        f"{Conversation.objects.filter(waiting_since__isnull=False).count()} pendientes"
    )
    waiting_now.click()
    expect(ana.locator(".conversation-row")).to_have_count(3)
    expect(waiting_now).to_have_attribute("aria-pressed", "true")
    waiting_now.click()
    expect(waiting_now).to_have_attribute("aria-pressed", "false")


@pytest.mark.shows("000-01", "001-17", "001-20", "P0-40")
def test_a_pause_is_the_servers_truth_in_every_tab_and_the_way_back_is_one_press(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ana, luis = sit_down("ana"), sit_down("luis")
    other_tab = ana.context.new_page()
    other_tab.goto(f"{stack.url}/")
    ana.bring_to_front()
    ana.get_by_role("button", name="Pausar la recepción").click()
    dialog = ana.get_by_role("dialog", name="Pausar la recepción")
    confirm = dialog.get_by_role("button", name="Pausar")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    expect(dialog.get_by_role("status")).to_contain_text("Elige un motivo.")
    assert findings(ana) == []
    dialog.get_by_role("radio", name=re.compile("Descanso")).check()
    dialog.get_by_label("Comentario").fill("Almuerzo")
    ana.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    for page in (ana, other_tab):
        expect(page.locator(".statusbar .aux")).to_contain_text("Descanso")
        expect(page.get_by_role("button", name="Reanudar en Redes Sociales (chat nuevos + activos)")).to_be_visible()
    held = AgentStateInterval.objects.get(user=stack.cast.ana, ended_at=None)
    assert (held.aux_state.code, held.reason) == ("break", "Almuerzo")
    # Luis sees her, what she is doing and since when.
    luis.get_by_role("button", name=re.compile("en línea")).click()
    expect(luis.get_by_role("listitem").filter(has_text="Ana Gómez")).to_contain_text(
        re.compile(r"Descanso.*min", re.S)
    )
    ana.get_by_role("button", name=re.compile("^Reanudar")).click()
    expect(ana.locator(".statusbar .aux")).to_contain_text("chat nuevos + activos")
    expect(other_tab.get_by_role("button", name="Pausar la recepción")).to_be_visible()
    assert AgentStateInterval.objects.get(user=stack.cast.ana, ended_at=None).aux_state.routing == "ready"
    other_tab.close()


@pytest.mark.shows("P0-40", "001-20")
def test_who_pauses_is_given_nothing_and_who_resumes_what_waits(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    Campaign.objects.filter(pk=stack.cast.campaign.pk).update(distribution="assign")
    ana = sit_down("ana")
    ana.get_by_role("button", name="Pausar la recepción").click()
    dialog = ana.get_by_role("dialog", name="Pausar la recepción")
    dialog.get_by_role("radio", name=re.compile("Descanso")).check()
    ana.keyboard.press("Control+Enter")
    expect(ana.locator(".statusbar .aux")).to_contain_text("Descanso")
    stack.write("Hola")
    unassigned = ana.locator(".conversation-row").get_by_role("img", name="Sin asignar")
    expect(unassigned).to_be_visible()
    wait_until(stack.is_idle, what="the stack's rest")
    assert Conversation.objects.get().assignee is None
    ana.get_by_role("button", name=re.compile("^Reanudar")).click()
    expect(unassigned).to_have_count(0)
    wait_until(lambda: Conversation.objects.get().assignee == stack.cast.ana, what="the waiting one, given")  # type: ignore[union-attr]  # this stack has a cast


@pytest.mark.shows("001-24", "P0-33", "P0-47")
def test_the_moves_between_trays_that_the_states_allow_and_why_the_others_are_not(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = begin(stack, ("Rocío Benítez", "595991651351"))
    ana = sit_down("ana")
    ana.locator(".conversation-row").click()
    menu = ana.get_by_role("button", name=re.compile("^Bandeja: "))
    menu.click()
    expect(ana.get_by_role("menuitem", name=re.compile("Devolver a Pendiente"))).to_contain_text("Ya está aquí.")
    closing = ana.get_by_role("menuitem", name=re.compile("Finalizar con tipificación"))
    expect(closing).to_have_attribute("aria-disabled", "true")
    expect(closing).to_contain_text("Toma la conversación")
    ana.get_by_role("menuitem", name="Pasar a En curso").click()
    expect(menu).to_contain_text("En curso")
    expect(ana.get_by_role("tab", name=re.compile("En curso"))).to_contain_text("1")
    expect(ana.locator(".row-dot")).to_have_count(1)
    menu.click()
    ana.get_by_role("menuitem", name="Devolver a Pendiente").click()
    expect(menu).to_contain_text("Pendiente")
    wait_until(lambda: Conversation.objects.get().status == "queued", what="the way back")

    # Closed, and the campaign does not reopen: the menu says so. Then it does.
    Campaign.objects.filter(pk=stack.cast.campaign.pk).update(allow_close_unanswered=True)
    factories.take_conversation(ids["Rocío Benítez"], by=stack.cast.ana)
    close_conversation(ids["Rocío Benítez"], by=stack.cast.ana, typification_id=factories.leaf().pk)
    expect(menu).to_contain_text("Atendidos")
    menu.click()
    expect(ana.get_by_role("menuitem", name=re.compile("Reabrir"))).to_contain_text("Esta campaña no reabre.")
    ana.keyboard.press("Escape")
    Campaign.objects.filter(pk=stack.cast.campaign.pk).update(reopen_within_h=24)
    ana.reload()
    menu.click()
    ana.get_by_role("menuitem", name="Reabrir en En curso").click()
    expect(menu).to_contain_text("En curso")
    ana.get_by_role("button", name=re.compile("movimientos")).click()
    expect(ana.locator(".event").last).to_contain_text("la reabrió")
    assert Conversation.objects.get().status == "in_progress"


@pytest.mark.shows("P0-1", "P0-46")
def test_the_lists_tools_fit_a_phone_and_four_hundred_per_cent(stack: Stack, sit_down: Sit) -> None:
    begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"))
    # A laptop of 1280 at 400 % is 320 wide.
    ana = sit_down("ana", viewport=PHONE, has_touch=True)
    for width, height in ((390, 844), (320, 640)):
        ana.set_viewport_size({"width": width, "height": height})
        assert_fits(ana)
        ana.get_by_role("button", name=re.compile("^Filtros")).click()
        panel = ana.get_by_role("dialog", name="Filtros")
        expect(panel.get_by_role("button", name="Listo")).to_be_in_viewport(ratio=1)
        assert_fits(ana)
        panel.get_by_role("button", name="Listo").click()
        ana.get_by_role("button", name="Pausar la recepción").click()
        expect(ana.get_by_role("dialog").get_by_role("button", name="Pausar")).to_be_in_viewport(ratio=1)
        assert_fits(ana)
        ana.get_by_role("button", name="Cancelar").click()
        ana.locator(".conversation-row").first.click()
        expect(ana.get_by_role("button", name=re.compile("^Bandeja: "))).to_be_in_viewport(ratio=1)
        assert_fits(ana)
        ana.get_by_role("button", name="Volver a la lista").click()
