"""The provider of the set-up's tests: the simulator in a thread, and a setup's steps by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from connectors.whatsapp import access
from simulator.config import Config
from simulator.server import Running, running
from tests import factories
from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office

OTHER_NUMBER = "106540352242933"


@dataclass
class Meta:
    """The simulated provider, and its strings."""

    simulator: Running
    control: httpx.Client

    def may(self, *permissions: str, **changes: Any) -> None:
        self.control.patch("/control/access", json={"permissions": list(permissions), **changes}).raise_for_status()

    def tells(self, **changes: Any) -> None:
        self.control.patch("/control/access", json=changes).raise_for_status()

    def number(self, external_id: str, **values: Any) -> None:
        self.control.patch(f"/control/numbers/{external_id}", json=values).raise_for_status()


@pytest.fixture(scope="session")
def started_meta() -> Iterator[Meta]:
    config = Config(
        webhook_url="http://127.0.0.1:9/",
        app_secret="s3cr3t",
        token=factories.TOKEN,
        phone_number_ids=(factories.PHONE_NUMBER_ID, OTHER_NUMBER),
        waba_id=factories.WABA_ID,
    )
    with running(config) as simulator, httpx.Client(base_url=simulator.url, timeout=5, trust_env=False) as control:
        yield Meta(simulator=simulator, control=control)


@pytest.fixture
def meta(started_meta: Meta, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meta]:
    settings.META_GRAPH_URL = started_meta.simulator.url
    # Nobody waits eight seconds for a provider that is silent on purpose.
    monkeypatch.setattr(access, "CHECK_TOTAL_S", 1.0)
    started_meta.simulator.reset()
    yield started_meta
    started_meta.simulator.faults()
    started_meta.simulator.reset()
