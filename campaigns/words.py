"""What providers say in words of theirs, in the reader's language; unknown ones are shown as they are."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from connectors.whatsapp.access import people_a_day

# Tone and words of Meta's quality rating ("Quality rating", developers.facebook.com/docs/whatsapp).
QUALITIES = {
    "GREEN": ("success", gettext_noop("High quality")),
    "YELLOW": ("warning", gettext_noop("Medium quality")),
    "RED": ("danger", gettext_noop("Low quality")),
}
STATUSES = {
    "CONNECTED": ("success", gettext_noop("Connected at Meta")),
    "PENDING": ("warning", gettext_noop("Being registered at Meta")),
    "OFFLINE": ("warning", gettext_noop("Offline at Meta")),
    "FLAGGED": ("danger", gettext_noop("Flagged by Meta: too many complaints")),
    "RESTRICTED": ("danger", gettext_noop("Restricted by Meta: it may not write first")),
    "RATE_LIMITED": ("warning", gettext_noop("Slowed down by Meta")),
    "BANNED": ("danger", gettext_noop("Banned by Meta")),
    "DISCONNECTED": ("danger", gettext_noop("Disconnected at Meta")),
    "UNVERIFIED": ("warning", gettext_noop("Not verified at Meta")),
    "MIGRATED": ("warning", gettext_noop("Moved to another account")),
    "DELETED": ("danger", gettext_noop("Removed at Meta")),
}
# Why Meta refuses a template ("Template status", rejected_reason).
REJECTIONS = {
    "ABUSIVE_CONTENT": gettext_noop("Its content breaks WhatsApp's policies."),
    "CATEGORY_NOT_AVAILABLE": gettext_noop("This category is not available for the account."),
    "INCORRECT_CATEGORY": gettext_noop("Its category is not what its content is."),
    "INVALID_FORMAT": gettext_noop("Its variables or its form are wrong."),
    "PROMOTIONAL": gettext_noop("It advertises, and its category does not allow that."),
    "SCAM": gettext_noop("Meta takes it for a scam."),
    "TAG_CONTENT_MISMATCH": gettext_noop("Its language or category is not that of its content."),
    "NON_TRANSIENT_ERROR": gettext_noop("Meta could not review it. Send it in again."),
}
CATEGORIES = {
    "MARKETING": gettext_noop("Marketing"),
    "UTILITY": gettext_noop("Utility"),
    "AUTHENTICATION": gettext_noop("Authentication"),
}
TEMPLATE_STATES = {
    "APPROVED": ("success", gettext_noop("Approved")),
    "PENDING": ("warning", gettext_noop("In review")),
    "IN_APPEAL": ("warning", gettext_noop("In appeal")),
    "REJECTED": ("danger", gettext_noop("Rejected")),
    "PAUSED": ("warning", gettext_noop("Paused")),
    "DISABLED": ("danger", gettext_noop("Disabled")),
    "GONE": ("", gettext_noop("Removed")),
}


def said(table: dict[str, tuple[str, str]], word: str) -> dict[str, str]:
    """Tone and words of a provider's word; {} where it said nothing."""
    if not word:
        return {}
    tone, words = table.get(word, ("", word))
    return {"tone": tone, "words": _(words) if word in table else words}


def quality(word: str) -> dict[str, str]:
    return said(QUALITIES, word)


def provider_status(word: str) -> dict[str, str]:
    return said(STATUSES, word)


def template_state(word: str) -> dict[str, str]:
    return said(TEMPLATE_STATES, word)


def category(word: str) -> str:
    return _(CATEGORIES[word]) if word in CATEGORIES else word


def rejection(word: str) -> str:
    return _(REJECTIONS[word]) if word in REJECTIONS else word


def limit(word: str) -> dict[str, Any]:
    """A limit as people in 24 h: {"people": 2000}, or words where there is no number."""
    people = people_a_day(word)
    if people is not None:
        return {"people": people}
    return {"words": _("No limit")} if word == "TIER_UNLIMITED" else {"words": pgettext("limit", "Not said")}


def problem(told: dict[str, Any] | None) -> str:
    """Why the provider could not be asked, as it is kept on a row: a reason of ours and its values."""
    if not told:
        return ""
    text = _(str(told.get("reason", "")))
    values = told.get("values") or {}
    return text % values if values else text


def reason(text: str) -> str:
    """Why an account is disconnected or rests, as it is kept on its row: one of the connector's reasons, which are msgids."""
    return _(text) if text else ""
