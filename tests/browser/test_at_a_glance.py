"""What the list and the open conversation say at a glance: by words and signs, never by colour alone, and without a flood."""

from __future__ import annotations

import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.models import Conversation
from tests import factories
from tests.browser.conftest import Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def cast_of(stack: Stack) -> factories.Cast:
    assert stack.cast is not None
    return stack.cast


def row(page: Page, conversation: Conversation) -> Locator:
    return page.locator(f'.conversation-row[data-id="{conversation.pk}"]')


def ago(**how: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**how)


def of_ana(stack: Stack, name: str, *, phone: str, at: datetime.datetime | None = None) -> Conversation:
    return factories.taken_conversation(cast_of(stack), sender=factories.identity(phone, name=name), at=at)


# ── The window's countdown


@pytest.mark.shows("P0-14", "P0-3")
def test_the_window_counts_down_grey_then_amber_then_red_and_ends_in_templates_with_the_draft_kept(
    stack: Stack, sit_down: Sit
) -> None:
    wide = of_ana(stack, "Con tiempo", phone="595981000001")
    amber = of_ana(stack, "Con apuro", phone="595981000002", at=ago(hours=22, minutes=30))
    red = of_ana(stack, "Casi nada", phone="595981000003", at=ago(hours=23, minutes=50))
    ana = sit_down("ana")
    window = ana.locator(".thread-head .window")
    for conversation, tone, words in (
        (wide, None, r"23\sh \d+\smin"),
        (amber, "warning", r"1\sh (29|30)\smin"),
        (red, "danger", r"(9|10)\smin"),
    ):
        row(ana, conversation).click()
        expect(window).to_contain_text(re.compile(words))
        signal = row(ana, conversation).locator(".signal").last
        if tone is None:
            expect(window).not_to_have_attribute("data-tone", re.compile("."))
            expect(signal).not_to_have_attribute("data-tone", re.compile("."))
        else:
            expect(window).to_have_attribute("data-tone", tone)
            expect(signal).to_have_attribute("data-tone", tone)
            # The row says it in figures, too: a tone alone says nothing to who cannot see it.
            expect(signal).to_contain_text(re.compile(r"\d"))


@pytest.mark.shows("P0-14")
def test_the_last_minute_is_counted_in_seconds_and_at_nought_the_box_gives_way_without_a_reload(
    stack: Stack, sit_down: Sit
) -> None:
    ana = sit_down("ana")
    last = of_ana(stack, "Ya mismo", phone="595981000004", at=ago(hours=24) + datetime.timedelta(seconds=25))
    row(ana, last).click()
    window = ana.locator(".thread-head .window")
    expect(window).to_contain_text(re.compile(r"^\D*\d+\ss$"))
    first = seconds_of(window)
    ana.locator("#desk-composer").fill("A medio escribir")
    wait_until(lambda: seconds_of(window) < first, what="the next second")
    expect(ana.locator(".composer-closed")).to_be_visible(timeout=60_000)
    expect(ana.locator(".composer-closed")).to_contain_text("borrador")
    expect(window).to_have_attribute("data-tone", "danger")
    expect(window).to_contain_text("Ventana")
    # It was the page's own clock: nothing was loaded anew, and the words are there when one may write again.
    receive_messages(
        cast_of(stack).account, [factories.inbound("Sigo aquí", sender=factories.identity("595981000004"))]
    )
    expect(ana.locator("#desk-composer")).to_have_value("A medio escribir")


def seconds_of(window: Locator) -> int:
    found = re.search(r"(\d+)\ss", window.inner_text())
    return int(found[1]) if found else 0


# ── Notes


