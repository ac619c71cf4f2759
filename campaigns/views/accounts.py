"""WhatsApp accounts: the list, one's page with its health, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from campaigns.actions import (
    change_account,
    reconnect_account,
    refresh_health,
    remove_account,
    replace_token,
    send_test,
    switch_off_account,
    testable_templates,
)
from campaigns.forms import AccountForm, TestForm, TokenForm, stored_values
from campaigns.models import AccountSetup, ChannelAccount
from core.forms import submit, tell
from core.lists import Column, FilterForm, Folded, ListPage, matching
from core.refusals import NotFound, Refusal

SEE = ("campaigns.see_channel_accounts", "campaigns.manage_channel_accounts")
MANAGE = "campaigns.manage_channel_accounts"


class AccountFilter(FilterForm):
    search_hint = gettext_lazy("Search by name or number")

    def narrow(self, rows: Any) -> Any:
        words = self.said("q")
        return rows.filter(matching(words, "folded_name", "display_number", "external_id")) if words else rows


@require_GET
@permitted(*SEE)
def accounts(request: HttpRequest) -> HttpResponse:
    """The connected numbers the user may see."""
    user = signed_in_user(request)
    rows = (
        ChannelAccount.objects.visible_to(user)
        .annotate(folded_name=Folded("name"))
        .select_related("default_campaign", "provider_app")
        .annotate(rejected=Count("templates", filter=Q(templates__status="REJECTED")))
    )
    page = ListPage(
        rows,
        params=request.GET,
        columns=[
            Column(name="name", title=_("Name"), sort="folded_name"),
            Column(name="state", title=_("State"), sort="state"),
            Column(name="quality", title=_("Quality"), sort="quality"),
            Column(name="limit", title=_("Limit of 24 h")),
            Column(name="campaign", title=_("Campaign")),
        ],
        order="name",
        filters=AccountFilter(request.GET),
    )
    context = {
        "heading": _("WhatsApp accounts"),
        "page": page,
        "may_manage": user.has_perm(MANAGE),
        "unfinished": AccountSetup.objects.filter(user=user, connected_at__isnull=True).exclude(waba_id="").last(),
        "now": timezone.now(),
    }
    return render(request, "campaigns/accounts.html", context)


def seen(request: HttpRequest, account_id: int) -> ChannelAccount:
    """The account, if the user may see it; else 404."""
    found: ChannelAccount | None = (
        ChannelAccount.objects.visible_to(signed_in_user(request))
        .select_related("provider_app", "default_campaign")
        .filter(pk=account_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_GET
@permitted(*SEE)
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """How a number is: the provider's opinion, webhooks, sending, templates, notices."""
    found = seen(request, account_id)
    counted = found.templates.order_by().values_list("status").annotate(count=Count("pk"))
    context = {
        "heading": found.name,
        "account": found,
        "template_counts": sorted(counted),
        "may_manage": signed_in_user(request).has_perm(MANAGE),
        "is_shared": found.campaigns.count() > 1 or found.rules.exists(),
        "sync": getattr(found, "template_sync", None),
        "now": timezone.now(),
    }
    return render(request, "campaigns/account.html", context)


@require_POST
@permitted(*SEE)
def refresh(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask the provider how the number is, now."""
    found = refresh_health(seen(request, account_id).pk)
    if found.check_problem is None:
        tell(request, _("Asked Meta just now."))
    return redirect("channel-account", account_id=account_id)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Name, looks, campaigns and the app that signs."""
    found = seen(request, account_id)
    form = AccountForm(
        request.POST or None,
        initial=stored_values(found),
        by=signed_in_user(request),
        account=found,
        has_own=bool(settings.META_APP_SECRETS),
    )
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        if submit(form, lambda: change_account(account_id, by=signed_in_user(request), **wanted)) is not None:
            tell(request, _("Saved."))
            return redirect("channel-account", account_id=account_id)
    context = {"heading": _("Edit %(name)s") % {"name": found.name}, "account": found, "form": form}
    return render(request, "campaigns/account_edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def token(request: HttpRequest, account_id: int) -> HttpResponse:
    """Another access token, checked at the provider before it is kept."""
    found = seen(request, account_id)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["token"]
        if submit(form, lambda: replace_token(account_id, by=signed_in_user(request), token=given)) is not None:
            tell(request, _("Meta took the token. The account is connected."))
            return redirect("channel-account", account_id=account_id)
    context = {"heading": _("New token for %(name)s") % {"name": found.name}, "account": found, "form": form}
    return render(request, "campaigns/account_token.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def test(request: HttpRequest, account_id: int) -> HttpResponse:
    """A message to oneself."""
    found = seen(request, account_id)
    form = TestForm(request.POST or None, templates=testable_templates(found))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        template_id = None if said["template"] == TestForm.TEXT else int(said["template"])
        sent = submit(
            form,
            lambda: send_test(
                account_id,
                by=signed_in_user(request),
                number=said["number"],
                template_id=template_id,
                text=said["text"],
            ),
        )
        if sent is not None:
            tell(request, _("Meta took the message. It arrives on the phone in a few seconds."))
            return redirect("channel-account", account_id=account_id)
    context = {"heading": _("Test message from %(name)s") % {"name": found.name}, "account": found, "form": form}
    return render(request, "campaigns/account_test.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(MANAGE)
def disconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    user = signed_in_user(request)
    return done(
        request,
        account_id,
        lambda: switch_off_account(seen(request, account_id).pk, by=user),
        _("Disconnected. What is queued waits until it is connected again."),
    )


@require_POST
@permitted(MANAGE)
def reconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    user = signed_in_user(request)
    words = _("Connected. What waited leaves by itself.")
    return done(request, account_id, lambda: reconnect_account(seen(request, account_id).pk, by=user), words)


@require_POST
@permitted(MANAGE)
def remove(request: HttpRequest, account_id: int) -> HttpResponse:
    user = signed_in_user(request)
    found = seen(request, account_id)
    try:
        remove_account(found.pk, by=user)
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        uses = sum(refusal.extra.get("uses", {}).values())
        more = ngettext("%(count)d thing points at it.", "%(count)d things point at it.", uses) % {"count": uses}
        messages.error(request, f"{refusal.message} {more}")
        return redirect("channel-account", account_id=account_id)
    tell(request, _("«%(name)s» was removed.") % {"name": found.name})
    return redirect("channel-accounts")


def done(request: HttpRequest, account_id: int, act: Callable[[], object], words: str) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(
            request, refusal.message or " ".join(text for texts in refusal.fields.values() for text in texts)
        )
    else:
        tell(request, words)
    return redirect("channel-account", account_id=account_id)
