"""Every model with words in it is somebody's: held by an app's personal.py, or said at the roof to say nothing of anybody."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from config.privacy import IMPERSONAL
from contacts.models import Contact
from core.personal import holders

OWN = (
    "accounts",
    "campaigns",
    "contacts",
    "core",
    "inbox",
    "privacy",
    "typification",
    "webhooks",
    "processes",
    "opportunities",
    "scripts",
)
WORDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def own_models() -> dict[str, type[models.Model]]:
    return {
        model._meta.label: model
        for app in OWN
        if apps.is_installed(app)
        for model in apps.get_app_config(app).get_models()
    }


def has_words(model: type[models.Model]) -> bool:
    return any(isinstance(field, WORDS) and not field.choices for field in model._meta.local_fields)


def is_about_somebody(model: type[models.Model]) -> bool:
    return any(field.related_model is Contact for field in model._meta.local_fields)


@pytest.mark.shows("S61", "S62")
def test_every_model_with_words_or_about_a_contact_is_listed() -> None:
    held = {label for holder in holders() for label in holder.MODELS}
    listed = held | IMPERSONAL
    unlisted = [
        label
        for label, model in own_models().items()
        if (has_words(model) or is_about_somebody(model)) and label not in listed
    ]
    assert unlisted == [], "say in config/privacy.py, or in the app's personal.py, what these hold of a person"


def test_what_is_listed_exists_once() -> None:
    held = [label for holder in holders() for label in holder.MODELS]
    assert len(held) == len(set(held))
    assert set(held).isdisjoint(IMPERSONAL)
    assert set(held) | IMPERSONAL <= own_models().keys()
