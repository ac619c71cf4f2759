"""What the Cloud API demands inside each kind of message: counts, lengths and required fields, refused as Meta refuses them."""

import re
from collections.abc import Callable
from typing import Any

from simulator import refusals

BODY, LIST_BODY, HEADER, FOOTER = 1024, 4096, 60, 60
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
SECTIONS, ROWS, ROW_TITLE, ROW_ID, ROW_DESCRIPTION = 10, 10, 24, 200, 72
CONTACTS = 257


def check(kind: str, part: Any) -> None:
    """Raises the `Refusal` Meta answers with."""
    checker = _CHECKERS.get(kind)
    if checker is not None:
        checker(part)


def _location(part: dict[str, Any]) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = part.get(name)
        try:
            number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not -most <= number <= most:
            raise refusals.invalid(f"Param location['{name}'] must be a number between -{most} and {most}.")


def _contacts(part: list[Any]) -> None:
    if len(part) > CONTACTS:
        raise refusals.invalid(f"Param contacts must have at most {CONTACTS} items.")
    for card in part:
        name = card.get("name") if isinstance(card, dict) else None
        if not isinstance(name, dict) or not name.get("formatted_name"):
            raise refusals.invalid("The parameter contacts[0]['name']['formatted_name'] is required.")
        if not any(name.get(other) for other in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            raise refusals.wrong_value("At least one of the optional name fields must be given with formatted_name.")


def _reaction(part: dict[str, Any]) -> None:
    if not isinstance(part.get("message_id"), str) or not part["message_id"]:
        raise refusals.invalid("The parameter reaction['message_id'] is required.")
    if not isinstance(part.get("emoji"), str):
        raise refusals.invalid("The parameter reaction['emoji'] is required.")
    if re.search(r"[A-Za-z]", part["emoji"]):
        raise refusals.wrong_value("Parameter reaction['emoji'] is not an emoji.")


def _interactive(part: dict[str, Any]) -> None:
    type_ = part.get("type")
    checkers = {"button": _buttons, "list": _list, "cta_url": _link, "location_request_message": _request}
    if type_ not in checkers:
        raise refusals.invalid(f"Param interactive['type'] must be one of {{{', '.join(checkers).upper()}}}.")
    body = part.get("body")
    _text(
        body.get("text") if isinstance(body, dict) else None, "['body']['text']", LIST_BODY if type_ == "list" else BODY
    )
    header, footer = part.get("header"), part.get("footer")
    if isinstance(header, dict) and header.get("type") == "text":
        _text(header.get("text"), "['header']['text']", HEADER)
    if isinstance(footer, dict):
        _text(footer.get("text"), "['footer']['text']", FOOTER)
    action = part.get("action")
    if not isinstance(action, dict):
        raise refusals.invalid("The parameter interactive['action'] is required.")
    checkers[type_](action)


def _buttons(action: dict[str, Any]) -> None:
    buttons = _items(action.get("buttons"), "['action']['buttons']", BUTTONS)
    replies = [button.get("reply") if isinstance(button, dict) else None for button in buttons]
    for reply in replies:
        if not isinstance(reply, dict):
            raise refusals.invalid("The parameter interactive['action']['buttons'][0]['reply'] is required.")
        _text(reply.get("id"), "['action']['buttons'][0]['reply']['id']", BUTTON_ID)
        _text(reply.get("title"), "['action']['buttons'][0]['reply']['title']", BUTTON_TITLE)
    _distinct(replies)


def _list(action: dict[str, Any]) -> None:
    _text(action.get("button"), "['action']['button']", BUTTON_TITLE)
    sections = _items(action.get("sections"), "['action']['sections']", SECTIONS)
    rows = []
    for section in sections:
        if len(sections) > 1:
            _text(section.get("title"), "['action']['sections'][0]['title']", ROW_TITLE)
        rows.extend(_items(section.get("rows"), "['action']['sections'][0]['rows']", ROWS))
    if len(rows) > ROWS:
        raise refusals.wrong_value(f"Total row count exceed max allowed count: {ROWS}")
    for row in rows:
        _text(row.get("id"), "['action']['sections'][0]['rows'][0]['id']", ROW_ID)
        _text(row.get("title"), "['action']['sections'][0]['rows'][0]['title']", ROW_TITLE)
        if row.get("description"):
            _text(row["description"], "['action']['sections'][0]['rows'][0]['description']", ROW_DESCRIPTION)
    _distinct(rows)


def _link(action: dict[str, Any]) -> None:
    parameters = action.get("parameters")
    if action.get("name") != "cta_url" or not isinstance(parameters, dict):
        raise refusals.invalid("The parameter interactive['action']['parameters'] is required.")
    _text(parameters.get("display_text"), "['action']['parameters']['display_text']", BUTTON_TITLE)
    if not re.match(r"https?://[^\s/]+", str(parameters.get("url") or "")):
        raise refusals.invalid("Param interactive['action']['parameters']['url'] is not a valid URI.")


def _request(action: dict[str, Any]) -> None:
    if action.get("name") != "send_location":
        raise refusals.invalid("Param interactive['action']['name'] must be send_location.")


def _items(value: Any, name: str, most: int) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise refusals.invalid(f"Param interactive{name} must have between 1 and {most} items.")
    return value


def _text(value: Any, name: str, longest: int) -> None:
    if not isinstance(value, str) or not value.strip():
        raise refusals.invalid(f"The parameter interactive{name} is required.")
    if len(value) > longest:
        raise refusals.wrong_value(f"Param interactive{name} length must be at most {longest} characters.")


def _distinct(things: list[Any]) -> None:
    ids = [thing["id"] for thing in things]
    if len(set(ids)) < len(ids):
        raise refusals.wrong_value(f"Duplicated id in interactive: {ids}")


_CHECKERS: dict[str, Callable[[Any], None]] = {
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
}
