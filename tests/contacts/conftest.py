"""People to work with, and the clients of who manages them."""

from __future__ import annotations

import pytest

from contacts.actions import seed_document_types
from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office


@pytest.fixture
def document_types(db: None) -> None:
    """Those of the region, as `seed` lays them down."""
    seed_document_types()
