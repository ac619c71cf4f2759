"""What a customer writes reaches the business signed, at least once, and in Meta's shapes."""

import hashlib
import hmac
import json
import threading

import httpx

from simulator.server import Running
from tests.simulator.conftest import NUMBER, SECRET, Business, Hook, eventually


def test_a_text_arrives_in_metas_shape(simulator: Running, business: Business) -> None:
    message = simulator.write("rocio", "Hola, ¿hay fibra en Ñemby?")
    assert simulator.wait_idle()
    (hook,) = business.hooks
    assert hook.payload == {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "200000001",
                "changes": [
                    {
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": "595217280000", "phone_number_id": NUMBER},
                            "contacts": [
                                {
                                    "profile": {"name": "Rocío Benítez Duarte"},
                                    "wa_id": "595991651351",
                                    "user_id": "PY.7302145598137260",
                                }
                            ],
                            "messages": [
                                {
                                    "from": "595991651351",
                                    "from_user_id": "PY.7302145598137260",
                                    "id": message.id,
                                    "timestamp": str(int(message.at)),
                                    "type": "text",
                                    "text": {"body": "Hola, ¿hay fibra en Ñemby?"},
                                }
                            ],
                        },
                        "field": "messages",
                    }
                ],
            }
        ],
    }
    assert message.state == "stored"


def test_the_signature_is_over_the_exact_bytes(simulator: Running, business: Business) -> None:
    simulator.write("rocio", "¿Instalación a/c 50%? Ñandú")
    assert simulator.wait_idle()
    (hook,) = business.hooks
    assert hook.headers["x-hub-signature-256"] == "sha256=" + hmac.new(SECRET.encode(), hook.body, "sha256").hexdigest()
    # As Meta writes it: escapes only, so that a re-serialised body has another signature.
    assert hook.body.isascii()
    assert rb"a\/c" in hook.body
    assert json.dumps(hook.payload).encode() != hook.body


def test_somebody_with_a_username_comes_without_any_number(simulator: Running, business: Business) -> None:
    simulator.write("inigo", "Buenas")
    assert simulator.wait_idle()
    (value,) = business.values()
    assert value["contacts"] == [
        {"profile": {"name": "Íñigo Zúñiga Muñoz", "username": "inigo.zuniga"}, "user_id": "CL.8412097735519046"}
    ]
    assert "from" not in value["messages"][0]
    assert value["messages"][0]["from_user_id"] == "CL.8412097735519046"


def test_a_known_identifier_may_gain_a_number(simulator: Running, business: Business) -> None:
    simulator.change_customer("inigo", phone="+56 9 8765 4321")
    simulator.write("inigo", "Este es mi número")
    assert simulator.wait_idle()
    (message,) = business.messages()
    assert (message["from"], message["from_user_id"]) == ("56987654321", "CL.8412097735519046")


def test_a_contact_from_before_identifiers_has_none(simulator: Running, business: Business) -> None:
    simulator.add_customer(id="vieja", phone="595981224607", user_id=None)
    simulator.write("vieja", "Hola")
    assert simulator.wait_idle()
    (value,) = business.values()
    assert "user_id" not in value["contacts"][0]
    assert "from_user_id" not in value["messages"][0]


def test_a_photo_brings_an_id_a_type_and_a_hash(simulator: Running, business: Business) -> None:
    simulator.send_photo("ximena", caption="Mi casa")
    assert simulator.wait_idle()
    (message,) = business.messages()
    assert message["type"] == "image"
    image = message["image"]
    assert (image["caption"], image["mime_type"]) == ("Mi casa", "image/png")
    assert image["id"].isdigit()
    assert len(image["sha256"]) == 64


def test_any_other_kind_is_written_raw(simulator: Running, business: Business) -> None:
    place = {"latitude": -25.28, "longitude": -57.63, "name": "Plaza Uruguaya"}
    simulator.write_raw("martin", {"type": "location", "location": place}, at=1700000000, reply_to="wamid.X")
    assert simulator.wait_idle()
    (message,) = business.messages()
    assert message["location"] == place
    assert message["timestamp"] == "1700000000"
    assert message["context"] == {"from": "595217280000", "id": "wamid.X"}


def test_a_refused_webhook_is_repeated_until_200(simulator: Running, business: Business) -> None:
    refusals, states, written = iter([503, 500]), list[str](), threading.Event()

    def answer(hook: Hook) -> int:
        written.wait(10)
        states.append(message.state)
        return next(refusals, 200)

    business.answer = answer
    message = simulator.write("rocio", "¿Me leen?")
    written.set()
    assert simulator.wait_idle()
    assert [hook.body for hook in business.hooks] == [business.hooks[0].body] * 3
    assert (states, message.state) == (["pending"] * 3, "stored")


