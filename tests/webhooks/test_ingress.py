"""The provider's door: size, then signature, then the commit, and only then 200 (S22 … S26, R05, R06)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from campaigns.actions import save_whatsapp_account
from campaigns.models import ProviderApp
from inbox.models import Conversation, Message
from tests import factories
from tests.connectors.payloads import body as encoded
from tests.connectors.payloads import change, contact, delivery, message, one
from tests.running import run
from tests.stack import wait_until
from webhooks import apps_of_providers, group_commit
from webhooks.actions import claim_deliveries, take_in_deliveries
from webhooks.group_commit import GroupCommit
from webhooks.ingress import Ingress
from webhooks.models import DeadLetter, Delivery

SECRET, OTHER_SECRET, VERIFY = "this-apps-secret", "another-apps-secret", "vérify-me"
BODY = encoded(one(message()))
LIMIT = 3 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


class Recorder(GroupCommit):
    """Stores nothing, and remembers what it was asked to store."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: list[tuple[str, bytes]] = []

    async def store(self, app_key: str, body: bytes) -> None:
        self.stored.append((app_key, body))


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "META_APP_SECRETS", (SECRET,))
    monkeypatch.setattr(settings, "META_VERIFY_TOKEN", VERIFY)
    apps_of_providers._known.clear()
    yield
    apps_of_providers._known.clear()


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """No worker is told: what becomes of a delivery is each test's own doing."""
    given: list[None] = []
    monkeypatch.setattr(group_commit, "hint_ingest", lambda: given.append(None))
    return given


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def ask(
    ingress: Ingress,
    *,
    method: str = "POST",
    path: str = "/webhooks/meta/",
    query: str = "",
    messages: Sequence[dict[str, Any]] = (),
    **headers: str,
) -> Answer:
    """One request, its body given piece by piece; afterwards the sender is gone."""
    waiting = list(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(piece: dict[str, Any]) -> None:
        sent.append(piece)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin1")) for name, value in headers.items()],
    }  # fmt: skip
    await ingress(scope, receive, send)
    start, content = sent
    return Answer(start["status"], content["body"], {name.decode(): value.decode() for name, value in start["headers"]})


def pieces(body: bytes, *, size: int = 65_536) -> list[dict[str, Any]]:
    chunks = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]


def post(
    body: bytes, *, signature: str | None = "", path: str = "/webhooks/meta/", **headers: str
) -> tuple[Answer, list[tuple[str, bytes]]]:
    """Deliver in-process, rightly signed unless told otherwise; return the answer and what would be stored."""
    recorder = Recorder()
    if signature is not None:
        headers["x_hub_signature_256"] = signature or sign(body)
    headers.setdefault("content_length", str(len(body)))
    return run(ask(Ingress(recorder), path=path, messages=pieces(body), **headers)), recorder.stored


def process_all() -> None:
    """Until nothing waits. A stack that another test started may have taken some of it: that is waited for too."""

    def is_done() -> bool:
        take_in_deliveries(claim_deliveries())
        return not Delivery.objects.filter(processed_at__isnull=True).exists()

    wait_until(is_done, what="the reading of all deliveries")


# --- Whose is it ----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S22")
def test_a_rightly_signed_delivery_is_stored_as_it_came_and_acknowledged() -> None:
    answer, stored = post(BODY)
    assert (answer.status, answer.body, stored) == (200, b"", [("", BODY)])


FORGERIES: dict[str, Callable[[], str | None]] = {
    "missing": lambda: None,
    "wrong": lambda: "sha256=" + "0" * 64,
    "of another body": lambda: sign(BODY + b" "),
    "upper case": lambda: sign(BODY).upper(),
    "upper case digits": lambda: "sha256=" + sign(BODY).removeprefix("sha256=").upper(),
    "without its algorithm": lambda: sign(BODY).removeprefix("sha256="),
    "sha1": lambda: "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
    "sha512": lambda: "sha512=" + hmac.new(SECRET.encode(), BODY, hashlib.sha512).hexdigest(),
    "cut short": lambda: sign(BODY)[:-1],
    "with something after it": lambda: sign(BODY) + ",",
    "twice": lambda: f"{sign(BODY)},{sign(BODY)}",
    "with spaces": lambda: f" {sign(BODY)} ",
    "with an empty secret": lambda: sign(BODY, ""),
    "of another app": lambda: sign(BODY, OTHER_SECRET),
    "of the same JSON written anew": lambda: sign(json.dumps(json.loads(BODY)).encode()),
    "not a signature": lambda: "sha256=ñandú",
}


@pytest.mark.shows("S22", "S23")
def test_a_delivery_with_any_other_signature_is_refused_and_not_stored() -> None:
    wrong = {}
    for name, forge in FORGERIES.items():
        answer, stored = post(BODY, signature=forge())
        if (answer.status, answer.body, stored) != (401, b"", []):
            wrong[name] = (answer, stored)
    assert wrong == {}