@pytest.mark.shows("P0-25")
def test_a_note_differs_by_colour_label_and_icon_while_it_is_written_and_after(stack: Stack, sit_down: Sit) -> None:
    conversation = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO)
    send_message(conversation.pk, by=cast_of(stack).ana, client_id=factories.client_id(), text="Al cliente")
    write_note(conversation.pk, by=cast_of(stack).ana, client_id=factories.client_id(), text="Entre nosotros")
    ana = sit_down("ana")
    # It has been answered: it stands in En curso.
    ana.goto(f"{stack.url}/?tray=in_progress&c={conversation.pk}")
    note, reply = (
        ana.locator(".message", has_text=text).locator(".bubble") for text in ("Entre nosotros", "Al cliente")
    )
    expect(note.locator("header")).to_contain_text("Nota interna")
    expect(note.locator("header svg")).to_be_visible()
    assert colour(note) != colour(reply)
    box = ana.locator(".composer")
    before = look(box)
    ana.get_by_role("button", name="Nota interna").click()
    expect(ana.get_by_role("button", name="Nota interna")).to_have_attribute("aria-pressed", "true")
    expect(ana.locator(".composer-head .via")).to_have_text("Solo la ve tu equipo")
    assert look(box) != before


@pytest.mark.shows("P0-25")
def test_only_a_press_on_it_changes_between_note_and_reply_and_a_note_reaches_nobody(
    stack: Stack, sit_down: Sit
) -> None:
    conversation = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO)
    other = of_ana(stack, "Walter", phone="595981000005")
    ana = sit_down("ana")
    row(ana, conversation).click()
    box = ana.locator("#desk-composer")
    reply, note = (ana.get_by_role("button", name=name, exact=True) for name in ("Responder", "Nota interna"))
    expect(reply).to_have_attribute("aria-pressed", "true")
    note.click()
    box.fill("No vuelvas a ofrecerle esto")
    # Neither another conversation, nor the way back, nor an empty box, nor what was sent makes a reply of it.
    row(ana, other).click()
    expect(reply).to_have_attribute("aria-pressed", "true")
    row(ana, conversation).click()
    expect(note).to_have_attribute("aria-pressed", "true")
    box.press("Enter")
    expect(ana.locator('.message[data-kind="note"]')).to_contain_text("No vuelvas a ofrecerle esto")
    expect(note).to_have_attribute("aria-pressed", "true")
    box.fill("Ni esto")
    # Pressing the other way takes the words nowhere: each keeps its own.
    reply.click()
    expect(box).to_have_value("")
    box.fill("Con gusto")
    box.press("Enter")
    wait_until(lambda: stack.simulator("GET", "/control/sent")["matching"] == 1, what="the reply")
    note.click()
    expect(box).to_have_value("Ni esto")
    box.press("Enter")
    expect(ana.locator('.message[data-kind="note"]')).to_have_count(2)
    wait_until(stack.is_idle, what="the stack's rest")
    sent = stack.simulator("GET", "/control/sent")
    assert [each["text"] for each in sent["messages"]] == ["Con gusto"]


def colour(element: Locator) -> str:
    return str(element.evaluate("element => getComputedStyle(element).backgroundColor"))


def look(element: Locator) -> str:
    """Everything of it that is drawn in a colour."""
    return str(
        element.evaluate(
            "box => [box, ...box.querySelectorAll('*')].map((each) => { const { backgroundColor, borderTopColor } = getComputedStyle(each); return backgroundColor + borderTopColor; }).join()"
        )
    )


# ── Signs on a row


@pytest.mark.shows("001-09", "P0-2")
def test_there_are_exactly_three_trays(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    trays = ana.get_by_role("tablist", name="Bandejas").get_by_role("tab")
    expect(trays).to_have_count(3)
    for place, name in enumerate(("Pendiente", "En curso", "Atendidos")):
        expect(trays.nth(place)).to_contain_text(name)


@pytest.mark.shows("001-14", "001-16", "P0-3")
def test_the_red_dot_goes_with_the_agents_first_answer_and_comes_back_for_the_next_agent(
    stack: Stack, sit_down: Sit
) -> None:
    conversation = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO)
    luis = sit_down("luis")
    luis.goto(f"{stack.url}/?tray=pending")
    here = row(luis, conversation)
    dot, check = here.get_by_role("img", name="Sin primera respuesta"), here.get_by_role("img", name="Respondido")
    expect(dot).to_be_visible()
    expect(check).to_have_count(0)
    send_message(conversation.pk, by=cast_of(stack).ana, client_id=factories.client_id(), text="Buenos días")
    # Her first answer took it to En curso.
    luis.goto(f"{stack.url}/?tray=in_progress")
    expect(check).to_be_visible()
    expect(dot).to_have_count(0)
    release_conversation(conversation.pk, by=cast_of(stack).ana)
    take_conversation(conversation.pk, by=cast_of(stack).luis)
    luis.goto(f"{stack.url}/?all=1&search=Roc%C3%ADo")
    expect(dot).to_be_visible()
    expect(check).to_have_count(0)
    send_message(conversation.pk, by=cast_of(stack).luis, client_id=factories.client_id(), text="Le sigo atendiendo")
    expect(dot).to_have_count(0)
    expect(check).to_be_visible()


