"""What the demo begins with."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from campaigns.models import ChannelAccount, MessageTemplate, Resource, Shortcut
from campaigns.tasks import sync_templates_when_up
from contacts.twins import open_suggestions
from inbox.management.commands import load_demo
from simulator.config import Config
from simulator.server import running
from tests import factories

ENVIRONMENT = {
    "DEMO_PASSWORD": factories.PASSWORD,
    "DEMO_TOKEN": factories.TOKEN,
    "DEMO_PHONE_NUMBER_ID": factories.PHONE_NUMBER_ID,
    "DEMO_WABA_ID": factories.WABA_ID,
}


@pytest.mark.django_db
def test_it_brings_people_ready_words_and_the_providers_templates_once(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    wanted: list[Any] = []
    monkeypatch.setattr(load_demo.sync_templates_when_up, "delay", wanted.append)
    for _ in range(2):
        said = io.StringIO()
        with django_capture_on_commit_callbacks(execute=True):
            call_command("seed", stdout=io.StringIO())
            call_command("load_demo", stdout=said)
        assert [each["username"] for each in json.loads(said.getvalue())] == ["ana", "luis", "admin"]
    assert User.objects.filter(username__in=("ana", "luis", "admin")).count() == 3
    assert sorted(Resource.objects.values_list("kind", flat=True)) == ["document", "image", "text"]
    assert Shortcut.objects.count() == len(load_demo.SHORTCUTS)
    assert not Shortcut.objects.filter(text="", resource=None).exists()
    pairs = {(each.first.first_name, each.reason) for each in open_suggestions(User.objects.get(username="luis"))}
    assert pairs == {("Patricia", "document"), ("Marcelo", "document")}
    account = ChannelAccount.objects.get()
    assert wanted == [account.pk, account.pk]
    config = Config(
        webhook_url="http://127.0.0.1:9/",
        app_secret="s3cr3t",
        token=factories.TOKEN,
        phone_number_ids=(factories.PHONE_NUMBER_ID,),
        waba_id=factories.WABA_ID,
    )
    with running(config) as provider:
        settings.META_GRAPH_URL = provider.url
        # As a worker does: by itself, again and again while nobody is there.
        sync_templates_when_up.apply((account.pk,))
    assert MessageTemplate.objects.filter(account=account, status="APPROVED").exists()


@pytest.mark.django_db
def test_a_provider_that_is_not_up_yet_is_asked_again(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [-1, -1, 4]
    monkeypatch.setattr("campaigns.tasks.copy_templates", lambda _account: answers.pop(0))
    assert sync_templates_when_up.apply((cast.account.pk,)).get() == 4
    assert answers == []


def test_the_leaflet_and_the_sheet_are_what_they_say() -> None:
    assert load_demo.plans_picture().startswith(b"\x89PNG")
    assert load_demo.requirements_pdf().startswith(b"%PDF-")
