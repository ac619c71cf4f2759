"""`manage check_invariants` finds what is broken, rule by rule, and nothing where nothing is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from campaigns.models import ChannelAccount
from config.invariants import ALL
from contacts.actions.slices import count_everything_touched
from core import tasks
from core.invariants import look
from inbox.actions.reacting import react
from inbox.actions.reading import mark_read
from inbox.actions.sending import send_message
from inbox.models import Message, OutboxEntry, Reaction
from tests import factories
from tests.contacts.members import base_of
from tests.processes.runs import previewed
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


def read_to_the_end(cast: factories.Cast, conversation: Any) -> None:
    theirs = conversation.messages.filter(direction="in").latest("happened_at", "id")
    mark_read(conversation.pk, by=cast.ana, up_to=theirs.pk)
    sql("UPDATE inbox_message SET created_at = created_at - interval '1 hour'")
    assert broken() == set()
    sql("UPDATE inbox_conversation SET unread = 1")


def in_a_base(statement: str) -> Break:
    """A base with people in it, all counted; then the statement."""

    def act(cast: factories.Cast, conversation: Any) -> None:
        base_of(cast, 2)
        count_everything_touched()
        assert broken() == set()
        sql(statement)

    return act


def in_a_run(statement: str) -> Break:
    """A run whose selection is written down; then the statement."""

    def act(cast: factories.Cast, conversation: Any) -> None:
        previewed("reprocessing", base_of(cast, 2), by=cast.luis)
        count_everything_touched()
        assert broken() == set()
        sql(statement)

    return act


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
    "what rings waits, and nothing rings for long": lambda cast, conversation: sql(
        "INSERT INTO inbox_offer (conversation_id, user_id, offered_at, until, answer) VALUES (%s, %s, now(), now() + interval '30 seconds', '')",
        conversation.pk,
        cast.ana.pk,
    ),
    "nothing rests past its time, and no words wait past theirs": lambda cast, conversation: sql(
        "INSERT INTO inbox_scheduledmessage (uuid, conversation_id, author_id, text, due_at, state, client_id, failure, made_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'Hola', now() - interval '1 hour', 'pending', gen_random_uuid(), '', now())",
        conversation.pk,
        cast.ana.pk,
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
    "nothing is unread of what its assignee read to the end": read_to_the_end,
    "a queued message or reaction has its outbox entry": lambda cast, conversation: sql(
        "DELETE FROM inbox_outboxentry; UPDATE inbox_message SET happened_at = now() - interval '1 hour' WHERE status = 'queued'"
    ),
    "an outbox entry is of a message or reaction that waits": lambda cast, conversation: sql(
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
    "a member's attempts are the counting ones of its cycle": in_a_base("UPDATE contacts_basemember SET attempts = 3"),
    "nobody who must not be contacted may be offered": in_a_base("UPDATE contacts_contact SET do_not_contact = true"),
    "no member is reserved for longer than a sweep after its time": in_a_base(
        "UPDATE contacts_basemember SET state = 'reserved', reserved_from = 'unprocessed',"
        " reserved_by_id = (SELECT min(id) FROM accounts_user), reserved_until = now() - interval '1 hour'"
        " WHERE id = (SELECT min(id) FROM contacts_basemember)"
    ),
    "a slice that nothing touched since is what its members are": in_a_base(
        "UPDATE contacts_basemember SET state = 'retry'"
    ),
    "every member is in a slice that was counted or will be": in_a_base("DELETE FROM contacts_baseslice"),
    "a run's counts are those of its ledger": in_a_run("DELETE FROM processes_runitem"),
    "a run's reasons add up to what was left out": in_a_run("UPDATE processes_run SET reasons = '{\"gone\": 1}'"),
    "only a run that is live or being undone holds rows": in_a_run(
        "INSERT INTO processes_runhold (scope, run_id) SELECT 'base:1', id FROM processes_run"
    ),
    "no run waits for a worker for ten minutes after its lease": in_a_run(
        "UPDATE processes_run SET lease_token = gen_random_uuid(), lease_until = now() - interval '1 hour'"
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


def reacted(cast: factories.Cast) -> Reaction:
    conversation = factories.taken_conversation(cast)
    message = conversation.messages.filter(direction="in").latest("id")
    Message.objects.filter(pk=message.pk).update(provider_id="wamid.theirs")
    react(conversation.pk, by=cast.ana, message_id=message.pk, emoji="👍")
    assert broken() == set()
    return Reaction.objects.get()


def test_a_reaction_is_looked_at_like_a_message(cast: factories.Cast) -> None:
    """Its entry names no message: a rule that joins messages would pass it over."""
    reaction = reacted(cast)
    OutboxEntry.objects.update(due_at=timezone.now() - timezone.timedelta(hours=2))
    assert broken() == {"nothing in the outbox is due and untouched for an hour"}
    OutboxEntry.objects.update(due_at=timezone.now())
    Reaction.objects.update(status="sent")
    assert broken() == {"an outbox entry is of a message or reaction that waits"}
    # Between the provider's status and our own note of its answer, a moment.
    OutboxEntry.objects.update(claimed_at=timezone.now())
    assert broken() == set()
    OutboxEntry.objects.all().delete()
    Reaction.objects.update(status="queued", happened_at=timezone.now() - timezone.timedelta(hours=1))
    found = {rule.name: ids for rule, ids in look() if ids}
    assert found == {"a queued message or reaction has its outbox entry": [f"reaction {reaction.pk}"]}


def test_what_stands_behind_an_earlier_one_of_its_lane_is_not_forgotten(cast: factories.Cast) -> None:
    """A lane is a person on an account, through whatever conversations: its later entries wait for the first one's next try."""
    first, second = factories.taken_conversation(cast), factories.taken_conversation(cast)
    for conversation in (first, second):
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    earlier, later = OutboxEntry.objects.order_by("pk")
    OutboxEntry.objects.filter(pk=later.pk).update(
        contact_point_id=earlier.contact_point_id, due_at=timezone.now() - timezone.timedelta(hours=2)
    )
    assert broken() == set()
    # The control: in a lane of its own it would be.
    OutboxEntry.objects.filter(pk=later.pk).update(contact_point_id=later.contact_point_id)
    assert broken() == {"nothing in the outbox is due and untouched for an hour"}


def test_the_nightly_look_logs_rules_and_ids_and_no_words(
    cast: factories.Cast, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = busy(cast)
    sql("UPDATE inbox_conversation SET unread = 99")
    assert tasks.check_invariants() == 1
    assert f"unread is not more than what the customer wrote: ['{conversation.pk}']" in caplog.text
    assert "Hola" not in caplog.text
