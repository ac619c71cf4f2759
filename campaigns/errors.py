"""Why something was not done to an account, an app or a setup."""

from __future__ import annotations

from core.refusals import Refusal


class StillUsed(Refusal):
    """Rows point at it: it is disconnected, never removed."""

    code = "still_used"


class SetupOver(Refusal):
    """The setup is not at this step: it was finished, or what comes before is missing."""

    code = "setup_over"


class NotConnected(Refusal):
    """The account has no access to its provider."""

    code = "not_connected"
