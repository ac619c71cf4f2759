"""What a provider's notice says, in the reader's words: every code that Meta documents, and its own where nobody translated it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from campaigns.words import CATEGORIES
from connectors.messages import AccountError, Notice, ProviderError
from tests.factories import PHONE_NUMBER_ID, WABA_ID, Cast
from webhooks.actions.notices import keep_notices
from webhooks.models import ProviderNotice
from webhooks.notice_words import CODES, notice_in_words


def told(topic: str, payload: dict[str, Any]) -> ProviderNotice:
    """A notice as it is kept of what the provider delivered."""
    keep_notices([("", WABA_ID, Notice(account_external_id="", topic=topic, payload=payload))])
    return ProviderNotice.objects.latest("pk")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("topic", "payload", "spanish"),
    [
        (
            "message_template_status_update",
            {"event": "APPROVED", "message_template_name": "visita", "message_template_language": "es", "reason": "NONE"},
            "Aprobada · visita · es",
        ),
        (
            "message_template_status_update",
            {"event": "PAUSED", "message_template_name": "oferta", "other_info": {"title": "FIRST_PAUSE"}},
            "En pausa · oferta · Primera pausa",
        ),
        (
            "phone_number_quality_update",
            {"event": "FLAGGED", "current_limit": "TIER_250", "max_daily_conversations_per_business": "TIER_250"},
            "Marcado por Meta: demasiadas quejas · 250 personas en 24 h",
        ),
        ("business_capability_update", {"max_daily_conversations_per_business": 250}, "250 personas en 24 h"),
        ("business_capability_update", {"max_daily_conversations_per_business": -1}, "Sin límite"),
        ("message_template_quality_update", {"new_quality_score": "RED"}, "Calidad baja"),
        ("account_alerts", {"alert_info": {"alert_type": "OBA_APPROVED"}}, "Ya es una cuenta oficial"),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["SCHEDULE_FOR_DISABLE"]}},
            "Meta cambió si la cuenta se puede usar · Está a punto de desactivarse",
        ),
        (
            "account_update",
            {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]},
            "Meta restringió la cuenta · No puede escribir primero",
        ),
        (
            "phone_number_name_update",
            {"decision": "REJECTED", "requested_verified_name": "Juan", "rejection_reason": "NAME_EMPLOYEE_ISSUE"},
            "El nombre fue rechazado · Juan · Nombra a una persona",
        ),
        ("security", {"event": "PIN_CHANGED"}, "Se cambió el PIN del número"),
        ("user_preferences", {"user_preferences": [{"wa_id": "595991651351", "value": "stop"}]}, "Un cliente no quiere más marketing"),
        # Nobody translated these: the provider's own words.
        ("phone_number_quality_update", {"event": "SOMETHING_NEW"}, "SOMETHING_NEW"),
        ("something_new", {"event": "APPROVED"}, "APPROVED"),
        ("security", {"event": {"deep": [["er"]]}, "decision": True}, ""),
    ],
)  # fmt: skip
def test_a_notice_is_read_in_spanish(topic: str, payload: dict[str, Any], spanish: str) -> None:
    notice = told(topic, payload)
    assert "595991651351" not in notice.summary
    with translation.override("es"):
        assert notice_in_words(notice) == spanish


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_no_documented_code_is_left_in_english(language: str) -> None:
    with translation.override(language):
        left = {
            said for known in CODES.values() for said in known.values() if said and translation.gettext(said) == said
        }
    # Called the same everywhere.
    assert left <= {CATEGORIES["MARKETING"]}


@pytest.mark.django_db
def test_an_error_says_what_it_means_and_what_the_provider_calls_it() -> None:
    for code, title in ((131031, "Account locked"), (131026, "Undeliverable"), (1, "Odd")):
        error = ProviderError(code=code, title=title)
        keep_notices(
            [("", WABA_ID, AccountError(account_external_id=PHONE_NUMBER_ID, error=error, payload={"code": code}))]
        )
    with translation.override("es"):
        locked, undeliverable, odd = map(notice_in_words, ProviderNotice.objects.order_by("pk"))
    assert locked.startswith("WhatsApp restringió esta cuenta.")
    assert locked.endswith("· Account locked")
    # What is about one message means nothing for the account.
    assert (undeliverable, odd) == ("Undeliverable", "Odd")


def test_notices_are_found_by_what_is_read(cast: Cast) -> None:
    told("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE"})
    told("phone_number_quality_update", {"event": "UPGRADE", "current_limit": "TIER_10K"})
    told("account_review_update", {"decision": "APPROVED"})
    client = Client()
    client.force_login(cast.admin)

    def said(words: str) -> list[str]:
        return [each.summary for each in client.get(reverse("provider-notices"), {"q": words}).context["page"].rows]

    assert said("subió su límite") == ["UPGRADE · TIER_10K"]
    assert said("fue aprobada") == ["APPROVED"]
    assert said("calidad del número") == ["UPGRADE · TIER_10K", "THROUGHPUT_UPGRADE"]
    assert said("upgrade") == ["UPGRADE · TIER_10K", "THROUGHPUT_UPGRADE"]
    assert said("nada de eso") == []
