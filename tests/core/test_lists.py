"""Lists of the back office: by key in both directions, sorted by allow-list, and deaf to whatever was forged (S06)."""

from __future__ import annotations

import base64
import json

import pytest
from django.http import QueryDict

from accounts.models import Team
from core.lists import Column, FilterForm, Folded, ListPage, matching

COLUMNS = [Column(name="name", title="Name", sort="folded_name"), Column(name="members", title="Members")]


class Words(FilterForm):
    def narrow(self, rows):
        return rows.filter(matching(self.said("q") or "", "folded_name"))


def listed(query: str = "", *, size: int = 3) -> ListPage:
    params = QueryDict(query)
    rows = Team.objects.annotate(folded_name=Folded("name"))
    return ListPage(rows, params=params, columns=COLUMNS, order="name", filters=Words(params), size=size)


def names(page: ListPage) -> list[str]:
    return [team.name for team in page.rows]


@pytest.fixture
def teams(db: None) -> list[str]:
    said = ["Ñandú", "abeja", "Águila", "zorro", "Búho", "caimán", "abeja B"]
    for name in said:
        Team.objects.create(name=name)
    return ["abeja", "abeja B", "Águila", "Búho", "caimán", "Ñandú", "zorro"]


@pytest.mark.parametrize("order", ["name", "-name"])
def test_pages_forwards_and_back_show_every_row_once_in_the_order_people_expect(teams: list[str], order: str) -> None:
    expected = teams if order == "name" else teams[::-1]
    seen, page = [], listed(f"order={order}")
    pages = [names(page)]
    while page.next_url:
        page = listed(page.next_url.removeprefix("?"))
        pages.append(names(page))
    seen = [name for each in pages for name in each]
    assert seen == expected
    back = [names(page)]
    while page.previous_url:
        page = listed(page.previous_url.removeprefix("?"))
        back.append(names(page))
    assert back == pages[::-1]
    assert page.count == 7


def test_a_row_that_came_meanwhile_moves_nothing_on_the_next_page(teams: list[str]) -> None:
    following = listed().next_url
    Team.objects.create(name="aaa")
    assert names(listed(following.removeprefix("?"))) == teams[3:6]


def test_words_are_found_without_accents_or_case(teams: list[str]) -> None:
    assert names(listed("q=AGUILA")) == ["Águila"]
    page = listed("q=b+abej")
    assert names(page) == ["abeja B", "abeja"] or names(page) == ["abeja", "abeja B"]
    assert listed("q=abej&order=-name").clear_url == "?order=-name"


@pytest.mark.shows("S06")
@pytest.mark.parametrize(
    "query",
    [
        "order=-owner__password",
        "order=members",
        "order=name.period",
        "after=x",
        "after=" + base64.urlsafe_b64encode(b'[{"a":1},"x"]').decode(),
        "before=" + base64.urlsafe_b64encode(json.dumps(["a", 10**30]).encode()).decode(),
        "after=%00%ff",
        "team=1%27%20OR%201=1",
    ],
)
def test_what_was_forged_is_as_if_it_had_not_been_said(teams: list[str], query: str) -> None:
    assert names(listed(query)) in (teams[:3], [])
    assert names(listed("order=name")) == teams[:3]


@pytest.mark.parametrize("value", [None, "a\0b", "\ud800", 10**30, [1], {"a": 1}, True])
@pytest.mark.parametrize("pk", [1, 10**30, -1])
def test_a_forged_place_holds_nothing_that_the_database_cannot_be_asked(
    teams: list[str], value: object, pk: int
) -> None:
    place = base64.urlsafe_b64encode(json.dumps([value, pk]).encode()).decode()
    assert isinstance(names(listed(f"after={place}")), list)
    assert isinstance(names(listed(f"before={place}")), list)
