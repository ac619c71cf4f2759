"""What a message of a kind holds besides its text, in the one shape every channel shares (docs/api.md, `details`).

Each value comes from a provider that promises nothing: strings are cut, lists are short, numbers are numbers, addresses are of the web.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from connectors.kinds import MessageKind
from connectors.messages import Raw
from connectors.whatsapp import body

SHORT: Final = 200
LONG: Final = 1_000
# More than any channel allows; enough for evidence, few enough for a screen (S38).
MOST_CARDS: Final = 50
MOST_WAYS: Final = 10
MOST_LINES: Final = 100
MOST_ANSWERS: Final = 50


def clip(value: Any, limit: int = SHORT) -> str:
    """Return a string of at most `limit` characters: the value, or an empty one if it is not a string."""
    return value[:limit] if isinstance(value, str) else ""


def mapping(value: Any) -> Raw:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any, limit: int) -> list[Raw]:
    """Return the objects among the first `limit` items of a list; nothing where it is none."""
    return [item for item in value[:limit] if isinstance(item, dict)] if isinstance(value, list) else []


def web_address(value: Any) -> str:
    """Return an http or https address, or an empty string: no other scheme ever becomes a link (S33)."""
    address = clip(value, 2_000)
    try:
        return address if urlsplit(address).scheme in ("http", "https") and urlsplit(address).netloc else ""
    except ValueError:
        return ""


def location(place: Raw) -> Raw | None:
    """Return where it is, or None where the coordinates are none on this earth."""
    latitude, longitude = _coordinate(place.get("latitude"), 90), _coordinate(place.get("longitude"), 180)
    if latitude is None or longitude is None:
        return None
    return {
        "latitude": latitude,
        "longitude": longitude,
        "name": clip(place.get("name")),
        "address": clip(place.get("address"), LONG),
        "url": web_address(place.get("url")),
    }


def contacts(cards: Any) -> list[Raw]:
    """Return the contact cards: who, where they work, how they are reached."""
    return [_card(card) for card in objects(cards, MOST_CARDS)]


def chosen(answer: Raw, type_: str) -> Raw:
    """Return what was chosen from a list or of some buttons, or filled into a form (`nfm_reply`)."""
    choice = mapping(answer.get(type_))
    shown: Raw = {
        "type": clip(type_, 40),
        "id": clip(choice.get("id")),
        "title": clip(choice.get("title"), LONG) or clip(choice.get("body"), LONG),
        "description": clip(choice.get("description"), LONG),
    }
    if type_ == "nfm_reply":
        shown["answers"] = _answers(choice.get("response_json"))
    return shown


def order(raw: Raw) -> Raw:
    """Return the lines of an order and their sum. Amounts are decimal numbers in words, never floats.

    The sum is empty where a price cannot be read or the lines are of several currencies.
    """
    lines = []
    total: Decimal | None = Decimal(0)
    currencies = set()
    for item in objects(raw.get("product_items"), MOST_LINES):
        price, quantity = _amount(item.get("item_price")), _amount(item.get("quantity"))
        currency = clip(item.get("currency"), 3).upper()
        lines.append(
            {
                "product_id": clip(item.get("product_retailer_id")),
                "quantity": _in_words(quantity),
                "price": _in_words(price),
                "currency": currency,
            }
        )
        currencies.add(currency)
        total = total + price * quantity if total is not None and price is not None and quantity is not None else None
    is_summed = total is not None and len(currencies) == 1 and bool(lines)
    return {
        "catalog_id": clip(raw.get("catalog_id")),
        "items": lines,
        "total": _in_words(total) if is_summed else "",
        "currency": next(iter(currencies)) if is_summed else "",
    }


def referral(raw: Raw) -> Raw:
    """Return the advertisement or post the customer came from."""
    return {
        "source_type": clip(raw.get("source_type"), 20),
        "source_id": clip(raw.get("source_id")),
        "url": web_address(raw.get("source_url")),
        "headline": clip(raw.get("headline")),
        "body": clip(raw.get("body"), LONG),
    }


def outgoing(kind: MessageKind, content: Any) -> Raw:
    """Return what a message of ours holds besides its text. Its content is the provider's own object, as it is for what customers send."""
    if kind is MessageKind.LOCATION:
        place = location(mapping(content))
        return {"location": place} if place else {}
    if kind is MessageKind.CONTACTS:
        return {"contacts": contacts(content)}
    return {"offer": offer(mapping(content))} if kind is MessageKind.INTERACTIVE else {}


