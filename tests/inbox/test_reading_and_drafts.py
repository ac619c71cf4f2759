"""Red dot, unread mark and check belong to the turn of the one in charge; drafts belong to whoever writes them."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from core.refusals import Invalid, NotFound
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.drafting import TEXT_LIMIT, draft_row, save_draft
from inbox.actions.reading import mark_read
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.api import details
from inbox.errors import DraftConflict
from inbox.events import ConversationRead
from inbox.models import Assignment, Conversation, Draft, Message
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, client_id, identity, inbound
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

NOON = datetime.datetime(2031, 3, 4, 12, 0, tzinfo=datetime.UTC)


def later(seconds: float) -> datetime.datetime:
    return NOON + datetime.timedelta(seconds=seconds)


def writes(cast: Cast, text: str, *, at: datetime.datetime | None = None) -> Message:
    """Rocío writes."""
    receive_messages(cast.account, [inbound(text, at=at)])
    return Message.objects.get(text=text)


def reply(conversation: Conversation, by: User) -> None:
    send_message(conversation.pk, by=by, client_id=client_id(), text="Buenas")


def marks(conversation: Conversation) -> tuple[bool, int, bool]:
    """Red dot, unread, check."""
    conversation.refresh_from_db()
    return conversation.needs_first_reply, conversation.unread, conversation.answered


# --- Red dot ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-14")
def test_the_red_dot_goes_with_the_assignees_first_answer_and_comes_back_with_the_next_one(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        conversation = factories.conversation(cast, sender=identity(), at=NOON)
        assert marks(conversation) == (True, 1, False)
        take_conversation(conversation.pk, by=cast.ana)
        assert marks(conversation) == (True, 1, False)
        clock.shift(60)
        reply(conversation, cast.ana)
        assert marks(conversation)[0] is False
        assert Assignment.objects.get().first_reply_at == later(60)
        clock.shift(60)
        reply(conversation, cast.ana)
        assert Assignment.objects.get().first_reply_at == later(60)
        writes(cast, "¿Y el precio?", at=later(180))
        assert marks(conversation)[0] is False
        take_conversation(conversation.pk, by=cast.luis)
        assert marks(conversation)[0] is True
        clock.shift(120)
        reply(conversation, cast.luis)
        assert marks(conversation)[0] is False
        turns = Assignment.objects.order_by("pk").values_list("user__username", "first_reply_at")
        assert list(turns) == [("ana", later(60)), ("luis", later(240))]
        release_conversation(conversation.pk, by=cast.luis)
        assert marks(conversation)[0] is True


@pytest.mark.shows("001-14")
def test_a_note_does_not_clear_the_red_dot(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    for somebody in (cast.ana, cast.luis):
        write_note(conversation.pk, by=somebody, client_id=client_id(), text=f"Ojo, dice {somebody.name}")
    assert marks(conversation) == (True, 1, False)
    assert Assignment.objects.get().first_reply_at is None


# --- Unread -----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-15")
def test_unread_goes_when_the_assignee_reads(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
    last = writes(cast, "¿Están?", at=later(5))
    assert marks(conversation)[1] == 2
    with announced() as facts:
        assert mark_read(conversation.pk, by=cast.ana, up_to=last.pk) is True
    assert facts == [ConversationRead(conversation_ids=(conversation.pk,), user_id=cast.ana.pk)]
    assert marks(conversation) == (True, 0, False)
    turn = Assignment.objects.get()
    assert turn.last_read_message_id == last.pk
    assert turn.last_read_at is not None
    with nothing_happens():
        assert mark_read(conversation.pk, by=cast.ana, up_to=last.pk) is False
    writes(cast, "Ah", at=later(9))
    assert marks(conversation)[1] == 1
    assert details.reading_marks(conversation) == {
        "read_up_to": last.pk, "first_unread_id": Message.objects.get(text="Ah").pk,
    }  # fmt: skip


@pytest.mark.shows("001-15")
def test_reading_half_leaves_the_other_half_also_within_one_second(cast: Cast) -> None:
    """An album: four pictures with the provider's same second."""
    conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
    receive_messages(cast.account, [inbound(f"Foto {n}", at=later(3)) for n in range(4)])
    second = Message.objects.filter(text__startswith="Foto").order_by("happened_at", "pk")[1]
    mark_read(conversation.pk, by=cast.ana, up_to=second.pk)
    assert marks(conversation)[1] == 2
    check_invariants()


