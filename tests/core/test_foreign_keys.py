"""Foreign keys point down only: import-linter sees imports, not tables (HOUSE.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models

# From the top. Rooms of one floor share a number and know nothing of each other.
FLOORS = [
    {"processes", "webhooks", "reports", "privacy"},
    {"inbox"},
    {"campaigns"},
    {"opportunities", "scripts"},
    {"contacts"},
    {"typification"},
    {"accounts"},
    {"core"},
]
FLOOR_OF = {app: floor for floor, rooms in enumerate(reversed(FLOORS)) for app in rooms}

# Across floors everything is PROTECT, so that nothing above vanishes with something below. But for rows that are nothing on their
# own: what ties an agent to a campaign, an unsent text, a word about a message that this account never sent, what a
# browser that is gone was to be told, a connection somebody began and did not finish.
VANISH_WITH_WHAT_THEY_ARE_ABOUT = {
    "campaigns.AccountSetup.user",
    "campaigns.CampaignAgent.user",
    "contacts.ContactTeam.team",
    "inbox.Draft.user",
    "inbox.ParkedChange.channel_account",
    "inbox.ParkedStatus.channel_account",
    "inbox.PushNotice.subscription",
}


def our_keys() -> Iterator[tuple[type[models.Model], Any]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in FLOOR_OF:
            for field in model._meta.get_fields():
                if isinstance(field, models.ForeignKey):
                    yield model, field


def test_every_app_of_ours_has_a_floor() -> None:
    ours = {
        config.label
        for config in apps.get_app_configs()
        if ".venv" not in config.path and "site-packages" not in config.path
    }
    assert {label for label in ours if list(apps.get_app_config(label).get_models())} <= set(FLOOR_OF)


def test_no_foreign_key_points_up_or_to_the_next_room() -> None:
    wrong = []
    for model, field in our_keys():
        here, there = model._meta.app_label, field.related_model._meta.app_label
        # Django's own tables (permissions, content types, sessions) lie below all of ours.
        if there in FLOOR_OF and here != there and FLOOR_OF[here] <= FLOOR_OF[there]:
            wrong.append(f"{model._meta.label}.{field.name} -> {there}")
    assert wrong == []


def test_across_floors_keys_protect_what_they_point_to() -> None:
    unprotected = {
        f"{model._meta.label}.{field.name}"
        for model, field in our_keys()
        if field.related_model._meta.app_label in FLOOR_OF
        and field.related_model._meta.app_label != model._meta.app_label
        and not model._meta.auto_created
        and field.remote_field.on_delete is not models.PROTECT
    }
    assert unprotected == VANISH_WITH_WHAT_THEY_ARE_ABOUT


def test_the_rock_points_to_nobody() -> None:
    """The journal outlives what it speaks of: ids and labels, no keys."""
    assert not [
        model._meta.label
        for model, field in our_keys()
        if model._meta.app_label == "core" and field.related_model._meta.app_label != "core"
    ]
    journal = apps.get_model("core", "JournalEntry")
    assert not [field for field in journal._meta.fields if field.is_relation]


@pytest.mark.django_db
def test_the_database_has_the_keys_that_the_models_have() -> None:
    """Partitioned tables are made by hand: nothing may point into or out of them unnoticed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'webhooks_delivery'::regclass"
        )
        assert cursor.fetchone() == (0,)
