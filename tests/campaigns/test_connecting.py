"""Connecting a WhatsApp number: the access is checked at the provider while somebody waits, and its secrets are never seen again."""

from __future__ import annotations

import datetime
import logging
import time
from typing import Any

import orjson
import pytest
from django.utils import timezone

from campaigns.actions import (
    AccountWishes,
    add_app,
    begin_setup,
    choose_numbers,
    connect_chosen,
    drop_old_secrets,
    forget_setups,
    give_access,
    reconnect_account,
    refresh_health,
    remove_account,
    remove_app,
    renew_verify_token,
    replace_token,
    rotate_app_secret,
    send_test,
    switch_off_account,
)
from campaigns.errors import NotConnected, SetupOver, StillUsed
from campaigns.events import ChannelAccountChanged
from campaigns.models import AccountSetup, ChannelAccount, MessageTemplate, ProviderApp, TemplateSync
from campaigns.tasks import refresh_accounts, sync_templates_of
from connectors.whatsapp.access import MANAGEMENT, MESSAGING, people_a_day
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from tests import factories
from tests.campaigns.conftest import OTHER_NUMBER, Meta
from tests.factories import PHONE_NUMBER_ID, TOKEN, WABA_ID, Cast
from tests.witness import announced, refused
from webhooks.actions import claim_deliveries  # noqa: F401  # the floor above is installed with it

SECRET = "0123456789abcdef0123456789abcdef"


def setup_with_access(cast: Cast) -> AccountSetup:
    setup = begin_setup(by=cast.admin, app=None)
    return give_access(setup.pk, by=cast.admin, waba_id=WABA_ID, token=TOKEN)


def journal() -> str:
    return orjson.dumps(list(JournalEntry.objects.values("verb", "details", "actor_label"))).decode()


# ── Walking through


@pytest.mark.shows("P0-54")
def test_a_number_is_connected_with_what_the_provider_shows(cast: Cast, meta: Meta) -> None:
    meta.number(OTHER_NUMBER, quality="YELLOW", limit="TIER_10K")
    meta.control.request("DELETE", f"/v25.0/{WABA_ID}/subscribed_apps", headers={"Authorization": f"Bearer {TOKEN}"})
    setup = setup_with_access(cast)
    assert [each["external_id"] for each in setup.offered] == [PHONE_NUMBER_ID, OTHER_NUMBER]
    assert setup.account_name == "Fibra Sur"
    choose_numbers(setup.pk, by=cast.admin, external_ids=[OTHER_NUMBER])
    wishes = AccountWishes(
        names={OTHER_NUMBER: "Cobranzas"}, color="blue", icon="headset", campaigns=(cast.other_campaign,)
    )
    with announced() as facts:
        done = connect_chosen(setup.pk, by=cast.admin, wishes=wishes)
    account = ChannelAccount.objects.get(external_id=OTHER_NUMBER)
    assert (account.name, account.color, account.icon, account.quality) == ("Cobranzas", "blue", "headset", "YELLOW")
    assert account.messaging_limit == "TIER_10K"
    assert list(account.campaigns.all()) == [cast.other_campaign]
    assert account.credentials == {"token": TOKEN}
    assert facts == [ChannelAccountChanged(channel_account_id=account.pk)]
    assert done.credentials is None
    listed = meta.control.get(f"/v25.0/{WABA_ID}/subscribed_apps", headers={"Authorization": f"Bearer {TOKEN}"}).json()
    assert listed["data"]
    # A second press of the button.
    connect_chosen(setup.pk, by=cast.admin, wishes=wishes)
    assert ChannelAccount.objects.count() == 2
    assert JournalEntry.objects.filter(verb="account_setup_finished").count() == 1


def test_several_numbers_are_connected_together(cast: Cast, meta: Meta) -> None:
    setup = setup_with_access(cast)
    choose_numbers(setup.pk, by=cast.admin, external_ids=[PHONE_NUMBER_ID, OTHER_NUMBER])
    names = {PHONE_NUMBER_ID: "Ventas", OTHER_NUMBER: "Cobranzas"}
    connect_chosen(setup.pk, by=cast.admin, wishes=AccountWishes(names=names, default_campaign=cast.campaign))
    assert {each.name for each in ChannelAccount.objects.all()} == {"Ventas", "Cobranzas"}
    assert ChannelAccount.objects.get(external_id=OTHER_NUMBER).default_campaign == cast.campaign


