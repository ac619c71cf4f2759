"""Names as anybody may write them."""

from __future__ import annotations

import pytest

from core.text import may_deceive

HONEST = (
    "Rocío Benítez", "Ñandutí Ávila-Çelik", "María «Mari» O'Neill", "Россия Иванова", "Ελένη", "محمد علي", "עדי כהן", "李小龍", "Rocío Иванова",
    "𝓡𝓸𝓬í𝓸", "Rocío 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "+595 991 651 351", "", "می‌خواهم",
)  # fmt: skip
DECEPTIVE = {
    "a Cyrillic о among Latin letters": "Rоcío",
    "a Greek omicron": "Fibra Sur Sοporte",
    "its direction turned round": "Rocío \u202egpj.exe",
    "an isolate": "Banco\u2066Sur",
    "a space of no width": "Roc\u200bío",
    "a soft hyphen": "Ro\u00adcío",
    "a filler of a name": "\u3164",
}


@pytest.mark.shows("S39")
@pytest.mark.parametrize("name", HONEST)
def test_a_name_in_any_language_is_a_name(name: str) -> None:
    assert not may_deceive(name)


@pytest.mark.shows("S39")
@pytest.mark.parametrize("name", DECEPTIVE.values(), ids=list(DECEPTIVE))
def test_a_name_that_may_pass_for_another_is_flagged(name: str) -> None:
    assert may_deceive(name)