@pytest.mark.shows("001-15")
def test_a_mark_never_goes_back(cast: Cast) -> None:
    """Two tabs: the one that lags behind reports what the other has long passed."""
    conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
    first = Message.objects.get()
    last = writes(cast, "¿Están?", at=later(5))
    mark_read(conversation.pk, by=cast.ana, up_to=last.pk)
    with nothing_happens():
        assert mark_read(conversation.pk, by=cast.ana, up_to=first.pk) is False
    assert details.reading_marks(Conversation.objects.get()) == {"read_up_to": last.pk, "first_unread_id": None}


@pytest.mark.shows("001-15")
def test_a_supervisor_or_an_outsider_reading_clears_nothing(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = conversation.messages.get()
    for somebody in (cast.luis, cast.admin):
        with nothing_happens():
            assert mark_read(conversation.pk, by=somebody, up_to=message.pk) is False
    with refused(NotFound):
        mark_read(conversation.pk, by=cast.eva, up_to=message.pk)


def test_nobody_reads_what_nobody_holds(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    with nothing_happens():
        assert mark_read(conversation.pk, by=cast.ana, up_to=conversation.messages.get().pk) is False


@pytest.mark.shows("S02")
def test_another_conversations_message_marks_nothing(cast: Cast) -> None:
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    for wrong in (other.messages.get().pk, 10**12):
        with nothing_happens():
            assert mark_read(conversation.pk, by=cast.ana, up_to=wrong) is False


@pytest.mark.shows("001-15")
def test_what_the_one_before_read_and_did_not_answer_is_unread_for_the_next(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
    last = writes(cast, "¿Están?", at=later(5))
    mark_read(conversation.pk, by=cast.ana, up_to=last.pk)
    release_conversation(conversation.pk, by=cast.ana)
    assert marks(conversation) == (True, 2, False)
    take_conversation(conversation.pk, by=cast.luis)
    assert marks(conversation) == (True, 2, False)
    assert details.reading_marks(conversation)["read_up_to"] is None
    check_invariants()


@pytest.mark.shows("001-15")
def test_what_was_answered_is_not_unread_for_the_next(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        conversation = factories.taken_conversation(cast, sender=identity(), at=later(-60))
        mark_read(conversation.pk, by=cast.ana, up_to=conversation.messages.get().pk)
        reply(conversation, cast.ana)
        writes(cast, "Gracias", at=later(30))
        take_conversation(conversation.pk, by=cast.luis)
    assert marks(conversation) == (True, 1, False)


# --- Check ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-16")
def test_the_check_stands_while_the_last_word_is_the_assignees(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
        clock.shift(60)
        reply(conversation, cast.ana)
        assert marks(conversation)[2] is True
        assert conversation.waiting_since is None
        writes(cast, "¿Seguro?", at=later(90))
        writes(cast, "¿Hola?", at=later(95))
        assert marks(conversation)[2] is False
        assert conversation.waiting_since == later(90)
        clock.shift(60)
        reply(conversation, cast.ana)
        assert marks(conversation)[2] is True
        take_conversation(conversation.pk, by=cast.luis)
        assert marks(conversation)[2] is False
    check_invariants(outbox_is_empty=False)


# --- Drafts -----------------------------------------------------------------------------------------------------------


def keep(conversation: Conversation, by: User, text: str, version: int, mode: str = "reply") -> Draft:
    return save_draft(conversation.pk, by=by, mode=mode, text=text, version=version)


def kept(by: User) -> list[tuple[str, str]]:
    return list(Draft.objects.filter(user=by).exclude(text="").order_by("mode").values_list("mode", "text"))


def test_a_reply_and_a_note_have_drafts_of_their_own(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    assert keep(conversation, cast.ana, "Buenos", 0).version == 1
    assert keep(conversation, cast.ana, "Ojo", 0, "note").version == 1
    assert keep(conversation, cast.ana, "Buenos días", 1).version == 2
    assert kept(cast.ana) == [("note", "Ojo"), ("reply", "Buenos días")]


@pytest.mark.shows("R34")
def test_the_tab_that_lags_behind_gets_the_newer_text_and_loses_none(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenos", 0)
    keep(conversation, cast.ana, "Buenos días", 1)
    with refused(DraftConflict) as refusal, translation.override("es"):
        keep(conversation, cast.ana, "Buenas noches", 1)
    assert refusal.value.message == "Escribiste este borrador también en otra pestaña."
    assert refusal.value.extra["draft"] == {"mode": "reply", "text": "Buenos días", "version": 2}


@pytest.mark.shows("R34")
def test_the_same_words_from_two_tabs_are_no_conflict(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenos", 0)
    keep(conversation, cast.ana, "Buenos", 0)
    assert kept(cast.ana) == [("reply", "Buenos")]


@pytest.mark.shows("R34")
def test_two_tabs_that_begin_at_once_keep_one_text_and_tell_the_other(committed_cast: Cast) -> None:
    conversation = factories.taken_conversation(committed_cast)
    outcomes = together([partial(keep, conversation, committed_cast.ana, text, 0) for text in ("Uno", "Dos")])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Draft", "DraftConflict"]
    (loser,) = (outcome for outcome in outcomes if isinstance(outcome, DraftConflict))
    assert loser.extra["draft"]["text"] == Draft.objects.get().text


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_an_empty_text_leaves_no_draft(cast: Cast, nothing: str) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenos", 0)
    keep(conversation, cast.ana, nothing, 1)
    client = Client()
    client.force_login(cast.ana)
    assert client.get("/api/v1/drafts/").json() == {"results": []}


@pytest.mark.shows("R34")
def test_a_tab_of_before_the_draft_was_emptied_does_not_bring_its_text_back_unasked(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenos", 0)
    keep(conversation, cast.ana, "", 1)
    with refused(DraftConflict):
        keep(conversation, cast.ana, "Buenos días", 1)


def test_what_was_sent_is_no_draft_any_more_and_the_other_mode_stays(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenas", 0)
    keep(conversation, cast.ana, "Ojo", 0, "note")
    reply(conversation, cast.ana)
    assert kept(cast.ana) == [("note", "Ojo")]
    write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Ojo")
    assert kept(cast.ana) == []


def test_a_refused_message_keeps_its_draft(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenas", 0)
    with refused(Invalid):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="")
    assert kept(cast.ana) == [("reply", "Buenas")]


@pytest.mark.shows("S01")
def test_a_draft_is_its_writers_own(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Solo de Ana", 0)
    keep(conversation, cast.luis, "Solo de Luis", 0)
    for user, text in ((cast.ana, "Solo de Ana"), (cast.luis, "Solo de Luis"), (cast.admin, "")):
        client = Client()
        client.force_login(user)
        answer = client.get(f"/api/v1/conversations/{conversation.pk}/draft/?mode=reply")
        assert (answer.status_code, answer.json()["text"]) == (200, text)
        assert [each["text"] for each in client.get("/api/v1/drafts/").json()["results"]] == ([text] if text else [])
    with refused(NotFound):
        keep(conversation, cast.eva, "Hola", 0)


def test_a_draft_of_what_one_no_longer_sees_is_not_shown(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    keep(conversation, cast.ana, "Buenas", 0)
    take_conversation(conversation.pk, by=cast.luis)
    client = Client()
    client.force_login(cast.ana)
    assert client.get(f"/api/v1/conversations/{conversation.pk}/draft/").status_code == 404
    assert client.get("/api/v1/drafts/").json() == {"results": []}
    with refused(NotFound):
        keep(conversation, cast.ana, "Buenas tardes", 1)


def test_a_draft_has_an_end_and_no_nul(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid):
        keep(conversation, cast.ana, "x" * (TEXT_LIMIT + 1), 0)
    assert keep(conversation, cast.ana, "Bue\x00nas", 0).text == "Buenas"


def test_no_draft_looks_like_an_empty_one() -> None:
    assert draft_row(None, mode="note") == {"mode": "note", "text": "", "version": 0}


def test_writing_a_draft_moves_nothing_others_see(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    before = Conversation.objects.values().get()
    with announced() as facts:
        keep(conversation, cast.ana, "Buenas", 0)
    assert facts == []
    assert Conversation.objects.values().get() == before


def test_reading_at_once_with_a_new_message_keeps_the_count_right(committed_cast: Cast) -> None:
    conversation = factories.taken_conversation(committed_cast, sender=identity(), at=timezone.now())
    last = conversation.messages.get()
    for number in range(6):
        all_well(
            together(
                [
                    partial(mark_read, conversation.pk, by=committed_cast.ana, up_to=last.pk),
                    partial(receive_messages, committed_cast.account, [inbound(f"Más {number}")]),
                ]
            )
        )
        assert marks(conversation)[1] == 1
        last = Message.objects.get(text=f"Más {number}")
    check_invariants()
