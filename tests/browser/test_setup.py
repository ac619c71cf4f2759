"""What supervisors and administrators set up, and what the desk then does: hours, copies, rules of a shared number, auxiliaries, the way out."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.actions import note_overruns
from accounts.models import AgentStateInterval, User
from campaigns.actions.campaign_setup import change_campaign_state
from campaigns.actions.duplicating import copy_campaign
from campaigns.actions.rules import RuleSheet, add_rule
from campaigns.models import BusinessHours, Campaign, RoutingRule
from inbox.models import Conversation
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_writing import take_rocio
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def save(page: Page) -> None:
    page.get_by_role("button", name="Guardar cambios").click()


def period(page: Page, day: str, text: str) -> None:
    """A period is written into a day and becomes a chip."""
    page.locator(f"#id_{day}_typing").fill(text)
    page.locator(f"#id_{day}_typing").press("Enter")


def periods_are(page: Page, day: str, *texts: str) -> None:
    expect(page.locator(f".field:has(#id_{day}_typing) .chip")).to_have_text(list(texts))


def test_a_night_shift_is_set_and_an_overlap_is_told_where_it_was_written(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    assert stack.cast
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/campaigns/{stack.cast.campaign.pk}/schedule/")
    period(admin, "workdays", "22:00-06:00")
    save(admin)
    expect(admin.get_by_role("status").first).to_contain_text("Guardado")
    # As it was written, though it is two stretches of two days.
    periods_are(admin, "workdays", "22:00–06:00")
    assert BusinessHours.objects.count() == 10

    period(admin, "workdays", "05:00-10:00")
    save(admin)
    summary = admin.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(1)
    summary.get_by_role("link", name="Lunes a viernes").click()
    field = admin.locator("#id_workdays_typing")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(admin.locator(".field:has(#id_workdays_typing) .error")).to_have_count(1)
    # Nothing typed is lost, nothing was written, and it can be put right at once.
    periods_are(admin, "workdays", "22:00–06:00", "05:00-10:00")
    assert BusinessHours.objects.count() == 10
    assert findings(admin) == []
    admin.get_by_role("button", name="Quitar 05:00-10:00").click()
    period(admin, "workdays", "14:00-20:00")
    save(admin)
    expect(admin.get_by_role("status").first).to_contain_text("Guardado")
    assert BusinessHours.objects.count() == 15
    # The browser's own words about the refused form.
    assert all("status of 400" in each for each in complaints), complaints
    complaints.clear()


def test_a_campaign_is_duplicated_looked_over_and_started(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/campaigns/{stack.cast.campaign.pk}/")
    admin.get_by_role("link", name="Duplicar").click()
    name = admin.get_by_label("Nombre de la copia")
    expect(name).to_have_value("Altas (copia)")
    name.fill("Altas de diciembre")
    admin.get_by_role("button", name="Duplicar").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Altas de diciembre")
    head = admin.locator(".page-head")
    expect(head).to_contain_text("Borrador")
    expect(admin.get_by_role("link", name=re.compile("^Agentes"))).to_contain_text("1")
    admin.get_by_role("button", name="Iniciar").click()
    expect(head).to_contain_text("Activa")
    made = Campaign.objects.get(name="Altas de diciembre")
    assert made.state == "active"
    assert list(made.agents.all()) == [stack.cast.ana]


def test_the_first_rule_that_fits_decides_and_its_place_is_changed_with_the_arrows(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    cast = stack.cast
    december = copy_campaign(cast.campaign.pk, name="Altas de diciembre", by=cast.admin)
    change_campaign_state(december.pk, state="active", by=cast.admin)
    for campaign, word in ((cast.campaign, "promo"), (december, "diciembre")):
        add_rule(cast.account.pk, sheet=RuleSheet(campaign_id=campaign.pk, words=(word,)), by=cast.admin)
    admin = sit_down("admin")
    admin.goto(f"{stack.url}/settings/accounts/{cast.account.pk}/rules/")
    rules = admin.locator(".run-list > li")
    expect(rules).to_contain_text(["promo", "diciembre"])
    admin.get_by_role("button", name="Subir la regla 2").click()
    expect(rules).to_contain_text(["diciembre", "promo"])
    order = RoutingRule.objects.order_by("position").values_list("campaign__name", flat=True)
    assert list(order) == ["Altas de diciembre", "Altas"]
    stack.write("Hola, ¿sigue la promo de diciembre?")
    begun = wait_until(Conversation.objects.first, what="the conversation")
    assert begun.campaign == december


@pytest.mark.shows("000-01")
def test_who_is_put_into_another_auxiliary_sees_it_at_once_and_reads_why(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ana, luis = sit_down("ana"), sit_down("luis")
    luis.get_by_role("button", name=re.compile("en línea")).click()
    luis.get_by_role("button", name="Cambiar el auxiliar de Ana Gómez").click()
    dialog = luis.get_by_role("dialog", name="Cambiar el auxiliar de Ana Gómez")
    confirm = dialog.get_by_role("button", name="Cambiar auxiliar")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    expect(dialog.get_by_role("status")).to_contain_text("Elige un auxiliar.")
    assert findings(luis) == []
    dialog.get_by_role("radio", name=re.compile("Capacitación")).check()
    dialog.get_by_label("Por qué").fill("Charla de las tres")
    confirm.click()
    expect(dialog).to_be_hidden()
    # Her own bar, without her doing anything.
    expect(ana.locator(".statusbar .aux")).to_contain_text("Capacitación")
    expect(ana.get_by_text("Luis Ferreira te pasó a Capacitación: Charla de las tres")).to_be_visible()
    held = AgentStateInterval.objects.get(user=stack.cast.ana, ended_at=None)
    assert (held.aux_state.code, held.forced_by, held.reason) == ("training", stack.cast.luis, "Charla de las tres")
    # An agent changes nobody.
    ana.get_by_role("button", name=re.compile("en línea")).click()
    expect(ana.get_by_role("listitem").filter(has_text="Luis Ferreira")).to_be_visible()
    expect(ana.get_by_role("button", name=re.compile("Cambiar el auxiliar"))).to_have_count(0)


@pytest.mark.shows("000-01")
def test_who_stays_too_long_in_an_auxiliary_is_told_and_so_is_who_supervises(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ana, luis = sit_down("ana"), sit_down("luis")
    ana.get_by_role("button", name="Pausar la recepción").click()
    dialog = ana.get_by_role("dialog", name="Pausar la recepción")
    dialog.get_by_role("radio", name=re.compile("Descanso")).check()
    ana.keyboard.press("Control+Enter")
    expect(ana.locator(".statusbar .aux")).to_contain_text("Descanso")
    luis.get_by_role("button", name=re.compile("en línea")).click()
    expect(luis.get_by_role("listitem").filter(has_text="Ana Gómez")).to_contain_text("Descanso")
    # As if she had come with the break, a while ago: what was before would stand in its way.
    hers = AgentStateInterval.objects.filter(user=stack.cast.ana)
    hers.exclude(ended_at=None).delete()
    hers.update(started_at=timezone.now() - datetime.timedelta(minutes=16))
    # Or the stack's own clock, if it comes first: it is told once.
    note_overruns()
    expect(ana.get_by_text("Llevas en Descanso más de sus 15 minutos.")).to_be_visible()
    expect(luis.get_by_text("Ana Gómez lleva en Descanso más de sus 15 minutos.")).to_be_visible()


@pytest.mark.shows("B-06")
def test_nobody_signs_out_with_conversations_in_hand_unless_they_may(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    assert stack.cast
    User.objects.filter(pk=stack.cast.ana.pk).update(may_log_out_with_active=False)
    ana = sit_down("ana")
    take_rocio(ana, stack)
    held = Conversation.objects.filter(assignee=stack.cast.ana)
    wait_until(held.exists, what="the taking")
    ana.locator("[popovertarget=account-menu]:visible").click()
    ana.get_by_role("button", name="Salir").click()
    expect(ana.get_by_role("heading", level=1)).to_have_text("Todavía no")
    expect(ana.locator("main")).to_contain_text("Tienes 1 conversación en curso.")
    assert findings(ana) == []
    ana.get_by_role("link", name="Ir al panel").click()
    # She is here still, and so is what she has.
    expect(ana.locator(".conversation-row")).to_have_count(1)
    assert held.get().status in ("assigned", "in_progress")
    assert all("status of 409" in each for each in complaints), complaints
    complaints.clear()
