"""Every address of the API, what each answers to whom, and everybody's way in.

The addresses come from the URL resolver: an endpoint without an entry in CASES fails the build.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import AuxState
from tests import factories
from tests.security.world import Side, picture

PREFIX = "api/v1/"
SAFE = ("get", "head", "options")
NEXT_WEEK = (timezone.now() + datetime.timedelta(days=7)).isoformat()


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


def soon() -> str:
    return (timezone.now() + datetime.timedelta(hours=2)).isoformat()


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
    # Of agents whom one supervises: tests/accounts/test_auxiliaries.py asks as everybody.
    ("user-aux-state", "put"): nothing(holder=404, supervisor=404, body=lambda side: {"aux_state": AuxState.objects.get(code="meeting").pk, "reason": "Reunión"}),
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
    ("contact-exclusive-agents", "get"): Case(),
    # Who is no agent of the campaign is nobody's exclusive one: tests/inbox/test_exclusive.py has the rest.
    ("contact-exclusive-agent", "put"): Case(holder=400, supervisor=400, body=lambda side: {"user": 987654321}),
    ("contact-exclusive-agent", "delete"): Case(holder=204, supervisor=204),
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
    # Supervisors set up the campaigns of their teams; tests/campaigns/test_campaign_api.py asks about another team's.
    ("campaigns", "get"): nothing(holder=403),
    ("campaigns", "post"): nothing(holder=403, supervisor=201, body=lambda side: {"name": "Otra", "project_id": 1, "team_id": side.team_id}),
    ("campaign", "get"): nothing(holder=403),
    ("campaign", "put"): nothing(holder=403, body=lambda side: {"name": "Otra", "project_id": 1, "team_id": side.team_id}),
    ("campaign-state", "put"): nothing(holder=403, body=lambda side: {"state": "paused"}),
    ("campaign-copies", "post"): nothing(holder=403, supervisor=201, body=lambda side: {"name": "Copia"}),
    ("campaign-agents", "get"): nothing(holder=403),
    ("campaign-agents", "put"): nothing(holder=403, body=lambda side: {"agents": []}),
    ("campaign-accounts", "get"): nothing(holder=403),
    ("campaign-accounts", "put"): nothing(holder=403, body=lambda side: {"accounts": [], "default_for": []}),
    ("campaign-typifications", "get"): nothing(holder=403),
    ("campaign-typifications", "put"): nothing(holder=403, body=lambda side: {"transfer": {"offered": []}}),
    ("campaign-schedule", "get"): nothing(holder=403),
    ("campaign-schedule", "put"): nothing(holder=403, body=lambda side: {"monday": ["08:00-12:00"]}),
    ("campaign-holidays", "get"): nothing(holder=403),
    ("campaign-holidays", "post"): nothing(holder=403, supervisor=201, body=lambda side: {"on": "2031-12-25"}),
    ("campaign-holiday", "delete"): nothing(holder=403),
    ("campaign-messages", "get"): nothing(holder=403),
    ("campaign-messages", "put"): nothing(holder=403, body=lambda side: {"welcome_message": "Hola"}),
    ("campaign-bases", "get"): nothing(holder=403),
    ("campaign-bases", "put"): nothing(holder=403, body=lambda side: {"bases": [side.base_id]}),
    # Administrators set up the accounts: tests/campaigns/test_rules_api.py asks as who does, and about another team's.
    ("routing-rules", "get"): nothing(holder=403, supervisor=403),
    ("routing-rules", "post"): nothing(holder=403, supervisor=403, body=lambda side: {"campaign": side.campaign_id, "words": ["hola"]}),
    ("routing-rule-order", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"rules": []}),
    ("account-question", "get"): nothing(holder=403, supervisor=403),
    ("account-question", "put"): nothing(holder=403, supervisor=403, body=lambda side: {"text": "¿Adónde?"}),
    ("routing-rule", "get"): nothing(holder=404, supervisor=404),
    ("routing-rule", "put"): nothing(holder=404, supervisor=404, body=lambda side: {"campaign": side.campaign_id, "words": ["hola"]}),
    ("routing-rule", "delete"): nothing(holder=404, supervisor=404),
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
    # It is open.
    ("closure", "put"): Case(holder=409, supervisor=409, body=lambda side: {"typification": factories.leaf().pk}),
    ("association", "get"): Case(),
    ("association", "put"): Case(body=lambda side: {"base": side.base_id}),
    ("association-candidates", "get"): Case(),
    ("conversation-contact-notes", "post"): Case(holder=201, supervisor=201, body=lambda side: {"text": "Prefiere la tarde"}),
    ("callbacks", "get"): nothing(),
    ("callback", "get"): Case(),
    ("callback", "put"): Case(body=lambda side: {"due_at": NEXT_WEEK}),
    ("callback-end", "put"): Case(body=lambda side: {"state": "done"}),
    ("open-record", "get"): nothing(holder=204, supervisor=204),
    ("open-record", "post"): Case(body=lambda side: {"base": side.base_id}),
    ("open-record", "delete"): nothing(holder=204, supervisor=204),
    ("transfer", "get"): Case(),
    # To nobody whom the campaign knows: tests/inbox/test_transferring.py has the rest.
    ("transfer", "post"): Case(
        holder=409, supervisor=409, body=lambda side: {"user": 987654321, "note": "Pide otra cosa"}
    ),
    ("exclusive-agent", "put"): Case(body=lambda side: {}),
    ("exclusive-agent", "delete"): Case(),
    ("snooze", "put"): Case(supervisor=403, body=lambda side: {"until": soon()}),
    # It does not rest.
    ("snooze", "delete"): Case(holder=409, supervisor=409),
    ("scheduled-messages", "get"): Case(),
    ("scheduled-messages", "post"): Case(
        holder=201,
        supervisor=403,
        body=lambda side: {"client_id": str(uuid.uuid4()), "text": "Hasta mañana", "due_at": soon()},
    ),
    ("scheduled-message", "delete"): Case(holder=404, supervisor=404),
    ("offers", "get"): nothing(),
    ("offer-answer", "put"): nothing(holder=404, supervisor=404),
    ("offer-answer", "delete"): nothing(holder=404, supervisor=404),
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
        return send(address, **options)  # type: ignore[no-any-return]  # the test client is untyped
    if case.is_multipart:
        return send(address, data, **options)  # type: ignore[no-any-return]  # the test client is untyped
    content = json.dumps(data) if data is not None else ""
    return send(address, content, content_type="application/json", **options)  # type: ignore[no-any-return]  # the test client is untyped


def about_objects() -> list[Endpoint]:
    return [each for each in endpoints() if CASES[each.name, each.method].about_object]


def changing() -> list[Endpoint]:
    return [each for each in endpoints() if each.method not in SAFE]


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
