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
    """Weighted sum modulo 31 (a prime, so any one changed character and any swap of neighbours changes it)."""
    total = sum(position * ALPHABET.index(char) for position, char in enumerate(body, start=1))
    return ALPHABET[total % 31]


def read_public_id(text: str) -> str | None:
    """Return the id in its one form, or None when it is not one (length, letter, characters or check)."""
    text = text.strip().upper().replace("-", "")
    if len(text) != LENGTH or text[0] != LETTER:
        return None
    body = text[1:].translate(LOOKALIKES)
    if any(char not in ALPHABET for char in body) or check_character(body[:-1]) != body[-1]:
        return None
    return LETTER + body
