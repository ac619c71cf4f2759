"""What can be asked of the list: one meaning in SQL and for a row in hand, whole pages, true counts, and nothing else."""

from __future__ import annotations

import base64
import datetime
import itertools
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies
from pytest_django import DjangoAssertNumQueries

from accounts.actions import join_team
from accounts.models import User
from contacts.models import Contact, ContactGroup, ContactTag, GroupMember, Tag
from inbox import rows
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.audience import Audience
from inbox.filters import ORDERS, WINDOWS, InboxFilter
from inbox.listing import counts, page
from inbox.models import Conversation
from inbox.models.conversation import TRAYS, Status
from tests import factories
from tests.factories import Cast, identity, inbound
from tests.inbox.query_budgets import BUDGETS

NOON = datetime.datetime(2031, 3, 4, 12, 0, tzinfo=datetime.UTC)
# What is left of a window is asked of the clock: the ends stand around it, none so near that a slow test would see it pass.
WINDOW_ENDS = [timezone.now() + datetime.timedelta(days=n) for n in (-400, 400)]
WINDOW_ENDS += [timezone.now() + datetime.timedelta(minutes=n) for n in (-1, 60, 90)]
MOMENTS = [NOON + datetime.timedelta(minutes=n) for n in range(4)]
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_threads = itertools.count()


