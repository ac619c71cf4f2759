"""What can go wrong between hands: given, taken, transferred, ended and left at once; whose agent is gone; two tabs (R31 … R34)."""

from __future__ import annotations

import datetime
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import connections
from django.db.models import F, Q

from accounts.actions import begin_session, deactivate_user, end_session, switch_aux_state
from accounts.models import AgentStateInterval, AuxState, User
from campaigns.actions import remove_agent
from campaigns.actions.exclusive import set_exclusive_agent
from campaigns.models import Campaign
from core.refusals import Refusal
from inbox.actions import distribution
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.distribution import assign_waiting, candidates
from inbox.actions.drafting import save_draft
from inbox.actions.receiving import receive_messages
from inbox.actions.transferring import transfer_to_agent, transfer_to_campaign
from inbox.errors import DraftConflict
from inbox.models import Assignment, Conversation, ConversationEvent, Draft
from inbox.models.conversation import LIVE, Status
from inbox.tasks import distribute_waiting, redistribute, rescue_orphans
from tests import factories
from tests.concurrency import IS_FULL, scaled, together
from tests.factories import Cast, identity, inbound
from tests.figures import control, figure
from tests.inbox.test_assignment import put_into
from tests.inbox.test_transferring import sharing
from tests.invariants import check_invariants

WHY = "Pide otra cosa"
READY = "social_new_and_active"
LONG = 60.0


def told(outcomes: list[object | BaseException]) -> list[BaseException]:
    """What nobody is told as a refusal: whatever it is, it is wrong."""
    return [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Refusal)]


def meanwhile(act: Callable[[], object]) -> None:
    """Let somebody else do it from beginning to end, in a connection of their own."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive(), "whoever came in between had to wait"


# --- Given, taken, transferred, ended -----------------------------------------------------------------------------------------


def holder_told(conversation: Conversation) -> int | None:
    """Who has it by its own story, read step by step: each must follow from the one before."""
    holder: int | None = None
    story = list(conversation.events.order_by("change").values_list("kind", "details"))
    for place, (kind, details) in enumerate(story):
        match kind:
            case "assigned":
                assert holder is None, story
                holder = details["assignee_id"]
            case "taken_over":
                assert holder is not None, story
                holder = details["assignee_id"]
            case "transferred":
                holder = details.get("assignee_id")
            case "released" | "returned":
                assert holder is not None, story
                holder = None
            case "closed":
                assert place == len(story) - 1, story
                holder = None
            case _:
                raise AssertionError(story)
    return holder


def over_capacity(capacity: int) -> list[int]:
    """What was given by the product itself to who carried as many as they can at that very moment."""
    wrong = []
    for given in Assignment.objects.filter(assigned_by=None):
        carried = Assignment.objects.filter(
            Q(ended_at=None) | Q(ended_at__gt=given.assigned_at), user=given.user, assigned_at__lt=given.assigned_at
        )
        if carried.count() >= capacity:
            wrong.append(given.pk)
    return wrong


@pytest.mark.shows("R31")
@pytest.mark.faults
def test_giving_taking_transferring_and_closing_at_once_leave_one_line_of_hands(committed_cast: Cast) -> None:
    cast = committed_cast
    target = sharing(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    beto = factories.agent_of(cast, "beto")
    User.objects.update(capacity={"whatsapp": 3})
    for agent in (cast.ana, beto):
        put_into(agent, READY)
    outcome, ends = factories.leaf().pk, Counter[str]()
    rounds = scaled(small=12, full=1000)
    for number in range(rounds):
        dice = random.Random(number)
        sender = identity(f"5959841{number:05d}")
        pk = factories.conversation(cast, sender=sender).pk
        also = factories.conversation(cast, sender=identity(f"5959842{number:05d}")).pk
        jobs: list[Callable[[], object]] = [
            partial(assign_waiting, pk),
            partial(assign_waiting, also),
            partial(take_conversation, pk, by=beto),
            partial(take_conversation, also, by=cast.ana),
            partial(transfer_to_agent, pk, by=cast.luis, user_id=cast.ana.pk, note=WHY),
            partial(release_conversation, pk, by=cast.luis),
            partial(receive_messages, cast.account, [inbound("¿Y?", sender=sender)]),
            *([partial(transfer_to_campaign, pk, by=cast.luis, campaign_id=target.pk, note=WHY)] if number % 3 else []),
            *([partial(close_conversation, pk, by=cast.luis, typification_id=outcome)] if number % 2 else []),
        ]
        dice.shuffle(jobs)
        assert told(together(jobs)) == []
        for conversation in Conversation.objects.filter(pk__in=(pk, also)):
            assert holder_told(conversation) == conversation.assignee_id or conversation.status == Status.CLOSED
            ends[conversation.status] += 1
        turns = list(Assignment.objects.filter(conversation=pk).order_by("assigned_at", "pk"))
        for before, after in itertools.pairwise(turns):
            assert before.ended_at is not None
            assert before.ended_at <= after.assigned_at
        # Room for the next round, and sometimes none.
        held = Conversation.objects.filter(status__in=LIVE, campaign=cast.campaign)
        for each in held if dice.random() < 0.7 else ():
            close_conversation(each.pk, by=cast.luis, typification_id=outcome)
    assert over_capacity(3) == []
    check_invariants(outbox_is_empty=False)
    figure("R31", f"one line of hands each, never given over capacity: {dict(ends)}", data="two given, taken, transferred to an agent and to a campaign, let go, written to, closed at once", samples=rounds)  # fmt: skip


def best_of_a_moment_ago(conversation: Conversation, *, now: datetime.datetime) -> User | None:
    """Without the safeguard: nobody is held, and nothing is asked again."""
    return next(iter(distribution.candidates(conversation, now=now)), None)


@pytest.fixture
def in_between(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Let something happen between asking who may get a conversation and giving it to them."""

    def arrange(act: Callable[[], object]) -> None:
        asked = candidates

        def asked_and_then(conversation: Conversation, *, now: datetime.datetime) -> list[User]:
            found = asked(conversation, now=now)
            meanwhile(act)
            return found

        monkeypatch.setattr(distribution, "candidates", asked_and_then)

    yield arrange
    monkeypatch.undo()


