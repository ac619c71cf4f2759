"""What was heard of the providers' apps, written down a second's worth at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection


@dataclass
class Heard:
    """What happened at one app's address since it was last written down."""

    deliveries: int = 0
    failures: int = 0
    verifications: int = 0


def note_heard(heard: Mapping[str, Heard]) -> None:
    """Add this to each app's health. One statement in one order: several processes at once neither lose nor wait in a ring."""
    rows = [(key, each.deliveries > 0, each.failures, each.verifications > 0) for key, each in sorted(heard.items())]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO webhooks_apphealth AS app (app_key, last_delivery_at, signature_failures, last_failure_at, verified_at)
            VALUES (%(key)s, CASE WHEN %(delivered)s THEN now() END, %(failures)s, CASE WHEN %(failures)s > 0 THEN now() END,
                    CASE WHEN %(verified)s THEN now() END)
            ON CONFLICT (app_key) DO UPDATE
               SET last_delivery_at = greatest(app.last_delivery_at, excluded.last_delivery_at),
                   signature_failures = app.signature_failures + excluded.signature_failures,
                   last_failure_at = greatest(app.last_failure_at, excluded.last_failure_at),
                   verified_at = greatest(app.verified_at, excluded.verified_at)
            """,
            [
                {"key": key, "delivered": delivered, "failures": failures, "verified": verified}
                for key, delivered, failures, verified in rows
            ],
        )
