"""Facts: told once, after the commit, to whom the wiring names; a fact nobody wrote into the wiring is a bug."""

from __future__ import annotations

import contextlib
import logging
import typing
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

import pytest
from django.apps import apps
from django.db import transaction
from django.utils.module_loading import import_string
from pytest_django import Settings

from config import wiring
from core.events import Event, publish, subscribers

HEARD: list[str] = []


@dataclass(frozen=True, kw_only=True)
class DoorOpened(Event):
    door_id: int


@dataclass(frozen=True, kw_only=True)
class DoorClosed(Event):
    door_id: int


@dataclass(frozen=True, kw_only=True)
class NeverWired(Event):
    door_id: int


def listen(event: DoorOpened) -> None:
    HEARD.append(f"first {event.door_id}")


def stumble(event: DoorOpened) -> None:
    raise RuntimeError("a listener that fails")


def listen_too(event: DoorOpened) -> None:
    HEARD.append(f"last {event.door_id}")


WIRING = {DoorOpened: [listen, stumble, listen_too], DoorClosed: []}


@pytest.fixture
def wired_here(settings: Settings) -> Iterator[None]:
    settings.EVENT_WIRING = f"{__name__}.WIRING"
    subscribers.cache_clear()
    HEARD.clear()
    yield
    subscribers.cache_clear()


@pytest.mark.usefixtures("wired_here", "transactional_db")
def test_listeners_hear_a_fact_after_the_commit_and_not_before() -> None:
    with transaction.atomic():
        publish(DoorOpened(door_id=7))
        assert HEARD == []
    assert HEARD == ["first 7", "last 7"]


@pytest.mark.usefixtures("wired_here", "transactional_db")
def test_what_was_rolled_back_is_told_to_nobody() -> None:
    with transaction.atomic():
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            publish(DoorOpened(door_id=1))
            raise ZeroDivisionError
        publish(DoorOpened(door_id=2))
    assert HEARD == ["first 2", "last 2"]


@pytest.mark.usefixtures("wired_here", "transactional_db")
def test_a_listener_that_fails_is_logged_and_silences_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="django.db.backends.base"), transaction.atomic():
        publish(DoorOpened(door_id=7))
    assert HEARD == ["first 7", "last 7"]
    assert "stumble" in caplog.text


@pytest.mark.usefixtures("wired_here", "db")
def test_a_fact_that_nobody_wired_cannot_be_told() -> None:
    with pytest.raises(KeyError):
        publish(NeverWired(door_id=7))


@pytest.mark.usefixtures("wired_here", "transactional_db")
def test_that_nobody_listens_may_be_a_decision() -> None:
    with transaction.atomic():
        publish(DoorClosed(door_id=7))
    assert HEARD == []


# --- The product's own facts ------------------------------------------------------------------------------------------


def ours() -> set[type[Event]]:
    """Every fact of every app that can be announced: bases, which others build on, are none."""
    modules = [f"{config.name}.events" for config in apps.get_app_configs()]
    found: set[type[Event]] = set()
    todo = list(Event.__subclasses__())
    while todo:
        each = todo.pop()
        todo += each.__subclasses__()
        if each.__module__ in modules and not each.__subclasses__():
            found.add(each)
    return found


def test_every_fact_of_the_product_is_in_the_wiring_and_nothing_else_is() -> None:
    assert ours() == set(wiring.SUBSCRIBERS)


def test_facts_are_frozen_and_carry_ids_only() -> None:
    plain = {int, str, int | None, tuple[int, ...], tuple[str, ...]}
    for event in ours():
        assert is_dataclass(event)
        assert event.__dataclass_params__.frozen, event  # type: ignore[attr-defined]  # a dataclass has them
        hints = typing.get_type_hints(event)
        for field in fields(event):
            assert hints[field.name] in plain, f"{event.__name__}.{field.name}"
            assert field.name.endswith(("_id", "_ids", "_digest")), f"{event.__name__}.{field.name}"


def test_every_listener_can_be_called_and_every_topic_watched() -> None:
    for event, listeners in wiring.SUBSCRIBERS.items():
        # By name, which the log of one that fails asks for.
        assert all(callable(listener) and listener.__qualname__ for listener in listeners), event
    assert set(import_string("config.wiring.TOPICS")) == set(wiring.TOPICS)
