"""Every address of the API against everybody: what belongs to another team does not exist, whoever asks and however (S01 … S08, S20, S21, S50).

The addresses come from the URL resolver: an endpoint without an entry in CASES fails the build.
"""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.actions import create_api_token, deactivate_user, pushing, revoke_api_token
from accounts.models import ApiToken, AuxState, User
from campaigns.models import ProviderApp
from inbox.models import Attachment, Conversation, Draft, Message, OutboxEntry
from tests import factories
from tests.security.untouched import changed_since, contents, untouched
from tests.security.world import (
    NOBODYS,
    OTHER_TOKEN,
    Side,
    make_ours,
    make_theirs,
    picture,
    signed_in,
    undone,
    with_token,
)
from typification.models import Typification

PREFIX = "api/v1/"
SAFE = ("get", "head", "options")


@dataclass(frozen=True)
class Endpoint:
    """A method of an address, as the resolver knows it."""

    name: str
    method: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}"


@dataclass(frozen=True)
class Case:
    """What an endpoint answers. `holder` has the conversation in hand, `supervisor` supervises its team."""

    holder: int = 200
    supervisor: int = 200
    body: Callable[[Side], Any] | None = None
    is_multipart: bool = False
    # It names one team's object, in its address or in its body.
    about_object: bool = True


def nothing(**fields: Any) -> Case:
    return Case(about_object=False, **fields)


