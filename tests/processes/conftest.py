"""The clients of who runs processes."""

from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office
