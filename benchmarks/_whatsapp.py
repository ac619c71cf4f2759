"""Deliveries as Meta posts them, signed, ready to be written to a socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import random

PHONE_NUMBER_ID, WABA_ID = "106540352242922", "102290129340398"
NAMES = ("Rocío Benítez", "Mirta Sosa", "José Luis Ñáñez", "Ana Gómez", "Walter Duarte", "María Fernanda López")
TEXTS = (
    "Hola, ¿siguen teniendo la promo de fibra de 300 megas?",
    "Buen día! Quería saber por qué me llegó una factura más alta este mes 🙏",
    "No",
    "Les paso la dirección: Av. Mcal. López 3811 casi Dr. Weiss, portón verde, timbre 2. Estoy después de las 14:00.",
    "👍",
    "Ya reinicié el módem dos veces y sigue la luz roja, ¿pueden mandar a un técnico hoy?",
)


def body(number: int, *, customer: int | None = None) -> bytes:
    """One customer's text message; every number is another message, and of another customer unless one is named."""
    customer = number if customer is None else customer
    # A mobile of Paraguay's: 981 to 986.
    phone = f"59598{1 + customer // 1_000_000 % 6}{customer % 1_000_000:06d}"
    message_id = hashlib.sha256(str(number).encode()).hexdigest()[:38].upper()
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "595217281000", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [
            {
                "profile": {"name": NAMES[customer % len(NAMES)]},
                "wa_id": phone,
                "user_id": f"PY.{13491208655302741918 + customer}",
            }
        ],
        "messages": [
            {
                "from": phone,
                "from_user_id": f"PY.{13491208655302741918 + customer}",
                "id": f"wamid.HBgMNTk1OTkxNjUxMzUxFQIAEhgU{message_id}AA==",
                "timestamp": str(1_763_700_000 + number),
                "text": {"body": TEXTS[number % len(TEXTS)]},
                "type": "text",
            }
        ],
    }
    # As the provider writes it: one line, letters beyond ASCII escaped.
    delivery = {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA_ID, "changes": [{"value": value, "field": "messages"}]}],
    }
    return json.dumps(delivery, separators=(",", ":")).encode()


def signed_request(number: int, *, path: str, secret: str) -> bytes:
    content = body(number)
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    older_signature = hmac.new(secret.encode(), content, hashlib.sha1).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Accept: */*\r\n"
        "Accept-Encoding: deflate, gzip\r\n"
        "User-Agent: facebookexternalua\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n"
        f"X-Hub-Signature: sha1={older_signature}\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\n"
        "X-Forwarded-For: 173.252.95.1\r\n"
        "\r\n"
    )
    return head.encode() + content


def signed_requests(count: int, *, path: str, secret: str) -> list[bytes]:
    requests = [signed_request(number, path=path, secret=secret) for number in range(count)]
    random.Random(7).shuffle(requests)
    return requests
