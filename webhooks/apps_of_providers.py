"""Which secrets sign the deliveries of an address. Rows are read at most each few seconds: a rotation needs no restart."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.conf import settings

from campaigns.models import ProviderApp
from core.secrets import CannotOpen

logger = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
# As ProviderApp.key, a slug.
KEY = re.compile(r"[-a-zA-Z0-9_]{1,40}")


@dataclass(frozen=True)
class AppSecrets:
    """Newest secret first; none means that nothing is accepted."""

    secrets: tuple[str, ...]
    verify_token: str


_known: dict[str, tuple[float, AppSecrets | None]] = {}


async def secrets_of(key: str) -> AppSecrets | None:
    """Return the secrets of an app key ('' is the environment's), or None when there is no such app."""
    if key == "":
        return AppSecrets(secrets=settings.META_APP_SECRETS, verify_token=settings.META_VERIFY_TOKEN)
    if not KEY.fullmatch(key):
        # Nothing a row could be called: never asked of the database, which would choke on a NUL.
        return None
    known = _known.get(key)
    if known is None or known[0] < time.monotonic():
        found = await database_sync_to_async(read_app, thread_sensitive=False)(key)
        if len(_known) > 1000:
            # Guessed keys must not grow the memory.
            _known.clear()
        known = _known[key] = (time.monotonic() + FRESH_SECONDS, found)
    return known[1]


def read_app(key: str) -> AppSecrets | None:
    app = ProviderApp.objects.filter(key=key).first()
    if app is None:
        return None
    try:
        credentials = app.credentials or {}
    except CannotOpen:
        # Without its secret nothing can be told from a forgery: the address stays closed until the key is back.
        logger.error("the secrets of app %s cannot be opened", key)
        credentials = {}
    return AppSecrets(
        secrets=tuple(credentials.get("app_secrets", ())), verify_token=credentials.get("verify_token", "")
    )
