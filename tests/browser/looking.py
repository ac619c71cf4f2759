"""What is looked at on every screen, whatever it shows: its findings, its words, its edges, its stops; and a story that fills the desk."""

from __future__ import annotations

from collections.abc import Sequence

import polib
from playwright.sync_api import Locator, Page

from tests.stack import ROOT, Stack

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
FINDINGS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join(" | ")}`)"""


def findings(page: Page, *, themes: Sequence[str] = ("light", "dark")) -> list[str]:
    """What axe-core finds serious or critical, by day and by night."""
    found = []
    page.emulate_media(reduced_motion="reduce")  # halfway from one theme to the other is neither
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(AXE)  # CSP forbids script elements; what the debugger evaluates is not one
        found += [f"{theme}: {finding}" for finding in page.evaluate(FINDINGS)]
    page.emulate_media(color_scheme="light")
    return found


def tell_a_long_story(stack: Stack) -> None:
    """Several customers, one of them with a picture and a name that fits nowhere."""
    stack.simulator(
        "POST",
        "/control/customers",
        json={
            "id": "largo",
            "name": "María de los Ángeles Guadalupe Fernández de Córdoba y Álvarez",
            "phone": "595981500003",
        },
    )
    stack.simulator(
        "POST",
        "/control/customers",
        json={"id": "palabra", "name": "Supercalifragilísticoespialidosamente" * 2, "phone": "595981500004"},
    )
    for customer in ("largo", "palabra", "inigo", "rocio"):
        stack.write("Hola, ¿llega a https://ejemplo.com/" + "una-direccion-muy-larga" * 6 + "?", customer=customer)
    stack.simulator("POST", "/control/customers/rocio/messages", json={"image": {"caption": "Mi casa"}})
    stack.simulator(
        "POST",
        "/control/customers/rocio/messages",
        json={"raw": {"type": "location", "location": {"latitude": -25.3, "longitude": -57.6}}},
    )


def open_and_take(page: Page, name: str = "Rocío") -> None:
    page.locator(".conversation-row", has_text=name).click()
    page.get_by_role("button", name="Tomar").first.click()
    page.locator("#desk-composer").wait_for()


def assert_fits(page: Page) -> None:
    """Neither the page nor anything in it that a finger could push sideways, and nothing that sticks out."""
    wide = page.evaluate("""() => [...document.querySelectorAll("body, body *")]
        .filter((element) => element.checkVisibility() && !element.closest("svg, .visually-hidden, .quick-filters, .settings-nav"))
        .filter((element) => {
            const style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            return (element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(style.overflowX)) || (box.width > 2 && style.position !== "fixed" && box.left > -1 && box.right > innerWidth + 1 && !element.parentElement.closest(".truncate, [class*=preview], .path"));
        }).map((element) => `${element.tagName}.${element.className}`.slice(0, 80))""")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide == []


def spanish_words() -> set[str]:
    """What only the Spanish pages say, without single letters: a key's name is one, too."""
    entries = catalogue_of("es")
    originals = {text for entry in entries for text in (entry.msgid, entry.msgid_plural)}
    said = {text for entry in entries for text in (entry.msgstr, *entry.msgstr_plural.values())}
    return {text for text in said if len(text) > 1} - originals


def catalogue_of(language: str) -> list[polib.POEntry]:
    return [
        entry
        for name in ("django", "djangojs")
        for entry in polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / f"{name}.po"))
    ]


def words_translated_otherwise(language: str = "es") -> set[str]:
    entries = catalogue_of(language)
    translations = {text for entry in entries for text in (entry.msgstr, *entry.msgstr_plural.values())}
    return {
        text for entry in entries for text in (entry.msgid, entry.msgid_plural) if text and text not in translations
    }


def visible_words(page: Page) -> set[str]:
    """Every text on the screen, and every name, tooltip and placeholder."""
    found: list[str] = page.evaluate("""() => {
        const found = [];
        for (const element of document.querySelectorAll("body *")) {
            if (element.matches("script, style, template") || !element.checkVisibility()) continue;
            for (const name of ["aria-label", "title", "placeholder", "alt"]) found.push(element.getAttribute(name) ?? "");
            for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) found.push(child.data);
        }
        return found.map((text) => text.trim());
    }""")
    return {text for text in found if text}


def tab_to(page: Page, target: Locator, *, most: int, key: str = "Tab") -> None:
    """The key, so often as it takes; every stop on the way shows where the focus is."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
        stop = page.evaluate("""() => {
            const element = document.activeElement, ring = element.closest("label, .composer, .input-group") ?? element;
            const visible = [element, ring].some((one) => { const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one); return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none"; });
            const box = element.getBoundingClientRect();
            return {name: element.outerHTML.slice(0, 120), visible, inside: box.bottom > 0 && box.top < innerHeight};
        }""")
        # Past the last stop the focus is with the browser itself, and comes back at the first.
        assert stop["visible"] or stop["name"].startswith("<body"), stop
        assert stop["inside"], stop
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{most} times {key} do not lead to {target}")