@pytest.mark.shows("P0-3", "001-11", "001-23")
def test_a_row_and_the_head_name_the_person_the_service_and_what_was_said_last(stack: Stack, sit_down: Sit) -> None:
    cast = cast_of(stack)
    cast.account.color, cast.account.icon = "rose", "headset"
    cast.account.save(update_fields=["color", "icon"])
    conversation = factories.conversation(cast, "Necesito ayuda con mi factura", sender=factories.identity("595981000006", name="Walter Ñáñez"), at=ago(minutes=20))  # fmt: skip
    ana = sit_down("ana")
    here = row(ana, conversation)
    expect(here).to_contain_text("Walter Ñáñez")
    expect(here).to_contain_text("Necesito ayuda con mi factura")
    expect(here.get_by_role("img", name=cast.account.name)).to_be_visible()
    expect(here.locator("[data-service]")).to_have_attribute("data-hue", "rose")
    expect(here.locator(".row-unread")).to_have_text(re.compile("^1"))
    expect(here.get_by_role("img", name="Sin asignar")).to_be_visible()
    waiting = here.locator(".signal").first
    expect(waiting).to_have_attribute("data-tone", "danger")
    expect(waiting).to_contain_text(re.compile(r"(20|21)\smin"))
    here.click()
    head = ana.locator(".thread-head")
    for said in ("Walter Ñáñez", "981 000", cast.account.name, cast.campaign.name):
        expect(head).to_contain_text(said)


@pytest.mark.shows("P0-3", "001-11")
def test_a_row_says_when_something_last_happened_and_whose_it_is(stack: Stack, sit_down: Sit) -> None:
    cast = cast_of(stack)
    hers = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO, at=ago(minutes=3))
    old = factories.conversation(cast, sender=factories.identity("595981000009", name="De antes"), at=ago(days=1, hours=1))  # fmt: skip
    luis = sit_down("luis")
    when = row(luis, hers).locator("time")
    expect(when).to_have_text(clock_of(hers, cast.luis.time_zone))
    expect(row(luis, old).locator("time")).not_to_have_text(re.compile(r"\d:\d"))
    # Whose it is stands by name for who cannot see initials; her own row need not tell Ana so.
    expect(row(luis, hers).get_by_title("A cargo de Ana Gómez")).to_contain_text("AG")
    expect(row(luis, old).get_by_role("img", name="Sin asignar")).to_be_visible()
    ana = sit_down("ana")
    expect(row(ana, hers)).to_be_visible()
    expect(row(ana, hers).get_by_title("A cargo de Ana Gómez")).to_have_count(0)
    # Both change live, in the same row.
    take_conversation(old.pk, by=cast.luis)
    expect(row(luis, old).get_by_role("img", name="Sin asignar")).to_have_count(0)
    receive_messages(cast.account, [factories.inbound("Y otra cosa", sender=factories.identity(name="Rocío Benítez"))])
    expect(row(luis, hers)).to_contain_text("Y otra cosa")
    expect(when).to_have_text(clock_of(hers, cast.luis.time_zone))


def clock_of(conversation: Conversation, time_zone: str) -> re.Pattern[str]:
    """When something last happened, as a row says it of the last minutes; just after midnight that was yesterday."""
    at = Conversation.objects.get(pk=conversation.pk).last_activity_at.astimezone(ZoneInfo(time_zone))
    return re.compile(rf"^({at:%H:%M}|ayer)$", re.IGNORECASE)


