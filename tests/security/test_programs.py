"""Programs and their tokens, and that no answer carries a secret (S21, S50)."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.actions import create_api_token, deactivate_user, revoke_api_token
from accounts.models import ApiToken, User
from campaigns.models import ProviderApp
from inbox.models import Attachment
from tests import factories
from tests.security.matrix import World, call, changing, endpoints
from tests.security.world import OTHER_TOKEN, undone, with_token
from tests.untouched import untouched


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
