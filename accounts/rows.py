"""People as lists and pages show them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import ROLES


def role_title(name: str) -> str:
    """A role's name in the reader's language: the built-in ones are the product's words, the others whoever made them."""
    if name not in ROLES:
        return name
    return {"admin": _("Administrator"), "supervisor": _("Supervisor"), "agent": _("Agent")}[name]
