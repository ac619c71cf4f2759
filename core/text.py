"""Text as people search and sort it."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` without accents, in lower case, with single spaces: what names are searched and sorted by.

    No collation of the database is assumed (DOMAIN.md), so the folded form is stored beside the original.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def without_nul(text: str) -> str:
    """PostgreSQL refuses NUL, and a lone surrogate cannot be encoded: both are replaced, never an error for the writer."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


# Alphabets with letters that look alike, and characters that change what is read without being seen: directions that are forced, breaks
# and fillers of no width. What joins an emoji's parts, and what languages write with, is none of them.
LOOKALIKES = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
UNSEEN = frozenset(
    "\u00ad\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def may_deceive(name: str) -> bool:
    """Whether a name may pass for another one: a word in more than one of the alphabets that look alike, or characters nobody sees (S39)."""
    return not UNSEEN.isdisjoint(name) or any(len(alphabets_of(word)) > 1 for word in name.split())


def alphabets_of(word: str) -> set[str]:
    return {
        alphabet
        for char in word
        if char.isalpha()
        for alphabet in LOOKALIKES
        if unicodedata.name(char, "").startswith(alphabet)
    }


def initials(name: str) -> str:
    """RB for «Rocío Benítez Duarte»; empty when there is no letter (a bare number shows a person icon)."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper()


HUES = ("gray", "blue", "green", "ochre", "rose", "violet")


def hue(identifier: int) -> str:
    """One of the six quiet hues, the same for the same person everywhere."""
    return HUES[identifier * 7 % len(HUES)]
