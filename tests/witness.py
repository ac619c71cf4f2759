"""What a test sees of an action: the facts it announced, and that a refusal left every row as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from core.events import Event
from core.refusals import Refusal
from tests.untouched import changed_since, contents

OURS = ("core", "accounts", "typification", "contacts", "campaigns", "inbox", "webhooks", "processes")


@contextmanager
def announced() -> Iterator[list[Event]]:
    """The facts published inside, each once and in order, as they would be told after the commit.

    For tests inside a transaction that is rolled back (`cast`): Django keeps there what waits for the commit.
    """
    facts: list[Event] = []
    before = len(connection.run_on_commit)
    yield facts
    for _savepoints, listener, _robust in connection.run_on_commit[before:]:
        assert isinstance(listener, partial)
        (event,) = listener.args
        if not any(event is fact for fact in facts):
            facts.append(event)


@contextmanager
def refused(error: type[Refusal]) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """The block is refused with this error, no row of ours changed, and nobody is told anything."""
    before = contents()
    with announced() as facts, pytest.raises(error) as refusal:
        yield refusal
    assert refusal.type is error
    assert changed_since(before) == []
    assert facts == []


@contextmanager
def nothing_happens() -> Iterator[None]:
    """No row of ours changes inside, and nobody is told anything."""
    before = contents()
    with announced() as facts:
        yield
    assert changed_since(before) == []
    assert facts == []


def every_row() -> dict[str, list[dict[str, Any]]]:
    """What stands in every table of ours, for who compares but a part of it; `tests.untouched` is ten times as fast."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS
    }
