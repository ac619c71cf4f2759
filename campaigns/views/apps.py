"""The provider's apps: their address, and turning over what must stay secret."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from campaigns.actions import drop_old_secrets, remove_app, renew_verify_token, rotate_app_secret
from campaigns.forms import SecretForm
from campaigns.models import ChannelAccount, ProviderApp
from campaigns.views.accounts import MANAGE
from core.forms import submit, tell
from core.refusals import Refusal
from core.secrets import CannotOpen


@require_GET
@permitted(MANAGE)
def apps(request: HttpRequest) -> HttpResponse:
    """The apps are the company's; of the accounts that receive through them those are named that the reader sees (S05)."""
    seen = ChannelAccount.objects.visible_to(signed_in_user(request)).order_by("name")
    found = ProviderApp.objects.order_by("name").prefetch_related(Prefetch("accounts", queryset=seen))
    context = {
        "heading": _("Apps at Meta"),
        "apps": found,
        "own_address": request.build_absolute_uri("/webhooks/meta/") if settings.META_APP_SECRETS else "",
    }
    return render(request, "campaigns/apps.html", context)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def app(request: HttpRequest, app_id: int) -> HttpResponse:
    """One app; posting gives it a new secret."""
    found = present(app_id)
    form = SecretForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret, by = form.cleaned_data["app_secret"], signed_in_user(request)
        if submit(form, lambda: rotate_app_secret(app_id, by=by, app_secret=secret)) is not None:
            tell(request, _("The new secret is taken from now on; the one before it, too, until you drop it."))
            return redirect("provider-app", app_id=app_id)
    return app_page(request, found, form=form)


@require_POST
@permitted(MANAGE)
def drop(request: HttpRequest, app_id: int) -> HttpResponse:
    if drop_old_secrets(present(app_id).pk, by=signed_in_user(request)):
        tell(request, _("Only the newest secret is taken now."))
    return redirect("provider-app", app_id=app_id)


@require_POST
@permitted(MANAGE)
def renew(request: HttpRequest, app_id: int) -> HttpResponse:
    """A new verify token, shown in this answer and never again."""
    token = renew_verify_token(present(app_id).pk, by=signed_in_user(request))
    return app_page(request, present(app_id), form=SecretForm(), verify_token=token)


@require_POST
@permitted(MANAGE)
def remove(request: HttpRequest, app_id: int) -> HttpResponse:
    found = present(app_id)
    try:
        remove_app(app_id, by=signed_in_user(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("provider-app", app_id=app_id)
    tell(request, _("«%(name)s» was removed.") % {"name": found.name})
    return redirect("provider-apps")


def present(app_id: int) -> ProviderApp:
    found: ProviderApp | None = ProviderApp.objects.filter(pk=app_id).first()
    if found is None:
        raise Http404
    return found


def app_page(request: HttpRequest, found: ProviderApp, *, form: SecretForm, verify_token: str = "") -> HttpResponse:
    try:
        secrets = len((found.credentials or {}).get("app_secrets", []))
    except CannotOpen:
        secrets = 0
    seen = ChannelAccount.objects.visible_to(signed_in_user(request))
    context = {
        "heading": found.name,
        "app": found,
        "form": form,
        "secrets": secrets,
        "verify_token": verify_token,
        "address": request.build_absolute_uri(f"/webhooks/meta/{found.key}/"),
        "accounts": list(seen.filter(provider_app=found).order_by("name")),
        "is_used": found.accounts.exists(),
    }
    answer = render(request, "campaigns/app.html", context, status=400 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer
