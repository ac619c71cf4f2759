"""The verbs of campaigns, by subject."""

from campaigns.actions.apps import add_app, drop_old_secrets, remove_app, renew_verify_token, rotate_app_secret
from campaigns.actions.connecting import (
    AccountWishes,
    begin_setup,
    choose_numbers,
    connect_chosen,
    forget_setups,
    give_access,
)
from campaigns.actions.holding import disconnect_account, pause_account
from campaigns.actions.keeping import (
    COLORS,
    ICONS,
    change_account,
    reconnect_account,
    refresh_health,
    remove_account,
    replace_token,
    switch_off_account,
)
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
from campaigns.actions.syncing import ask_for_templates, copy_templates
from campaigns.actions.templates import save_templates
from campaigns.actions.testing import send_test, testable_templates

__all__ = [
    "COLORS",
    "ICONS",
    "AccountWishes",
    "ResourceWords",
    "ShortcutWords",
    "StillUsed",
    "add_agent",
    "add_app",
    "archive_resource",
    "archive_shortcut",
    "ask_for_templates",
    "begin_setup",
    "change_account",
    "change_resource",
    "change_shortcut",
    "choose_numbers",
    "connect_chosen",
    "copy_templates",
    "create_resource",
    "create_shortcut",
    "disconnect_account",
    "drop_old_secrets",
    "ensure_campaign",
    "forget_setups",
    "give_access",
    "offer_typifications",
    "pause_account",
    "reconnect_account",
    "refresh_health",
    "remove_account",
    "remove_agent",
    "remove_app",
    "renew_verify_token",
    "replace_token",
    "restore_resource",
    "restore_shortcut",
    "rotate_app_secret",
    "save_templates",
    "save_whatsapp_account",
    "send_test",
    "switch_off_account",
    "testable_templates",
]
