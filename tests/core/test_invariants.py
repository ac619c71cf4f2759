"""`manage check_invariants` finds what is broken, rule by rule, and nothing where nothing is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from campaigns.models import ChannelAccount
from config.invariants import ALL
from core import tasks
from core.invariants import look
from inbox.actions.sending import send_message
from tests import factories
from webhooks.models import Delivery

Break = Callable[[factories.Cast, Any], None]


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def an_hour_ago(cast: factories.Cast, conversation: Any) -> None:
    Delivery.objects.create(body=b"{}")
    sql("UPDATE webhooks_delivery SET received_at = now() - interval '2 hours'")


def another_account(cast: factories.Cast) -> int:
    account = ChannelAccount.objects.get(pk=cast.account.pk)
    account.pk, account.external_id, account.uuid = None, "another", uuid.uuid4()
    account.save()
    return int(account.pk or 0)


# One way to break each rule, where the database itself does not refuse it.
BROKEN: dict[str, Break] = {
    "no lease is left over for five minutes": lambda cast, conversation: sql(
        "INSERT INTO core_lease (key, token, locked_until, attempt) VALUES ('outbox:1', gen_random_uuid(), now() - interval '6 minutes', 1)"
    ),
    "a worked-on conversation has one open assignment, and it is its assignee's": lambda cast, conversation: sql(
        "UPDATE inbox_assignment SET ended_at = now()"
    ),
    "the assignee is an agent of the campaign for that channel, or a journaled takeover": lambda cast, conversation: (
        sql("DELETE FROM campaigns_campaignagent")
    ),
    "within a conversation no two messages or events share a change": lambda cast, conversation: sql(
        "UPDATE inbox_message SET change = 1"
    ),
    "no change is above its conversation's counter": lambda cast, conversation: sql(
        "UPDATE inbox_conversation SET change = change - 1"
    ),
    "unread is not more than what the customer wrote": lambda cast, conversation: sql(
        "UPDATE inbox_conversation SET unread = 99"
    ),
    "the last inbound of the row is that of its messages": lambda cast, conversation: sql(
        "UPDATE inbox_conversation SET last_inbound_at = now() - interval '1 day'"
    ),
    "a message belongs to its conversation's account": lambda cast, conversation: sql(
        "UPDATE inbox_message SET channel_account_id = %s", another_account(cast)
    ),
    "a queued message has its outbox entry, and an entry a message that waits": lambda cast, conversation: sql(
        "UPDATE inbox_message SET status = 'sent'"
    ),
    "nothing in the outbox is due and untouched for an hour": lambda cast, conversation: sql(
        "UPDATE inbox_outboxentry SET due_at = now() - interval '2 hours'"
    ),
    "a parked status is of a message not known yet": lambda cast, conversation: sql(
        "INSERT INTO inbox_parkedstatus (channel_account_id, provider_id, status, payload, received_at)"
        " SELECT channel_account_id, provider_id, 'read', '{}', now() - interval '1 hour' FROM inbox_message WHERE provider_id <> '' LIMIT 1"
    ),
    "a stored file has a place": lambda cast, conversation: sql(
        "INSERT INTO inbox_attachment (id, conversation_id, kind, name, mime, size, sha256, state, reason, provider_media_id, path, attempt, created_at)"
        " VALUES (gen_random_uuid(), %s, 'image', '', 'image/png', 1, '', 'stored', '', '', '', 0, now())",
        conversation.pk,
    ),
    "no delivery waits for an hour": an_hour_ago,
    "a processed delivery is nobody's any more": lambda cast, conversation: (
        Delivery.objects.create(body=b"{}", processed_at="2026-01-01T00:00Z", locked_until="2026-01-01T00:00Z") and None
    ),
}
# These the database refuses by constraints of its own: the rule is there for a restored or hand-edited one.
BY_CONSTRAINT = {
    "one live conversation per contact point, account, campaign and thread",
    "a closed conversation has an outcome and waits for nothing",
    "a provider's id is one message of its account",
}


def busy(cast: factories.Cast) -> Any:
    conversation = factories.taken_conversation(cast)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    return conversation


def broken() -> set[str]:
    return {rule.name for rule, ids in look() if ids}


def test_every_rule_has_a_way_to_be_broken_here() -> None:
    assert {rule.name for rule in ALL} == set(BROKEN) | BY_CONSTRAINT
    assert len({rule.name for rule in ALL}) == len(ALL)


def test_where_all_is_well_it_says_so(cast: factories.Cast, capsys: pytest.CaptureFixture[str]) -> None:
    busy(cast)
    call_command("check_invariants", "--json")
    assert json.loads(capsys.readouterr().out) == {"ok": True, "rules": len(ALL), "broken": {}}
    assert tasks.check_invariants() == 0


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named_with_its_ids(
    cast: factories.Cast, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation = busy(cast)
    BROKEN[name](cast, conversation)
    assert name in broken()
    with pytest.raises(SystemExit) as ended:
        call_command("check_invariants", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["broken"][name]


def test_the_nightly_look_logs_rules_and_ids_and_no_words(
    cast: factories.Cast, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = busy(cast)
    sql("UPDATE inbox_conversation SET unread = 99")
    assert tasks.check_invariants() == 1
    assert f"unread is not more than what the customer wrote: ['{conversation.pk}']" in caplog.text
    assert "Hola" not in caplog.text
