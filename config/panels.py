"""Guests of pages: which addresses of upper floors stand in which slot of a lower floor's page.

A lower page renders its slot knowing only titles and URL names; each guest enforces its own `visible_to`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guest:
    """One entry of a slot: the words over it (a message id) and the URL name that serves it, called with the page's object id."""

    title: str
    url_name: str


def gettext_noop(message: str) -> str:
    """Mark a title for `makemessages`; it is said in the reader's language where it is shown."""
    return message


PANELS: dict[str, tuple[Guest, ...]] = {
    "contact.interactions": (Guest("", "contact-interactions"),),
    "contact.files": (Guest("", "contact-files"),),
    "contact.exclusive_agents": (Guest("", "contact-exclusive-agents"),),
    # The contact's ways, with what may be started through each now.
    "contact.openings": (Guest("", "contact-openings"),),
    # How often each outcome was chosen, as JSON for the tree's page.
    "typification.uses": (Guest("", "typification-uses"),),
    "typification.places": (Guest(gettext_noop("Where it is used"), "typification-campaigns"),),
    "account.health": (
        Guest(gettext_noop("Webhooks"), "account-webhooks"),
        Guest(gettext_noop("Sending"), "account-sending"),
    ),
    # What is not closed yet, for who finishes the campaign or finished it.
    "campaign.open_work": (Guest("", "campaign-open-work"),),
    "account.first_delivery": (Guest("", "account-first-delivery"),),
}
