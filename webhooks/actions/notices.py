"""What a provider tells about accounts rather than messages: kept until somebody looks, once each however often it is told."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db import transaction

from connectors.messages import AccountError, Notice
from webhooks.models import ProviderNotice

logger = logging.getLogger(__name__)

ERROR = "account_error"


@transaction.atomic
def keep_notices(told: Iterable[tuple[str, str, Notice | AccountError]]) -> None:
    """Store notices and account errors, each with the key of the app that signed it and the id of the account that holds the number."""
    kept = [notice_of(app_key, waba_id, reading) for app_key, waba_id, reading in told]
    ProviderNotice.objects.bulk_create(kept, ignore_conflicts=True)


def notice_of(app_key: str, waba_id: str, reading: Notice | AccountError) -> ProviderNotice:
    topic = ERROR if isinstance(reading, AccountError) else reading.topic
    if isinstance(reading, AccountError):
        logger.warning("account error %s of number %s", reading.error.code, reading.account_external_id)
    said = orjson.dumps(
        [app_key, waba_id, reading.account_external_id, topic, reading.payload], option=orjson.OPT_SORT_KEYS
    )
    return ProviderNotice(
        app_key=app_key,
        waba_id=waba_id[:120],
        account_external_id=reading.account_external_id[:120],
        topic=topic[:60],
        code=reading.error.code if isinstance(reading, AccountError) else None,
        summary=summary_of(reading)[:300],
        payload=reading.payload,
        is_error=isinstance(reading, AccountError),
        digest=hashlib.sha256(said).hexdigest(),
    )


# Where the provider's notices say it in a word or two, whichever they are: a path into the payload, through lists, too. Read in the
# reader's language by webhooks.notice_words, which lists the values of each topic.
SAID_IN = (
    "event", "decision", "alert_info.alert_type", "alert_type", "message_template_name", "message_template_language",
    "requested_verified_name", "reason", "rejection_reason", "other_info.title", "new_quality_score", "new_category",
    "current_limit", "max_daily_conversations_per_business", "ban_info.waba_ban_state", "ban_info.waba_ban_date",
    "restriction_info.restriction_type", "violation_info.violation_type", "partner_client_certification_info.status",
    "country", "status", "configuration_name", "user_preferences.value", "title",
)  # fmt: skip
BETWEEN = " · "


def summary_of(reading: Notice | AccountError) -> str:
    if isinstance(reading, AccountError):
        return BETWEEN.join(part for part in (reading.error.title, reading.error.details) if part)
    said = (each for path in SAID_IN for each in values_at(reading.payload, path.split(".")))
    # Once each: the limit is told under its old name and its new one.
    return BETWEEN.join(dict.fromkeys(said))


def values_at(payload: Any, path: list[str]) -> list[str]:
    """The words and numbers at a path; whatever else stands there says nothing."""
    found = [payload]
    for name in path:
        found = [each.get(name) for each in out_of_lists(found) if isinstance(each, dict)]
    return [
        str(each) for each in out_of_lists(found) if each and isinstance(each, str | int) and not isinstance(each, bool)
    ]


def out_of_lists(values: list[Any]) -> Iterator[Any]:
    for each in values:
        yield from each if isinstance(each, list) else (each,)