class World:
    """A few people, teams and campaigns, and rows drawn at random among them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        vera = factories.agent_of(cast, "vera")
        vera.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
        # Of two teams and supervisor of one; agent of both campaigns.
        both = factories.agent_of(cast, "rita")
        join_team(both, cast.other_team, is_supervisor=False, by=None)
        factories.add_agent(cast.other_campaign, both, by=None)
        nobody = factories.create_user("nadie", role="agent", password=None)
        people = [cast.ana, cast.luis, cast.eva, cast.admin, vera, both, nobody]
        # Read anew: permissions are kept on the instance.
        self.people = [User.objects.get(pk=each.pk) for each in people]
        self.teams = [None, cast.team, cast.other_team]
        self.campaigns = [None, cast.campaign, cast.other_campaign]
        other = type(cast.account).objects.create(kind="whatsapp", external_id="777", name="Otro")
        self.accounts = [cast.account, other]
        factories.conversation(cast)
        seed = Conversation.objects.get()
        self.point = seed.contact_point
        self.contacts, self.tags, self.groups = self.described(seed.contact)
        self.leaf = factories.leaf()
        self.clear()

    def described(self, plain: Contact) -> tuple[list[Contact], list[Tag], list[ContactGroup]]:
        """Somebody plain, somebody tagged, somebody in groups, somebody who became the last one, and kept a tag of their own."""
        tags = [Tag.objects.create(name=each, folded_name=each) for each in ("promo", "ex cliente", "archivada")]
        Tag.objects.filter(pk=tags[2].pk).update(archived_at=NOON)
        groups = [ContactGroup.objects.create(name=each, folded_name=each) for each in ("de todos", "de ventas")]
        groups[1].teams.add(self.cast.team)
        tagged, grouped = (Contact.objects.create(first_name=each) for each in ("Tag", "Group"))
        merged = Contact.objects.create(first_name="Merged", merged_into=grouped)
        for contact, tag in ((tagged, tags[0]), (tagged, tags[2]), (grouped, tags[1]), (merged, tags[0])):
            ContactTag.objects.create(contact=contact, tag=tag)
        for contact, group in ((tagged, groups[1]), (grouped, groups[0]), (grouped, groups[1])):
            GroupMember.objects.create(contact=contact, group=group)
        return [plain, tagged, grouped, merged], tags, groups

    def clear(self) -> None:
        Conversation.objects.all().delete()

    def fill(self, drawn: list[dict[str, Any]]) -> None:
        self.clear()
        Conversation.objects.bulk_create([self.conversation(each) for each in drawn])

    def conversation(self, drawn: dict[str, Any]) -> Conversation:
        status = drawn["status"]
        is_held = status in ("assigned", "in_progress")
        holder = (
            self.people[drawn["holder"]]
            if is_held or (status in ("closed", "snoozed", "outreach") and drawn["is_held"])
            else None
        )
        return Conversation(
            contact=self.contacts[drawn["contact"]],
            contact_point=self.point,
            # One contact may have any number of them here: only who sees and asks is tried.
            thread_key=str(next(_threads)),
            channel_account=self.accounts[drawn["account"]],
            campaign=self.campaigns[drawn["campaign"]],
            team=self.teams[drawn["team"]],
            status=status,
            assignee=holder,
            # Closing leaves nothing unread and nobody waiting.
            unread=0 if status == "closed" else drawn["unread"],
            waiting_since=None if status == "closed" else drawn["waiting_since"],
            last_activity_at=drawn["last_activity_at"],
            window_expires_at=drawn["window"],
            needs_first_reply=drawn["unreplied"],
            answered=drawn["answered"],
            contact_name=drawn["name"].title(),
            contact_name_folded=drawn["name"],
            closed_at=NOON if status == "closed" else None,
            typification=self.leaf if status == "closed" else None,
        )


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


drawn_rows = strategies.lists(
    strategies.fixed_dictionaries(
        {
            "status": strategies.sampled_from(Status.values),
            "holder": strategies.integers(0, 6),
            "is_held": strategies.booleans(),
            "team": strategies.integers(0, 2),
            "campaign": strategies.integers(0, 2),
            "account": strategies.integers(0, 1),
            "contact": strategies.integers(0, 3),
            "unread": strategies.integers(0, 2),
            # Few moments: equal timestamps are the rule here.
            "waiting_since": strategies.none() | strategies.sampled_from(MOMENTS),
            "last_activity_at": strategies.sampled_from(MOMENTS),
            # Never one, long over, over just now, about to close, open.
            "window": strategies.none() | strategies.sampled_from(WINDOW_ENDS),
            "unreplied": strategies.booleans(),
            "answered": strategies.booleans(),
            # Nobody's name, the same name twice, letters that come after all others in one order and before them in another.
            "name": strategies.sampled_from(["", "ana robles", "ana robles", "ana-robles", "ñandu", "zoe", "Ñ 中"]),
        }
    ),
    max_size=14,
)
rarely = strategies.sampled_from([False, False, True])
some = strategies.sets(strategies.integers(0, 2), max_size=2)
drawn_filters = strategies.fixed_dictionaries(
    {
        "tray": strategies.none() | strategies.sampled_from(list(TRAYS)),
        "assignee": strategies.sets(strategies.none() | strategies.integers(0, 6), max_size=3),
        "team": some,
        "campaign": some,
        "account": strategies.sets(strategies.integers(0, 1), max_size=1),
        "tag": strategies.just(set()) | strategies.sets(strategies.integers(0, 2), max_size=2),
        "group": strategies.just(set()) | strategies.sets(strategies.integers(0, 1), max_size=2),
        "unread": strategies.booleans(),
        "unanswered": strategies.booleans(),
        "answered": rarely,
        "unreplied": rarely,
        "window": strategies.just("") | strategies.just("") | strategies.sampled_from(WINDOWS),
        "since": strategies.none() | strategies.none() | strategies.sampled_from(MOMENTS),
        "until": strategies.none() | strategies.none() | strategies.sampled_from(MOMENTS),
        "order": strategies.sampled_from(list(ORDERS)),
    }
)
# Most questions ask for little: otherwise nearly every answer would be empty.
plain_filters = drawn_filters.map(
    lambda drawn: {
        **drawn,
        "assignee": set(),
        "team": set(),
        "campaign": set(),
        "account": set(),
        "tag": set(),
        "group": set(),
    }
)


def as_filter(world: World, drawn: dict[str, Any]) -> InboxFilter:
    def ids(things: list[Any], chosen: set[int]) -> tuple[int, ...]:
        return tuple(things[each].pk for each in sorted(chosen) if things[each] is not None)

    return InboxFilter(
        tray=drawn["tray"],
        assignee=tuple(None if each is None else world.people[each].pk for each in drawn["assignee"]),
        team=ids(world.teams, drawn["team"]),
        campaign=ids(world.campaigns, drawn["campaign"]),
        account=ids(world.accounts, drawn["account"]),
        tag=ids(world.tags, drawn["tag"]),
        group=ids(world.groups, drawn["group"]),
        unread=drawn["unread"],
        unanswered=drawn["unanswered"],
        answered=drawn["answered"],
        unreplied=drawn["unreplied"],
        window=drawn["window"],
        since=drawn["since"],
        until=drawn["until"],
        order=drawn["order"],
    )


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


# --- What may be asked ------------------------------------------------------------------------------------------------

BAD = [
    ("order_by=-owner__password", "order_by"),
    ("order=-assignee__password", "order"),
    ("order=alias.period", "order"),
    ("order=last_activity&order=waiting", "order"),
    ("campaign__name=Altas", "campaign__name"),
    ("assignee__password__startswith=a", "assignee__password__startswith"),
    ("assignee=ana", "assignee"),
    ("assignee=-1", "assignee"),
    ("assignee=1%27%20or%201=1", "assignee"),
    ("team=%C2%B2", "team"),
    ("team=99999999999999999999", "team"),
    ("campaign=", "campaign"),
    ("account=1.5", "account"),
    ("tray=closed", "tray"),
    ("tray=", "tray"),
    ("tray=pending&tray=attended", "tray"),
    ("unread=2", "unread"),
    ("unanswered=yes", "unanswered"),
    ("answered=no", "answered"),
    ("window=shut", "window"),
    ("since=yesterday", "since"),
    ("since=2026-02-30", "since"),
    ("since=2026-11-21T10:00", "since"),
    ("until=9999-12-31", "until"),
    ("until=0001-01-01", "until"),
    ("until=2026-11-21&until=2026-11-22", "until"),
    ("order=contact_name_folded", "order"),
    ("search=a", "search"),
    ("search=" + "a" * 81, "search"),
    ("custom__'quote=1", "custom__'quote"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=-1", "limit"),
    ("limit=5&limit=6", "limit"),
    ("limit=" + "9" * 5000, "limit"),
    ("limit=%D9%A3", "limit"),
    ("cursor=x", "cursor"),
    ("cursor=%00", "cursor"),
    ("__proto__=1", "__proto__"),
]


@pytest.mark.shows("S06", "S54")
def test_what_is_not_on_the_list_of_questions_is_refused_by_name(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    for query, name in BAD:
        answer = client.get(f"/api/v1/conversations/?{query}")
        assert answer.status_code == 400, (query[:60], answer.content[:200])
        error = answer.json()["error"]
        assert (error["code"], list(error["fields"])) == ("invalid", [name]), query[:60]
        assert error["message"] == "Revisa los campos marcados."


@pytest.mark.shows("S06")
def test_the_counts_refuse_the_same_and_take_no_pages(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    for query in ("order_by=x", "assignee=ana", "limit=5", "cursor=x"):
        assert client.get(f"/api/v1/conversations/counts/?{query}").status_code == 400, query


def sealed(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.shows("S06")
@pytest.mark.parametrize(
    "forged",
    [
        ["-last_activity", "2031-03-04T12:00:00+00:00"],
        ["waiting", "2031-03-04T12:00:00+00:00", 1],
        ["-last_activity", "2031-03-04", 1],
        ["-last_activity", "2031-03-04T12:00:00", 1],
        ["-last_activity", 5, 1],
        ["name", "ana", 1],
        ["-last_activity", "2031-03-04T12:00:00+00:00", "1"],
        {"order": "-last_activity"},
        None,
        [],
    ],
)
def test_a_forged_cursor_is_refused(cast: Cast, forged: Any) -> None:
    client = Client()
    client.force_login(cast.ana)
    answer = client.get("/api/v1/conversations/", {"cursor": sealed(forged)})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["cursor"])


@pytest.mark.shows("S06")
@settings(quick, max_examples=40)
@given(
    text=strategies.text(max_size=40),
    name=strategies.sampled_from(["search", "cursor", "limit", "assignee", "team", "order"]),
)
def test_whatever_is_asked_is_answered_or_refused_never_an_error(cast: Cast, text: str, name: str) -> None:
    client = Client()
    client.force_login(cast.ana)
    assert client.get("/api/v1/conversations/", {name: text.encode("utf-8", "replace")}).status_code in (200, 400)


@pytest.mark.shows("S06")
@settings(quick, max_examples=30)
@given(
    at=strategies.datetimes(timezones=strategies.just(datetime.UTC)) | strategies.just("9999-12-31T23:59:59-23:59"),
    pk=strategies.integers(-(2**80), 2**80),
)
def test_any_moment_and_number_in_a_cursor_is_answered_or_refused(cast: Cast, at: Any, pk: int) -> None:
    moment = at.isoformat() if isinstance(at, datetime.datetime) else at
    listed = base64.urlsafe_b64encode(f'["-last_activity","{moment}",{pk}]'.encode()).decode()
    shown = base64.urlsafe_b64encode(f'["{moment}",{pk}]'.encode()).decode()
    client = Client()
    client.force_login(cast.ana)
    conversation = Conversation.objects.first() or factories.conversation(cast)
    assert client.get("/api/v1/conversations/", {"cursor": listed}).status_code in (200, 400)
    address = f"/api/v1/conversations/{conversation.pk}/messages/"
    assert client.get(address, {"before": shown}).status_code in (200, 400)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_thread_read_upward_page_by_page_is_the_whole_thread(cast: Cast, limit: int) -> None:
    """Several messages within each of the provider's seconds, and the pages end in the middle of them."""
    conversation = factories.conversation(cast, sender=identity(), at=NOON)
    receive_messages(
        cast.account, [inbound(f"{n}", at=NOON + datetime.timedelta(seconds=n // 3 + 1)) for n in range(11)]
    )
    client = Client()
    client.force_login(cast.ana)
    address, shown, before = f"/api/v1/conversations/{conversation.pk}/messages/", [], ""
    while True:
        answer = client.get(address, {"limit": limit} | ({"before": before} if before else {})).json()
        shown = [each["id"] for each in answer["results"]] + shown
        before = answer["previous"]
        if before is None:
            break
    assert shown == list(conversation.messages.order_by("happened_at", "id").values_list("pk", flat=True))


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
