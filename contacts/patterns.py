"""Patterns that administrators write for documents: a small part of regular expressions, measured before one is ever run.

Python's `re` can be made to try for hours on forty characters («(a+)+b»). So a pattern is read here first, by a grammar that knows letters,
classes, groups, alternatives and repeats and nothing else, and its ways through are counted: one with more than `MOST_WAYS` is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# As long as DocumentType.pattern and Contact.document_number.
LONGEST_PATTERN: Final = 200
LONGEST_NUMBER: Final = 40
MOST_WAYS: Final = 20_000
_ESCAPED: Final = frozenset("dDwW.-/\\()[]{}+*?|&^$")
_REPEAT: Final = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")


class BadPattern(ValueError):
    """It says something that is not of this small language, or too much to try."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern ready to be matched whole.

    Raises:
        BadPattern.
    """
    if len(pattern) > LONGEST_PATTERN or not pattern.isprintable():
        raise BadPattern
    reader = Reader(pattern)
    ways = reader.alternatives()
    if reader.place != len(pattern) or ways > MOST_WAYS:
        raise BadPattern
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError) as error:
        raise BadPattern from error


def fits(pattern: str, number: str) -> bool:
    """Whether the whole number is as the pattern says. Raises BadPattern."""
    return len(number) <= LONGEST_NUMBER and compiled(pattern).fullmatch(number) is not None


class Reader:
    """Reads a pattern and counts in how many ways its parts could be tried."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.place, self.depth = pattern, 0, 0

    @property
    def next(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self) -> str:
        character = self.next
        if not character:
            raise BadPattern
        self.place += 1
        return character

    def alternatives(self) -> int:
        ways = self.sequence()
        while self.next == "|":
            self.place += 1
            ways += self.sequence()
        return ways

    def sequence(self) -> int:
        ways = 1
        while self.next and self.next not in "|)":
            ways = bounded(ways * self.repeated(self.atom()))
        return ways

    def atom(self) -> int:
        character = self.take()
        if character == "(":
            return self.group()
        if character == "[":
            return self.of_class()
        if character == "\\":
            return self.escaped()
        if character in ")]{}+*?^$":
            raise BadPattern
        return 1

    def group(self) -> int:
        self.depth += 1
        # «(?» begins everything this language has not: looking around, names, flags.
        if self.next == "?" or self.depth > 5:
            raise BadPattern
        ways = self.alternatives()
        if self.take() != ")":
            raise BadPattern
        self.depth -= 1
        return ways

    def of_class(self) -> int:
        if self.next in ("^", "]"):
            raise BadPattern
        while (character := self.take()) != "]":
            if character == "[":
                raise BadPattern
            if character == "\\":
                self.escaped()
        return 1

    def escaped(self) -> int:
        if self.take() not in _ESCAPED:
            raise BadPattern
        return 1

    def repeated(self, ways: int) -> int:
        least, most = self.times()
        if (least, most) == (1, 1):
            return ways
        # Every number of times is a way of its own, and each time is tried in all of its own ways.
        total, power = 0, 1
        for count in range(most + 1):
            if count >= least:
                total = bounded(total + power)
            power = bounded(power * ways)
        return total

    def times(self) -> tuple[int, int]:
        if self.next and self.next in "?*+":
            least, most = {"?": (0, 1), "*": (0, LONGEST_NUMBER), "+": (1, LONGEST_NUMBER)}[self.take()]
        elif self.next == "{":
            found = _REPEAT.match(self.pattern, self.place)
            if found is None:
                raise BadPattern
            self.place = found.end()
            least = int(found[1])
            most = least if found[2] is None else int(found[3]) if found[3] is not None else LONGEST_NUMBER
        else:
            return 1, 1
        # A second one («a+?», «a++») would be another kind of repeat.
        if least > most or most > LONGEST_NUMBER or (self.next and self.next in "?*+{"):
            raise BadPattern
        return least, most


def bounded(ways: int) -> int:
    return min(ways, MOST_WAYS + 1)