@pytest.mark.shows("S22")
def test_a_sha1_signature_in_its_old_header_is_not_looked_at() -> None:
    old = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    answer, stored = post(BODY, signature=None, x_hub_signature=old)
    assert (answer.status, stored) == (401, [])


@pytest.mark.shows("S22", "S49")
def test_during_a_rotation_both_secrets_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "META_APP_SECRETS", ("the-new-one", SECRET))
    assert post(BODY, signature=sign(BODY, "the-new-one"))[0].status == 200
    assert post(BODY)[0].status == 200
    monkeypatch.setattr(settings, "META_APP_SECRETS", ("the-new-one",))
    assert post(BODY)[0].status == 401


@pytest.mark.shows("S23")
@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_ever_accepted(monkeypatch: pytest.MonkeyPatch, secrets: tuple[str, ...]) -> None:
    monkeypatch.setattr(settings, "META_APP_SECRETS", secrets)
    for signature in (None, sign(BODY, ""), sign(BODY, SECRET), sign(b"", "")):
        answer, stored = post(BODY, signature=signature)
        assert (answer.status, stored) == (401, [])


@pytest.mark.shows("S23")
def test_the_signature_is_asked_for_before_anything_is_parsed() -> None:
    for body in (b"{not json", b"\xff\xfe\x00", b"[" * 100_000):
        answer, stored = post(body, signature=sign(body, OTHER_SECRET))
        assert (answer.status, stored) == (401, [])
        # Rightly signed it is the provider's: kept, whatever it is, and read later.
        answer, stored = post(body)
        assert (answer.status, stored) == (200, [("", body)])


# --- How much of it -------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S23")
def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert post(b"x" * LIMIT)[0].status == 200
    answer, stored = post(b"x" * (LIMIT + 1))
    assert (answer.status, stored) == (413, [])


@pytest.mark.shows("S23")
def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    recorder = Recorder()
    # Had it been read, the sender's silence would have been a truncated body: 400.
    answer = run(ask(Ingress(recorder), content_length=str(LIMIT + 1), x_hub_signature_256=sign(b"")))
    assert (answer.status, recorder.stored) == (413, [])


