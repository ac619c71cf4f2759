"""What a list holds: one meaning in SQL and for a row in hand, whole pages, true counts, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from hypothesis import given, settings, strategies
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from inbox import rows
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.listing import counts, page
from inbox.models import Conversation
from inbox.models.conversation import TRAYS, Status
from tests import factories
from tests.factories import Cast, identity, inbound
from tests.inbox.drawn import NOON, World, as_filter, drawn_filters, drawn_rows, plain_filters, quick
from tests.inbox.query_budgets import BUDGETS


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


# --- One meaning, two readings ----------------------------------------------------------------------------------------


@pytest.mark.shows("001-13", "001-19", "S05")
@settings(quick, max_examples=40)
@given(drawn=drawn_rows, asked=drawn_filters | plain_filters)
def test_what_sql_answers_is_what_each_row_says_of_itself(
    world: World, drawn: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    world.fill(drawn)
    known = rows.read_conversations(Conversation.objects.values_list("pk", flat=True))
    wanted = as_filter(world, asked)
    assert set(wanted.apply(Conversation.objects.all()).values_list("pk", flat=True)) == {
        pk for pk, row in known.items() if wanted.matches(row)
    }
    for user in world.people:
        audience = Audience.of(user)
        assert set(Conversation.objects.visible_to(user).values_list("pk", flat=True)) == {
            pk for pk, row in known.items() if audience.sees(row)
        }


@pytest.mark.shows("001-08", "S05")
@settings(quick, max_examples=25)
@given(drawn=drawn_rows, asked=plain_filters | drawn_filters, limit=strategies.integers(1, 5))
def test_the_pages_together_are_the_whole_answer_in_order(
    world: World, drawn: list[dict[str, Any]], asked: dict[str, Any], limit: int
) -> None:
    world.fill(drawn)
    wanted = as_filter(world, asked)
    for user in world.people:
        whole = wanted.apply(Conversation.objects.visible_to(user)).order_by(*wanted.ordering())
        walked = list(walk(Audience.of(user), wanted, limit=limit))
        assert walked == list(whole.values_list("pk", flat=True)), user.username


def walk(audience: Audience, asked: InboxFilter, *, limit: int) -> Iterator[int]:
    cursor = None
    while True:
        found = page(audience, asked, limit=limit, cursor=cursor)
        assert len(found.ids) <= limit
        yield from found.ids
        if found.next is None:
            return
        assert len(found.ids) == limit
        cursor = found.next


@pytest.mark.shows("001-10", "001-18", "S05")
@settings(quick, max_examples=25)
@given(drawn=drawn_rows, asked=plain_filters | drawn_filters)
def test_the_counts_are_what_counting_gives(world: World, drawn: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    world.fill(drawn)
    wanted = as_filter(world, {**asked, "order": "-last_activity"}).without_tray()
    known = rows.read_conversations(Conversation.objects.values_list("pk", flat=True))
    for user in world.people:
        audience = Audience.of(user)
        mine = [row for row in known.values() if audience.sees(row) and wanted.matches(row)]
        live = [row for row in mine if row["status"] in (*TRAYS["pending"], *TRAYS["in_progress"])]
        assert counts(audience, as_filter(world, asked)) == {
            **{tray: sum(row["status"] in statuses for row in mine) for tray, statuses in TRAYS.items()},
            "attended_capped": False,
            "unanswered": sum(row["waiting_since"] is not None for row in live),
            "unread": sum(row["unread"] > 0 for row in live),
            "mine": sum(row["assignee_id"] == user.pk for row in live),
            "by_tray": {
                tray: {
                    "unanswered": sum(row["waiting_since"] is not None for row in of_tray),
                    "unread": sum(row["unread"] > 0 for row in of_tray),
                    "mine": sum(row["assignee_id"] == user.pk for row in of_tray),
                }
                for tray in ("pending", "in_progress")
                for of_tray in [[row for row in mine if row["status"] in TRAYS[tray]]]
            },
        }


def test_the_attended_are_counted_up_to_a_cap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox.listing.COUNT_CAP", 3)
    for made, expected in ((3, (3, False)), (4, (3, True))):
        closed = dict.fromkeys(("holder", "team", "campaign", "unread"), 1) | {
            "window": None,
            "unreplied": False,
            "answered": True,
            "name": "zoe",
            "account": 0,
            "status": "closed",
            "is_held": True,
            "contact": 0,
        }
        world.fill([closed | {"waiting_since": None, "last_activity_at": NOON}] * made)
        for user in (world.cast.luis, world.cast.admin):
            found = counts(Audience.of(user), InboxFilter())
            assert (found["attended"], found["attended_capped"]) == expected


# --- Who sees what, by name -------------------------------------------------------------------------------------------


@pytest.mark.shows("S05", "S01")
def test_an_agent_sees_the_waiting_ones_of_their_campaigns_and_their_own(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    waiting, mine, his = (
        factories.conversation(cast),
        factories.taken_conversation(cast),
        factories.taken_conversation(cast, by=beto),
    )

    def seen(user: User) -> set[Conversation]:
        return set(Conversation.objects.visible_to(User.objects.get(pk=user.pk)))

    assert seen(cast.ana) == {waiting, mine}
    assert seen(beto) == {waiting, his}
    assert seen(cast.luis) == seen(cast.admin) == {waiting, mine, his}
    assert seen(cast.eva) == set()
    cast.ana.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
    assert seen(cast.ana) == {waiting, mine, his}


def test_a_row_cannot_tell_whether_a_text_is_found_but_the_rest_it_can(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    (row,) = rows.read_conversations(Conversation.objects.values_list("pk", flat=True)).values()
    assert InboxFilter(search="roc").matches(row) is None
    assert InboxFilter(search="roc", tray="attended").matches(row) is False
    assert conversation.pk == row["id"]


def test_what_a_mass_sending_opened_stands_in_no_tray_until_it_is_answered(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    Conversation.objects.update(status=Status.OUTREACH)
    audience = Audience.of(cast.luis)
    assert page(audience, InboxFilter(), limit=10, cursor=None).ids == []
    assert {name: counts(audience, InboxFilter())[name] for name in TRAYS} == dict.fromkeys(TRAYS, 0)
    assert Conversation.objects.visible_to(cast.luis).get() == conversation


# --- Search -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def people(cast: Cast) -> Cast:
    for phone, name in (
        ("595991651351", "Rocío Benítez Duarte"),
        ("5491155550142", "Martín Núñez"),
        ("541143215678", "Sofía Peña"),
        ("553198765432", "João Antônio"),
        ("5215512345678", "Ximena Ibáñez"),
    ):
        receive_messages(cast.account, [inbound(sender=identity(phone, name=name))])
    receive_messages(
        cast.account, [inbound(sender=identity(None, business_id="CL.8412097735519046", name="Íñigo Zúñiga"))]
    )
    return cast


FOUND = [
    ("rocio", "Rocío Benítez Duarte"),
    ("ROCÍO", "Rocío Benítez Duarte"),
    ("benitez  dua", "Rocío Benítez Duarte"),
    ("nunez", "Martín Núñez"),
    ("joao ant", "João Antônio"),
    ("ÍÑI", "Íñigo Zúñiga"),
    ("595991651351", "Rocío Benítez Duarte"),
    ("+595 991 651 351", "Rocío Benítez Duarte"),
    ("00595991651351", "Rocío Benítez Duarte"),
    ("0991651351", "Rocío Benítez Duarte"),
    ("0991 651-351", "Rocío Benítez Duarte"),
    ("(0991) 651.351", "Rocío Benítez Duarte"),
    ("991651351", "Rocío Benítez Duarte"),
    ("651351", "Rocío Benítez Duarte"),
    ("5491155550142", "Martín Núñez"),
    ("541155550142", "Martín Núñez"),
    ("+54 9 11 5555-0142", "Martín Núñez"),
    ("+54 11 15 5555-0142", "Martín Núñez"),
    ("1155550142", "Martín Núñez"),
    ("+54 9 11 4321 5678", "Sofía Peña"),
    ("553198765432", "João Antônio"),
    ("5531998765432", "João Antônio"),
    ("+55 31 9876-5432", "João Antônio"),
    ("5215512345678", "Ximena Ibáñez"),
    ("+52 55 1234 5678", "Ximena Ibáñez"),
]
NOT_FOUND = ["65135", "%%", "__", "roc_o", "nadie", "595991651352"]


@pytest.mark.shows("001-06", "001-07", "000-10", "B-08")
def test_people_are_found_by_name_without_accents_or_number_in_any_form(people: Cast) -> None:
    def search(typed: str) -> list[str]:
        asked = InboxFilter.read({"search": [typed]}, user_id=people.ana.pk)
        ids = page(Audience.of(people.ana), asked, limit=10, cursor=None).ids
        return [each.contact_name for each in Conversation.objects.filter(pk__in=ids)]

    assert {typed: search(typed) for typed, _name in FOUND} == {typed: [name] for typed, name in FOUND}
    assert {typed: search(typed) for typed in NOT_FOUND} == {typed: [] for typed in NOT_FOUND}
    # Digits between other characters still are digits, and nothing else is.
    assert search("991651351x'; --") == ["Rocío Benítez Duarte"]


@pytest.mark.shows("001-06", "S05")
def test_a_search_stays_within_the_tray_and_within_what_one_sees(people: Cast) -> None:
    asked = InboxFilter(search="rocio", tray="in_progress")
    assert page(Audience.of(people.ana), asked, limit=10, cursor=None).ids == []
    for tray in (None, "pending"):
        assert page(Audience.of(people.eva), InboxFilter(search="rocio", tray=tray), limit=10, cursor=None).ids == []
    assert counts(Audience.of(people.eva), InboxFilter(search="rocio"))["pending"] == 0


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_the_desks_questions_stay_within_their_budgets_however_much_there_is(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for user in (cast.ana, cast.luis, cast.admin):
        waiting = factories.conversation(cast)
        taken, answered = factories.taken_conversation(cast, by=user), factories.taken_conversation(cast, by=user)
        send_message(answered.pk, by=user, client_id=factories.client_id(), text="Buenas")
        questions = {
            "list": ["/api/v1/conversations/"],
            "counts": ["/api/v1/conversations/counts/"],
            "detail": [f"/api/v1/conversations/{each.pk}/" for each in (waiting, taken, answered)],
            "messages": [f"/api/v1/conversations/{answered.pk}/messages/"],
            "changes": [f"/api/v1/conversations/{answered.pk}/messages/?after_change=0"],
            "around": [f"/api/v1/conversations/{answered.pk}/messages/?around={answered.messages.earliest('id').pk}"],
            "search": ["/api/v1/search/?search=buenas", "/api/v1/search/?search=rocio"],
            "found": [f"/api/v1/conversations/{answered.pk}/found/?search=buenas"],
            "others": [f"/api/v1/conversations/{answered.pk}/{each}/" for each in ("others", "earlier")],
            "files": [f"/api/v1/conversations/{answered.pk}/files/?group={each}" for each in ("media", "documents")],
        }
        client = Client()
        client.force_login(user)
        client.get(questions["list"][0])
        for more in (0, 8):
            for number in range(more):
                factories.conversation(cast)
                write_note(answered.pk, by=user, client_id=factories.client_id(), text=f"Ojo {number}")
            for name, addresses in questions.items():
                for address in addresses:
                    with django_assert_max_num_queries(BUDGETS[name]):
                        assert client.get(address).status_code == 200
