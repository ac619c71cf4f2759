from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from connectors.whatsapp.errors import REASONS, RULES, Action, Rule, Scope, SendFailed, rule_for

# CHANNELS.md, "Error codes", as it words them.
TOLD = {
    130429: (False, Scope.NUMBER, Action.SLOW_DOWN),
    131056: (False, Scope.CONTACT, Action.DELAY_CONTACT),
    131048: (False, Scope.NUMBER, Action.PAUSE_CAMPAIGN),
    131049: (True, Scope.CONTACT, Action.GIVE_UP),
    131047: (True, Scope.CONTACT, Action.OFFER_TEMPLATE),
    131026: (True, Scope.CONTACT, Action.GIVE_UP),
    368: (False, Scope.ACCOUNT, Action.STOP_CHANNEL),
    131031: (False, Scope.ACCOUNT, Action.STOP_CHANNEL),
    190: (False, Scope.ACCOUNT, Action.RECONNECT),
    4: (False, Scope.ACCOUNT, Action.SLOW_DOWN),
    80007: (False, Scope.ACCOUNT, Action.SLOW_DOWN),
    1: (False, Scope.MESSAGE, Action.RETRY),
    2: (False, Scope.MESSAGE, Action.RETRY),
    131000: (False, Scope.MESSAGE, Action.RETRY),
    100: (True, Scope.MESSAGE, Action.REPORT_BUG),
    33: (True, Scope.MESSAGE, Action.REPORT_BUG),
}


@pytest.mark.parametrize("code", TOLD)
def test_each_code_is_acted_upon_as_decided(code: int) -> None:
    rule = rule_for(code)
    assert (rule.permanent, rule.scope, rule.action) == TOLD[code]


def test_an_unknown_code_is_permanent_unless_the_provider_is_at_fault() -> None:
    assert rule_for(987654).permanent
    assert rule_for(987654, http_status=400).permanent
    assert not rule_for(987654, http_status=500).permanent
    assert not rule_for(987654, http_status=429).permanent
    assert rule_for(210).action is Action.RECONNECT


@pytest.mark.parametrize("code", RULES)
def test_what_is_given_up_is_not_retried_and_what_is_held_is(code: int) -> None:
    rule = RULES[code]
    ends = {Action.GIVE_UP, Action.OFFER_TEMPLATE, Action.REPORT_BUG}
    assert rule.permanent is (rule.action in ends)
    assert rule.permanent is False or rule.retry_after is None


def test_reasons_are_sentences_in_the_voice_of_the_interface() -> None:
    for reason in REASONS:
        assert reason.endswith(".")
        assert reason[0].isupper()
        assert "!" not in reason
        assert not any(word in reason.lower() for word in ("sorry", "please", "error", "successfully", "invalid"))


def test_a_failure_carries_what_its_rule_says_and_the_providers_own_time_first() -> None:
    rule: Rule = RULES[131056]
    failure = SendFailed(code=131056, message="Pair rate", rule=rule)
    assert (failure.permanent, failure.scope, failure.retry_after) == (False, Scope.CONTACT, rule.retry_after)
    assert str(failure) == "131056: Pair rate"


def test_the_page_of_the_codes_is_the_table() -> None:
    """docs/whatsapp-errors.md is written by docs/write_error_table.py."""
    docs = Path(__file__).parents[2] / "docs"
    written = runpy.run_path(str(docs / "write_error_table.py"))["page"]()
    assert (docs / "whatsapp-errors.md").read_text(encoding="utf-8") == written
    for code in TOLD:
        assert f"| {code} |" in written
