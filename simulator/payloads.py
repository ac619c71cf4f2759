"""The shapes of Meta's webhooks. Pure functions: facts in, JSON out.

Read from the «messages» webhook reference and «Business-scoped user IDs» of the Cloud API (v25). `user_id` and
`from_user_id` accompany every person since April 2026; `wa_id` and `from` are left out, not emptied, for somebody
with a username.
"""

import hashlib
import json
import random
from typing import Any

from simulator.config import BusinessNumber
from simulator.customers import Customer
from simulator.messages import Message

Json = dict[str, Any]

WINDOW_SECONDS = 24 * 3600


def incoming(number: BusinessNumber, customer: Customer, message: Message) -> Json:
    """The `value` of a change that carries what a customer wrote."""
    body: Json = {}
    if customer.wa_id:
        body["from"] = customer.wa_id
    if customer.user_id:
        body["from_user_id"] = customer.user_id
    if message.reply_to:
        body["context"] = {"from": number.digits, "id": message.reply_to}
    body |= {"id": message.id, "timestamp": str(int(message.at))}
    # A raw message of a test may bring any field, a wrong one on purpose included: it has the last word.
    body |= {"type": message.kind} | message.content
    return _value(number) | {"contacts": [contact(customer)], "messages": [body]}


def contact(customer: Customer, *, with_username: bool = True) -> Json:
    profile = {"name": customer.name}
    if customer.username and with_username:
        profile["username"] = customer.username
    shown: Json = {"profile": profile}
    if customer.wa_id:
        shown["wa_id"] = customer.wa_id
    if customer.user_id:
        shown["user_id"] = customer.user_id
    return shown


def status(
    number: BusinessNumber, customer: Customer | None, message: Message, status: str, *, at: float, error: Json | None
) -> Json:
    """The `value` of a change that says what became of a message the business sent."""
    body: Json = {"id": message.id, "status": status, "timestamp": str(int(at))}
    wa_id = customer.wa_id if customer else message.to.lstrip("+")
    # Absent when the message was addressed to a business-scoped id: the number must not leak that way.
    if wa_id and not message.by_user_id:
        body["recipient_id"] = wa_id
    if customer and customer.user_id:
        body["recipient_user_id"] = customer.user_id
    if status == "failed":
        body["errors"] = [error or {}]
    else:
        body |= _billing(message, status, at)
    if message.opaque:
        body["biz_opaque_callback_data"] = message.opaque
    value = _value(number)
    if customer and status != "failed":
        # «sent» never tells the username; a failure brings no contact at all.
        value["contacts"] = [contact(customer, with_username=status != "sent")]
    return value | {"statuses": [body]}


def failure(code: int, title: str, details: str) -> Json:
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
    }


def envelope(waba_id: str, values: list[Json], dice: random.Random | None = None) -> Json:
    """One POST. With several values, one of the three groupings Meta uses, drawn: a parser must read them all."""
    changes = [{"value": value, "field": "messages"} for value in values]
    shape = dice.choice(("entries", "changes", "merged")) if dice and len(values) > 1 else "changes"
    if shape == "entries":
        entries = [{"id": waba_id, "changes": [change]} for change in changes]
    elif shape == "merged":
        merged = [{"value": value, "field": "messages"} for value in _merged(values)]
        entries = [{"id": waba_id, "changes": merged}]
    else:
        entries = [{"id": waba_id, "changes": changes}]
    return {"object": "whatsapp_business_account", "entry": entries}


def encode(payload: Json) -> bytes:
    """Byte for byte as Meta's PHP writes it: non-ASCII as \\u escapes, slashes escaped. Whoever signs a
    re-serialised body instead of the raw one fails here, as it would in production."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def _value(number: BusinessNumber) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
    }


def _billing(message: Message, status: str, at: float) -> Json:
    is_template = message.kind == "template"
    category = "utility" if is_template else "service"
    chat = f"{message.customer_id}:{message.number_id}".encode()
    conversation: Json = {"id": hashlib.sha256(chat).hexdigest()[:32]}
    if status == "sent":
        conversation["expiration_timestamp"] = str(int(at) + WINDOW_SECONDS)
    return {
        "conversation": conversation | {"origin": {"type": category}},
        "pricing": {
            "billable": is_template,
            "pricing_model": "PMP",
            "type": "regular" if is_template else "free_customer_service",
            "category": category,
        },
    }


def _merged(values: list[Json]) -> list[Json]:
    """Values of one number folded together: several messages, several statuses, each person once."""
    folded: dict[tuple[str, bool], Json] = {}
    for value in values:
        key = (value["metadata"]["phone_number_id"], "statuses" in value)
        into = folded.setdefault(key, {k: v for k, v in value.items() if k in ("messaging_product", "metadata")})
        for person in value.get("contacts", ()):
            if person not in into.setdefault("contacts", []):
                into["contacts"].append(person)
        for part in ("messages", "statuses"):
            if part in value:
                into.setdefault(part, []).extend(value[part])
    return list(folded.values())
