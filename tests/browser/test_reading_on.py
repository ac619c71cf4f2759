"""Reading a conversation as it goes on: days, folded movements, the place one read at, and what came below it."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.receiving import receive_messages
from tests import factories
from tests.browser.conftest import Sit
from tests.browser.test_conversation import first_on_screen
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


@pytest.mark.shows("P0-28")
def test_days_are_parted_movements_folded_and_the_place_one_read_at_is_kept(stack: Stack, sit_down: Sit) -> None:
    cast = stack.cast
    assert cast
    now, rocio = timezone.now(), factories.identity()
    conversation = factories.taken_conversation(
        cast, text="Lo primero de todo", sender=rocio, at=now - datetime.timedelta(days=2)
    )
    for _twice in range(2):
        release_conversation(conversation.pk, by=cast.ana)
        take_conversation(conversation.pk, by=cast.ana)
    hour_ago = now - datetime.timedelta(hours=1)
    receive_messages(
        cast.account,
        [
            factories.inbound(f"Mensaje {n}", sender=rocio, at=hour_ago + datetime.timedelta(seconds=n))
            for n in range(60)
        ],
    )
    other = factories.taken_conversation(cast, text="Soy otra", sender=factories.identity("595981000001", name="Nadia"))
    ana = sit_down("ana")
    ana.locator(f'.conversation-row[data-id="{conversation.pk}"]').click()
    log = ana.get_by_role("log", name="Mensajes").first
    expect(ana.get_by_text("61 mensajes nuevos")).to_be_in_viewport()
    days = log.locator(".day time")
    wait_until(lambda: days.count() >= 2, what="two days")
    assert len(set(days.all_inner_texts())) == days.count()
    folded = log.get_by_role("button", name=re.compile(r"^\d movimientos$"))
    expect(folded).to_be_visible()
    expect(log.locator(".event")).to_have_count(1)
    folded.click()
    wait_until(lambda: log.locator(".event").count() >= 4, what="the movements one by one")

    # What arrives below moves nothing: a button counts it and leads there.
    ana.get_by_role("button", name="Ir al final").click()
    expect(log.get_by_text("Mensaje 59", exact=True)).to_be_in_viewport()
    place = middle(ana)
    receive_messages(cast.account, [factories.inbound(f"Recién {n}", sender=rocio) for n in range(3)])
    below = ana.locator(".to-end-button")
    expect(below).to_contain_text("3 mensajes nuevos", timeout=15_000)
    expect(below).to_have_accessible_name("Ir a los mensajes nuevos")
    assert stands_at(ana, place)
    below.click()
    expect(log.get_by_text("Recién 2", exact=True)).to_be_in_viewport()
    expect(below).to_have_count(0)

    # All of it read: elsewhere and back, it is the same place.
    row = ana.locator(f'.conversation-row[data-id="{conversation.pk}"]')
    expect(row.locator(".row-unread")).to_have_count(0)
    place = middle(ana)
    ana.locator(f'.conversation-row[data-id="{other.pk}"]').click()
    expect(log.get_by_text("Soy otra")).to_be_visible()
    row.click()
    wait_until(lambda: stands_at(ana, place), what="the place one read at")


def middle(page: Page) -> dict[str, object]:
    """Scroll there; what stands on top, once it does."""
    page.locator(".messages").first.evaluate("log => { log.scrollTop = log.scrollHeight / 2; }")
    wait_until(lambda: is_still(page), what="the end of the scroll")
    return first_on_screen(page)


def is_still(page: Page) -> bool:
    before = first_on_screen(page)
    page.wait_for_timeout(150)
    return first_on_screen(page) == before


def stands_at(page: Page, place: dict[str, object]) -> bool:
    now = first_on_screen(page)
    return now["key"] == place["key"] and abs(now["top"] - float(str(place["top"]))) < 3
