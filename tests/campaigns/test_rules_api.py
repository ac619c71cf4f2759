"""Whither an account's new conversations go, over JSON: the same rules as on the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns.actions.rules import RuleSheet, add_rule
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from core.models import JournalEntry
from tests.campaigns.test_routing import second
from tests.factories import Cast
from tests.witness import nothing_happens

Browse = Callable[[User], Client]
Give = Callable[..., User]


class Program:
    """A signed-in client that speaks JSON about one account's rules."""

    def __init__(self, client: Client, account_id: int) -> None:
        self.client, self.account_id = client, account_id

    def say(self, method: str, name: str, /, *, of: int | None = None, expect: int = 200, **body: Any) -> Any:
        address = reverse(f"api:{name}", args=[of or self.account_id])
        data = () if method == "get" else (json.dumps(body), "application/json")
        answer = getattr(self.client, method)(address, *data)
        assert answer.status_code == expect, answer.content
        return json.loads(answer.content) if answer.content else None

    def order(self) -> list[int]:
        return [each["id"] for each in self.say("get", "routing-rules")["results"]]


@pytest.fixture
def program(cast: Cast, browse: Browse) -> Program:
    return Program(browse(cast.admin), cast.account.pk)


def test_rules_are_made_read_changed_ordered_and_taken_away(cast: Cast, program: Program) -> None:
    support = second(cast)
    words = program.say(
        "post", "routing-rules", expect=201, campaign=support.pk, kind="keyword", words=["¡Soporte!", "falla"]
    )
    assert (words["words"], words["hours"]) == (["soporte", "falla"], "")
    night = program.say(
        "post", "routing-rules", expect=201,
        campaign=support.pk, kind="hours", weekdays=["monday", "sunday"], hours="22:00-06:00",
    )  # fmt: skip
    assert (night["weekdays"], night["hours"]) == (["monday", "sunday"], "22:00\u201306:00")
    assert RoutingRule.objects.filter(pk=night["id"], from_minute=22 * 60, until_minute=6 * 60).exists()
    assert program.order() == [words["id"], night["id"]]
    assert [each["id"] for each in program.say("put", "routing-rule-order", rules=[night["id"]])["results"]] == [
        night["id"],
        words["id"],
    ]
    changed = program.say(
        "put", "routing-rule", of=words["id"], campaign=support.pk, words=["reclamo"], version=words["version"]
    )
    assert changed["words"] == ["reclamo"]
    assert program.say("get", "routing-rule", of=words["id"]) == changed
    # Somebody else was faster: what was read is not what is there any more.
    stale = program.say(
        "put", "routing-rule", of=words["id"], expect=409, campaign=support.pk, words=["otra"], version=words["version"]
    )
    assert stale["error"]["code"] == "stale"
    program.say("delete", "routing-rule", of=night["id"], expect=204)
    assert program.order() == [words["id"]]
    verbs = JournalEntry.objects.filter(verb="channel_account_rules_changed", actor_id=cast.admin.pk)
    assert verbs.count() == 5


def test_the_question_is_asked_with_what_they_choose(cast: Cast, program: Program) -> None:
    support = second(cast)
    choice = program.say("post", "routing-rules", expect=201, campaign=support.pk, kind="menu", label="Soporte")
    assert choice["label"] == "Soporte"
    before = program.say("get", "account-question")
    assert before["text"] == ""
    said = program.say("put", "account-question", text="¿Con quién quieres hablar?", version=before["version"])
    assert said["text"] == "¿Con quién quieres hablar?"
    program.say("put", "account-question", text="Otra", version=before["version"], expect=409)
    assert ChannelAccount.objects.get(pk=cast.account.pk).menu_text == "¿Con quién quieres hablar?"


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(cast: Cast, program: Program) -> None:
    support = second(cast)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("words", {"campaign": support.pk, "words": []}),
        ("weekdays", {"campaign": support.pk, "kind": "hours", "hours": "08:00-12:00"}),
        ("weekdays", {"campaign": support.pk, "kind": "hours", "hours": "08:00-12:00", "weekdays": ["lunes"]}),
        ("hours", {"campaign": support.pk, "kind": "hours", "weekdays": ["monday"], "hours": "mañana"}),
        ("hours", {"campaign": support.pk, "kind": "hours", "weekdays": ["monday"]}),
        ("kind", {"campaign": support.pk, "kind": "moon"}),
        ("label", {"campaign": support.pk, "kind": "menu", "label": "12"}),
        ("campaign", {"campaign": cast.other_campaign.pk, "words": ["hola"]}),
        ("campaign", {"words": ["hola"]}),
    ]
    with nothing_happens():
        for field, body in wrong:
            answer = program.say("post", "routing-rules", expect=400, **body)
            assert field in answer["error"]["fields"], (body, answer)
    assert not RoutingRule.objects.exists()


@pytest.mark.shows("S01", "S05", "S07")
def test_who_manages_no_accounts_changes_none_and_another_teams_does_not_exist(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    support = second(cast)
    rule = add_rule(cast.account.pk, sheet=RuleSheet(campaign_id=support.pk, words=("falla",)), by=cast.admin)
    body = {"campaign": support.pk, "words": ["hola"]}
    doors: list[tuple[str, str, int | None, dict[str, Any]]] = [
        ("get", "routing-rules", None, {}),
        ("post", "routing-rules", None, body),
        ("put", "routing-rule-order", None, {"rules": [rule.pk]}),
        ("get", "account-question", None, {}),
        ("put", "account-question", None, {"text": "¿Adónde?"}),
        ("get", "routing-rule", rule.pk, {}),
        ("put", "routing-rule", rule.pk, body),
        ("delete", "routing-rule", rule.pk, {}),
    ]
    eva = with_rights(cast.eva, "manage_channel_accounts")
    programs = [
        (Program(browse(user), cast.account.pk), expected)
        for user, expected in ((cast.ana, 403), (cast.luis, 403), (eva, 404))
    ]
    with nothing_happens():
        for program, expected in programs:
            for method, name, of, said in doors:
                program.say(method, name, of=of, expect=expected, **said)


@pytest.mark.shows("S01")
def test_a_rule_of_another_teams_campaign_is_counted_and_not_told(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    cast.account.campaigns.add(cast.other_campaign)
    support = second(cast)
    theirs = add_rule(
        cast.account.pk, sheet=RuleSheet(campaign_id=cast.other_campaign.pk, words=("queja",)), by=cast.admin
    )
    ours = add_rule(cast.account.pk, sheet=RuleSheet(campaign_id=support.pk, words=("falla",)), by=cast.admin)
    luis = with_rights(cast.luis, "manage_channel_accounts")
    program = Program(browse(luis), cast.account.pk)
    said = program.say("get", "routing-rules")
    assert ([each["id"] for each in said["results"]], said["others"]) == ([ours.pk], 1)
    with nothing_happens():
        program.say("get", "routing-rule", of=theirs.pk, expect=404)
        program.say("delete", "routing-rule", of=theirs.pk, expect=404)
    assert Campaign.objects.filter(rules=theirs).get() == cast.other_campaign
