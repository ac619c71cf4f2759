"""Connecting a number in the browser, from the app's secret to the test message on the phone (P0-54)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campaigns.models import ChannelAccount, ProviderApp
from tests import factories
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_every_kind import shot
from tests.stack import Stack, wait_until
from webhooks.models import AppHealth

pytestmark = pytest.mark.browser

SECRET = "0123456789abcdef0123456789abcdef"
NUMBER = "106540352242977"


@pytest.mark.shows("P0-54")
def test_a_number_is_connected_step_by_step(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    stack.simulator("POST", "/control/numbers", json={"id": NUMBER, "display": "+595 21 728 3000", "name": "Cobranzas"})
    page = sit_down("admin")
    page.goto(f"{stack.url}/settings/accounts/")
    page.get_by_role("link", name="Conectar un número").click()
    # The app: fields of a new one appear when it is one.
    expect(page.get_by_label("Nombre de la app")).to_be_hidden()
    page.get_by_label("Una app nueva").check()
    page.get_by_label("Nombre de la app").fill("Cobranzas")
    page.get_by_label("Secreto de la app").fill(SECRET)
    assert findings(page) == []
    page.get_by_role("button", name="Siguiente").click()
    # The access: a wrong token is refused at its field, the id stays.
    page.get_by_label("Identificador de la cuenta").fill(factories.WABA_ID)
    page.get_by_label("Token de acceso").fill("EAAwrong")
    page.get_by_role("button", name="Consultar a Meta").click()
    expect(page.locator("#id_token_error")).to_contain_text("Meta no acepta este token")
    expect(page.get_by_label("Identificador de la cuenta")).to_have_value(factories.WABA_ID)
    expect(page.get_by_label("Token de acceso")).to_have_value("")
    # The refusal on purpose is a 400 in the console.
    complaints.clear()
    page.get_by_label("Token de acceso").fill(factories.TOKEN)
    page.get_by_role("button", name="Consultar a Meta").click()
    # The numbers.
    page.get_by_label("+595 21 728 3000").check()
    assert findings(page) == []
    page.get_by_role("button", name="Siguiente").click()
    # Name and campaign.
    expect(page.get_by_label("Nombre de +595 21 728 3000")).to_have_value("Cobranzas")
    page.get_by_label("Campaña de las conversaciones nuevas").select_option(label="Altas")
    page.get_by_role("button", name="Conectar", exact=True).click()
    # The webhook: what to paste, and the first delivery seen live.
    app = ProviderApp.objects.get()
    address = page.locator("#webhook-address")
    expect(address).to_have_text(f"{stack.url}/webhooks/meta/{app.key}/")
    verify = page.locator("#verify-token").inner_text()
    expect(page.get_by_text("Esperando la primera entrega")).to_be_visible()
    assert findings(page) == []
    shot(page, "connecting-webhook")
    stack.simulator("PUT", "/control/app", json={"webhook_url": address.inner_text(), "secret": SECRET})
    assert stack.simulator("POST", "/control/verification", json={"verify_token": verify})["verified"]
    stack.simulator("POST", "/control/customers/rocio/messages", json={"text": "Hola", "number": NUMBER})
    expect(page.get_by_text("Llegó la primera entrega")).to_be_visible()
    expect(page.get_by_text("Meta verificó la dirección")).to_be_visible()
    page.get_by_role("link", name="Siguiente").click()
    # The test message.
    page.get_by_label("Número al que escribir").fill("+595 991 651 351")
    page.get_by_label("Qué enviar").select_option(label="Plantilla «recordatorio» (es)")
    page.get_by_role("button", name="Enviar la prueba").click()
    expect(page.get_by_text("Meta tomó el mensaje")).to_be_visible()
    expect(page.get_by_role("heading", name="Cobranzas", exact=True)).to_be_visible()
    wait_until(lambda: stack.simulator("GET", "/control/sent")["total"] == 1, what="the test message")
    # Its health: a forged delivery is counted.
    stack.simulator("POST", "/control/deliveries", json={"body": {"object": "x"}, "secret": "f" * 32})
    wait_until(lambda: app_failures(app.key) == 1, what="the wrong signature")
    page.reload()
    expect(page.get_by_text("Firmas que no corresponden")).to_be_visible()
    expect(page.get_by_text("Alguien publicó en la dirección")).to_be_visible()
    assert findings(page) == []
    shot(page, "account-health")
    for secret in (SECRET, factories.TOKEN, verify):
        assert secret not in page.content()
    assert ChannelAccount.objects.get(external_id=NUMBER).credentials == {"token": factories.TOKEN}


def app_failures(key: str) -> int:
    health = AppHealth.objects.filter(app_key=key).first()
    return health.signature_failures if health else 0
