"""The supervisors' screen of callbacks: all they may see, narrowed and sorted, page by page; and the way to hand them over (003-10)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import JournalEntry
from inbox.models import Callback
from tests.contacts.people import person, phone_of
from tests.contacts.test_privacy_of_numbers import mask
from tests.factories import Cast, agent_of
from tests.processes.promises import promised

Browse = Callable[[User], Client]
PAGE = "/processes/callbacks/"


def listed(client: Client, **asked: Any) -> list[str]:
    """The contacts of a page, in their order."""
    words = client.get(PAGE, asked).content.decode()
    return re.findall(r"/contacts/\d+/\"><bdi>([^<]*)</bdi>", words)


@pytest.mark.shows("003-10", "S05", "S07")
def test_supervisors_see_their_teams_and_agents_do_not_come_in(cast: Cast, browse: Browse) -> None:
    promised(cast, cast.ana, contact=person(cast.team, first_name="Rocío"))
    promised(cast, None, contact=person(cast.team, first_name="Ciro"))
    promised(cast, cast.eva, campaign=cast.other_campaign, contact=person(cast.other_team, first_name="Ajena"))
    assert sorted(listed(browse(cast.luis))) == ["Ciro", "Rocío"]
    assert sorted(listed(browse(cast.admin))) == ["Ajena", "Ciro", "Rocío"]
    assert browse(cast.ana).get(PAGE).status_code == 403
    assert JournalEntry.objects.filter(verb="entry_refused", details__path=PAGE, actor_label="ana").exists()
    names = browse(cast.luis).get(PAGE).content.decode()
    assert cast.eva.name not in names
    assert cast.other_campaign.name not in names


@pytest.mark.shows("003-10")
def test_they_are_narrowed_and_sorted(cast: Cast, browse: Browse) -> None:
    now, eli = timezone.now(), agent_of(cast, "eli")
    for name, owner, hours in (("Ana", cast.ana, -2), ("Beto", eli, 30), ("Ciro", None, 50), ("Dora", cast.ana, -1)):
        due_at = now + datetime.timedelta(hours=hours)
        promised(cast, owner, contact=person(cast.team, first_name=name), due_at=due_at)
    Callback.objects.filter(contact__first_name="Dora").update(state="done", ended_at=now)
    client = browse(cast.luis)
    assert listed(client) == ["Ana", "Beto", "Ciro"]
    assert listed(client, order="-due") == ["Ciro", "Beto", "Ana"]
    assert listed(client, order="-contact") == ["Ciro", "Beto", "Ana"]
    assert listed(client, due="overdue") == ["Ana"]
    assert listed(client, due="coming") == ["Beto", "Ciro"]
    assert listed(client, owner=eli.pk) == ["Beto"]
    assert listed(client, owner="none") == ["Ciro"]
    assert listed(client, state="done") == ["Dora"]
    assert listed(client, campaign=cast.campaign.pk, q="bet") == ["Beto"]
    # What is not theirs, or nonsense, is as if it had not been said.
    assert listed(client, campaign=cast.other_campaign.pk, owner="x", due="y") == ["Ana", "Beto", "Ciro"]
    page = client.get(PAGE, {"owner": eli.pk, "due": "coming"}).content.decode()
    assert f"{reverse('process', args=['reassigning'])}?sources={eli.pk}&amp;due=coming" in page
    form = client.get(reverse("process", args=["reassigning"]), {"sources": eli.pk, "due": "coming"}).content.decode()
    assert re.search(rf'<option value="{eli.pk}" selected', form)


@pytest.mark.shows("003-10")
def test_pages_follow_each_other_without_a_gap(cast: Cast, browse: Browse) -> None:
    now = timezone.now()
    for n in range(53):
        due_at = now + datetime.timedelta(hours=n // 2)
        promised(cast, cast.ana, contact=person(cast.team, first_name=f"P{n:02}"), due_at=due_at)
    client = browse(cast.luis)
    words = client.get(PAGE).content.decode()
    first = listed(client)
    after = re.search(r'rel="next" href="\?([^"]*)"', words)
    assert after is not None
    rest = re.findall(
        r"/contacts/\d+/\"><bdi>([^<]*)</bdi>", client.get(f"{PAGE}?{after[1].replace('&amp;', '&')}").content.decode()
    )
    assert len(first) == 50
    assert sorted(first + rest) == [f"P{n:02}" for n in range(53)]


@pytest.mark.shows("003-10", "B-10")
def test_numbers_are_masked_for_who_does_not_see_them(cast: Cast, browse: Browse, with_rights: Any) -> None:
    contact = person(cast.team, first_name="Rocío")
    point = phone_of(contact, "595991651351")
    promised(cast, cast.ana, contact=contact, contact_point=point)
    assert "595991651351" in re.sub(r"\D", "", browse(cast.luis).get(PAGE).content.decode())
    ana = with_rights(cast.ana, "run_processes")
    mask(ana)
    words = browse(User.objects.get(pk=ana.pk)).get(PAGE).content.decode()
    assert "Rocío" in words
    assert "595991651351" not in re.sub(r"\D", "", words)


def test_an_empty_screen_says_so(cast: Cast, browse: Browse) -> None:
    client = browse(cast.luis)
    assert "No hay agendas pendientes" in client.get(PAGE).content.decode()
    assert "Sin resultados" in client.get(PAGE, {"due": "overdue"}).content.decode()
