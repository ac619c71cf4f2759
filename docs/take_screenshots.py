#!/usr/bin/env python3
"""Take the pictures of the README from a fresh demo.

    python3 run.py --data /tmp/pictures --fresh --port 8200          (in one terminal)
    .venv/bin/python docs/take_screenshots.py --data /tmp/pictures   (in another)

Needs Chromium. Writes docs/screenshots/.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent / "screenshots"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
STORY = [
    ("martin", ["Buenas tardes", "Quiero cambiar mi plan por uno de más velocidad"]),
    ("joao", ["Olá! Vocês atendem em Encarnación?"]),
    ("ximena", ["Buen día, no me llega la factura de noviembre"]),
    ("inigo", ["¿Tienen atención los sábados?"]),
    ("rocio", ["Hola, buenas tardes", "Vi su anuncio. ¿Llega la fibra a mi barrio?"]),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=".data", type=Path)
    options = parser.parse_args()
    runtime = json.loads((options.data / "runtime.json").read_text())
    password = json.loads((options.data / "demo.json").read_text())["logins"][0]["password"]
    address = runtime["address"].rstrip("/")
    phone = f"http://127.0.0.1:{runtime['port'] + 1}"
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        tell_story(phone)
        ana = sign_in(browser, address, password, "light", DESKTOP)
        answer_rocio(ana, phone)
        shoot(ana, "desk-1440-light")
        ana.get_by_role("button", name="Finalizar").first.click()
        ana.get_by_role("dialog").get_by_text("Interesado").click()
        shoot(ana, "closing-1440-light")
        shoot(open_rocio(sign_in(browser, address, password, "dark", DESKTOP)), "desk-1440-dark")
        shoot(open_rocio(sign_in(browser, address, password, "light", PHONE)), "desk-390-light")
        page = browser.new_context(viewport=DESKTOP, color_scheme="light", locale="es-PY").new_page()
        page.goto(phone)
        shoot(page, "phone-1440-light")
        browser.close()


def tell_story(phone: str) -> None:
    for customer, texts in STORY:
        for text in texts:
            httpx.post(f"{phone}/control/customers/{customer}/messages", json={"text": text}).raise_for_status()
            time.sleep(1.1)


def sign_in(browser: Browser, address: str, password: str, theme: str, viewport: dict[str, int]) -> Page:
    page = browser.new_context(viewport=viewport, color_scheme=theme, locale="es-PY").new_page()  # type: ignore[arg-type]
    page.goto(f"{address}/accounts/login/")
    page.locator("[name=login]").fill("ana")
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator(".conversation-row").first.wait_for()
    return page


def answer_rocio(ana: Page, phone: str) -> None:
    ana.locator(".conversation-row", has_text="Rocío").click()
    ana.get_by_role("button", name="Tomar").first.click()
    say(ana, "¡Hola, Rocío! Sí, hay cobertura en toda la zona. ¿Me compartes tu dirección?")
    time.sleep(1.5)
    httpx.put(f"{phone}/control/customers/rocio/read", json={})
    photo = {"image": {"caption": "Es la casa blanca, frente a la plaza"}}
    httpx.post(f"{phone}/control/customers/rocio/messages", json=photo).raise_for_status()
    ana.locator(".message[data-kind=image] img").wait_for()
    ana.get_by_role("button", name="Nota interna").click()
    ana.locator(".composer textarea").fill("Pide instalación en fin de semana. Verificar turno del sábado.")
    ana.keyboard.press("Enter")
    ana.locator(".message[data-kind=note]").wait_for()
    ana.get_by_role("button", name="Responder", exact=True).click()
    say(ana, "Perfecto. El plan Hogar 300 queda en ₲ 245.000 por mes, con instalación sin costo.")
    time.sleep(1.5)
    ana.locator(".composer textarea").fill("Hay turno el sábado 28 de 8:00 a 12:00. ¿Te lo reservo?")
    ana.get_by_text("Borrador guardado").wait_for()


def say(page: Page, text: str) -> None:
    page.locator(".composer textarea").fill(text)
    page.keyboard.press("Enter")
    page.locator(".message[data-direction=out]").last.wait_for()


def open_rocio(page: Page) -> Page:
    page.get_by_role("tab", name="En curso").click()
    page.locator(".conversation-row", has_text="Rocío").click()
    page.locator(".message").last.wait_for()
    time.sleep(1)
    return page


def shoot(page: Page, name: str) -> None:
    time.sleep(0.8)
    page.screenshot(path=HERE / f"{name}.png")
    print(f"docs/screenshots/{name}.png")


if __name__ == "__main__":
    main()
