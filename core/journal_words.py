"""The journal in words: what each verb says, what each subject is called and where it has its page.

The roof lists them all (settings.JOURNAL_WORDS).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core.models import JournalEntry
from core.sections import Words


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A kind of thing the journal speaks of. `permissions`: whoever has any is shown the way, for which none are needed where there are none.

    `url_name` takes its id; `address` is for a page that takes it another way.
    """

    title: Words
    url_name: str = ""
    permissions: tuple[str, ...] = ()
    address: Callable[[int], str] | None = None


@dataclass(frozen=True, kw_only=True)
class JournalWords:
    verbs: Mapping[str, Words]
    subjects: Mapping[str, Subject]
    # By kind: what the reader sees of so many ids is called. A kind without one is known by its number.
    names: Mapping[str, Callable[[Any, Collection[int]], Mapping[int, str]]] = field(default_factory=dict)
    # What a detail, or a field that changed, is called.
    fields: Mapping[str, Words] = field(default_factory=dict)


@lru_cache(maxsize=1)
def journal_words() -> JournalWords:
    listed: JournalWords = import_string(settings.JOURNAL_WORDS)
    return listed


def verb_words(verb: str) -> str:
    """What a verb says; one that nobody named stands as it is, never as nothing."""
    return str(journal_words().verbs.get(verb, verb.replace("_", " ")))


def field_words(name: str) -> str:
    """What a detail is called; `name.before` and `name.after` are the two sides of a personal value."""
    plain, _dot, side = name.partition(".")
    said = str(journal_words().fields.get(plain, plain.replace("_", " ")))
    sides = {"before": _("before"), "after": _("after")}
    return f"{said} ({sides[side]})" if side in sides else said


def subject_words(entry: JournalEntry) -> str:
    subject = journal_words().subjects.get(entry.subject_type)
    return str(subject.title) if subject else entry.subject_type.partition(".")[2].replace("_", " ")


def subject_url(entry: JournalEntry, permissions: set[str]) -> str:
    """Where the subject's page is, for whoever holds these permissions; that page asks for itself."""
    subject = journal_words().subjects.get(entry.subject_type)
    if subject is None or not entry.subject_id.isdigit():
        return ""
    if subject.permissions and not set(subject.permissions) & permissions:
        return ""
    if subject.address is not None:
        return subject.address(int(entry.subject_id))
    return reverse(subject.url_name, args=[int(entry.subject_id)]) if subject.url_name else ""


def is_named(entry: JournalEntry) -> bool:
    """Whether somebody can say what this kind of subject is called."""
    return entry.subject_type in journal_words().names and entry.subject_id.isdigit()


def subject_names(entries: Iterable[JournalEntry], *, reader: Any) -> dict[tuple[str, str], str]:
    """What the entries' subjects are called, by type and id, as far as the reader sees them: one question per kind.

    What is not there is gone, or not theirs to see.
    """
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if is_named(entry):
            ids[entry.subject_type].add(int(entry.subject_id))
    return {
        (kind, str(pk)): name
        for kind, wanted in ids.items()
        for pk, name in journal_words().names[kind](reader, wanted).items()
    }