CASES: dict[tuple[str, str], Case] = {
    ("me", "get"): nothing(),
    ("my-aux-state", "put"): nothing(body=lambda side: {"aux_state": AuxState.objects.get(code="meeting").pk}),
    ("my-preferences", "put"): nothing(body=lambda side: {"theme": "dark", "language": "pt-br"}),
    ("my-push-subscription", "get"): nothing(),
    # Not one a browser could have made: refused at its field; tests/push has the rest.
    ("my-push-subscription", "put"): nothing(holder=400, supervisor=400, body=lambda side: {"endpoint": "https://127.0.0.1/x"}),
    ("my-push-subscription", "delete"): nothing(holder=204, supervisor=204, body=lambda side: {"endpoint": "https://127.0.0.1/x"}),
    ("my-push-test", "post"): nothing(holder=404, supervisor=404, body=lambda side: {"endpoint": "https://127.0.0.1/x"}),
    ("aux-states", "get"): nothing(),
    ("users", "get"): nothing(),
    ("typifications", "get"): nothing(),
    ("templates", "get"): nothing(),
    ("contacts", "get"): nothing(),
    ("contacts", "post"): nothing(holder=201, supervisor=201, body=lambda side: {"first_name": "Nueva", "version": None}),
    ("contact", "get"): Case(),
    ("contact-bases", "get"): Case(),
    ("bases", "get"): nothing(),
    ("bases", "post"): nothing(
        holder=403, supervisor=201, body=lambda side: {"name": "Otra base", "teams": [side.team_id]}
    ),
    ("base", "get"): Case(),
    ("base", "put"): Case(holder=403, body=lambda side: {"name": "Con otro nombre", "teams": [side.team_id]}),
    ("base-state", "put"): Case(holder=403, body=lambda side: {"state": "paused"}),
    ("base-members", "get"): Case(),
    ("base-members", "post"): Case(holder=403, body=lambda side: {"contacts": [side.contact_id]}),
    ("base-member", "get"): Case(),
    ("base-member", "delete"): Case(holder=403),
    ("base-reservations", "post"): Case(),
    ("base-reservation", "delete"): Case(holder=204, supervisor=204),
    ("lots", "get"): nothing(),
    ("lots", "post"): nothing(
        holder=403, supervisor=201, body=lambda side: {"name": "Otro lote", "teams": [side.team_id]}
    ),
    ("lot", "get"): Case(),
    ("lot", "patch"): Case(holder=403, body=lambda side: {"name": "Con otro nombre"}),
    ("lot-contacts", "get"): Case(),
    ("lot-contacts", "post"): Case(holder=403, body=lambda side: {"contacts": [side.contact_id]}),
    ("calls", "post"): Case(
        holder=201,
        supervisor=201,
        body=lambda side: {"client_id": str(uuid.uuid4()), "contact_point": side.calls_point_id, "direction": "out"},
    ),
    ("interactions", "get"): Case(),
    # Only who made it says how it went.
    ("call-outcome", "put"): Case(
        supervisor=403, body=lambda side: {"typification": factories.leaf().pk, "ended_at": None}
    ),
    ("contact", "patch"): Case(body=lambda side: {"first_name": "Otra", "version": None}),
    ("contact-points", "post"): Case(holder=201, supervisor=201, body=lambda side: {"value": "0985444333"}),
    ("contact-point", "put"): Case(body=lambda side: {"is_primary": True}),
    ("contact-point", "delete"): Case(holder=204, supervisor=204),
    ("contact-addresses", "get"): Case(),
    ("contact-addresses", "post"): Case(holder=201, supervisor=201, body=lambda side: {"line": "Palma 1"}),
    ("contact-address", "put"): Case(body=lambda side: {"line": "Palma 2"}),
    ("contact-address", "delete"): Case(holder=204, supervisor=204),
    ("contact-notes", "get"): Case(),
    ("contact-notes", "post"): Case(holder=201, supervisor=201, body=lambda side: {"text": "Hola", "team": None}),
    # Only who wrote it.
    ("contact-note", "put"): Case(supervisor=403, body=lambda side: {"text": "Otra", "team": None}),
    ("contact-note", "delete"): Case(holder=204, supervisor=403),
    ("contact-note-restoration", "put"): Case(supervisor=403),
    ("contact-tags", "put"): Case(body=lambda side: {"tags": [side.tag_id]}),
    ("contact-group", "put"): Case(holder=204, supervisor=204),
    ("contact-group", "delete"): Case(holder=204, supervisor=204),
    ("contact-consents", "get"): Case(),
    ("contact-consents", "post"): Case(
        holder=201, supervisor=201, body=lambda side: {"medium": "whatsapp", "is_given": True, "source": "Por teléfono"}
    ),
    ("contact-restrictions", "put"): Case(body=lambda side: {"do_not_contact": True}),
    # Joining two takes two, and a right that agents have not: tests/contacts/test_joining*.py asks each of these doors.
    ("contact-merges", "get"): Case(),
    ("contact-merges", "post"): nothing(body=lambda side: {"merged_id": 987654321}),
    ("contact-merge-preview", "get"): nothing(holder=403),
    ("contact-twins", "get"): nothing(holder=403),
    ("contact-parting", "post"): nothing(),
    ("merge-suggestions", "get"): nothing(holder=403),
    ("merge-suggestion-dismissal", "post"): nothing(),
    # A right that neither has; tests/privacy/test_api.py asks as who does.
    ("privacy-person", "get"): nothing(holder=403),
    ("privacy-exports", "post"): nothing(),
    ("privacy-export", "get"): nothing(holder=403),
    ("privacy-export-file", "get"): nothing(holder=403),
    ("privacy-holds", "post"): nothing(body=lambda side: {"reason": "Expediente 12"}),
    ("privacy-hold", "delete"): nothing(),
    ("privacy-erasures", "post"): nothing(body=lambda side: {"confirmation": str(side.contact_id)}),
    ("privacy-erasure", "get"): nothing(holder=403),
    ("retention-rules", "get"): nothing(holder=403),
    ("retention-rules", "post"): nothing(body=lambda side: {"kind": "messages", "days": 30}),
    ("retention-rule", "get"): nothing(holder=403),
    ("retention-rule", "put"): nothing(body=lambda side: {"kind": "messages", "days": 30}),
    ("retention-rule", "delete"): nothing(),
    ("retention-counts", "post"): nothing(),
    ("retention-runs", "get"): nothing(holder=403),
    ("retention-runs", "post"): nothing(),
    ("retention-run", "get"): nothing(holder=403),
    # Companies are everybody's; agents add them on the way, administrators keep them.
    ("companies", "get"): nothing(),
    ("companies", "post"): nothing(holder=201, supervisor=201, body=lambda side: {"name": "Fibra Sur", "version": None}),
    ("company", "get"): nothing(),
    ("company", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Fibra Norte", "version": None}),
    ("company", "delete"): nothing(holder=403, supervisor=403),
    ("document-types", "get"): nothing(),
    ("contact-fields", "get"): nothing(),
    ("tags", "get"): nothing(),
    ("contact-groups", "get"): nothing(),
    # Set up by administrators only: tests/contacts/test_setup_api.py asks as one.
    ("document-types", "post"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Carné"}),
    ("document-type", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Carné"}),
    ("document-type", "delete"): nothing(holder=403, supervisor=403),
    ("contact-fields", "post"): nothing(holder=403, supervisor=403, body=lambda side: {"label": "Edad"}),
    ("contact-field", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"label": "Edad"}),
    ("contact-field", "delete"): nothing(holder=403, supervisor=403),
    ("tags", "post"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Promo"}),
    ("tag", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Promo"}),
    ("tag", "delete"): nothing(holder=403, supervisor=403),
    ("contact-groups", "post"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Zona"}),
    ("contact-group-setup", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"name": "Zona"}),
    ("contact-group-setup", "delete"): nothing(holder=403, supervisor=403),
    ("schema", "get"): nothing(),
    ("conversations", "get"): nothing(),
    ("conversation-counts", "get"): nothing(),
    ("drafts", "get"): nothing(),
    ("conversation", "get"): Case(),
    ("messages", "get"): Case(),
    ("messages", "post"): Case(
        holder=201, supervisor=403, body=lambda side: {"client_id": str(uuid.uuid4()), "text": "Hola"}
    ),
    ("search", "get"): nothing(),
    ("found", "get"): Case(),
    ("earlier", "get"): Case(),
    ("others", "get"): Case(),
    ("files", "get"): Case(),
    ("message", "delete"): Case(supervisor=403),
    ("message-attempts", "post"): Case(holder=201, supervisor=403),
    # The failed one is no unconfirmed one, whoever asks.
    ("message-resolution", "put"): Case(holder=409, supervisor=409, body=lambda side: {"decision": "resend"}),
    # It is the holder's already; a supervisor steps in.
    ("assignment", "put"): Case(holder=409, body=lambda side: {}),
    ("assignment", "delete"): Case(holder=204, supervisor=204),
    ("tray", "put"): Case(holder=204, supervisor=204, body=lambda side: {"tray": "pending"}),
    ("saved-views", "get"): nothing(),
    ("saved-views", "post"): nothing(body=lambda side: {"name": "Lo mío", "filters": {"assignee": ["me"]}}),
    ("saved-view", "put"): Case(supervisor=404, body=lambda side: {"name": "Otra"}),
    ("saved-view", "delete"): Case(holder=204, supervisor=404),
    ("saved-view-order", "put"): nothing(body=lambda side: {"ids": [side.view_id]}),
    ("closure", "get"): Case(),
    ("closure", "post"): Case(
        body=lambda side: {"typification": factories.leaf().pk, "note": "Listo", "mode": "normal"}
    ),
    ("read-mark", "put"): Case(holder=204, supervisor=204, body=lambda side: {"up_to": side.inbound_id}),
    ("draft", "get"): Case(),
    ("draft", "put"): Case(body=lambda side: {"mode": "note", "text": "A medias", "version": 0}),
    ("media", "get"): Case(),
    ("media-attempts", "post"): Case(holder=202, supervisor=202),
    ("shortcuts", "get"): Case(),
    ("resources", "get"): Case(),
    ("resource-copies", "post"): Case(holder=201, supervisor=403, body=lambda side: {"resource": side.resource_id}),
    ("openings", "get"): nothing(),
    ("openings", "post"): Case(
        holder=400,
        supervisor=400,
        # Its campaign and account exist for their own team only; the template does not exist at all.
        body=lambda side: {
            "client_id": str(uuid.uuid4()), "number": "0981555444", "account": side.account_id, "campaign": side.campaign_id,
            "template": {"id": 987654321},
        },
    ),
    # Without a campaign there is nothing, whoever asks; test_starting.py has the rest.
    ("opening-resources", "get"): nothing(holder=404, supervisor=404),
    ("number-lookups", "post"): Case(body=lambda side: {"number": "0981555444", "account": side.account_id}),
    ("attachments", "post"): Case(
        holder=201,
        supervisor=403,
        body=lambda side: {"conversation": side.conversation_id, "file": picture()},
        is_multipart=True,
    ),
}  # fmt: skip


@dataclass
class World:
    """The cast, the two sides, and everybody's way in."""

    cast: factories.Cast
    ours: Side
    theirs: Side
    clients: dict[str, Client] = field(default_factory=dict)

    def relation(self, who: str, side: Side) -> str:
        who = who.removeprefix("token of ")
        if who == "nobody":
            return "anonymous"
        if who == "admin":
            return "supervisor"
        mine = side == (self.theirs if who == "eva" else self.ours)
        return "outsider" if not mine else "supervisor" if who == "luis" else "holder"


@pytest.fixture
def world(cast: factories.Cast) -> World:
    # As `seed` does.
    pushing.push_settings()
    made = World(cast=cast, ours=make_ours(cast), theirs=make_theirs(cast))
    people: dict[str, User] = {"ana": cast.ana, "luis": cast.luis, "eva": cast.eva, "admin": cast.admin}
    made.clients = {"nobody": Client()} | {name: signed_in(user) for name, user in people.items()}
    made.clients |= {f"token of {name}": with_token(people[name]) for name in ("ana", "eva")}
    return made


def endpoints() -> list[Endpoint]:
    found = []
    for route, pattern in walk(get_resolver("config.urls"), ""):
        if route.startswith(PREFIX):
            view = pattern.callback.view_class  # type: ignore[union-attr]  # every REST view is a class
            methods = [
                each for each in view.http_method_names if hasattr(view, each) and each not in ("head", "options")
            ]
            found += [
                Endpoint(str(pattern.name), method, tuple(re.findall(r"<\w+:(\w+)>", route))) for method in methods
            ]
    return found


def walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from walk(each, route)
        else:
            yield route, each


def call(client: Client, endpoint: Endpoint, side: Side, *, body: Any = None, **options: Any) -> HttpResponse:
    """Make the endpoint's usual request about this side's things."""
    case = CASES[endpoint.name, endpoint.method]
    address = reverse(f"api:{endpoint.name}", kwargs={name: getattr(side, name) for name in endpoint.parameters})
    data = body if body is not None else case.body(side) if case.body else None
    send = getattr(client, endpoint.method)
    if endpoint.method == "get":
        return send(address, **options)  # type: ignore[no-any-return]
    if case.is_multipart:
        return send(address, data, **options)  # type: ignore[no-any-return]
    content = json.dumps(data) if data is not None else ""
    return send(address, content, content_type="application/json", **options)  # type: ignore[no-any-return]


def about_objects() -> list[Endpoint]:
    return [each for each in endpoints() if CASES[each.name, each.method].about_object]


def changing() -> list[Endpoint]:
    return [each for each in endpoints() if each.method not in SAFE]


# --- Who sees what --------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S01", "S07")
def test_every_endpoint_of_the_api_has_its_entry_in_the_matrix() -> None:
    assert {(each.name, each.method) for each in endpoints()} == set(CASES)
    assert len(endpoints()) > 20


@pytest.mark.shows("S01", "S07", "S21")
def test_everybody_is_answered_by_what_they_are_to_the_object(world: World) -> None:
    wrong = []
    for endpoint in about_objects():
        case = CASES[endpoint.name, endpoint.method]
        expected = {"holder": case.holder, "supervisor": case.supervisor, "outsider": 404, "anonymous": 401}
        for who, client in world.clients.items():
            for side in (world.ours, world.theirs):
                with undone():
                    status = call(client, endpoint, side).status_code
                if status != expected[world.relation(who, side)]:
                    wrong.append(f"{who}: {endpoint} of {'ours' if side == world.ours else 'theirs'} answered {status}")
    assert wrong == []


@pytest.mark.shows("S01", "S07")
def test_what_is_another_teams_answers_exactly_as_what_does_not_exist_and_nothing_happens(world: World) -> None:
    before, wrong, bodies = contents(), [], set()
    askers = [("eva", world.ours), ("ana", world.theirs), ("luis", world.theirs), ("token of eva", world.ours)]
    for endpoint, (who, side) in itertools.product(about_objects(), askers):
        there, nowhere = (call(world.clients[who], endpoint, each) for each in (side, NOBODYS))
        bodies.add(there.content)
        if (there.status_code, there.content) != (404, nowhere.content) or set(there.headers) != set(nowhere.headers):
            wrong.append(f"{who}: {endpoint} tells them apart: {there.content!r} {nowhere.content!r}")
        if touched := changed_since(before):
            wrong.append(f"{who}: {endpoint} changed {touched}")
    assert wrong == []
    # One body for all of them, and it has words.
    (body,) = bodies
    assert json.loads(body)["error"]["code"] == "not_found"
    assert json.loads(body)["error"]["message"]


@pytest.mark.shows("S01", "S20")
def test_without_a_session_every_endpoint_answers_401_and_nothing_happens(world: World) -> None:
    before, wrong = contents(), []
    for endpoint in endpoints():
        there, nowhere = (call(world.clients["nobody"], endpoint, side) for side in (world.ours, NOBODYS))
        # Whether the thing exists is not to be read from the refusal either.
        if there.status_code != 401 or there.content != nowhere.content or changed_since(before):
            wrong.append(f"{endpoint}: {there.status_code} {there.content!r} {nowhere.content!r}")
    assert wrong == []


@pytest.mark.shows("S02")
def test_ids_of_one_conversation_under_another_reach_nothing(world: World) -> None:
    ana, conversation = world.clients["ana"], factories.taken_conversation(world.cast)
    other = Message.objects.get(conversation=conversation)
    mine, crossed = f"/api/v1/conversations/{world.ours.conversation_id}/", f"/api/v1/conversations/{conversation.pk}/"
    client_id = str(uuid.uuid4())
    foreign_file = str(Attachment.objects.get(pk=world.theirs.attachment).pk)
    not_offered = Typification.objects.create(name="De otra campaña")
    attempts: list[tuple[str, str, Any, int]] = [
        # A message of mine under another conversation of mine, and of Eva's under mine.
        ("delete", f"{crossed}messages/{world.ours.message_id}/", None, 404),
        ("post", f"{crossed}messages/{world.ours.message_id}/attempts/", {}, 404),
        ("delete", f"{mine}messages/{world.theirs.message_id}/", None, 404),
        ("post", f"{mine}messages/{world.theirs.message_id}/attempts/", {}, 404),
        # Files: of my other conversation, and of Eva's.
        ("post", f"{crossed}messages/", {"client_id": client_id, "attachment": str(world.ours.attachment)}, 400),
        ("post", f"{mine}messages/", {"client_id": client_id, "attachment": foreign_file}, 400),
        # Quotes.
        ("post", f"{mine}messages/", {"client_id": client_id, "text": "x", "reply_to": other.pk}, 400),
        ("post", f"{mine}messages/", {"client_id": client_id, "text": "x", "reply_to": world.theirs.inbound_id}, 400),
        # An outcome that this campaign does not offer, and one that does not exist.
        ("post", f"{mine}closure/", {"typification": not_offered.pk, "note": "x"}, 409),
        ("post", f"{mine}closure/", {"typification": 987654321, "note": "x"}, 409),
        # Read up to somebody else's message: nothing of it is mine to mark.
        ("put", f"{mine}read/", {"up_to": world.theirs.inbound_id}, 204),
        ("put", f"{mine}read/", {"up_to": other.pk}, 204),
        ("put", "/api/v1/me/aux-state/", {"aux_state": 987654321}, 400),
    ]
    with untouched():
        answers = [
            (method, address, getattr(ana, method)(address, json.dumps(body), content_type="application/json"))
            for method, address, body, _status in attempts
        ]
    given = [(method, address, response.status_code) for method, address, response in answers]
    assert given == [(method, address, status) for method, address, _body, status in attempts]


@pytest.mark.shows("S02", "S43")
def test_a_file_uploaded_by_somebody_else_cannot_be_sent(world: World) -> None:
    # Luis takes the conversation over; the picture Ana chose there is still hers.
    luis, address = world.clients["luis"], f"/api/v1/conversations/{world.ours.conversation_id}/"
    assert luis.put(f"{address}assignment/").status_code == 200
    with untouched():
        answer = luis.post(
            f"{address}messages/",
            {"client_id": str(uuid.uuid4()), "attachment": str(world.ours.attachment)},
            content_type="application/json",
        )
    assert answer.status_code == 400


LISTS = [
    *(
        f"conversations/{question}"
        for question in (
            "", "?tray=in_progress", "?tray=pending", "?order=waiting", "?order=-waiting", "?unread=1", "?unanswered=1", "?limit=100",
            "?answered=1", "?unreplied=1", "?window=open", "?window=ending", "?since=2020-01-01", "?until=2090-01-01", "?order=name", "?order=-name",
            "?order=window", "?order=-window", "?tray=attended&order=name", "?search=wenceslao&order=name", "?search=wenceslao", "?search=xyzzy", "?search=981777888", "?search=5959817", "?assignee=none", "?assignee={ana}", "?team={team}",
            "?campaign={campaign}", "?account={account}", "?team={team}&team={other_team}",
        )
    ),
    "conversations/counts/", "conversations/counts/?team={team}", "conversations/counts/?search=wenceslao", "conversations/counts/?assignee={ana}", "conversations/counts/?unreplied=1", "conversations/counts/?window=open&answered=1", "saved-views/",
    "contacts/", "contacts/?search=wenceslao", "contacts/?search=981777888", "contacts/?search=calle", "contacts/?search=ana@example.com",
    "contacts/?order=-created", "contacts/?order=company", "contacts/?order=-last_interaction", "contacts/?point=whatsapp", "contacts/?vip=0",
    "contacts/?team={team}", "contacts/?team={team}&team={other_team}", "contact-groups/", "bases/", "lots/", "drafts/", "users/", "me/", "aux-states/", "typifications/",
]  # fmt: skip


@pytest.mark.shows("S05")
def test_lists_counts_and_searches_are_the_same_with_and_without_another_teams_work(cast: factories.Cast) -> None:
    eva = signed_in(cast.eva)
    make_theirs(cast)
    ids = {
        "ana": cast.ana.pk, "team": cast.team.pk, "other_team": cast.other_team.pk, "campaign": cast.campaign.pk, "account": cast.account.pk,
    }  # fmt: skip
    addresses = [f"/api/v1/{each.format(**ids)}" for each in LISTS]
    before = {address: eva.get(address).content for address in addresses}
    ours = make_ours(cast)
    for number in range(3):
        factories.conversation(cast, f"Hola {number}")
    after = {address: eva.get(address).content for address in addresses}
    assert [address for address in addresses if after[address] != before[address]] == []
    assert b"Wenceslao" not in b"".join(after.values())
    # The control: the same questions show Luis his team's work.
    luis = signed_in(cast.luis)
    assert b"Wenceslao" in luis.get("/api/v1/conversations/?search=wenceslao").content
    assert luis.get("/api/v1/conversations/counts/").json()["pending"] >= 3
    assert {each["id"] for each in luis.get("/api/v1/contacts/").json()["results"]} >= {ours.contact_id}


@pytest.mark.shows("S05")
def test_a_cursor_of_another_teams_contact_is_as_unknown_as_any(world: World) -> None:
    eva = world.clients["eva"]
    theirs, nobodys = (eva.get(f"/api/v1/contacts/?cursor={pk}") for pk in (world.ours.contact_id, 987654321))
    assert (theirs.status_code, theirs.content) == (400, nobodys.content)


ODD_QUESTIONS = [
    "order=-owner__password", "order=assignee__password", "team__name=x", "contact__custom=x", "tray=attended'--", "team=1e3", "team=-1",
    "assignee=1%20or%201=1", "limit=0", "limit=101", "limit=ten", "limit=1&limit=2", "cursor=AAAA", "search=a", "order=", "unread=2",
    "tray=pending&tray=attended", "__proto__=x", "assignee__session_epoch=1", "team=%D9%A1", "search=" + "x" * 81,
]  # fmt: skip


@pytest.mark.shows("S06")
def test_a_question_outside_the_allow_list_is_refused_naming_it(cast: factories.Cast) -> None:
    luis = signed_in(cast.luis)
    for question in ODD_QUESTIONS:
        response = luis.get(f"/api/v1/conversations/?{question}")
        assert (question, response.status_code) == (question, 400)
        assert list(response.json()["error"]["fields"]) == [question.partition("=")[0]]


ODD_CONTACT_QUESTIONS = [
    "order=-teams__name", "order=sort_name", "order=points__digits", "company__name=x", "custom__txtOcupacion=x", "tag=1e3", "group=-1", "vip=maybe",
    "point=paloma", "limit=0", "limit=101", "limit=ten", "cursor=AAAA", "search=a", "search=" + "x" * 81, "__proto__=x", "team=%D9%A1",
    "vip=1&vip=0", "document_number=4123456", "tag=" + "&tag=".join(map(str, range(1, 60))),
]  # fmt: skip


@pytest.mark.shows("S06", "S54")
def test_a_question_about_contacts_outside_the_allow_list_is_refused_naming_it(cast: factories.Cast) -> None:
    luis = signed_in(cast.luis)
    for question in ODD_CONTACT_QUESTIONS:
        response = luis.get(f"/api/v1/contacts/?{question}")
        assert (question, response.status_code) == (question, 400)
        assert list(response.json()["error"]["fields"]) == [question.partition("=")[0]]


@pytest.mark.shows("S39", "S54")
def test_bytes_and_numbers_that_no_column_holds_are_no_error_of_ours(cast: factories.Cast) -> None:
    ana, conversation = signed_in(cast.ana), factories.taken_conversation(cast)
    huge = 10**30
    for address in (
        "conversations/?search=a%00b", "contacts/?search=a%00b", f"conversations/{huge}/", f"contacts/{huge}/", f"conversations/?team={huge}",
        f"contacts/?cursor={huge}", f"conversations/{conversation.pk}/messages/?after_change={huge}", f"conversations/{conversation.pk}/messages/?before=AA",
        # A cursor of our own form with a moment that has no zone, and with a number that is none.
        "conversations/?cursor=WyItbGFzdF9hY3Rpdml0eSIsIjIwMjYtMTEtMjFUMTI6MDA6MDAiLDFd",
    ):  # fmt: skip
        with untouched():
            answer = ana.get(f"/api/v1/{address}")
        assert answer.status_code in (200, 400, 404), address
    mine = f"/api/v1/conversations/{conversation.pk}/"
    for method, address, body, status in (
        ("put", f"/api/v1/conversations/{huge}/assignment/", {}, 404),
        ("put", f"{mine}read/", {"up_to": huge}, 204),
        ("put", f"{mine}draft/", {"mode": "reply", "text": "x", "version": 2**31 - 1}, 400),
        ("put", f"{mine}draft/", {"mode": "reply", "text": "a\x00b", "version": 0}, 400),
        ("post", f"{mine}closure/", {"typification": huge}, 409),
        ("post", f"{mine}messages/", {"client_id": str(uuid.uuid4()), "text": "\ud800"}, 400),
        ("put", "/api/v1/me/aux-state/", {"aux_state": huge}, 400),
    ):
        with untouched():
            answer = getattr(ana, method)(address, json.dumps(body), content_type="application/json")
        assert (address, answer.status_code) == (address, status)


# --- What is written ------------------------------------------------------------------------------------------------------------


FORGED = {
    "id": 1, "role": "admin", "groups": ["admin"], "is_staff": True, "is_superuser": True, "is_active": False, "session_epoch": 0, "may_export": True,
    "user_permissions": [1], "capacity": {"whatsapp": 999}, "team": 2, "team_id": 2, "campaign_id": 2, "assignee_id": 1, "contact_id": 1,
    "created_at": "2001-01-01T00:00:00Z", "happened_at": "2001-01-01T00:00:00Z", "status": "sent", "direction": "in", "author_id": 1,
    "author_kind": "customer", "sender_id": 1, "provider_id": "wamid.forged", "change": 999999, "version": 999999, "unread": 0, "cost": 0,
    "uploaded_by": 1, "state": "failed", "path": "/etc/passwd", "started_at": "2001-01-01T00:00:00Z", "ended_at": "2001-01-01T00:00:00Z",
    "password": "x", "username": "root", "closed_by": 1, "user": 1, "conversation_id": 1,
}  # fmt: skip


@pytest.mark.shows("S08")
def test_fields_that_are_not_asked_for_are_ignored_everywhere(world: World) -> None:
    wrong = []
    for endpoint in changing():
        case = CASES[endpoint.name, endpoint.method]
        asked = case.body(world.ours) if case.body else {}
        forged = {
            name: value for name, value in FORGED.items() if name not in asked and not isinstance(value, dict | list)
        }
        with undone():
            plain = call(world.clients["ana"], endpoint, world.ours, body=asked)
            plain_shape = shape(plain)
            plain_rows = forged_rows(world)
        asked = case.body(world.ours) if case.body else {}
        with undone():
            response = call(world.clients["ana"], endpoint, world.ours, body=asked | forged)
            if (response.status_code, shape(response)) != (plain.status_code, plain_shape) or forged_rows(
                world
            ) != plain_rows:
                wrong.append(f"{endpoint}: {response.content[:300]!r}")
    assert wrong == []


def shape(response: HttpResponse) -> Any:
    """The answer without what is another at each call: ids and the hues made of them, moments and names given by the server."""
    if not response.content:
        return None
    anew = ("id", "uuid", "hue", "at", "since", "url", "thumbnail_url", "reason", "message", "client_id")
    return drop(json.loads(response.content), anew)


def drop(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {
            name: drop(each, names) for name, each in value.items() if name not in names and not name.endswith("_at")
        }
    return [drop(each, names) for each in value] if isinstance(value, list) else value


def forged_rows(world: World) -> Any:
    """Everything that FORGED tries to write, as it stands."""
    cast = world.cast
    users = User.objects.order_by("pk").values(
        "username", "password", "is_staff", "is_superuser", "is_active", "session_epoch", "may_export", "capacity", "groups__name",
    )  # fmt: skip
    conversation = Conversation.objects.filter(pk=world.ours.conversation_id).values(
        "status",
        "assignee_id",
        "team_id",
        "campaign_id",
        "contact_id",
        "created_at",
        "version",
        "change",
        "closed_by_id",
    )
    messages = Message.objects.filter(conversation_id=world.ours.conversation_id).order_by("pk").values(
        "status", "direction", "author_id", "author_kind", "provider_id", "change"
    )  # fmt: skip
    old = (
        Message.objects.filter(happened_at__year=2001).count()
        + cast.ana.state_intervals.filter(started_at__year=2001).count()
    )
    drafts = Draft.objects.order_by("pk").values("user_id", "conversation_id", "mode", "version")
    files = Attachment.objects.order_by("name").values("uploaded_by_id", "state", "conversation_id", "name")
    return [list(each) for each in (users, conversation, messages, drafts, files)], old, OutboxEntry.objects.count()


@pytest.mark.shows("S20")
def test_without_its_csrf_token_no_session_changes_anything(world: World) -> None:
    ana = signed_in(world.cast.ana, csrf=True)
    before, wrong = contents(), []
    for endpoint in changing():
        response = call(ana, endpoint, world.ours)
        if response.status_code != 403 or changed_since(before):
            wrong.append(f"{endpoint}: {response.status_code}")
    assert wrong == []


@pytest.mark.shows("S20")
def test_with_its_csrf_token_the_same_session_does(world: World) -> None:
    ana = signed_in(world.cast.ana, csrf=True)
    ana.get("/")
    answer = ana.put(
        "/api/v1/me/preferences/",
        {"theme": "dark"},
        content_type="application/json",
        headers={"X-CSRFToken": ana.cookies["csrf"].value},
    )
    assert (answer.status_code, answer.json()["theme"]) == (200, "dark")


@pytest.mark.shows("S20")
def test_a_body_that_calls_itself_anything_but_json_is_refused(world: World) -> None:
    before, wrong = contents(), []
    kinds = ("text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json")
    for endpoint, kind in itertools.product(changing(), kinds):
        case = CASES[endpoint.name, endpoint.method]
        if case.body is None or case.is_multipart or endpoint.name == "assignment":
            # Taking reads no body; its CSRF token is what a foreign page does not have.
            continue
        address = reverse(
            f"api:{endpoint.name}", kwargs={each: getattr(world.ours, each) for each in endpoint.parameters}
        )
        response = getattr(world.clients["ana"], endpoint.method)(
            address, json.dumps(case.body(world.ours)), content_type=kind
        )
        if (response.status_code, response.json()["error"]["code"]) != (415, "unsupported_media") or changed_since(
            before
        ):
            wrong.append(f"{endpoint} as {kind}: {response.status_code}")
    for kind in ("application/json", "text/plain", "application/octet-stream"):
        assert world.clients["ana"].post("/api/v1/attachments/", "{}", content_type=kind).status_code == 415
    assert (wrong, changed_since(before)) == ([], [])


@pytest.mark.shows("S20")
def test_reading_changes_nothing(world: World) -> None:
    ids = {
        "ana": world.cast.ana.pk, "team": world.cast.team.pk, "other_team": world.cast.other_team.pk, "campaign": world.cast.campaign.pk,
        "account": world.cast.account.pk,
    }  # fmt: skip
    pages = [
        "/", "/accounts/login/", "/accounts/logout/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/email/",
        "/healthz", "/jsi18n/", "/api/v1/schema/", f"/media/{world.ours.attachment}/", "/nowhere/",
    ]  # fmt: skip
    pages += [f"/api/v1/{each.format(**ids)}" for each in LISTS]
    with untouched():
        for endpoint in endpoints():
            if endpoint.method == "get":
                expected = CASES[endpoint.name, "get"].holder
                assert call(world.clients["ana"], endpoint, world.ours).status_code == expected, endpoint
        for address in pages:
            for ask in (world.clients["ana"].get, world.clients["ana"].head, world.clients["ana"].options):
                b"".join(ask(address))
        # Also of changing endpoints: asking what they are does nothing.
        for endpoint in changing():
            address = reverse(
                f"api:{endpoint.name}", kwargs={each: getattr(world.ours, each) for each in endpoint.parameters}
            )
            world.clients["ana"].get(address)
            world.clients["ana"].options(address)
    assert world.clients["ana"].get("/api/v1/me/").status_code == 200


@pytest.mark.shows("S54")
def test_a_method_cannot_be_changed_by_a_header_or_a_parameter(world: World) -> None:
    address = f"/api/v1/conversations/{world.ours.conversation_id}/assignment/"
    with untouched():
        for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "PUT"}):
            assert world.clients["ana"].post(f"{address}?_method=DELETE", headers=headers).status_code == 405


# --- Programs -------------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S21")
def test_an_api_token_is_kept_only_as_a_digest_and_works_until_it_is_revoked(cast: factories.Cast) -> None:
    plain = create_api_token(cast.ana, name="CRM", by=cast.admin)
    stored = ApiToken.objects.get()
    assert plain not in str(ApiToken.objects.values())
    assert len(plain) >= 43
    program = Client(headers={"Authorization": f"Token {plain}"})
    assert program.get("/api/v1/me/").json()["username"] == "ana"
    # What is stored opens nothing.
    assert Client(headers={"Authorization": f"Token {stored.digest}"}).get("/api/v1/me/").status_code == 401
    revoke_api_token(stored, by=cast.admin)
    with untouched():
        refused = program.put("/api/v1/me/preferences/", {"theme": "dark"}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_authenticated")


@pytest.mark.shows("S21")
def test_an_api_token_ends_with_its_user(cast: factories.Cast) -> None:
    program = with_token(cast.ana)
    assert program.get("/api/v1/me/").status_code == 200
    deactivate_user(cast.ana.pk, by=cast.admin)
    assert program.get("/api/v1/me/").status_code == 401


@pytest.mark.shows("S21")
def test_an_api_token_is_not_looked_for_in_the_address_a_cookie_or_the_body(cast: factories.Cast) -> None:
    plain = create_api_token(cast.ana, name="CRM", by=None)
    client = Client()
    for name in ("token", "api_token", "api_key", "key", "access_token", "auth_token"):
        client.cookies[name] = plain
        assert client.get(f"/api/v1/me/?{name}={plain}").status_code == 401
        with untouched():
            assert (
                client.put(
                    "/api/v1/me/preferences/", {name: plain, "theme": "dark"}, content_type="application/json"
                ).status_code
                == 401
            )
    for header in (f"Bearer {plain}", f"Token {plain}x", "Token ", "Token", f"Basic {plain}", f"Token {plain} {plain}"):
        assert Client(headers={"Authorization": header}).get("/api/v1/me/").status_code == 401


@pytest.mark.shows("S50")
def test_no_answer_carries_a_secret(world: World) -> None:
    ProviderApp.objects.create(
        key="acme", name="Acme", credentials={"app_secrets": ["acme-secret"], "verify_token": "acme-verify"}
    )
    hashes = list(User.objects.values_list("password", flat=True))
    secrets = [
        factories.TOKEN, OTHER_TOKEN, "acme-secret", "acme-verify", factories.PASSWORD, settings.SECRET_KEY, *hashes,
        *ApiToken.objects.values_list("digest", flat=True), *Session.objects.values_list("session_key", flat=True),
        *(each.split("$")[-1] for each in hashes), str(settings.MEDIA_ROOT), Attachment.objects.get(pk=world.ours.attachment).path,
    ]  # fmt: skip
    admin = world.clients["admin"]
    answers = {str(each): call(admin, each, world.ours).content for each in endpoints() if each.method == "get"}
    answers |= {
        each: admin.get(each).content
        for each in ("/", "/healthz", "/accounts/2fa/", "/nowhere", "/api/v1/conversations/?order=x")
    }
    with undone():
        answers |= {str(each): call(admin, each, world.theirs).content for each in changing()}
    assert [
        (name, secret) for name, content in answers.items() for secret in secrets if secret.encode() in content
    ] == []
    # And nothing is called like one, in whatever is added later.
    names = {name for content in answers.values() for name in keys_of(content)}
    assert {
        name
        for name in names
        if re.search(r"password|secret|credential|digest|session|(?<!public)_key$|^key$|^path$|provider_media", name)
    } == set()


def keys_of(content: bytes) -> set[str]:
    try:
        value = json.loads(content)
    except ValueError:
        return set()
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            # The OpenAPI document speaks about addresses, not of anybody's values.
            if "openapi" in each:
                continue
            found |= set(each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
