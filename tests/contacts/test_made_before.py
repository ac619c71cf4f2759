"""Contacts that were there before they could be found: the migration gives them their words, and their places in their teams' lists."""

from __future__ import annotations

import datetime
import threading
from functools import partial
from importlib import import_module

import pytest
from django.db import connection

from contacts.models import Contact, ContactTeam
from tests.contacts.people import person
from tests.factories import Cast
from tests.inbox.test_held_ids import meanwhile, once
from tests.inbox.test_unreadable import somebody_waits_for_a_lock
from tests.stack import wait_until

FINDING = import_module("contacts.migrations.0005_finding_people")
AT = datetime.datetime(2031, 3, 4, tzinfo=datetime.UTC)


def ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def as_before(cast: Cast) -> Contact:
    """As the release before left them: with a name, and nothing that is made of it."""
    contact = person(cast.team, first_name="Rocío", company_sort_name="fibra sur", last_interaction_at=AT)
    Contact.objects.filter(pk=contact.pk).update(search_text="")
    ContactTeam.objects.filter(contact=contact).update(sort_name="", company_sort_name="", interacted_at=FINDING.NEVER)
    return contact


@pytest.mark.shows("R48")
def test_they_are_found_and_stand_in_order_however_often_it_is_run(committed_cast: Cast) -> None:
    contact = as_before(committed_cast)
    for _again in range(2):
        ask(FINDING.WORDS)
        ask(FINDING.PLACES)
        contact.refresh_from_db()
        assert contact.search_text == contact.sort_name == "rocio"
        (place,) = ContactTeam.objects.filter(contact=contact)
        assert (place.sort_name, place.company_sort_name, place.interacted_at) == ("rocio", "fibra sur", AT)


@pytest.mark.shows("R48")
def test_who_is_renamed_at_that_moment_stands_where_they_are_called_now(committed_cast: Cast) -> None:
    contact = as_before(committed_cast)
    held = threading.Event()
    with meanwhile(once(held, partial(ask, FINDING.PLACES))):
        Contact.objects.filter(pk=contact.pk).update(sort_name="ambar")
        held.set()
        wait_until(somebody_waits_for_a_lock, what="the migration's waiting", seconds=30)
    assert ContactTeam.objects.get(contact=contact).sort_name == "ambar"
