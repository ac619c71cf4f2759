"""Every page of the back office against everybody (S07): the addresses come from the resolver, so none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.rights import AREAS as RIGHTS
from config.sections import AREAS as SECTIONS
from core.models import JournalEntry
from core.rights import right_names
from tests.factories import Cast
from tests.witness import every_row

# What a supervisor may not enter either. Some of the other sections are theirs, too: what those show is in tests of their own.
FOR_ADMINISTRATORS = (
    "accounts.", "core.", "campaigns.views.portfolio", "campaigns.actions.portfolio", "privacy.", "webhooks.views",
)  # fmt: skip
NOBODYS = "00000000-0000-0000-0000-000000000000"


def addresses(
    patterns: list[URLPattern | URLResolver], before: str = "", *, rooms: tuple[str, ...] = ("",)
) -> Iterator[tuple[str, str]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, route, rooms=rooms)
        elif route.startswith("settings/") and each.callback.__module__.startswith(rooms):
            yield str(each.name), "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<uuid:\w+>", NOBODYS, route))


# The first page is for whoever may enter any section; who that is, and who not, test_dead_letters.py shows.
def found(*rooms: str) -> list[tuple[str, str]]:
    there = addresses(get_resolver().url_patterns, rooms=rooms or ("",))
    return sorted(each for each in set(there) if each[0] != "settings")


PAGES = found()


def test_the_pages_were_found() -> None:
    names = {name for name, _path in PAGES}
    assert {"users", "teams", "roles", "aux-state-list", "campaigns", "journal"} <= names
    assert {"channel-accounts", "typifications", "tag-list", "privacy", "dead-letters", "shortcut-list"} <= names


@pytest.mark.shows("S07")
@pytest.mark.parametrize("who", ["ana", "luis", "eva"])
def test_nobody_without_the_right_comes_in_and_it_is_written_down(cast: Cast, who: str) -> None:
    client = Client()
    client.force_login(getattr(cast, who))
    client.get("/api/v1/me/")
    before = {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"}
    for name, path in found(*FOR_ADMINISTRATORS) if who == "luis" else PAGES:
        for method in ("get", "post"):
            response = getattr(client, method)(path)
            assert response.status_code in (403, 405), (name, method)
    after = {label: rows for label, rows in every_row().items() if label != "core.JournalEntry"}
    assert after == before
    assert JournalEntry.objects.filter(verb="entry_refused", actor_label=who, details__path="/settings/users/").exists()


def test_whoever_is_not_signed_in_is_sent_to_the_door(cast: Cast) -> None:
    for name, path in PAGES:
        for method in ("get", "post"):
            response = getattr(Client(), method)(path)
            assert response.status_code in (302, 405), (name, method)
            if response.status_code == 302:
                assert response["Location"].startswith("/accounts/login/"), name


def test_an_administrator_sees_every_section_and_its_first_page(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.admin)
    home = client.get("/settings/").content.decode()
    for area in SECTIONS:
        for section in area.sections:
            assert f'href="{section.url}"' in home
            assert client.get(section.url).status_code == 200, section.url_name


def test_every_permission_of_ours_can_be_given_and_says_what_it_is() -> None:
    listed = right_names()
    ours = {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename, _name in model._meta.permissions
        if model._meta.app_label in settings.INSTALLED_APPS
    }
    assert ours <= listed, ours - listed
    assert {each for area in SECTIONS for section in area.sections for each in section.permissions} <= listed
    assert len([right for area in RIGHTS for right in area.rights]) == len(listed)
