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


def initials(name: str) -> str:
    """RB for «Rocío Benítez Duarte»; empty when there is no letter (a bare number shows a person icon)."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper()


HUES = ("gray", "blue", "green", "ochre", "rose", "violet")


def hue(identifier: int) -> str:
    """One of the six quiet hues, the same for the same person everywhere."""
    return HUES[identifier * 7 % len(HUES)]
