"""Facts and how they are told. A lower floor announces; the wiring (config/wiring.py) decides who hears it.

An event is a frozen dataclass in the past tense that carries ids only. `publish` is called by the action that made it true,
inside its transaction; listeners run after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial, update_wrapper
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact. Subclasses hold ids only: listeners read the present state themselves."""


Listener = Callable[[Any], object]


@cache
def subscribers() -> Mapping[type[Event], Sequence[Listener]]:
    wiring: Mapping[type[Event], Sequence[Listener]] = import_string(settings.EVENT_WIRING)
    return wiring


def publish(event: Event) -> None:
    """Announce a fact after the surrounding transaction commits.

    Raises:
        KeyError: the event was never written into the wiring table (an empty list is a decision, absence is a bug).
    """
    for listener in subscribers()[type(event)]:
        # robust: a listener that fails is logged and never silences the next one. Under the listener's own name: Django's log
        # asks for one, which a bare partial has not, and that second failure would stop the rest.
        transaction.on_commit(update_wrapper(partial(listener, event), listener), robust=True)