@pytest.mark.shows("R31")
@pytest.mark.parametrize("is_safe", [True, False])
def test_what_somebody_takes_by_hand_in_that_moment_counts(
    committed_cast: Cast,
    in_between: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
    is_safe: bool,
) -> None:
    cast = committed_cast
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    User.objects.update(capacity={"whatsapp": 1})
    put_into(cast.ana, READY)
    conversation, other = factories.conversation(cast), factories.conversation(cast)
    in_between(partial(take_conversation, other.pk, by=cast.ana))
    if not is_safe:
        monkeypatch.setattr(distribution, "held_candidate", best_of_a_moment_ago)
    got = assign_waiting(conversation.pk)
    assert (got is None) == is_safe
    assert (over_capacity(1) == []) == is_safe
    if not is_safe:
        control("R31", "one more than they can carry", data="a take between asking and giving", samples=1)


@pytest.mark.shows("R32")
@pytest.mark.faults
@pytest.mark.parametrize(("distribution_kind", "is_safe"), [("assign", True), ("ring", True), ("assign", False)])
def test_who_takes_a_break_in_that_moment_gets_nothing(
    committed_cast: Cast,
    in_between: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
    distribution_kind: str,
    is_safe: bool,
) -> None:
    cast = committed_cast
    if not is_safe:
        monkeypatch.setattr(distribution, "held_candidate", best_of_a_moment_ago)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution=distribution_kind)
    put_into(cast.ana, READY)
    conversation = factories.conversation(cast)
    in_between(partial(switch_aux_state, cast.ana, AuxState.objects.get(code="break")))
    got = assign_waiting(conversation.pk)
    conversation.refresh_from_db()
    if is_safe:
        assert got is None
        assert (conversation.status, conversation.assignee) == ("queued", None)
    else:
        assert conversation.assignee == cast.ana
        control("R32", "given to who is on a break", data="a break between asking and giving", samples=1)


# --- Leaving ------------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("R32")
@pytest.mark.faults
def test_who_signs_out_while_something_is_given_or_transferred_to_them_leaves_nothing_behind(
    committed_cast: Cast,
) -> None:
    """Beto leaves in the moment in which one is given to him and another one transferred: refused, or back in the queue."""
    cast = committed_cast
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    beto = factories.agent_of(cast, "beto")
    User.objects.update(capacity={"whatsapp": 10_000})
    kept, rounds = Counter[str](), scaled(small=8, full=1000)

    def leave(looks: int) -> None:
        # Not always first: asking who may get something takes a few questions, too.
        for _look in range(looks):
            Conversation.objects.filter(assignee=beto).count()
        end_session(beto, session_digest="test")
        # As the wiring does after the commit.
        redistribute(beto.pk)

    for number in range(rounds):
        begin_session(beto)
        put_into(beto, READY)
        given = factories.conversation(cast, sender=identity(f"5959843{number:05d}")).pk
        handed = factories.taken_conversation(cast, sender=identity(f"5959844{number:05d}")).pk
        jobs: list[Callable[[], object]] = [
            partial(assign_waiting, given),
            partial(transfer_to_agent, handed, by=cast.ana, user_id=beto.pk, note=WHY),
            partial(leave, number * 5 % 40),
        ]
        random.Random(number).shuffle(jobs)
        assert told(together(jobs)) == []
        # What was given after the last look is the sweeper's.
        rescue_orphans()
        assert not AgentStateInterval.objects.filter(user=beto, ended_at=None).exists()
        assert not Conversation.objects.filter(assignee=beto, status__in=LIVE).exists()
        for pk in (given, handed):
            kept[Conversation.objects.get(pk=pk).status] += 1
    came_back = ConversationEvent.objects.filter(kind="returned").count()
    if IS_FULL:
        assert 0 < came_back < 2 * rounds, "one was always faster: there was no race"
    assert set(kept) <= {"queued", "assigned"}
    check_invariants(outbox_is_empty=False)
    figure("R32", f"nothing in the hands of who left: {came_back} came back, the others were refused or kept; ends {dict(kept)}", data="one given and one transferred while they sign out", samples=rounds)  # fmt: skip


