from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.loopback import Loopback, loopback


@pytest.fixture
def graph() -> Iterator[Loopback]:
    with loopback() as server:
        yield server
