"""The journal in words: what each verb says, and where each kind of subject has its page. The roof lists both (settings.JOURNAL_WORDS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from core.models import JournalEntry
from core.sections import Words


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A kind of thing the journal speaks of. `url_name` takes its id; `permissions`: whoever has any is shown the way."""

    title: Words
    url_name: str = ""
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JournalWords:
    verbs: Mapping[str, Words]
    subjects: Mapping[str, Subject]


@lru_cache(maxsize=1)
def journal_words() -> JournalWords:
    listed: JournalWords = import_string(settings.JOURNAL_WORDS)
    return listed


def verb_words(verb: str) -> str:
    """What a verb says; one that nobody named stands as it is, never as nothing."""
    return str(journal_words().verbs.get(verb, verb.replace("_", " ")))


def subject_words(entry: JournalEntry) -> str:
    subject = journal_words().subjects.get(entry.subject_type)
    return str(subject.title) if subject else entry.subject_type.partition(".")[2].replace("_", " ")


def subject_url(entry: JournalEntry, permissions: set[str]) -> str:
    """Where the subject's page is, for whoever holds these permissions; that page asks for itself."""
    subject = journal_words().subjects.get(entry.subject_type)
    if subject is None or not subject.url_name or not entry.subject_id.isdigit():
        return ""
    return reverse(subject.url_name, args=[int(entry.subject_id)]) if set(subject.permissions) & permissions else ""