# --- Exclusive agents who are gone --------------------------------------------------------------------------------------------


@pytest.mark.shows("R33", "B-06")
@pytest.mark.faults
def test_nobody_waits_for_ever_for_an_agent_who_is_gone(committed_cast: Cast) -> None:
    cast = committed_cast
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign", exclusive_fallback_min=30)
    beto = factories.agent_of(cast, "beto")
    gone = {name: factories.agent_of(cast, name) for name in ("signed_out", "switched_off", "moved_on", "unheard_of")}
    User.objects.update(capacity={"whatsapp": 10_000})
    for agent in gone.values():
        begin_session(agent)
        put_into(agent, READY)
    put_into(beto, READY)
    goes: dict[str, Callable[[], object]] = {
        "signed_out": partial(end_session, gone["signed_out"], session_digest="test"),
        "switched_off": partial(deactivate_user, gone["switched_off"].pk, by=cast.admin),
        "moved_on": partial(remove_agent, cast.campaign, gone["moved_on"], by=cast.admin),
        # The browser is gone and nobody said so.
        "unheard_of": partial(factories.be_away, gone["unheard_of"]),
    }
    customers = scaled(small=12, full=400)
    ids: dict[str, list[int]] = {name: [] for name in gone}
    for number in range(customers):
        name = list(gone)[number % len(gone)]
        conversation = factories.conversation(cast, sender=identity(f"5959845{number:05d}"))
        set_exclusive_agent(conversation.contact_id, campaign_id=cast.campaign.pk, user_id=gone[name].pk, by=cast.luis)
        ids[name].append(conversation.pk)
    for name, agent in gone.items():
        # The first is given to them in the moment in which they go.
        assert told(together([partial(assign_waiting, ids[name][0]), goes[name]])) == []
        redistribute(agent.pk)
    rescue_orphans()
    distribute_waiting()

    def waiting(name: str) -> int:
        return Conversation.objects.filter(pk__in=ids[name], status=Status.QUEUED).count()

    # Who is no agent any more is waited for by nobody; who may come back is, for as long as the campaign says.
    assert (waiting("switched_off"), waiting("moved_on")) == (0, 0)
    stuck = waiting("signed_out") + waiting("unheard_of")
    assert stuck >= customers // 2 - 2
    control("R33", f"{stuck} wait for who is away", data="before the campaign's patience ends", samples=customers)
    Conversation.objects.filter(status=Status.QUEUED).update(
        waiting_since=F("waiting_since") - datetime.timedelta(minutes=31)
    )
    distribute_waiting()
    assert not Conversation.objects.filter(status=Status.QUEUED).exists()
    here = {beto.pk, gone["unheard_of"].pk}
    assert set(Conversation.objects.filter(status__in=LIVE).values_list("assignee", flat=True)) <= here
    check_invariants(outbox_is_empty=False)
    figure("R33", "0 stuck", data="exclusive agents signed out, switched off, of another campaign, unheard of", samples=customers)  # fmt: skip


# --- Two tabs -----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("R34")
@pytest.mark.faults
def test_of_two_tabs_one_is_kept_and_the_other_is_told_word_for_word(committed_cast: Cast) -> None:
    cast = committed_cast
    conversation = factories.taken_conversation(cast)
    version, told_off, rounds = 0, 0, scaled(small=15, full=1000)
    for number in range(rounds):
        texts = [f"Pestaña {tab}, vez {number}" for tab in (1, 2)]
        outcomes = together(
            [
                partial(save_draft, conversation.pk, by=cast.ana, mode="reply", text=each, version=version)
                for each in texts
            ]
        )
        (kept,) = (each for each in outcomes if isinstance(each, Draft))
        (lost,) = (each for each in outcomes if not isinstance(each, Draft))
        assert isinstance(lost, DraftConflict), lost
        # Whoever was slower learns what stands there now, and their own words are still in their hands.
        assert lost.extra["draft"]["text"] == kept.text == Draft.objects.get().text
        assert {kept.text, texts[1 - texts.index(kept.text)]} == set(texts)
        version, told_off = kept.version, told_off + 1
    assert told_off == rounds
    unseen = sum(overwritten_unseen(number) for number in range(20))
    assert unseen == 20
    control("R34", f"{unseen} of 20 overwritten, and nobody was told", data="the same without a version", samples=20)
    figure("R34", f"{told_off} told of the other tab's words, 0 overwritten unseen", data="two tabs, one draft, at once", samples=rounds)  # fmt: skip


def overwritten_unseen(number: int) -> bool:
    """Without the safeguard: each tab writes what it has. Whether one's words are gone and neither was told."""
    texts = [f"Sin versión {tab}, vez {number}" for tab in (1, 2)]
    outcomes = together([partial(Draft.objects.update, text=each) for each in texts])
    return outcomes == [1, 1] and Draft.objects.get().text in texts
