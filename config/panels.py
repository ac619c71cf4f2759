"""Guests of pages: which addresses of upper floors stand in which slot of a lower floor's page.

A lower page renders its slot knowing only titles and URL names; each guest enforces its own `visible_to`. The contact's page, the
first with guests, comes with contacts; its slots are named here so that upper floors have one place to sign in.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guest:
    """One entry of a slot: the words over it (a message id) and the URL name that serves it, called with the page's object id."""

    title: str
    url_name: str


PANELS: dict[str, tuple[Guest, ...]] = {
    "contact.interactions": (),
    "contact.exclusive_agents": (),
    "contact.openings": (),
}
