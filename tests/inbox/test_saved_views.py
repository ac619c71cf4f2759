"""A person's own views of the list, and their own keys: theirs alone, in their order, and nothing kept that the list would refuse."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.actions.keeping import LONGEST_NAME, MOST_VIEWS, change_view, delete_view, order_views, save_view
from accounts.models import SavedView
from core.refusals import Invalid, NotFound
from tests.concurrency import together
from tests.factories import Cast
from tests.witness import refused

URGENT = {"unanswered": ["1"], "window": ["ending"]}


def names(cast: Cast) -> list[str]:
    return [each.name for each in SavedView.objects.filter(user=cast.ana)]


@pytest.mark.shows("001-19", "P0-4")
def test_a_view_is_made_renamed_put_in_order_and_deleted(cast: Cast) -> None:
    first, second, third = (
        save_view(cast.ana, name=name, filters=URGENT) for name in ("Urgente", " Mis  VIP ", "Tercera")
    )
    assert names(cast) == ["Urgente", "Mis VIP", "Tercera"]
    order_views([third.pk, first.pk], by=cast.ana)
    # What was not named comes after, as it stood.
    assert names(cast) == ["Tercera", "Urgente", "Mis VIP"]
    change_view(second.pk, by=cast.ana, name="VIP", filters={"unread": ["1"]})
    delete_view(third.pk, by=cast.ana)
    assert list(SavedView.objects.filter(user=cast.ana).values_list("name", "filters")) == [
        ("Urgente", URGENT), ("VIP", {"unread": ["1"]}),
    ]  # fmt: skip


@pytest.mark.shows("S01")
def test_nobody_reaches_anothers_views(cast: Cast) -> None:
    view = save_view(cast.ana, name="Mía", filters=URGENT)
    for attempt in (
        partial(change_view, view.pk, by=cast.luis, name="Suya"),
        partial(delete_view, view.pk, by=cast.luis),
        partial(delete_view, 987654321, by=cast.ana),
    ):
        with refused(NotFound):
            attempt()
    order_views([view.pk], by=cast.luis)
    assert names(cast) == ["Mía"]
    # The same name is free for somebody else.
    save_view(cast.luis, name="Mía", filters={})


def test_names_are_short_and_once_and_there_is_an_end_to_them(cast: Cast) -> None:
    save_view(cast.ana, name="Urgente", filters={})
    for name in ("", "  ", "urgente", "x" * (LONGEST_NAME + 1)):
        with refused(Invalid):
            save_view(cast.ana, name=name, filters={})
    for number in range(MOST_VIEWS - 1):
        save_view(cast.ana, name=f"Vista {number}", filters={})
    with refused(Invalid):
        save_view(cast.ana, name="Una más", filters={})


@pytest.mark.faults
def test_two_tabs_that_save_at_once_keep_both_or_one_of_a_name(committed_cast: Cast) -> None:
    ana = committed_cast.ana
    together([partial(save_view, ana, name=name, filters={}) for name in ("A", "B", "a", "b", "C")])
    views = list(SavedView.objects.filter(user=ana))
    assert {each.name.lower() for each in views} == {"a", "b", "c"}
    assert sorted(each.position for each in views) == [0, 1, 2]


@pytest.mark.shows("P0-4", "S06", "S08")
def test_what_the_list_would_refuse_is_not_kept(cast: Cast) -> None:
    ana = Client()
    ana.force_login(cast.ana)

    def post(body: Any) -> Any:
        return ana.post("/api/v1/saved-views/", body, content_type="application/json")

    for filters in (
        {"order": ["-owner__password"]},
        {"team__name": ["x"]},
        {"unread": ["7"]},
        {"unread": []},
        {"team": "5"},
        "x",
    ):
        answer = post({"name": "Mala", "filters": filters})
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["filters"]), filters
    assert SavedView.objects.count() == 0
    made = post({"name": "Urgente", "filters": URGENT})
    assert made.status_code == 201
    assert ana.get("/api/v1/saved-views/").json()["results"] == [
        {"id": made.json()["id"], "name": "Urgente", "filters": URGENT}
    ]
    assert post({"name": "URGENTE", "filters": {}}).json()["error"]["fields"] == {
        "name": ["Ya tienes una vista con ese nombre."]
    }


@pytest.mark.shows("P1-8")
def test_ones_own_keys_are_kept_and_read_with_me(cast: Cast) -> None:
    ana = Client()
    ana.force_login(cast.ana)
    for keys, status in (
        ({"take": "Alt+G", "finish": ""}, 200),
        ({"x" * 31: "a"}, 400),
        ({f"a{n}": "b" for n in range(41)}, 400),
        ({"take": 5000 * "a"}, 400),
    ):
        answer = ana.put("/api/v1/me/preferences/", {"keys": keys}, content_type="application/json")
        assert answer.status_code == status, keys
    assert ana.get("/api/v1/me/").json()["keys"] == {"take": "Alt+G", "finish": ""}


@pytest.mark.shows("001-20", "000-01")
def test_after_a_pause_one_goes_back_to_where_one_attended_last(cast: Cast) -> None:
    ana = Client()
    ana.force_login(cast.ana)
    states = {each["code"]: each["id"] for each in ana.get("/api/v1/aux-states/").json()["results"]}

    def switch(code: str, reason: str = "") -> Any:
        body = {"aux_state": states[code], "reason": reason}
        return ana.put("/api/v1/me/aux-state/", body, content_type="application/json").json()

    assert ana.get("/api/v1/me/").json()["resumes_to"] == states["social_new_and_active"]
    switch("social_active_only")
    assert switch("break", "Almuerzo")["reason"] == "Almuerzo"
    me = ana.get("/api/v1/me/").json()
    assert (me["resumes_to"], me["aux_state"]["code"], me["aux_state"]["reason"]) == (
        states["social_active_only"],
        "break",
        "Almuerzo",
    )
