"""What webhooks shows in a lower floor's page (config/panels.py): how an account's app is heard."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guards import permitted, signed_in_user
from campaigns.models import AccountSetup, ChannelAccount
from webhooks.models import AppHealth, DeadLetter, Delivery, ProviderNotice

NOTICES = 5


@require_GET
@permitted("campaigns.see_channel_accounts", "campaigns.manage_channel_accounts")
def account_webhooks(request: HttpRequest, account_id: int) -> HttpResponse:
    """When the account's app last delivered, its wrong signatures, what could not be read, and what the provider told."""
    user = signed_in_user(request)
    account = ChannelAccount.objects.visible_to(user).select_related("provider_app").filter(pk=account_id).first()
    if account is None:
        raise Http404
    key = account.provider_app.key if account.provider_app else ""
    told = ProviderNotice.objects.filter(app_key=key, waba_id=account.portfolio_id).defer("payload").order_by("-id")
    context = {
        "account": account,
        "key": key,
        "health": AppHealth.objects.filter(app_key=key).first(),
        "has_secret": bool(key) or bool(settings.META_APP_SECRETS),
        "is_recent": timezone.now() - datetime.timedelta(minutes=10),
        "waiting": Delivery.objects.filter(processed_at__isnull=True, app_key=key).count(),
        "letters": DeadLetter.objects.filter(state=DeadLetter.State.DEAD, app_key=key).count(),
        "notices": [each for each in told[: NOTICES * 4] if each.account_external_id in ("", account.external_id)][
            :NOTICES
        ],
    }
    return render(request, "webhooks/_account_webhooks.html", context)


@require_GET
@permitted("campaigns.manage_channel_accounts")
def first_delivery(request: HttpRequest, setup: str) -> HttpResponse:
    """Whether the address was verified and something was delivered since the setup began; asked again until it was."""
    found = AccountSetup.objects.select_related("provider_app").filter(uuid=setup, user=signed_in_user(request)).first()
    if found is None:
        raise Http404
    key = found.provider_app.key if found.provider_app else ""
    health = AppHealth.objects.filter(app_key=key).first()
    context = {
        "verified_at": health.verified_at if health else None,
        "delivered_at": health.last_delivery_at
        if health and is_since(health.last_delivery_at, found.created_at)
        else None,
        "failed_at": health.last_failure_at if health and is_since(health.last_failure_at, found.created_at) else None,
    }
    return render(request, "webhooks/_first_delivery.html", context)


def is_since(moment: datetime.datetime | None, begun: datetime.datetime) -> bool:
    return moment is not None and moment >= begun
