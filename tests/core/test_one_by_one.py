"""A sweeper's turns, each by itself."""

from __future__ import annotations

import pytest

from core.sweeping import one_by_one


@pytest.mark.shows("B-06")
def test_one_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    taken = []

    def turn(number: int, word: str) -> bool:
        if number == 2:
            raise RuntimeError
        taken.append(number)
        return number != 3

    assert one_by_one(turn, [(1, "a"), (2, "secret"), (3, "c"), (4, "d")]) == 2
    assert taken == [1, 3, 4]
    (record,) = caplog.records
    # The key alone: what else it was told may be personal (S51).
    assert "(2,)" in record.getMessage()
    assert "secret" not in record.getMessage()