def test_another_persons_setup_is_not_found(cast: Cast, meta: Meta) -> None:
    setup = setup_with_access(cast)
    for attempt in (
        lambda: give_access(setup.pk, by=cast.luis, waba_id=WABA_ID, token=TOKEN),
        lambda: choose_numbers(setup.pk, by=cast.luis, external_ids=[PHONE_NUMBER_ID]),
        lambda: connect_chosen(setup.pk, by=cast.luis, wishes=AccountWishes(names={})),
    ):
        with refused(NotFound):
            attempt()


def test_steps_are_not_skipped_and_a_finished_setup_is_over(cast: Cast, meta: Meta) -> None:
    setup = begin_setup(by=cast.admin, app=None)
    with refused(SetupOver):
        connect_chosen(setup.pk, by=cast.admin, wishes=AccountWishes(names={}))
    give_access(setup.pk, by=cast.admin, waba_id=WABA_ID, token=TOKEN)
    with refused(Invalid):
        choose_numbers(setup.pk, by=cast.admin, external_ids=[])
    with refused(Invalid):
        choose_numbers(setup.pk, by=cast.admin, external_ids=["999999999"])
    choose_numbers(setup.pk, by=cast.admin, external_ids=[OTHER_NUMBER])
    with refused(Invalid) as refusal:
        connect_chosen(setup.pk, by=cast.admin, wishes=AccountWishes(names={OTHER_NUMBER: cast.account.name.upper()}))
    assert list(refusal.value.fields) == [f"name_{OTHER_NUMBER}"]
    connect_chosen(setup.pk, by=cast.admin, wishes=AccountWishes(names={OTHER_NUMBER: "Cobranzas"}))
    with refused(SetupOver):
        give_access(setup.pk, by=cast.admin, waba_id=WABA_ID, token=TOKEN)


