"""What must hold of deliveries."""

from __future__ import annotations

from core.invariants import Invariant

INVARIANTS = [
    Invariant(
        "no delivery waits for an hour",
        "SELECT id FROM webhooks_delivery WHERE processed_at IS NULL AND received_at < now() - interval '1 hour'",
        "TRUST.md, Ingest",
    ),
    Invariant(
        "a processed delivery is nobody's any more",
        "SELECT id FROM webhooks_delivery WHERE processed_at IS NOT NULL AND locked_until IS NOT NULL",
        "TRUST.md, Invariant checker",
    ),
]
