"""The ConversationId people copy into spreadsheets: a letter, ten random Crockford base32 characters and a check character.

A letter in front keeps Excel from reading it as a number (1.23E+15), and the check character catches a mistyped one.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTER = "C"
LENGTH = 12
# What people type for what they read: Crockford's reading rule.
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def new_public_id() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 2))
    return LETTER + body + check_character(body)


def check_character(body: str) -> str:
    """A sum in the field of 32 elements, each place with a weight of its own: any one changed character and any swap of neighbours
    changes it. Rejected: modulo 31, which takes the first and the last character of the alphabet for the same.
    """
    total = 0
    for char in body:
        total = doubled(total ^ ALPHABET.index(char))
    return ALPHABET[total]


def doubled(element: int) -> int:
    return element << 1 if element < 16 else element << 1 ^ 0b100101


def read_public_id(text: str) -> str | None:
    """Return the id in its one form, or None when it is not one (length, letter, characters or check)."""
    text = text.strip().upper().replace("-", "")
    if len(text) != LENGTH or text[0] != LETTER:
        return None
    body = text[1:].translate(LOOKALIKES)
    if any(char not in ALPHABET for char in body) or check_character(body[:-1]) != body[-1]:
        return None
    return LETTER + body
