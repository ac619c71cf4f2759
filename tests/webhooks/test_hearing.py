"""What happens at each app's address is counted, app by app, and written down without standing in a delivery's way (P0-54)."""

from __future__ import annotations

import asyncio

import pytest
from django.conf import settings
from django.db import OperationalError

from campaigns.models import ProviderApp
from tests.connectors.payloads import body, message, one
from tests.running import run
from tests.webhooks.test_ingress import Recorder, ask, pieces, sign
from webhooks import apps_of_providers, hearing
from webhooks.actions.health import Heard, note_heard
from webhooks.ingress import Ingress
from webhooks.models import AppHealth

BODY = body(one(message()))
SECRET = "this-apps-secret"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "META_APP_SECRETS", (SECRET,))
    monkeypatch.setattr(settings, "META_VERIFY_TOKEN", "verify-me")
    apps_of_providers._known.clear()


async def deliver(ingress: Ingress, *, path: str = "/webhooks/meta/", secret: str = SECRET) -> int:
    headers = {"x_hub_signature_256": sign(BODY, secret), "content_length": str(len(BODY))}
    return (await ask(ingress, path=path, messages=pieces(BODY), **headers)).status


@pytest.mark.shows("P0-54", "S22")
@pytest.mark.django_db(transaction=True)
def test_wrong_signatures_are_counted_for_the_app_they_were_sent_to() -> None:
    app = ProviderApp(key="acme", name="Acme")
    app.credentials = {"app_secrets": ["another-apps-secret"], "verify_token": "v"}
    app.save()
    ingress = Ingress(Recorder())

    async def story() -> list[int]:
        statuses = [await deliver(ingress) for _each in range(2)]
        statuses += [await deliver(ingress, path="/webhooks/meta/acme/") for _each in range(3)]
        statuses.append(await deliver(ingress, path="/webhooks/meta/nobody/"))
        await ask(ingress, method="GET", query="hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=12")
        await ask(ingress, method="GET", query="hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=12")
        await ingress.ear.write()
        return statuses

    assert run(story()) == [200, 200, 401, 401, 401, 404]
    own, acme = AppHealth.objects.order_by("app_key")
    assert (own.app_key, own.signature_failures, bool(own.last_delivery_at), bool(own.verified_at)) == (
        "",
        0,
        True,
        True,
    )
    assert (acme.app_key, acme.signature_failures, bool(acme.last_failure_at)) == ("acme", 3, True)
    assert acme.last_delivery_at is None


@pytest.mark.django_db(transaction=True)
def test_it_is_written_by_itself_within_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "EVERY_SECONDS", 0.01)
    ingress = Ingress(Recorder())

    async def story() -> None:
        await deliver(ingress)
        while ingress.ear.writing is None:
            await asyncio.sleep(0.005)
        await ingress.ear.writing

    run(story())
    assert AppHealth.objects.get().last_delivery_at is not None


def test_while_the_database_is_away_deliveries_are_taken_and_nothing_counted_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_heard: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(hearing, "note_heard", away)
    ingress = Ingress(Recorder())

    async def story() -> list[int]:
        statuses = [await deliver(ingress), await deliver(ingress, secret="wrong")]
        await ingress.ear.write()
        return statuses

    assert run(story()) == [200, 401]
    assert ingress.ear.heard[""] == Heard(deliveries=1, failures=1)


def test_several_processes_add_up(db: None) -> None:
    note_heard({"a": Heard(failures=2), "b": Heard(deliveries=1)})
    note_heard({"b": Heard(failures=1), "a": Heard(failures=3, deliveries=1)})
    assert {each.app_key: each.signature_failures for each in AppHealth.objects.all()} == {"a": 5, "b": 1}
