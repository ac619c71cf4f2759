"""A push service that stands for Google's, Mozilla's and Apple's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from pytest_django import Settings

from accounts.actions import pushing
from accounts.models import PushSubscription, User
from tests.connectors.loopback import Loopback, answers, loopback
from tests.push.service import FakeBrowser

Subscribe = Callable[..., tuple[FakeBrowser, PushSubscription]]


@pytest.fixture
def service(settings: Settings) -> Iterator[Loopback]:
    with loopback() as server:
        settings.PUSH_HOSTS = (server.url,)
        server.will(answers(201, b""))
        yield server


@pytest.fixture
def subscribe(service: Loopback) -> Subscribe:
    """`subscribe(user)`: a browser of theirs, signed in, whose subscription is kept."""
    count = 0

    def make(user: User) -> tuple[FakeBrowser, PushSubscription]:
        nonlocal count
        count += 1
        browser = FakeBrowser(f"{service.url}/push/{count}")
        keys = browser.subscription()["keys"]
        kept = pushing.subscribe(
            user, session_key=session_of(user), endpoint=browser.endpoint, p256dh=keys["p256dh"], auth=keys["auth"], label="Chromium"
        )  # fmt: skip
        return browser, kept

    return make


def session_of(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    key: str = session.session_key
    return key
