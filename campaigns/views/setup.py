"""Connecting numbers, step by step; each step has its address, and what was given before is still there on the way back."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from campaigns.actions import (
    AccountWishes,
    add_app,
    begin_setup,
    choose_numbers,
    connect_chosen,
    give_access,
    send_test,
    testable_templates,
)
from campaigns.actions.syncing import copy_templates
from campaigns.forms import AccessForm, AppForm, SharedForm, TestForm
from campaigns.models import AccountSetup, ChannelAccount, ProviderApp
from campaigns.views.accounts import MANAGE
from core.forms import submit, tell
from core.refusals import Refusal

STEPS = (
    ("account-setup", gettext_noop("App")),
    ("account-setup-access", gettext_noop("Access")),
    ("account-setup-numbers", gettext_noop("Numbers")),
    ("account-setup-campaign", gettext_noop("Name and campaign")),
    ("account-setup-webhook", gettext_noop("Webhook")),
    ("account-setup-test", gettext_noop("Test")),
)

WEBHOOK = 4


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def begin(request: HttpRequest) -> HttpResponse:
    """Step 1: the app whose secret signs what Meta delivers."""
    user = signed_in_user(request)
    form = AppForm(request.POST or None, has_own=bool(settings.META_APP_SECRETS))
    if request.method == "POST" and form.is_valid():
        setup = submit(form, lambda: begun(form, by=user))
        if setup is not None:
            return redirect("account-setup-access", setup=setup.uuid)
    return step(request, 0, None, "campaigns/setup_app.html", form=form)


def begun(form: AppForm, *, by: User) -> AccountSetup:
    said = form.cleaned_data
    if said["app"] == AppForm.OWN:
        return begin_setup(by=by, app=None)
    if said["app"] != AppForm.NEW:
        return begin_setup(by=by, app=ProviderApp.objects.get(pk=int(said["app"])))
    app = add_app(said["name"], by=by, app_secret=said["app_secret"], verify_token=said["verify_token"])
    return begin_setup(by=by, app=app, made_app=True)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def access(request: HttpRequest, setup: uuid.UUID) -> HttpResponse:
    """Step 2: the business account and its token, asked of Meta at once."""
    found = own(request, setup)
    if found.connected_at is not None:
        return redirect("account-setup-webhook", setup=setup)
    form = AccessForm(request.POST or None, initial={"waba_id": found.waba_id}, has_token=found.credentials is not None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        by = signed_in_user(request)
        if submit(form, lambda: give_access(found.pk, by=by, waba_id=said["waba_id"], token=said["token"])) is not None:
            return redirect("account-setup-numbers", setup=setup)
    return step(request, 1, found, "campaigns/setup_access.html", form=form)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def numbers(request: HttpRequest, setup: uuid.UUID) -> HttpResponse:
    """Step 3: which of the numbers that Meta shows."""
    found = own(request, setup)
    if not found.offered:
        return redirect("account-setup-access", setup=setup)
    form = forms.Form(request.POST or None)
    chosen = request.POST.getlist("numbers") if request.method == "POST" else found.chosen
    problem = ""
    if request.method == "POST":
        try:
            choose_numbers(found.pk, by=signed_in_user(request), external_ids=chosen)
        except Refusal as refusal:
            problem = " ".join(refusal.fields.get("numbers", [])) or refusal.message
        else:
            return redirect("account-setup-campaign", setup=setup)
    known = names_known(found, by=signed_in_user(request))
    offered = [
        each | {"is_chosen": each["external_id"] in chosen, "known_as": known.get(each["external_id"], "")}
        for each in found.offered
    ]
    return step(request, 2, found, "campaigns/setup_numbers.html", form=form, offered=offered, problem=problem)


class NamedForm(SharedForm):
    """A name per chosen number, and what they share."""

    def __init__(self, *args: Any, by: User, setup: AccountSetup, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        known = names_known(setup, by=by)
        self.named = []
        for each in setup.offered:
            external_id = each["external_id"]
            if external_id in setup.chosen:
                name = f"name_{external_id}"
                self.fields[name] = forms.CharField(
                    max_length=80,
                    label=_("Name of %(number)s") % {"number": each["display"] or external_id},
                    initial=known.get(external_id) or each["name"][:80],
                )
                self.named.append(name)

    def wishes(self) -> AccountWishes:
        said = self.cleaned_data
        return AccountWishes(
            names={name.removeprefix("name_"): said[name] for name in self.named},
            color=said["color"],
            icon=said["icon"],
            campaigns=tuple(said["campaigns"]),
            default_campaign=said["default_campaign"],
            update_message_statuses=said["update_message_statuses"],
        )

    def name_fields(self) -> list[Any]:
        return [self[name] for name in self.named]


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def campaign(request: HttpRequest, setup: uuid.UUID) -> HttpResponse:
    """Step 4: what they are called and whom they serve; this connects them."""
    found = own(request, setup)
    if found.connected_at is not None:
        return redirect("account-setup-webhook", setup=setup)
    if not found.chosen:
        return redirect("account-setup-numbers", setup=setup)
    form = NamedForm(request.POST or None, by=signed_in_user(request), setup=found)
    if request.method == "POST" and form.is_valid():
        by = signed_in_user(request)
        if submit(form, lambda: connect_chosen(found.pk, by=by, wishes=form.wishes())) is not None:
            tell(request, _("Connected."))
            return redirect("account-setup-webhook", setup=setup)
    return step(request, 3, found, "campaigns/setup_campaign.html", form=form)


@require_GET
@permitted(MANAGE)
def webhook(request: HttpRequest, setup: uuid.UUID) -> HttpResponse:
    """Step 5: what to paste at Meta, and whether something arrived. The verify token is shown here and nowhere else."""
    found = connected(request, setup)
    app = found.provider_app
    token = (app.credentials or {}).get("verify_token", "") if app is not None and found.made_app else ""
    path = f"/webhooks/meta/{app.key}/" if app is not None else "/webhooks/meta/"
    answer = step(
        request,
        4,
        found,
        "campaigns/setup_webhook.html",
        address=request.build_absolute_uri(path),
        verify_token=token,
        app=app,
    )
    # The token must not stay in the browser's memory.
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def test(request: HttpRequest, setup: uuid.UUID) -> HttpResponse:
    """Step 6: a message to oneself."""
    found = connected(request, setup)
    account = ChannelAccount.objects.filter(pk__in=found.connected).order_by("pk").first()
    if account is None:
        raise Http404
    if request.method == "GET" and not account.templates.exists():
        # What can be sent is known only after the first copy; a failure of it is told in the list of templates.
        copy_templates(account)
    form = TestForm(request.POST or None, templates=testable_templates(account))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        template_id = None if said["template"] == TestForm.TEXT else int(said["template"])
        by = signed_in_user(request)
        sent = submit(
            form,
            lambda: send_test(account.pk, by=by, number=said["number"], template_id=template_id, text=said["text"]),
        )
        if sent is not None:
            tell(request, _("Meta took the message. It arrives on the phone in a few seconds."))
            return redirect("channel-account", account_id=account.pk)
    return step(request, 5, found, "campaigns/setup_test.html", form=form, account=account)


def names_known(setup: AccountSetup, *, by: User) -> dict[str, str]:
    """What numbers of the setup are called here already, as far as `by` sees them."""
    offered = [each["external_id"] for each in setup.offered]
    return dict(
        ChannelAccount.objects.visible_to(by).filter(external_id__in=offered).values_list("external_id", "name")
    )


def own(request: HttpRequest, setup: uuid.UUID) -> AccountSetup:
    """The user's setup; another's is not there."""
    found: AccountSetup | None = (
        AccountSetup.objects.select_related("provider_app").filter(uuid=setup, user=signed_in_user(request)).first()
    )
    if found is None:
        raise Http404
    return found


def connected(request: HttpRequest, setup: uuid.UUID) -> AccountSetup:
    found = own(request, setup)
    if found.connected_at is None:
        raise Http404
    return found


def step(request: HttpRequest, at: int, setup: AccountSetup | None, template: str, **more: Any) -> HttpResponse:
    form = more.get("form")
    is_wrong = bool(more.get("problem")) or bool(form is not None and form.errors)
    context = {
        "heading": _("Connect WhatsApp"),
        "setup": setup,
        "steps": [
            {
                "words": _(words),
                "state": "done" if index < at else "current" if index == at else "",
                "url": way_back(name, index, at, setup),
            }
            for index, (name, words) in enumerate(STEPS)
        ],
    } | more
    return render(request, template, context, status=400 if is_wrong else 200)


def way_back(name: str, index: int, at: int, setup: AccountSetup | None) -> str:
    """The address of an earlier step that may still be changed, else nothing: what is connected is changed in its own page."""
    if setup is None or not 0 < index < at or (setup.connected_at is not None and index < WEBHOOK):
        return ""
    return reverse(name, args=[setup.uuid])
