"""The back office's table of contents. The roof lists the sections (settings.SECTIONS); a lower page only knows titles and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise
else:
    # A translation that waits for its reader is known to the type checker alone.
    Words = str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One entry: its words, its icon, the URL name of its first page, and the permissions of which any opens it."""

    title: Words
    hint: Words
    icon: str
    url_name: str
    permissions: tuple[str, ...]

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def is_open_to(self, user: Any) -> bool:
        return any(user.has_perm(each) for each in self.permissions)


@dataclass(frozen=True, kw_only=True)
class Area:
    """Sections that stand together under a title."""

    title: Words
    sections: tuple[Section, ...]


@lru_cache(maxsize=1)
def areas() -> tuple[Area, ...]:
    listed: tuple[Area, ...] = import_string(settings.SECTIONS)
    return listed


def areas_open_to(user: Any) -> list[Area]:
    """What the user may enter; areas without anything for them are left out."""
    opened = (
        Area(title=area.title, sections=tuple(each for each in area.sections if each.is_open_to(user)))
        for area in areas()
    )
    return [area for area in opened if area.sections]


def section_at(path: str) -> Section | None:
    """The section a page belongs to: the one whose address the page's begins with, the longest where two do."""
    found = [each for area in areas() for each in area.sections if path.startswith(each.url)]
    return max(found, key=lambda each: len(each.url), default=None)
