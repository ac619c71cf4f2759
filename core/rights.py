"""The permissions that people give each other, in words. The roof lists them (settings.RIGHTS); a lower page draws them in a grid.

Django makes a permission for every table; those are for nobody. Only what is listed can be given, and only by whoever has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from core.sections import Words


@dataclass(frozen=True, kw_only=True)
class Right:
    """`name` is «app.codename»."""

    name: str
    title: Words
    hint: Words = ""


@dataclass(frozen=True, kw_only=True)
class RightsArea:
    title: Words
    rights: tuple[Right, ...]


@lru_cache(maxsize=1)
def rights_areas() -> tuple[RightsArea, ...]:
    listed: tuple[RightsArea, ...] = import_string(settings.RIGHTS)
    return listed


def right_names() -> frozenset[str]:
    return frozenset(right.name for area in rights_areas() for right in area.rights)