def test_a_setup_nobody_finished_is_forgotten_after_a_day_with_its_token(cast: Cast, meta: Meta) -> None:
    old, fresh = setup_with_access(cast), setup_with_access(cast)
    AccountSetup.objects.filter(pk=old.pk).update(created_at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert forget_setups() == 1
    assert AccountSetup.objects.get() == fresh


# ── What the provider says of an access


@pytest.mark.parametrize(
    ("waba_id", "token", "field"),
    [
        ("", TOKEN, "waba_id"),
        ("10229/../me", TOKEN, "waba_id"),
        ("١٢٣٤٥٦", TOKEN, "waba_id"),
        (WABA_ID, "", "token"),
        (WABA_ID, "EAA con espacios", "token"),
        (WABA_ID, "EAA\nmalo", "token"),
        (WABA_ID, "x" * 1001, "token"),
    ],
)
def test_what_cannot_be_an_access_is_refused_at_its_field_without_asking(
    cast: Cast, meta: Meta, waba_id: str, token: str, field: str
) -> None:
    meta.simulator.faults(black_hole=True)
    setup = begin_setup(by=cast.admin, app=None)
    with refused(Invalid) as refusal:
        give_access(setup.pk, by=cast.admin, waba_id=waba_id, token=token)
    assert list(refusal.value.fields) == [field]


def words(refusal: Invalid) -> str:
    return refusal.message + " ".join(text for texts in refusal.fields.values() for text in texts)


def problem(cast: Cast, *, waba_id: str = WABA_ID, token: str = TOKEN) -> Invalid:
    setup = begin_setup(by=cast.admin, app=None)
    with refused(Invalid) as refusal:
        give_access(setup.pk, by=cast.admin, waba_id=waba_id, token=token)
    return refusal.value


@pytest.mark.shows("P0-54")
def test_a_wrong_token_a_missing_permission_and_anothers_account_are_told_apart(cast: Cast, meta: Meta) -> None:
    wrong = problem(cast, token="EAAwrong-token-of-somebody")
    assert list(wrong.fields) == ["token"]
    assert "no acepta este token" in words(wrong)
    meta.may(MANAGEMENT, "public_profile")
    missing = problem(cast)
    assert list(missing.fields) == ["token"]
    assert MESSAGING in words(missing)
    meta.may(MANAGEMENT, MESSAGING, wabas=["999999999999"])
    others = problem(cast)
    assert list(others.fields) == ["waba_id"]
    meta.may(MANAGEMENT, MESSAGING, wabas=[])
    unknown = problem(cast, waba_id="555555555555")
    assert list(unknown.fields) == ["waba_id"]
    meta.tells(expires_at=int(time.time()) - 60)
    assert "venció" in words(problem(cast))
    meta.tells(expires_at=0)
    meta.simulator.faults(token_revoked=True)
    assert list(problem(cast).fields) == ["token"]


@pytest.mark.shows("P0-54")
def test_a_provider_that_is_away_silent_or_busy_is_said_to_be_and_nobody_waits_long(
    cast: Cast, meta: Meta, settings: Any
) -> None:
    meta.simulator.faults(server_error=1.0)
    assert "pasajero" in words(problem(cast))
    meta.simulator.faults(rate_limited=1.0)
    assert "menos preguntas" in words(problem(cast))
    meta.simulator.faults(black_hole=True)
    began = time.monotonic()
    assert "no respondió a tiempo" in words(problem(cast))
    assert time.monotonic() - began < 20
    settings.META_GRAPH_URL = "http://127.0.0.1:9"
    assert "No se pudo llegar a Meta" in words(problem(cast))


# ── Secrets


@pytest.mark.shows("S48", "S51")
def test_no_secret_is_written_to_logs_or_journal(cast: Cast, meta: Meta, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = add_app("Propia", by=cast.admin, app_secret=SECRET)
    verify = app.credentials["verify_token"]
    rotate_app_secret(app.pk, by=cast.admin, app_secret=SECRET[::-1])
    setup = begin_setup(by=cast.admin, app=app, made_app=True)
    give_access(setup.pk, by=cast.admin, waba_id=WABA_ID, token=TOKEN)
    refusal = problem(cast, token="EAAwrong-token-of-somebody")
    assert "EAAwrong" not in words(refusal)
    choose_numbers(setup.pk, by=cast.admin, external_ids=[OTHER_NUMBER])
    connect_chosen(setup.pk, by=cast.admin, wishes=AccountWishes(names={OTHER_NUMBER: "Cobranzas"}))
    replace_token(ChannelAccount.objects.get(external_id=OTHER_NUMBER).pk, by=cast.admin, token=TOKEN)
    # At DEBUG the HTTP library itself writes addresses; the product's level for it is WARNING, which is what is looked at.
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    for secret in (TOKEN, SECRET, SECRET[::-1], verify, "EAAwrong-token-of-somebody"):
        assert secret not in journal()
        assert not any(secret in line for line in ours)
        assert secret.encode() not in bytes(
            ChannelAccount.objects.get(external_id=OTHER_NUMBER).__dict__["credentials"]
        )


def test_an_apps_secret_turns_over_and_the_one_before_is_taken_until_it_is_dropped(cast: Cast) -> None:
    app = add_app("Propia", by=cast.admin, app_secret=SECRET)
    rotate_app_secret(app.pk, by=cast.admin, app_secret="1" * 32)
    rotate_app_secret(app.pk, by=cast.admin, app_secret="2" * 32)
    assert ProviderApp.objects.get().credentials["app_secrets"] == ["2" * 32, "1" * 32]
    assert drop_old_secrets(app.pk, by=cast.admin)
    assert not drop_old_secrets(app.pk, by=cast.admin)
    assert ProviderApp.objects.get().credentials["app_secrets"] == ["2" * 32]
    before = app.credentials["verify_token"]
    after = renew_verify_token(app.pk, by=cast.admin)
    assert after != before
    assert ProviderApp.objects.get().credentials["verify_token"] == after


@pytest.mark.parametrize("secret", ["", "corto", "con espacios " * 3, "ñ" * 32, "x" * 129])
def test_what_cannot_be_a_secret_is_refused_at_its_field(cast: Cast, secret: str) -> None:
    with refused(Invalid) as refusal:
        add_app("Propia", by=cast.admin, app_secret=secret)
    assert list(refusal.value.fields) == ["app_secret"]


def test_an_app_is_removed_only_when_nothing_receives_through_it(cast: Cast) -> None:
    app = add_app("Propia", by=cast.admin, app_secret=SECRET)
    ChannelAccount.objects.update(provider_app=app)
    with refused(StillUsed) as refusal:
        remove_app(app.pk, by=cast.admin)
    assert cast.account.name in refusal.value.message
    ChannelAccount.objects.update(provider_app=None)
    remove_app(app.pk, by=cast.admin)
    assert not ProviderApp.objects.exists()


# ── Afterwards


def test_a_token_is_replaced_once_the_provider_takes_it(cast: Cast, meta: Meta) -> None:
    ChannelAccount.objects.update(credentials=b"x", state="disconnected", state_reason="190")
    with refused(Invalid) as refusal:
        replace_token(cast.account.pk, by=cast.admin, token="EAAwrong")
    assert list(refusal.value.fields) == ["token"]
    with refused(NotConnected):
        reconnect_account(cast.account.pk, by=cast.admin)
    account = replace_token(cast.account.pk, by=cast.admin, token=f"  {TOKEN}\n")
    assert (account.state, account.state_reason, account.credentials) == ("active", "", {"token": TOKEN})


def test_a_token_that_does_not_see_the_number_is_refused(cast: Cast, meta: Meta) -> None:
    ChannelAccount.objects.update(external_id="777777777")
    with refused(Invalid) as refusal:
        replace_token(cast.account.pk, by=cast.admin, token=TOKEN)
    assert list(refusal.value.fields) == ["token"]


def test_an_account_is_switched_off_and_connected_again(cast: Cast, meta: Meta) -> None:
    with announced() as facts:
        switch_off_account(cast.account.pk, by=cast.admin)
        switch_off_account(cast.account.pk, by=cast.admin)
    assert facts == [ChannelAccountChanged(channel_account_id=cast.account.pk)]
    assert ChannelAccount.objects.get().state == "disconnected"
    assert reconnect_account(cast.account.pk, by=cast.admin).state == "active"


def test_an_account_with_conversations_is_not_removed_and_one_without_is(cast: Cast) -> None:
    factories.conversation(cast)
    with refused(StillUsed) as refusal:
        remove_account(cast.account.pk, by=cast.admin)
    assert refusal.value.extra["uses"]["inbox.conversation"] == 1
    spare = factories.save_whatsapp_account(
        name="De más", phone_number_id="42424242", waba_id=WABA_ID, token=TOKEN, campaign=cast.campaign
    )
    remove_account(spare.pk, by=cast.admin)
    assert not ChannelAccount.objects.filter(name="De más").exists()


# ── Health


@pytest.mark.shows("P0-54")
def test_health_is_what_the_provider_says_and_what_is_wrong_is_kept_beside_it(cast: Cast, meta: Meta) -> None:
    meta.number(PHONE_NUMBER_ID, quality="RED", limit="TIER_250", status="FLAGGED")
    account = refresh_health(cast.account.pk)
    assert (account.quality, account.messaging_limit, account.provider_status) == ("RED", "TIER_250", "FLAGGED")
    assert account.check_problem is None
    meta.simulator.faults(token_revoked=True)
    assert refresh_accounts() == 1
    account.refresh_from_db()
    assert account.quality == "RED"
    assert "token" in account.check_problem["reason"]
    entries = JournalEntry.objects.filter(verb="channel_account_health_changed")
    assert [each.details["quality"] for each in entries] == ["RED"]


@pytest.mark.parametrize(
    ("limit", "people"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None),
        ("", None),
        ("TIER_NOT_SET", None),
    ],
)
def test_a_limit_is_read_as_people_a_day(limit: str, people: int | None) -> None:
    assert people_a_day(limit) == people


# ── Test message and templates


@pytest.mark.shows("P0-54")
def test_a_test_message_reaches_the_phone(cast: Cast, meta: Meta) -> None:
    sync_templates_of(cast.account.pk)
    ready = MessageTemplate.objects.get(name="recordatorio")
    send_test(cast.account.pk, by=cast.admin, number="0991 651 351", template_id=ready.pk, text="")
    (sent,) = meta.simulator.sent()
    assert (sent.kind, sent.to) == ("template", "595991651351")
    assert "595991651351" not in journal()
    with refused(Invalid) as refusal:
        send_test(cast.account.pk, by=cast.admin, number="123", template_id=ready.pk, text="")
    assert list(refusal.value.fields) == ["number"]
    filled = MessageTemplate.objects.get(name="visita_tecnica")
    with refused(Invalid) as refusal:
        send_test(cast.account.pk, by=cast.admin, number="0991 651 351", template_id=filled.pk, text="")
    assert list(refusal.value.fields) == ["template"]
    with refused(Invalid) as refusal:
        send_test(cast.account.pk, by=cast.admin, number="0991 651 351", template_id=None, text=" ")
    assert list(refusal.value.fields) == ["text"]


def test_copying_templates_tells_how_it_went_and_keeps_the_old_ones_when_it_fails(cast: Cast, meta: Meta) -> None:
    assert sync_templates_of(cast.account.pk) == 4
    rejected = MessageTemplate.objects.get(name="promo")
    assert (rejected.status, rejected.rejected_reason) == ("REJECTED", "PROMOTIONAL")
    sync = TemplateSync.objects.get()
    assert (sync.found, sync.problem, sync.is_under_way) == (4, None, False)
    last = sync.synced_at
    meta.simulator.faults(token_revoked=True)
    sync_templates_of(cast.account.pk)
    sync.refresh_from_db()
    assert sync.problem["reason"].startswith("Meta does not let")
    assert sync.synced_at == last
    assert MessageTemplate.objects.filter(account=cast.account).exclude(status="GONE").count() == 4
