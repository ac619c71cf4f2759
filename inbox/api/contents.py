"""From what was posted to what the actions take: one function per kind of message."""

from __future__ import annotations

from typing import Any

from connectors.outgoing import (
    Choice,
    ContactCard,
    Interactive,
    LinkButton,
    Location,
    LocationRequest,
    Menu,
    ReplyButtons,
    Section,
)
from core.text import without_nul
from inbox.actions.composing import Content, TemplateChoice


def content_of(wanted: dict[str, Any]) -> Content | None:
    """The typed content of a validated MessageInput; None for words and files."""
    kind = wanted["kind"]
    if kind == "location":
        return location_of(wanted["location"])
    if kind == "contacts":
        return tuple(card_of(each) for each in wanted["contacts"])
    if kind == "interactive":
        return interactive_of(cleaned(wanted["interactive"]))
    if kind == "template":
        return template_of(wanted["template"])
    return None


def location_of(given: dict[str, Any]) -> Location:
    return Location(**cleaned(given))


def card_of(given: dict[str, Any]) -> ContactCard:
    card = cleaned(given)
    return ContactCard(
        name=card["name"],
        phones=tuple(card["phones"]),
        emails=tuple(card["emails"]),
        organization=card["organization"],
    )


def interactive_of(given: dict[str, Any]) -> Interactive:
    ends = {"header": given["header"], "footer": given["footer"]}
    if given["type"] == "buttons":
        return ReplyButtons(buttons=tuple(Choice(**each) for each in given["buttons"]), **ends)
    if given["type"] == "list":
        sections = tuple(
            Section(title=each["title"], rows=tuple(Choice(**row) for row in each["rows"]))
            for each in given["sections"]
        )
        return Menu(button=given["button"], sections=sections, **ends)
    if given["type"] == "cta_url":
        return LinkButton(title=given["title"], url=given["url"], **ends)
    return LocationRequest()


def template_of(given: dict[str, Any]) -> TemplateChoice:
    place = given["location"]
    return TemplateChoice(
        template_id=given["id"],
        header=given["header"],
        body=given["body"],
        buttons=given["buttons"],
        location=location_of(place) if place else None,
    )


def cleaned(value: Any) -> Any:
    """The same without NUL, which neither the database nor the provider takes, and without spaces around words."""
    if isinstance(value, str):
        return without_nul(value).strip()
    if isinstance(value, dict):
        return {name: cleaned(each) for name, each in value.items()}
    return [cleaned(each) for each in value] if isinstance(value, list) else value