COLOURED = ".conversation-row .row-dot, .conversation-row .signal, .conversation-row [data-hue], .thread-head .window, .message[data-state], .badge, [data-tone]"

SPOKEN = """
(all) => all.filter((element) => element.getClientRects().length > 0).flatMap((element) => {
  const said = [element.innerText, element.getAttribute('aria-label'), element.getAttribute('title'),
    ...[...element.querySelectorAll('[aria-label], [title], .visually-hidden')].map((each) => each.getAttribute('aria-label') ?? each.getAttribute('title') ?? each.textContent)];
  return said.some((words) => words && words.trim()) || element.closest('[aria-hidden=true]') ? [] : [element.outerHTML.slice(0, 200)];
})
"""


@pytest.mark.shows("P0-47")
def test_whatever_has_a_colour_says_in_words_what_it_means(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    cast = cast_of(stack)
    factories.conversation(cast, sender=factories.identity("595981000007", name="Espera mucho"), at=ago(minutes=40))
    of_ana(stack, "Casi nada", phone="595981000008", at=ago(hours=23, minutes=50))
    mine = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO)
    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": 131026})
    ana = sit_down("ana")
    row(ana, mine).click()
    # While three wait beside it; the answer takes the list to En curso.
    expect(ana.locator(".thread-head .window")).to_be_visible()
    assert ana.locator(COLOURED).count() > 5
    assert ana.locator(COLOURED).evaluate_all(SPOKEN) == []
    ana.locator("#desk-composer").fill("No va a llegar")
    ana.keyboard.press("Enter")
    expect(ana.locator('.message[data-direction="out"]')).to_have_attribute("data-state", "failed")
    assert ana.locator(COLOURED).evaluate_all(SPOKEN) == []
    # A failed and a delivered bubble differ where there are no colours at all, too.
    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": None})
    # The provider's own window opens with what the customer writes to it.
    stack.write("¿Sigues ahí?")
    expect(ana.locator('.message[data-direction="in"]').last).to_contain_text("¿Sigues ahí?")
    ana.locator("#desk-composer").fill("Esto sí")
    ana.keyboard.press("Enter")
    marks = ana.locator('.message[data-direction="out"]')
    expect(marks.last.get_by_role("img", name="Entregado")).to_be_visible()
    expect(marks.first.get_by_role("img", name="Fallido")).to_be_visible()
    complaints.clear()


# ── What a screen reader is told


@pytest.mark.shows("P0-45")
def test_new_messages_are_announced_politely_and_a_burst_is_one_sentence(stack: Stack, sit_down: Sit) -> None:
    mine = of_ana(stack, "Rocío Benítez", phone=factories.ROCIO)
    ana = sit_down("ana")
    row(ana, mine).click()
    ana.locator(".message").last.wait_for()
    ana.evaluate(
        """() => {
          window.told = [];
          const polite = document.querySelector('[role="log"][aria-live="polite"]');
          new MutationObserver(() => { const words = polite.textContent.trim(); if (words && words !== window.told.at(-1)) window.told.push(words); })
            .observe(polite, { childList: true, characterData: true, subtree: true });
        }"""
    )
    receive_messages(cast_of(stack).account, [factories.inbound("¿Siguen ahí?", sender=factories.identity())])
    ana.wait_for_function("() => window.told.length === 1")
    assert told(ana) == ["Rocío Benítez: ¿Siguen ahí?"]
    burst = [factories.inbound(f"Y {number}.", sender=factories.identity()) for number in range(12)]
    receive_messages(cast_of(stack).account, burst)
    expect(ana.locator(".message", has_text="Y 11.")).to_be_visible()
    ana.wait_for_function("() => window.told.length > 1")
    ana.wait_for_timeout(2_500)
    # Twelve in a burst: a sentence or two, neither of which reads them out.
    assert 2 <= len(told(ana)) <= 3
    assert told(ana)[1].endswith("mensajes nuevos")
    # The thread itself is a log that stays silent: what is drawn on opening or scrolling is no news.
    thread = ana.get_by_role("log", name="Mensajes").locator("visible=true").first
    expect(thread).to_have_attribute("aria-live", "off")


def told(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("window.told")
    return found
