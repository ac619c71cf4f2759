"""Where nothing is to run in a worker."""

from __future__ import annotations

import pytest

from config.wiring import SUBSCRIBERS


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """These ask the database only; nothing is to run in a worker because of them."""
    for kind in SUBSCRIBERS:
        monkeypatch.setitem(SUBSCRIBERS, kind, [])
