"""What is written: only what is asked for, only as JSON, only with its CSRF token, and never by reading (S08, S20, S54)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import User
from inbox.models import Attachment, Conversation, Draft, Message, OutboxEntry
from tests.security.matrix import CASES, LISTS, World, call, changing, endpoints
from tests.security.world import signed_in, undone
from tests.untouched import changed_since, contents, untouched

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
    anew = (
        "id",
        "uuid",
        "hue",
        "at",
        "since",
        "url",
        "thumbnail_url",
        "reason",
        "message",
        "client_id",
        "snoozed_until",
        "until",
    )
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
