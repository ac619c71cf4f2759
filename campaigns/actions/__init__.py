"""The verbs of campaigns, by subject."""

from campaigns.actions.holding import disconnect_account, pause_account
from campaigns.actions.ready_words import (
    ResourceWords,
    ShortcutWords,
    StillUsed,
    archive_resource,
    archive_shortcut,
    change_resource,
    change_shortcut,
    create_resource,
    create_shortcut,
    restore_resource,
    restore_shortcut,
)
from campaigns.actions.setup import (
    add_agent,
    ensure_campaign,
    offer_typifications,
    remove_agent,
    save_whatsapp_account,
)
from campaigns.actions.templates import save_templates

__all__ = [
    "ResourceWords",
    "ShortcutWords",
    "StillUsed",
    "add_agent",
    "archive_resource",
    "archive_shortcut",
    "change_resource",
    "change_shortcut",
    "create_resource",
    "create_shortcut",
    "disconnect_account",
    "ensure_campaign",
    "offer_typifications",
    "pause_account",
    "remove_agent",
    "restore_resource",
    "restore_shortcut",
    "save_templates",
    "save_whatsapp_account",
]
