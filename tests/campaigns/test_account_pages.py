"""The pages of accounts, apps and templates: who comes in, what stands at which field, and that no secret is ever in a page."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.actions import add_app, begin_setup
from campaigns.actions.holding import disconnect_account, pause_account
from campaigns.models import AccountSetup, ChannelAccount, MessageTemplate, ProviderApp, TemplateSync
from campaigns.tasks import sync_templates_of
from connectors.whatsapp.access import MANAGEMENT
from connectors.whatsapp.errors import RULES
from core.models import JournalEntry
from inbox.models import Conversation
from tests import factories
from tests.campaigns.conftest import OTHER_NUMBER, Meta
from tests.factories import PHONE_NUMBER_ID, TOKEN, WABA_ID, Cast
from webhooks.actions.health import Heard, note_heard
from webhooks.models import AppHealth, ProviderNotice

SECRET = "0123456789abcdef0123456789abcdef"


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def managing(cast: Cast) -> list[tuple[str, str]]:
    app = ProviderApp.objects.first() or add_app("Propia", by=cast.admin, app_secret=SECRET)
    setup = AccountSetup.objects.first() or begin_setup(by=cast.admin, app=None)
    return [
        ("get", reverse("account-setup")),
        ("post", reverse("account-setup")),
        *(("get", reverse(f"account-setup-{step}", args=[setup.uuid])) for step in ("access", "numbers", "campaign", "webhook", "test")),
        *(("post", reverse(f"account-setup-{step}", args=[setup.uuid])) for step in ("access", "numbers", "campaign", "test")),
        ("get", reverse("account-first-delivery", args=[setup.uuid])),
        ("get", reverse("provider-apps")),
        *((method, reverse("provider-app", args=[app.pk])) for method in ("get", "post")),
        *(("post", reverse(f"provider-app-{step}", args=[app.pk])) for step in ("drop", "renew", "remove")),
        *((method, reverse(f"channel-account-{step}", args=[cast.account.pk])) for step in ("edit", "token", "test") for method in ("get", "post")),
        *(("post", reverse(f"channel-account-{step}", args=[cast.account.pk])) for step in ("disconnect", "reconnect", "remove")),
    ]  # fmt: skip


def seeing(cast: Cast) -> list[tuple[str, str]]:
    return [
        ("get", reverse("channel-accounts")),
        ("get", reverse("message-templates")),
        *of_account(cast.account.pk),
    ]


def of_account(account_id: int) -> list[tuple[str, str]]:
    template = MessageTemplate.objects.filter(account=account_id).first()
    return [
        ("get", reverse("channel-account", args=[account_id])),
        ("post", reverse("channel-account-refresh", args=[account_id])),
        ("get", reverse("account-webhooks", args=[account_id])),
        ("get", reverse("account-sending", args=[account_id])),
        ("post", reverse("message-templates-sync", args=[account_id])),
        *([("get", reverse("message-template", args=[template.pk]))] if template else []),
    ]


def untouched() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (ChannelAccount, ProviderApp, AccountSetup, MessageTemplate, TemplateSync)
    ]


# ── Who may


@pytest.mark.shows("S01", "S07", "P0-54")
def test_agents_come_nowhere_and_supervisors_only_look(cast: Cast, meta: Meta) -> None:
    sync_templates_of(cast.account.pk)
    doors = managing(cast)
    before = untouched()
    for who in (cast.ana, cast.eva):
        for method, path in [*doors, *seeing(cast)]:
            assert getattr(signed_in(who), method)(path).status_code == 403, path
    for method, path in doors:
        assert getattr(signed_in(cast.luis), method)(path).status_code == 403, path
    assert untouched() == before
    for method, path in seeing(cast):
        assert getattr(signed_in(cast.luis), method)(path).status_code in (200, 302), path


@pytest.mark.shows("S01", "S02")
def test_another_teams_account_is_not_there(cast: Cast, meta: Meta) -> None:
    sync_templates_of(cast.account.pk)
    cast.account.campaigns.set([cast.other_campaign])
    ChannelAccount.objects.update(default_campaign=cast.other_campaign)
    client = signed_in(cast.luis)
    before = untouched()
    for method, path in of_account(cast.account.pk):
        assert getattr(client, method)(path).status_code == 404, path
    assert untouched() == before
    assert cast.account.name not in client.get(reverse("channel-accounts")).content.decode()
    assert "recordatorio" not in client.get(reverse("message-templates")).content.decode()


def test_another_administrators_setup_is_not_there(cast: Cast, meta: Meta) -> None:
    other = factories.create_user("otra", role="admin", password=None)
    setup = begin_setup(by=cast.admin, app=None)
    for step in ("access", "numbers", "campaign", "webhook", "test"):
        assert signed_in(other).get(reverse(f"account-setup-{step}", args=[setup.uuid])).status_code == 404


def test_strangers_go_to_the_door_and_a_form_without_its_token_changes_nothing(cast: Cast, meta: Meta) -> None:
    doors = [*managing(cast), *seeing(cast)]
    before = untouched()
    client = signed_in(cast.admin, enforce_csrf_checks=True)
    for method, path in doors:
        answer = getattr(Client(), method)(path)
        assert (answer.status_code, "login" in answer["Location"]) == (302, True)
        if method == "post":
            assert client.post(path).status_code == 403
    assert untouched() == before


# ── The walk


@pytest.mark.shows("P0-54", "S48", "S51")
def test_a_number_is_connected_step_by_step_and_no_secret_is_in_any_page(
    cast: Cast, meta: Meta, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.META_APP_SECRETS = ()
    client = signed_in(cast.admin)
    pages: list[str] = []

    def walk(method: str, path: str, values: Any = None, *, status: int = 302) -> Any:
        answer = getattr(client, method)(path, values or {})
        assert answer.status_code == status, answer.content.decode()[-3000:]
        pages.append(answer.content.decode())
        return answer

    walk("get", reverse("account-setup"), status=200)
    wrong = walk("post", reverse("account-setup"), {"app": "new", "name": "Propia", "app_secret": "x"}, status=400)
    assert list(wrong.context["form"].errors) == ["app_secret"]
    at = walk("post", reverse("account-setup"), {"app": "new", "name": "Propia", "app_secret": SECRET}).url
    setup = AccountSetup.objects.get()
    walk("get", at, status=200)
    # The token is wrong: said at its field, the id is still there, the token is not.
    answer = walk("post", at, {"waba_id": WABA_ID, "token": "EAAwrong-token"}, status=400)
    assert list(answer.context["form"].errors) == ["token"]
    assert WABA_ID in pages[-1]
    at = walk("post", at, {"waba_id": WABA_ID, "token": TOKEN}).url
    walk("get", at, status=200)
    walk("post", at, {}, status=400)
    at = walk("post", at, {"numbers": [OTHER_NUMBER]}).url
    walk("get", at, status=200)
    values = {
        f"name_{OTHER_NUMBER}": "",
        "color": "blue",
        "icon": "headset",
        "campaigns": [cast.campaign.pk],
        "update_message_statuses": "on",
    }
    answer = walk("post", at, values, status=400)
    assert list(answer.context["form"].errors) == [f"name_{OTHER_NUMBER}"]
    at = walk("post", at, values | {f"name_{OTHER_NUMBER}": "Cobranzas"}).url
    app = ProviderApp.objects.get()
    verify = app.credentials["verify_token"]
    shown = client.get(at)
    assert verify in shown.content.decode()
    assert f"/webhooks/meta/{app.key}/" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    # Going back: the address and the numbers are there, the token is not, and a finished setup is not done twice.
    walk("get", reverse("account-setup-access", args=[setup.uuid]))
    test = reverse("account-setup-test", args=[setup.uuid])
    walk("get", test, status=200)
    ready = MessageTemplate.objects.get(name="recordatorio")
    walk("post", test, {"number": "12", "template": ready.pk}, status=400)
    at = walk("post", test, {"number": "0991 651 351", "template": ready.pk}).url
    account = ChannelAccount.objects.get(external_id=OTHER_NUMBER)
    assert at == reverse("channel-account", args=[account.pk])
    for path in (at, reverse("channel-account-edit", args=[account.pk]), reverse("channel-account-token", args=[account.pk]),
                 reverse("provider-app", args=[app.pk]), reverse("provider-apps"), reverse("channel-accounts")):  # fmt: skip
        walk("get", path, status=200)
    journal = str(list(JournalEntry.objects.values()))
    logs = "\n".join(each.getMessage() for each in caplog.records)
    for secret in (TOKEN, SECRET, verify, "EAAwrong-token"):
        assert secret not in journal
        assert secret not in logs
        assert not any(secret in page for page in pages), secret


def test_a_failing_provider_is_told_above_the_form_and_what_was_typed_stays(cast: Cast, meta: Meta) -> None:
    setup = begin_setup(by=cast.admin, app=None)
    path = reverse("account-setup-access", args=[setup.uuid])
    client = signed_in(cast.admin)
    meta.simulator.faults(black_hole=True)
    answer = client.post(path, {"waba_id": WABA_ID, "token": TOKEN})
    assert answer.status_code == 400
    assert "no respondió a tiempo" in answer.content.decode()
    assert WABA_ID in answer.content.decode()
    assert TOKEN not in answer.content.decode()
    meta.simulator.faults()
    meta.may(MANAGEMENT)
    answer = client.post(path, {"waba_id": WABA_ID, "token": TOKEN})
    assert list(answer.context["form"].errors) == ["token"]


def test_the_first_delivery_is_seen_when_it_comes_and_a_wrong_signature_too(cast: Cast) -> None:
    app = add_app("Propia", by=cast.admin, app_secret=SECRET)
    setup = begin_setup(by=cast.admin, app=app, made_app=True)
    # Begun before the transaction of this test, whose clock stands still.
    AccountSetup.objects.update(created_at=timezone.now() - datetime.timedelta(hours=1))
    path = reverse("account-first-delivery", args=[setup.uuid])
    client = signed_in(cast.admin)
    assert "data-again" in client.get(path).content.decode()
    note_heard({app.key: Heard(failures=2, verifications=1), "": Heard(deliveries=1)})
    page = client.get(path).content.decode()
    assert "Meta verificó" in page
    assert "firma que no corresponde" in page
    assert "data-again" in page
    note_heard({app.key: Heard(deliveries=1)})
    assert "data-again" not in client.get(path).content.decode()
    assert AppHealth.objects.get(app_key=app.key).signature_failures == 2


# ── One account


@pytest.mark.shows("P0-54")
def test_an_accounts_page_tells_its_health(cast: Cast, meta: Meta) -> None:
    meta.number(PHONE_NUMBER_ID, quality="RED", limit="TIER_250", status="FLAGGED")
    client = signed_in(cast.admin)
    client.post(reverse("channel-account-refresh", args=[cast.account.pk]))
    page = client.get(reverse("channel-account", args=[cast.account.pk])).content.decode()
    assert "Calidad baja" in page
    assert "250 personas" in page
    note_heard({"": Heard(deliveries=3, failures=7)})
    ProviderNotice.objects.create(waba_id=WABA_ID, topic="phone_number_quality_update", summary="FLAGGED", digest="1")
    ProviderNotice.objects.create(waba_id="other", topic="security", summary="not ours", digest="2")
    webhooks = client.get(reverse("account-webhooks", args=[cast.account.pk])).content.decode()
    assert ">7<" in webhooks
    assert "Marcado por Meta" in webhooks
    assert "not ours" not in webhooks
    sending = client.get(reverse("account-sending", args=[cast.account.pk])).content.decode()
    assert "0 de 250" in sending


def test_why_an_account_holds_its_messages_is_read_in_the_readers_language(cast: Cast) -> None:
    disconnect_account(cast.account.pk, reason=RULES[131031].reason, as_of=timezone.now())
    pause_account(cast.account.pk, lasts=datetime.timedelta(hours=1), reason=RULES[131048].reason, code=131048)
    client = signed_in(cast.admin)
    page = client.get(reverse("channel-account", args=[cast.account.pk])).content.decode()
    assert "WhatsApp restringió esta cuenta." in page
    assert "WhatsApp retiene sus mensajes" in page
    channels = client.get(reverse("campaign-accounts", args=[cast.campaign.pk])).content.decode()
    assert "WhatsApp restringió esta cuenta." in channels
    assert "WhatsApp restricted" not in page + channels


def test_an_account_is_edited_and_two_campaigns_need_a_default(cast: Cast) -> None:
    client = signed_in(cast.admin)
    path = reverse("channel-account-edit", args=[cast.account.pk])
    both = [cast.campaign.pk, cast.other_campaign.pk]
    refused = client.post(path, {"name": "Ventas", "campaigns": both})
    assert list(refused.context["form"].errors) == ["default_campaign"]
    assert (
        client.post(
            path, {"name": "Ventas", "campaigns": both, "default_campaign": both[1], "color": "rose"}
        ).status_code
        == 302
    )
    account = ChannelAccount.objects.get()
    assert (account.name, account.color, account.update_message_statuses) == ("Ventas", "rose", False)
    assert account.default_campaign == cast.other_campaign
    assert JournalEntry.objects.filter(verb="channel_account_changed").count() == 1


@pytest.mark.shows("S01", "S02")
def test_another_teams_campaign_neither_gets_a_number_nor_loses_one(cast: Cast, with_rights: Any) -> None:
    luis = with_rights(cast.luis, "manage_channel_accounts")
    client, path = signed_in(luis), reverse("channel-account-edit", args=[cast.account.pk])
    assert cast.other_campaign.name not in client.get(path).content.decode()
    said = {"name": "Ventas", "campaigns": [cast.other_campaign.pk], "default_campaign": cast.campaign.pk}
    assert list(client.post(path, said).context["form"].errors) == ["campaigns"]
    cast.account.campaigns.add(cast.other_campaign)
    assert list(client.post(path, said | {"campaigns": []}).context["form"].errors) == ["campaigns"]
    assert client.post(path, said).status_code == 302
    assert set(cast.account.campaigns.all()) == {cast.campaign, cast.other_campaign}


def test_an_account_in_use_is_not_removed_and_the_page_says_so(cast: Cast) -> None:
    factories.conversation(cast)
    client = signed_in(cast.admin)
    page = client.post(reverse("channel-account-remove", args=[cast.account.pk]), follow=True).content.decode()
    assert "se puede desconectar, no quitar" in page
    assert Conversation.objects.exists()
    assert client.post(reverse("channel-account-disconnect", args=[cast.account.pk])).status_code == 302
    assert ChannelAccount.objects.get().state == "disconnected"


@pytest.mark.shows("S48")
def test_an_apps_secret_is_turned_over_and_a_verify_token_shown_once(cast: Cast) -> None:
    app = add_app("Propia", by=cast.admin, app_secret=SECRET)
    client = signed_in(cast.admin)
    path = reverse("provider-app", args=[app.pk])
    refused = client.post(path, {"app_secret": "x"})
    assert list(refused.context["form"].errors) == ["app_secret"]
    assert client.post(path, {"app_secret": "f" * 32}).status_code == 302
    shown = client.post(reverse("provider-app-renew", args=[app.pk])).content.decode()
    verify = ProviderApp.objects.get().credentials["verify_token"]
    assert verify in shown
    again = client.get(path).content.decode()
    for secret in (verify, SECRET, "f" * 32):
        assert secret not in again
    client.post(reverse("provider-app-drop", args=[app.pk]))
    assert ProviderApp.objects.get().credentials["app_secrets"] == ["f" * 32]
    assert client.post(reverse("provider-app-remove", args=[app.pk])).url == reverse("provider-apps")


# ── Templates


@pytest.mark.shows("P0-54")
def test_templates_are_searched_filtered_and_looked_at(cast: Cast, meta: Meta) -> None:
    sync_templates_of(cast.account.pk)
    client = signed_in(cast.admin)

    def names(**asked: Any) -> list[str]:
        return [each.name for each in client.get(reverse("message-templates"), asked).context["page"].rows]

    assert names() == ["factura", "promo", "recordatorio", "visita_tecnica"]
    assert names(q="tecnico") == ["visita_tecnica"]
    assert names(status="REJECTED") == ["promo"]
    assert names(category="MARKETING", language="es") == ["promo"]
    assert names(status="nonsense") == ["factura", "promo", "recordatorio", "visita_tecnica"]
    assert names(account=cast.account.pk, order="-name")[0] == "visita_tecnica"
    promo = client.get(
        reverse("message-template", args=[MessageTemplate.objects.get(name="promo").pk])
    ).content.decode()
    assert "Es publicidad" in promo
    visit = client.get(
        reverse("message-template", args=[MessageTemplate.objects.get(name="visita_tecnica").pk])
    ).content.decode()
    assert "Confirmo" in visit
    assert client.get(reverse("message-template", args=[0])).status_code == 404


def test_synchronising_is_asked_for_and_told(cast: Cast, meta: Meta) -> None:
    client = signed_in(cast.admin)
    assert client.post(reverse("message-templates-sync", args=[cast.account.pk])).status_code == 302
    fragment = client.get(reverse("message-templates"), {"fragment": "sync"}).content.decode()
    assert "data-again" in fragment
    sync_templates_of(cast.account.pk)
    fragment = client.get(reverse("message-templates"), {"fragment": "sync"}).content.decode()
    assert "data-again" not in fragment
    assert "Última copia" in fragment
