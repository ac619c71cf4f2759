"""The verbs of campaigns, by subject."""

from campaigns.actions.holding import disconnect_account, pause_account
from campaigns.actions.setup import (
    add_agent,
    ensure_campaign,
    offer_typifications,
    remove_agent,
    save_whatsapp_account,
)
from campaigns.actions.templates import save_templates

__all__ = [
    "add_agent",
    "disconnect_account",
    "ensure_campaign",
    "offer_typifications",
    "pause_account",
    "remove_agent",
    "save_templates",
    "save_whatsapp_account",
]
