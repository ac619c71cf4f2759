"""The part of a text around what was looked for, for a line of results."""

from __future__ import annotations

from collections.abc import Sequence

from core.text import fold

BEFORE, LENGTH = 40, 160


def excerpt(text: str, words: Sequence[str]) -> str:
    """At most LENGTH characters of the text on one line, beginning a little before the first of the (folded) words."""
    line = " ".join(text.split())
    if len(line) <= LENGTH:
        return line
    # Letter by letter, so that places in the folded text are places in the text.
    folded = "".join((fold(each) or " ")[0] for each in line)
    starts = [at for at in (first_place(folded, word) for word in words) if at >= 0]
    begin = max(0, min(starts, default=0) - BEFORE)
    if begin:
        begin = line.find(" ", begin) + 1 or begin
    cut = line[begin : begin + LENGTH]
    return f"{'…' if begin else ''}{cut}{'…' if begin + LENGTH < len(line) else ''}"


def first_place(folded: str, word: str) -> int:
    """Where the word begins, as a word; where it stands at all otherwise."""
    at = folded.find(f" {word}")
    return at + 1 if at >= 0 else folded.find(word)
