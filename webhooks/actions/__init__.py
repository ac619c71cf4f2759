"""The verbs of webhooks, by subject: the only writers of its tables."""

from webhooks.actions.burying import forget_letters
from webhooks.actions.dead_letters import AlreadySettled, discard_letter, replay_letter, rewrite_letter
from webhooks.actions.ingesting import BATCH, STUBBORN_ATTEMPTS, claim_deliveries, take_in_deliveries

__all__ = [
    "BATCH",
    "STUBBORN_ATTEMPTS",
    "AlreadySettled",
    "claim_deliveries",
    "discard_letter",
    "forget_letters",
    "replay_letter",
    "rewrite_letter",
    "take_in_deliveries",
]
