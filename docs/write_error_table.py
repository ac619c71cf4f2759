#!/usr/bin/env python3
"""Write docs/whatsapp-errors.md from the table the product acts by: `.venv/bin/python docs/write_error_table.py`.

tests/connectors/test_errors.py fails when the two differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from connectors.whatsapp.errors import RULES, Action, Rule  # noqa: E402  # the path comes first

PAGE = ROOT / "docs" / "whatsapp-errors.md"

WHAT_IS_DONE = {
    Action.GIVE_UP: "fails at once, with its reason",
    Action.RETRY: "tried again by itself, each time later; the last try fails. A number under maintenance only waits",
    Action.SLOW_DOWN: "the number is slowed to 80 % and climbs back; the message waits, as often as it takes",
    Action.DELAY_CONTACT: "only this customer's messages wait, in their order",
    Action.PAUSE_CAMPAIGN: "the number rests for an hour, journaled and logged as an error; messages wait",
    Action.OFFER_TEMPLATE: "fails at once; the composer offers a template (`composer.template`)",
    Action.STOP_CHANNEL: "the account is marked disconnected with the reason; messages wait for an administrator",
    Action.RECONNECT: "the account is marked disconnected; messages wait and leave by themselves after the new token",
    Action.REPORT_BUG: "fails at once; the message tells the agent whom to tell",
}


def page() -> str:
    """The page, whole."""
    lines = [
        "# WhatsApp's error codes",
        "",
        "Written by `docs/write_error_table.py` from `connectors/whatsapp/errors.py`; a test keeps the two equal. One table for the",
        "answer to a send call and for a `failed` status. A code that is not here is permanent, unless it came with HTTP 5xx (tried",
        "again), 429 (slowed) or lies between 200 and 299 (a permission: reconnect). The words are English message ids, shown in the",
        "reader's language (`locale/`).",
        "",
        "## What each action does",
        "",
        "| action | what happens |",
        "|---|---|",
        *(f"| `{action}` | {WHAT_IS_DONE[action]} |" for action in Action),
        "",
        "## Code by code",
        "",
        "| code | action | concerns | permanent | waits | what people read |",
        "|---|---|---|---|---|---|",
        *(row(code, rule) for code, rule in sorted(RULES.items())),
    ]
    return "\n".join(lines) + "\n"


def row(code: int, rule: Rule) -> str:
    waits = f"{rule.retry_after.total_seconds():g} s" if rule.retry_after else ""
    permanent = "yes" if rule.permanent else "no"
    return f"| {code} | `{rule.action}` | {rule.scope} | {permanent} | {waits} | {rule.reason} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