def test_a_webhook_that_is_repeated_holds_nobody_up(simulator: Running, business: Business) -> None:
    business.answer = lambda hook: 503 if b"595991651351" in hook.body else 200
    simulator.write("rocio", "Yo espero")
    other = simulator.write("martin", "Yo no")
    eventually(lambda: other.state == "stored")
    assert simulator.world.pending == 1


def test_after_seven_days_it_gives_up(simulator: Running, business: Business) -> None:
    business.answer = lambda hook: 503
    message = simulator.write("rocio", "¿Hola?")
    eventually(lambda: business.hooks)
    simulator.advance(7 * 24 * 3600 + 60)
    assert simulator.wait_idle()
    assert message.state == "pending"
    assert simulator.world.courier.given_up == 1


def test_one_customers_messages_keep_their_order(simulator: Running, business: Business) -> None:
    for index in range(20):
        simulator.write("rocio", str(index))
    assert simulator.wait_idle()
    assert [message["text"]["body"] for message in business.messages()] == [str(index) for index in range(20)]


def test_duplicates_are_the_same_body_again(simulator: Running, business: Business) -> None:
    simulator.faults(webhook_duplicates=3)
    simulator.write("rocio", "Una vez")
    assert simulator.wait_idle()
    assert len(business.hooks) == 4
    assert len({hook.body for hook in business.hooks}) == 1


def test_shuffling_loses_nothing_and_orders_nothing(simulator: Running, business: Business) -> None:
    simulator.faults(webhook_shuffle=30)
    for index in range(30):
        simulator.write("rocio", f"{index:02d}")
    assert simulator.wait_idle()
    texts = [message["text"]["body"] for message in business.messages()]
    assert sorted(texts) == [f"{index:02d}" for index in range(30)]
    assert texts != sorted(texts)


def test_batches_come_in_every_grouping(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.faults(webhook_batch=4)
    # In one turn of the loop, so that every batch is full.
    written = [{"customer": ("rocio", "inigo")[index % 2], "text": str(index)} for index in range(80)]
    assert len(graph.post("/control/messages", json=written).json()["ids"]) == 80
    assert simulator.wait_idle()
    assert len(business.messages()) == 80
    shapes = {(len(hook.payload["entry"]), len(hook.payload["entry"][0]["changes"])) for hook in business.hooks}
    assert shapes == {(4, 1), (1, 4), (1, 1)}
    # Folded into one value, every writer is among its contacts, once.
    folded = next(value for value in business.values() if len(value["messages"]) == 4)
    assert len(folded["contacts"]) == 2


def test_paused_webhooks_leave_when_resumed(simulator: Running, business: Business) -> None:
    simulator.faults(webhook_paused=True)
    simulator.write("rocio", "¿Hola?")
    assert not simulator.wait_idle(0.1)
    assert business.hooks == []
    simulator.faults()
    assert simulator.wait_idle()
    assert len(business.hooks) == 1


def test_a_webhook_is_delayed(simulator: Running, business: Business) -> None:
    simulator.faults(webhook_delay_ms=1_000)
    simulator.write("rocio", "Despacio")
    assert not simulator.wait_idle(0.08)
    assert simulator.wait_idle()
    assert len(business.hooks) == 1


def test_a_body_by_hand_is_signed_as_wanted(graph: httpx.Client, business: Business) -> None:
    def post(**wanted: object) -> Hook:
        business.hooks.clear()
        answer = graph.post("/control/deliveries", json={"body": '{"broken', **wanted})
        assert answer.json() == {"statuses": [200]}
        return business.hooks[0]

    assert post().body == b'{"broken'
    good = "sha256=" + hmac.new(SECRET.encode(), b'{"broken', hashlib.sha256).hexdigest()
    assert post().headers["x-hub-signature-256"] == good
    assert "x-hub-signature-256" not in post(signature=False).headers
    assert post(signature="sha256=00").headers["x-hub-signature-256"] == "sha256=00"
    assert post(secret="otro").headers["x-hub-signature-256"] not in ("", good)


def test_the_webhook_address_can_be_verified(graph: httpx.Client, business: Business) -> None:
    assert graph.post("/control/verification", json={}).json()["verified"] is True
    wrong = graph.post("/control/verification", json={"verify_token": "no"}).json()
    assert (wrong["status"], wrong["verified"]) == (403, False)
