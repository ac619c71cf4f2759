"""What a provider tells about accounts rather than messages: kept until somebody looks, once each however often it is told."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable

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


# What the provider's notices say in a word or two, whichever they are (templates' reviews, qualities, limits, bans).
SAID_IN = (
    "event", "message_template_name", "message_template_language", "reason", "current_limit", "new_quality_score",
    "decision", "title",
)  # fmt: skip


def summary_of(reading: Notice | AccountError) -> str:
    if isinstance(reading, AccountError):
        return " · ".join(part for part in (reading.error.title, reading.error.details) if part)
    said = (reading.payload.get(name) for name in SAID_IN)
    return " · ".join(str(part) for part in said if isinstance(part, str | int) and part)
