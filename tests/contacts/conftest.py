"""People to work with, and the clients of who manages them."""

from __future__ import annotations

from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office