@pytest.mark.shows("S23")
@pytest.mark.parametrize("declared", ["10", "0", "", "-1", "ten", "1e3"])
def test_a_body_longer_than_it_says_is_counted_as_it_comes(declared: str) -> None:
    answer, stored = post(b"x" * (LIMIT + 1), content_length=declared)
    assert (answer.status, stored) == (413, [])
    # The counting stops at the limit, not at the end of an endless sender.
    recorder, endless = Recorder(), 0

    async def give_for_ever() -> Answer:
        nonlocal endless
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            nonlocal endless
            endless += 1
            return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

        async def send(piece: dict[str, Any]) -> None:
            sent.append(piece)

        scope = {"type": "http", "method": "POST", "path": "/webhooks/meta/", "query_string": b"", "headers": []}
        await Ingress(recorder)(scope, receive, send)
        return Answer(sent[0]["status"], b"", {})

    assert run(give_for_ever()).status == 413
    assert (endless, recorder.stored) == (LIMIT // 65_536 + 1, [])


@pytest.mark.shows("S23")
def test_a_body_that_breaks_off_is_refused_although_its_signature_fits_what_came() -> None:
    half = BODY[: len(BODY) // 2]
    for messages, headers in (
        # Less than it said.
        (pieces(half), {"content_length": str(len(BODY))}),
        # The sender went away in the middle, with and without a length.
        ([{"type": "http.request", "body": half, "more_body": True}], {"content_length": str(len(BODY))}),
        ([{"type": "http.request", "body": half, "more_body": True}], {}),
        # More than it said, under the limit.
        (pieces(BODY), {"content_length": str(len(BODY) - 1)}),
    ):
        recorder = Recorder()
        answer = run(ask(Ingress(recorder), messages=messages, x_hub_signature_256=sign(half), **headers))
        assert (answer.status, recorder.stored) == (400, [])


@pytest.mark.shows("S23")
def test_an_empty_body_is_refused_signed_or_not() -> None:
    assert [(post(b"", signature=signature)[0].status, post(b"", signature=signature)[1]) for signature in ("", None)] == [
        (400, []), (401, []),
    ]  # fmt: skip


def test_no_other_method_is_known() -> None:
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"):
        recorder = Recorder()
        answer = run(ask(Ingress(recorder), method=method, messages=pieces(BODY), x_hub_signature_256=sign(BODY)))
        assert (answer.status, recorder.stored) == (405, [])


# --- The provider's question when the address is registered -----------------------------------------------------------------------


@pytest.mark.shows("S26")
def test_the_challenge_is_echoed_as_plain_text_to_whoever_knows_the_token() -> None:
    answer = challenge_with(token="v%C3%A9rify-me", challenge="1158201444")
    assert (answer.status, answer.body) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.shows("S26")
@pytest.mark.parametrize(
    ("token", "challenge", "mode"),
    [
        ("guess", "1", "subscribe"), ("", "1", "subscribe"), ("v%C3%A9rify-me", "<script>alert(1)</script>", "subscribe"), ("v%C3%A9rify-me", "", "subscribe"),
        ("v%C3%A9rify-me", "1" * 65, "subscribe"), ("v%C3%A9rify-me", "1%0D%0ASet-Cookie:x=1", "subscribe"), ("v%C3%A9rify-me", "%D9%A1", "subscribe"),
        ("v%C3%A9rify-me", "1", "unsubscribe"), ("v%C3%A9rify-me", "1", ""), ("%00", "1", "subscribe"), ("%ED%A0%80", "1", "subscribe"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_echoes_nothing(token: str, challenge: str, mode: str) -> None:
    answer = challenge_with(token=token, challenge=challenge, mode=mode)
    assert (answer.status, answer.body) == (403, b"")


@pytest.mark.shows("S26", "S23")
def test_without_a_verify_token_no_challenge_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "META_VERIFY_TOKEN", "")
    assert [challenge_with(token=token, challenge="1").status for token in ("", "x")] == [403, 403]


def challenge_with(*, token: str, challenge: str, mode: str = "subscribe") -> Answer:
    query = f"hub.mode={mode}&hub.verify_token={token}&hub.challenge={challenge}"
    return run(ask(Ingress(Recorder()), method="GET", query=query))


# --- Several apps ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def acme(committed_cast: factories.Cast) -> ProviderApp:
    """A second app, with a number of its own beside the cast's."""
    app = ProviderApp.objects.create(
        key="acme", name="Acme", credentials={"app_secrets": [OTHER_SECRET], "verify_token": "acme-verify"}
    )
    save_whatsapp_account(
        name="WhatsApp Acme", phone_number_id="300300300", waba_id="400400400", token="x", campaign=committed_cast.campaign, provider_app=app
    )  # fmt: skip
    return app


@pytest.mark.shows("S22", "S24")
def test_each_app_has_its_address_and_only_its_own_secret_opens_it(acme: ProviderApp) -> None:
    answer, stored = post(BODY, path="/webhooks/meta/acme/", signature=sign(BODY, OTHER_SECRET))
    assert (answer.status, stored) == (200, [("acme", BODY)])
    for path, secret in (("/webhooks/meta/acme/", SECRET), ("/webhooks/meta/", OTHER_SECRET)):
        answer, stored = post(BODY, path=path, signature=sign(BODY, secret))
        assert (answer.status, stored) == (401, [])
    verified = run(
        ask(Ingress(Recorder()), method="GET", path="/webhooks/meta/acme/", query="hub.mode=subscribe&hub.verify_token=acme-verify&hub.challenge=7")
    )  # fmt: skip
    assert (verified.status, verified.body) == (200, b"7")


@pytest.mark.shows("S22")
def test_an_app_that_does_not_exist_has_no_address(acme: ProviderApp) -> None:
    for key in ("nobody", "acme/more", "acme\x00", "x" * 5000, "%2e%2e", "ACME'--", "ácme", "acme" + "x" * 40):
        for secret in (SECRET, OTHER_SECRET):
            answer, stored = post(BODY, path=f"/webhooks/meta/{key}/", signature=sign(BODY, secret))
            assert (answer.status, stored) == (404, [])


@pytest.mark.shows("S48")
def test_an_app_without_secrets_lets_nobody_in(acme: ProviderApp) -> None:
    acme.credentials = None
    acme.save()
    answer, stored = post(BODY, path="/webhooks/meta/acme/", signature=sign(BODY, OTHER_SECRET))
    assert (answer.status, stored) == (401, [])


@pytest.mark.shows("R06")
def test_while_the_apps_cannot_be_read_the_provider_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(key: str) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(apps_of_providers, "read_app", read)
    answer, stored = post(BODY, path="/webhooks/meta/acme/", signature=sign(BODY, OTHER_SECRET))
    assert (answer.status, answer.headers["retry-after"], stored) == (503, "2", [])


@pytest.mark.shows("S24")
def test_a_delivery_about_another_apps_number_becomes_a_dead_letter(acme: ProviderApp) -> None:
    mine = delivery(change(messages=[message(id_="wamid.mine")], contacts=[contact()], number="300300300"))
    foreign = delivery(change(messages=[message(id_="wamid.foreign")], contacts=[contact()]))
    Delivery.objects.create(app_key="acme", body=encoded(mine))
    Delivery.objects.create(app_key="acme", body=encoded(foreign))
    # And the other way round: the environment's app speaks of Acme's number.
    Delivery.objects.create(app_key="", body=encoded(mine).replace(b"wamid.mine", b"wamid.reversed"))
    process_all()
    assert list(Message.objects.values_list("provider_id", flat=True)) == ["wamid.mine"]
    assert sorted((each.app_key, b"wamid.reversed" in bytes(each.body)) for each in DeadLetter.objects.all()) == [
        ("", True), ("acme", False),
    ]  # fmt: skip
    assert Conversation.objects.get().channel_account.external_id == "300300300"
