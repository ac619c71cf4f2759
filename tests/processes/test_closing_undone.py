"""A mass close taken back (B-02): identical where nothing happened since, untouched where something did; and how little many at once ask."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign, CampaignTypification
from contacts.models import Attempt, BaseMember, Contact
from core.models import JournalEntry
from inbox.actions.associating import associate_conversation
from inbox.actions.closing_many import close_many
from inbox.actions.moving import begin_conversation
from inbox.actions.retypifying import retypify_conversation
from inbox.actions.sending import write_note
from inbox.events import ConversationClosed, ConversationReopened, ConversationsQueued
from inbox.models import Assignment, Callback, Conversation, ConversationEvent
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import undo_run
from processes.catalogue import process_of
from processes.closing import lines_of
from processes.models import Run
from tests.factories import Cast, conversation, identity, taken_conversation
from tests.inbox.test_associating import open_base
from tests.processes.runs import adds_up, carried_out, outcome, results, started
from tests.witness import announced
from typification.models import Typification


def finishing(cast: Cast, name: str = "Cerrada en masa", **said: Any) -> Typification:
    chosen = outcome(name, applies_to="all", **said)
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=chosen, purpose="finish")
    return chosen


def over(cast: Cast, conversations: Iterable[Conversation], chosen: Typification, *, by: User | None = None) -> Run:
    """A previewed mass close of these."""
    lines = list(lines_of([["ConversationId"], *([each.public_id] for each in conversations)]))
    said = {"outcome": chosen.pk, "note": "", "file": "cierre.csv", "rows": len(lines)}
    by = by or cast.luis
    run = ask_for_run(process_of("mass-closing"), said, submission=uuid.uuid4(), by=by, lines=lines)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def closed(cast: Cast, conversations: Iterable[Conversation], chosen: Typification) -> Run:
    return carried_out(started(over(cast, conversations, chosen), by=cast.luis))


def taken_back(cast: Cast, run: Run) -> Run:
    undo_run(run.pk, by=cast.luis)
    return carried_out(run)


def live_ones(cast: Cast, how_many: int, *, seed: int) -> list[Conversation]:
    """Conversations in every live state, some about a record, some whose contact was promised something."""
    dice, base, made = random.Random(seed), open_base(cast, f"Altas {seed}"), []
    for _n in range(how_many):
        kind = dice.choice(["queued", "assigned", "in_progress", "snoozed", "record", "record", "promised"])
        one = conversation(cast) if kind == "queued" else taken_conversation(cast)
        if kind in ("in_progress", "snoozed"):
            begin_conversation(one.pk, by=cast.ana)
        if kind == "snoozed":
            Conversation.objects.filter(pk=one.pk).update(
                status="snoozed", snoozed_until=timezone.now() + datetime.timedelta(hours=1)
            )
        if kind in ("record", "promised"):
            associate_conversation(one.pk, by=cast.ana, base_id=base.pk)
        if kind == "promised":
            one.refresh_from_db()
            Callback.objects.create(
                contact=one.contact, campaign=cast.campaign, member=one.base_member, kind="global",
                due_at=timezone.now() - datetime.timedelta(minutes=1), interaction_id=uuid.uuid4(),
            )  # fmt: skip
        made.append(one)
    return made


# What tells versions apart; and how long a customer is silent is counted anew.
APART = {"version", "change", "reminders_sent", "reminded_at"}


def picture() -> dict[str, list[dict[str, Any]]]:
    """All that a mass close may change, but the history of each, which grows."""
    rows: dict[str, Any] = {
        "conversations": Conversation.objects, "assignments": Assignment.objects, "members": BaseMember.objects,
        "attempts": Attempt.objects, "promises": Callback.objects.exclude(state="cancelled"),
    }  # fmt: skip
    return {
        name: [
            {key: value for key, value in each.items() if key not in APART} for each in found.order_by("pk").values()
        ]
        for name, found in rows.items()
    }


@pytest.mark.shows("B-02", "003-22")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("said", [{}, {"closes_member": True}, {"auto_callback_after": datetime.timedelta(hours=2)}])
def test_what_was_closed_in_bulk_is_as_before_when_it_is_taken_back(
    cast: Cast, seed: int, said: dict[str, Any]
) -> None:
    chosen = finishing(cast, **said)
    made = live_ones(cast, 10, seed=seed)
    before = picture()
    run = closed(cast, made, chosen)
    assert (run.state, run.applied) == ("done", len(made))
    assert not Conversation.objects.live().exists()
    adds_up(run)
    with announced() as facts:
        run = taken_back(cast, run)
    assert (run.state, run.undone, run.kept) == ("undone", len(made), 0)
    assert picture() == before
    adds_up(run)
    ids = tuple(sorted(each.pk for each in made))
    assert [each for each in facts if isinstance(each, ConversationReopened)] == [
        ConversationReopened(conversation_ids=ids, by_id=cast.luis.pk)
    ]
    waiting = tuple(Conversation.objects.filter(status="queued").order_by("pk").values_list("pk", flat=True))
    queued = [each for each in facts if isinstance(each, ConversationsQueued)]
    assert queued == ([ConversationsQueued(conversation_ids=waiting)] if waiting else [])
    for kind in ("closed", "reopened"):
        assert ConversationEvent.objects.filter(kind=kind, actor=cast.luis).count() == len(made)
    assert JournalEntry.objects.filter(verb="conversation_reopened", actor_label="luis").count() == len(made)


def writes_again(cast: Cast, one: Conversation) -> None:
    conversation(cast, "¿Hola?", sender=identity(phone=one.contact_digits))


def gets_another_outcome(cast: Cast, one: Conversation) -> None:
    retypify_conversation(one.pk, by=cast.luis, typification_id=finishing(cast, "Otra cosa").pk)


def gets_another_note(cast: Cast, one: Conversation) -> None:
    assert one.typification_id is not None
    retypify_conversation(one.pk, by=cast.luis, typification_id=one.typification_id, note="Llamó su hermana")


def leaves_the_company(cast: Cast, one: Conversation) -> None:
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)


def is_worked(cast: Cast, one: Conversation) -> None:
    BaseMember.objects.filter(pk=one.base_member_id).update(state="closed")


def is_erased(cast: Cast, one: Conversation) -> None:
    Contact.objects.filter(pk=one.contact_id).update(erased_at=timezone.now())


def stops_working(cast: Cast, one: Conversation) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(state="finished")


@pytest.mark.shows("B-02")
@pytest.mark.parametrize(
    "happens",
    [writes_again, gets_another_outcome, gets_another_note, leaves_the_company, is_worked, is_erased, stops_working],
)
def test_what_changed_since_stays_closed(cast: Cast, happens: Callable[[Cast, Conversation], None]) -> None:
    one, chosen = taken_conversation(cast), finishing(cast)
    associate_conversation(one.pk, by=cast.ana, base_id=open_base(cast).pk)
    run = closed(cast, [one], chosen)
    one.refresh_from_db()
    happens(cast, one)
    before = picture()
    run = taken_back(cast, run)
    assert (run.state, run.undone, run.kept) == ("undone", 0, 1)
    assert set(results(run).values()) == {("kept", "changed")}
    assert picture() == before


@pytest.mark.shows("B-02")
def test_a_note_or_a_late_status_is_no_change(cast: Cast) -> None:
    one, chosen = taken_conversation(cast), finishing(cast)
    run = closed(cast, [one], chosen)
    write_note(one.pk, by=cast.luis, text="Ojo", client_id=uuid.uuid4())
    run = taken_back(cast, run)
    assert (run.undone, run.kept) == (1, 0)
    one.refresh_from_db()
    assert (one.status, one.assignee, one.closed_at) == ("assigned", cast.ana, None)


@pytest.mark.shows("B-03", "003-22")
def test_many_are_told_once_and_ask_no_more_than_few(cast: Cast) -> None:
    chosen = finishing(cast)
    few, many = ([conversation(cast) for _n in range(how_many)] for how_many in (3, 12))

    def close(conversations: list[Conversation]) -> int:
        ids = [each.pk for each in conversations]
        with announced() as facts, CaptureQueriesContext(connection) as asked:
            ends = close_many(ids, by=User.objects.get(pk=cast.luis.pk), typification_id=chosen.pk, note="")
        assert {end.reason for end in ends.values()} == {""}
        assert [each for each in facts if isinstance(each, ConversationClosed)] == [
            ConversationClosed(conversation_ids=tuple(sorted(ids)), by_id=cast.luis.pk)
        ]
        return len(asked)

    assert close(few) == close(many)


@pytest.mark.shows("B-01", "B-03", "R41")
def test_whoever_does_not_supervise_is_told_beforehand_what_they_may_not_close(cast: Cast) -> None:
    """The preview is what runs, also for a role of the installation's own."""
    chosen = finishing(cast)
    mine, unanswered = taken_conversation(cast), taken_conversation(cast)
    Conversation.objects.filter(pk=mine.pk).update(needs_first_reply=False)
    others, nobodys = taken_conversation(cast, by=cast.luis), conversation(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(allow_close_unanswered=False)
    run = over(cast, [mine, unanswered, others, nobodys], chosen, by=cast.ana)
    oracle = {"not_answered": 1, "not_assigned": 1}
    seen = Conversation.objects.visible_to(cast.ana).filter(pk=others.pk).exists()
    oracle["not_yours" if seen else "unknown"] = 1
    assert (run.expected, run.preview) == (1, oracle)
    run = carried_out(started(run, by=cast.ana))
    assert (run.applied, run.reasons) == (1, oracle)
    ids = [each.pk for each in (mine, unanswered, others, nobodys)]
    ends = close_many(ids[1:], by=cast.ana, typification_id=chosen.pk, note="")
    assert sorted(end.reason for end in ends.values()) == sorted(oracle)
