"""Where a subscription may lead (S41), whose it is, and that it goes with its session (S12)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.actions import change_role, create_api_token, deactivate_user, pushing, revoke_access
from accounts.models import PushSubscription
from config.environment import PUSH_HOSTS
from connectors import webpush
from connectors.webpush import Browser, EndpointRefused, PushHeldUp, Sender, check_browser, send
from core.refusals import NotAllowed
from inbox.models import PushNotice
from tests import factories
from tests.connectors.loopback import Loopback
from tests.inbox.test_held_ids import meanwhile, once
from tests.inbox.test_unreadable import somebody_waits_for_a_lock
from tests.push.conftest import Subscribe, session_of
from tests.push.service import FakeBrowser
from tests.security.world import signed_in
from tests.stack import wait_until
from tests.witness import refused

ADDRESS = "/api/v1/me/push-subscription/"
GOOD = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://db5p.notify.windows.com/w/?token=x",
    "https://web.push.apple.com/QGuQyavXutnMH",
]
BAD = [
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://fcm.googleapis.com:6379/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil.example/https://fcm.googleapis.com/",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://user:secret@fcm.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://0x7f000001/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:10.0.0.1]/x",
    "https://100.64.0.1/x",
    "https://localhost/x",
    "gopher://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "https://fcm.googleapis.com\\@127.0.0.1/x",
    "https://fcm.googleapis.com:99999/x",
    "https:///x",
    "nonsense",
]


def browser_at(endpoint: str) -> Browser:
    keys = FakeBrowser(endpoint).subscription()["keys"]
    return Browser(endpoint=endpoint, p256dh=keys["p256dh"], auth=keys["auth"])


@pytest.mark.shows("S41")
@pytest.mark.parametrize("endpoint", GOOD)
def test_the_push_services_of_browsers_are_known(endpoint: str) -> None:
    check_browser(browser_at(endpoint), hosts=PUSH_HOSTS)


@pytest.mark.shows("S41")
@pytest.mark.parametrize("endpoint", BAD)
def test_no_other_address_is_kept_or_called(endpoint: str) -> None:
    with pytest.raises(EndpointRefused):
        check_browser(browser_at(endpoint), hosts=PUSH_HOSTS)
    with pytest.raises(EndpointRefused):
        send(browser_at(endpoint), b"{}", sender=Sender(webpush.make_private_key(), "mailto:a@b.c"), hosts=PUSH_HOSTS)


@pytest.mark.shows("S41")
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "100.64.0.1", "::ffff:10.0.0.1"]
)
def test_a_known_name_that_resolves_to_a_private_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    family = 10 if ":" in address else 2
    monkeypatch.setattr(
        "connectors.transport.socket.getaddrinfo", lambda *_args, **_named: [(family, 1, 6, "", (address, 443))]
    )
    with pytest.raises(PushHeldUp, match="ConnectError"):
        send(browser_at(GOOD[0]), b"{}", sender=Sender(webpush.make_private_key(), "mailto:a@b.c"), hosts=PUSH_HOSTS)


@pytest.mark.parametrize(
    "keys", [{"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": "é", "auth": "x"}, {"p256dh": "", "auth": ""}]
)
def test_keys_that_are_none_are_refused(keys: dict[str, str]) -> None:
    with pytest.raises(EndpointRefused):
        check_browser(Browser(endpoint=GOOD[0], **keys), hosts=PUSH_HOSTS)


@pytest.mark.django_db
@pytest.mark.shows("S41", "P0-38")
def test_a_browser_subscribes_once_and_lets_go(cast: factories.Cast, service: Loopback) -> None:
    client = signed_in(cast.ana)
    answer = client.get(ADDRESS).json()
    assert answer == {"public_key": pushing.public_key(), "count": 0}
    browser = FakeBrowser(f"{service.url}/push/1")
    for _twice in range(2):
        assert client.put(ADDRESS, browser.subscription(), "application/json").status_code == 200
    kept = PushSubscription.objects.get()
    assert (kept.user, kept.session_id) == (cast.ana, client.session.session_key)
    bad = FakeBrowser("https://169.254.169.254/latest/").subscription()
    refused = client.put(ADDRESS, bad, "application/json")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["endpoint"])
    assert PushSubscription.objects.count() == 1
    assert client.delete(ADDRESS, {"endpoint": browser.endpoint}, "application/json").status_code == 204
    assert not PushSubscription.objects.exists()
    assert client.delete(ADDRESS, {"endpoint": browser.endpoint}, "application/json").status_code == 204


@pytest.mark.django_db
@pytest.mark.shows("S41")
def test_nobody_takes_over_lets_go_of_or_tests_another_ones_browser(cast: factories.Cast, service: Loopback) -> None:
    ana, eva = signed_in(cast.ana), signed_in(cast.eva)
    browser = FakeBrowser(f"{service.url}/push/1")
    ana.put(ADDRESS, browser.subscription(), "application/json")
    stolen = FakeBrowser(browser.endpoint).subscription()
    assert eva.put(ADDRESS, stolen, "application/json").status_code == 400
    assert eva.delete(ADDRESS, {"endpoint": browser.endpoint}, "application/json").status_code == 204
    assert eva.post("/api/v1/me/push-test/", {"endpoint": browser.endpoint}, "application/json").status_code == 404
    assert PushSubscription.objects.get().user == cast.ana
    # The same browser, where Eva signs in after Ana: it brings the same keys.
    assert eva.put(ADDRESS, browser.subscription(), "application/json").status_code == 200
    assert PushSubscription.objects.get().user == cast.eva


@pytest.mark.django_db
def test_a_program_with_a_token_has_no_browser(cast: factories.Cast, service: Loopback) -> None:
    token = create_api_token(cast.ana, name="api", by=None)
    answer = Client().put(
        ADDRESS,
        FakeBrowser(f"{service.url}/1").subscription(),
        "application/json",
        headers={"Authorization": f"Token {token}"},
    )
    assert answer.status_code == 403
    assert not PushSubscription.objects.exists()


@pytest.mark.django_db
def test_a_user_keeps_a_bounded_number_of_browsers(
    cast: factories.Cast, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MOST_OF_ONE_USER", 3)
    for _each in range(5):
        subscribe(cast.ana)
    assert PushSubscription.objects.count() == 3


def log_out(client: Client, cast: factories.Cast) -> None:
    client.post("/accounts/logout/")


def change_password(client: Client, cast: factories.Cast) -> None:
    new = "otra-clave-todavía-más-larga"
    client.post("/accounts/password/change/", {"oldpassword": factories.PASSWORD, "password1": new, "password2": new})


ENDINGS: dict[str, Callable[[Client, factories.Cast], Any]] = {
    "log-out": log_out,
    "password change": change_password,
    "deactivation": lambda _client, cast: deactivate_user(cast.ana.pk, by=cast.admin),
    "role change": lambda _client, cast: change_role(cast.ana.pk, role="supervisor", by=cast.admin),
    "an admin's order": lambda _client, cast: revoke_access(cast.ana.pk, by=cast.admin),
}


@pytest.mark.django_db
@pytest.mark.shows("S12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_browser_is_forgotten_with_its_session(
    cast: factories.Cast, service: Loopback, subscribe: Subscribe, ending: str
) -> None:
    client = Client()
    assert client.post("/accounts/login/", {"login": "ana", "password": factories.PASSWORD}).status_code == 302
    assert client.put(ADDRESS, FakeBrowser(f"{service.url}/mine").subscription(), "application/json").status_code == 200
    subscribe(cast.ana)
    subscribe(cast.luis)
    ENDINGS[ending](client, cast)
    left = set(PushSubscription.objects.values_list("user__username", flat=True))
    assert not PushSubscription.objects.filter(endpoint__endswith="/mine").exists()
    # Another browser of hers stays signed in after a log-out, and only then.
    assert left == ({"ana", "luis"} if ending == "log-out" else {"luis"})


@pytest.mark.django_db
@pytest.mark.shows("S59")
def test_an_admin_decides_on_a_page_what_notifications_show_and_nobody_else(cast: factories.Cast) -> None:
    admin, luis = signed_in(cast.admin), signed_in(cast.luis)
    assert admin.get("/settings/notifications/").status_code == 200
    for answer in (
        luis.get("/settings/notifications/"),
        luis.post("/settings/notifications/", {"shows_preview": "on"}),
    ):
        assert answer.status_code in (403, 404)
    assert not pushing.push_settings().shows_preview
    assert admin.post("/settings/notifications/", {"shows_preview": "on"}).status_code == 302
    assert pushing.push_settings().shows_preview
    assert admin.post("/settings/notifications/", {}).status_code == 302
    assert not pushing.push_settings().shows_preview


@pytest.mark.django_db
@pytest.mark.shows("S12")
def test_a_subscription_of_a_session_that_has_just_ended_is_refused_and_kept_nowhere(
    cast: factories.Cast, service: Loopback
) -> None:
    browser = FakeBrowser(f"{service.url}/push/ended")
    keys = browser.subscription()["keys"]
    ended = session_of(cast.ana)
    Session.objects.filter(pk=ended).delete()
    with refused(NotAllowed):
        pushing.subscribe(
            cast.ana,
            session_key=ended,
            endpoint=browser.endpoint,
            p256dh=keys["p256dh"],
            auth=keys["auth"],
            label="Chromium",
        )
    assert not PushSubscription.objects.exists()


@pytest.mark.shows("S12")
@pytest.mark.django_db(transaction=True)
def test_a_session_that_ends_while_its_browser_subscribes_ends_and_takes_it_along(
    committed_cast: factories.Cast, service: Loopback
) -> None:
    """Signing out reads what hangs on the session, and then waits for the subscription that is being kept: it must not break on it."""
    ana = committed_cast.ana
    key, browser = session_of(ana), FakeBrowser(f"{service.url}/push/late")
    keys = browser.subscription()["keys"]
    conversation = factories.conversation(committed_cast)
    held = threading.Event()
    with meanwhile(once(held, lambda: Session.objects.get(pk=key).delete())):
        kept = pushing.subscribe(
            ana, session_key=key, endpoint=browser.endpoint, p256dh=keys["p256dh"], auth=keys["auth"], label="Chromium"
        )
        PushNotice.objects.create(
            subscription=kept, conversation=conversation, kind="message", asked_at=timezone.now(), due_at=timezone.now()
        )
        held.set()
        wait_until(somebody_waits_for_a_lock, what="the session's end")
    assert not Session.objects.filter(pk=key).exists()
    assert not PushSubscription.objects.exists()
    assert not PushNotice.objects.exists()