def offer(interactive: Raw) -> Raw:
    """Return what we let the customer choose from: buttons, rows of a list, a link."""
    action = mapping(interactive.get("action"))
    rows = [
        row for section in objects(action.get("sections"), MOST_WAYS) for row in objects(section.get("rows"), MOST_WAYS)
    ]
    buttons = [mapping(button.get("reply")) for button in objects(action.get("buttons"), MOST_WAYS)]
    link = mapping(action.get("parameters"))
    choices = [
        {"title": clip(each.get("title")), "description": clip(each.get("description")), "url": ""}
        for each in (*buttons, *rows)
    ]
    if link:
        choices.append(
            {"title": clip(link.get("display_text")), "description": "", "url": web_address(link.get("url"))}
        )
    return {
        "type": clip(interactive.get("type"), 40),
        "header": clip(mapping(interactive.get("header")).get("text")),
        "footer": clip(mapping(interactive.get("footer")).get("text")),
        "button": clip(action.get("button")),
        "choices": choices,
    }


def unsupported(message: Raw) -> Raw:
    """Return what it was, as far as the provider says: the kind, and the error that stands in its place."""
    error = next(iter(objects(message.get("errors"), 1)), {})
    code = error.get("code")
    inner = mapping(message.get("unsupported")).get("type")
    return {
        "type": clip(inner, 40) or clip(message.get("type"), 40),
        "code": code if isinstance(code, int) and not isinstance(code, bool) else None,
        "title": clip(error.get("title")) or clip(error.get("message")),
        "reason": clip(mapping(error.get("error_data")).get("details"), LONG),
    }


def _card(card: Raw) -> Raw:
    name = mapping(card.get("name"))
    parts = (clip(name.get(key)) for key in ("first_name", "last_name"))
    return {
        "name": clip(name.get("formatted_name")) or " ".join(part for part in parts if part),
        "organization": clip(mapping(card.get("org")).get("company")),
        "phones": [
            {
                "number": clip(way.get("phone"), 40) or clip(way.get("wa_id"), 40),
                "type": clip(way.get("type"), 20),
                "has_whatsapp": bool(clip(way.get("wa_id"))),
            }
            for way in objects(card.get("phones"), MOST_WAYS)
        ],
        "emails": [clip(way.get("email")) for way in objects(card.get("emails"), MOST_WAYS) if clip(way.get("email"))],
    }


def _answers(raw: Any) -> list[Raw]:
    """A form's answers come as JSON within the JSON, in the words of whoever made the form."""
    try:
        # Cleaned anew: an escape within the inner JSON was only text to whoever cleaned the outer one.
        values = body.clean(orjson.loads(raw)) if isinstance(raw, str) and len(raw) <= 65_536 else raw
    except orjson.JSONDecodeError:
        return []
    pairs = list(mapping(values).items())[:MOST_ANSWERS]
    # The token says which sending the answer belongs to; it is of no use to a person.
    return [{"name": clip(name), "value": _flat(value)} for name, value in pairs if name != "flow_token"]


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value[:LONG]
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(str(item) for item in value[:MOST_ANSWERS])[:LONG]
    return orjson.dumps(value).decode()[:LONG] if value is not None else ""


def _coordinate(value: Any, limit: int) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
    # Not a number is never equal to itself, so the comparison refuses that one too.
    return number if number is not None and -limit <= number <= limit else None


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value)[:40]) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and 0 <= amount < Decimal(10) ** 12 else None


def _in_words(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    words = f"{amount:f}"
    return words.rstrip("0").rstrip(".") if "." in words else words
