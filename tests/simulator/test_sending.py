"""What the business sends: accepted or refused as Meta does, and what becomes of it."""

from typing import Any

import httpx
import pytest

from simulator.server import Running
from tests.simulator.conftest import NUMBER, TOKEN, Business, eventually, send


def refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    assert set(error) >= {"message", "type", "code", "fbtrace_id"}
    return answer.status_code, error["code"], error.get("error_subcode")


@pytest.fixture
def open_chat(simulator: Running, business: Business) -> None:
    """Rocío has just written: the window is open, and her message is not counted below."""
    for person in ("rocio", "inigo", "martin", "joao", "ximena"):
        simulator.write(person, "Hola")
    assert simulator.wait_idle()
    business.hooks.clear()


@pytest.mark.usefixtures("open_chat")
def test_a_message_is_sent_and_then_delivered(simulator: Running, graph: httpx.Client, business: Business) -> None:
    answer = send(graph, "+595 991 651 351", biz_opaque_callback_data="uuid-1")
    (sent,) = simulator.sent()
    assert answer.json() == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+595 991 651 351", "wa_id": "595991651351"}],
        "messages": [{"id": sent.id}],
    }
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent", "delivered"]
    value = business.values()[-1]
    assert value["contacts"] == [
        {"profile": {"name": "Rocío Benítez Duarte"}, "wa_id": "595991651351", "user_id": "PY.7302145598137260"}
    ]
    (status,) = value["statuses"]
    assert status["conversation"]["origin"] == {"type": "service"}
    del status["conversation"], status["timestamp"]
    assert status == {
        "id": sent.id,
        "status": "delivered",
        "recipient_id": "595991651351",
        "recipient_user_id": "PY.7302145598137260",
        "pricing": {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_customer_service",
            "category": "service",
        },
        "biz_opaque_callback_data": "uuid-1",
    }


@pytest.mark.usefixtures("open_chat")
def test_it_is_read_when_the_chat_is_opened(simulator: Running, graph: httpx.Client, business: Business) -> None:
    send(graph)
    assert simulator.wait_idle()
    simulator.read_all("rocio")
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent", "delivered", "read"]


@pytest.mark.usefixtures("open_chat")
def test_a_customer_may_read_by_herself(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.change_customer("rocio", autoread=True)
    send(graph)
    assert simulator.wait_idle()
    assert business.statuses()[-1]["status"] == "read"
    business.hooks.clear()
    simulator.faults(skip_delivered=True)
    send(graph)
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent", "read"]


@pytest.mark.usefixtures("open_chat")
def test_a_phone_without_signal_receives_later(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.change_customer("rocio", online=False)
    send(graph)
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent"]
    simulator.change_customer("rocio", online=True)
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent", "delivered"]


@pytest.mark.usefixtures("open_chat")
def test_somebody_without_number_is_reached_by_identifier(
    simulator: Running, graph: httpx.Client, business: Business
) -> None:
    answer = send(graph, None, recipient="CL.8412097735519046")
    assert answer.json()["contacts"] == [{"input": "CL.8412097735519046", "user_id": "CL.8412097735519046"}]
    assert simulator.wait_idle()
    assert "recipient_id" not in business.statuses()[0]
    assert {status["recipient_user_id"] for status in business.statuses()} == {"CL.8412097735519046"}
    # «sent» never tells the username.
    profiles = [value["contacts"][0]["profile"].get("username") for value in business.values()]
    assert profiles == [None, "inigo.zuniga"]


@pytest.mark.usefixtures("open_chat")
@pytest.mark.parametrize(
    ("written", "wa_id"),
    [
        ("541155550142", "5491155550142"),
        ("5531998765432", "553198765432"),
        ("525512345678", "5215512345678"),
        ("+595 (991) 651-351", "595991651351"),
    ],
)
def test_a_number_is_found_however_it_is_written(graph: httpx.Client, written: str, wa_id: str) -> None:
    assert send(graph, written).json()["contacts"] == [{"input": written, "wa_id": wa_id}]


def test_outside_the_window_it_fails_afterwards(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.write("rocio", "Hola")
    simulator.advance(24 * 3600 + 1)
    business.hooks.clear()
    assert send(graph, biz_opaque_callback_data="tarde").status_code == 200
    assert simulator.wait_idle()
    (status,) = business.statuses()
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert status["biz_opaque_callback_data"] == "tarde"
    assert "contacts" not in business.values()[-1]


def test_a_message_three_days_late_opens_no_window(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.write("rocio", "Hola", at=simulator.world.clock.now() - 3 * 24 * 3600)
    send(graph)
    assert simulator.wait_idle()
    assert business.statuses()[0]["errors"][0]["code"] == 131047


def test_a_template_needs_no_window(simulator: Running, graph: httpx.Client, business: Business) -> None:
    template = {"name": "recordatorio", "language": {"code": "es"}}
    answer = send(graph, type="template", template=template, text=None)
    assert answer.json()["messages"][0]["message_status"] == "accepted"
    assert simulator.wait_idle()
    assert [status["status"] for status in business.statuses()] == ["sent", "delivered"]


def test_a_number_without_whatsapp_fails_afterwards(
    simulator: Running, graph: httpx.Client, business: Business
) -> None:
    assert send(graph, "595971000000").json()["contacts"][0]["wa_id"] == "595971000000"
    assert simulator.wait_idle()
    (status,) = business.statuses()
    assert (status["errors"][0]["code"], status["recipient_id"]) == (131026, "595971000000")
    assert "recipient_user_id" not in status


@pytest.mark.usefixtures("open_chat")
def test_every_post_is_another_message(simulator: Running, graph: httpx.Client) -> None:
    for _ in range(3):
        send(graph, biz_opaque_callback_data="misma")
    counted = graph.get("/control/sent", params={"opaque": "misma"}).json()
    assert (counted["matching"], counted["by_opaque"], counted["by_to"]) == (3, {"misma": 3}, {"595991651351": 3})
    assert len({message["id"] for message in counted["messages"]}) == 3


def test_bad_requests_are_refused_and_nothing_is_accepted(simulator: Running, graph: httpx.Client) -> None:
    assert refusal(send(graph, text="a" * 4097)) == (400, 100, None)
    assert refusal(send(graph, text="")) == (400, 100, None)
    assert refusal(send(graph, messaging_product=None)) == (400, 100, None)
    assert refusal(send(graph, to=None)) == (400, 100, None)
    assert refusal(send(graph, to="ana@example.com")) == (400, 131009, None)
    assert refusal(send(graph, to=None, recipient="no")) == (400, 131009, None)
    assert refusal(send(graph, type="carta")) == (400, 100, None)
    assert refusal(send(graph, type="image", image={"id": "1"})) == (400, 131009, None)
    assert refusal(send(graph, biz_opaque_callback_data="x" * 513)) == (400, 100, None)
    assert refusal(graph.post(f"/v25.0/{NUMBER}/messages", content=b"{")) == (400, 100, None)
    assert refusal(graph.post("/v25.0/999/messages", json={})) == (400, 100, 33)
    assert refusal(graph.get("/v25.0/999")) == (400, 100, 33)
    assert refusal(graph.get(f"/v25.0/{NUMBER}/nothing/here")) == (400, 2500, None)
    assert simulator.sent() == []


def test_the_token_is_demanded(graph: httpx.Client) -> None:
    path = f"/v25.0/{NUMBER}"
    assert refusal(graph.get(path, headers={"Authorization": "Bearer otro"})) == (401, 190, None)
    assert refusal(httpx.get(f"{graph.base_url}{path}", trust_env=False)) == (401, 190, None)
    assert httpx.get(f"{graph.base_url}{path}?access_token={TOKEN}", trust_env=False).status_code == 200


def test_any_version_is_understood_and_no_other_prefix(graph: httpx.Client) -> None:
    assert graph.get(f"/v9.1/{NUMBER}").json()["id"] == NUMBER
    assert graph.get(f"/latest/{NUMBER}").status_code == 404


def test_the_number_tells_about_itself(graph: httpx.Client) -> None:
    answer = graph.get(f"/v25.0/{NUMBER}", params={"fields": "display_phone_number,verified_name,quality_rating"})
    assert answer.json() == {
        "display_phone_number": "+595 21 728 0000",
        "verified_name": "Fibra Sur",
        "quality_rating": "GREEN",
        "id": NUMBER,
    }
    numbers = graph.get("/v25.0/200000001/phone_numbers").json()["data"]
    assert [number["id"] for number in numbers] == [NUMBER, "100000002"]


def test_the_business_marks_as_read(simulator: Running, graph: httpx.Client) -> None:
    first, second = simulator.write("rocio", "Uno"), simulator.write("rocio", "Dos")
    assert simulator.wait_idle()
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": second.id}
    assert graph.post(f"/v25.0/{NUMBER}/messages", json=body).json() == {"success": True}
    assert (first.state, second.state) == ("read", "read")
    assert refusal(graph.post(f"/v25.0/{NUMBER}/messages", json=body | {"message_id": "wamid.X"}))[1] == 131009


@pytest.mark.usefixtures("open_chat")
def test_a_status_can_be_dictated(simulator: Running, graph: httpx.Client, business: Business) -> None:
    message_id = send(graph).json()["messages"][0]["id"]
    assert simulator.wait_idle()
    wanted = {"status": "failed", "code": 131049, "timestamp": 1700000000}
    assert graph.post(f"/control/messages/{message_id}/statuses", json=wanted).status_code == 200
    assert simulator.wait_idle()
    status: dict[str, Any] = business.statuses()[-1]
    assert (status["status"], status["timestamp"], status["errors"][0]["code"]) == ("failed", "1700000000", 131049)


@pytest.mark.usefixtures("open_chat")
def test_a_customer_can_be_made_unreachable(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.change_customer("rocio", fails_with=131049)
    send(graph)
    eventually(business.statuses)
    assert business.statuses()[0]["errors"][0]["code"] == 131049


@pytest.mark.usefixtures("open_chat")
def test_a_customer_answers_what_reaches_them_until_they_have_nothing_left_to_say(
    simulator: Running, graph: httpx.Client, business: Business
) -> None:
    simulator.change_customer("rocio", answers=["Sí, soy yo", "Gracias"], online=False)
    business.hooks.clear()

    def heard() -> list[str]:
        return [
            message["text"]["body"]
            for value in business.values()
            for message in value.get("messages", ())
            if message["type"] == "text"
        ]

    send(graph)
    assert simulator.wait_idle()
    # What did not reach them yet they do not answer.
    assert heard() == []
    simulator.change_customer("rocio", online=True)
    assert simulator.wait_idle()
    assert heard() == ["Sí, soy yo"]
    simulator.read_all("rocio")
    assert simulator.wait_idle()
    # It reached them once, however often it is told.
    assert heard() == ["Sí, soy yo"]
    for _message in range(2):
        send(graph)
        assert simulator.wait_idle()
    assert heard() == ["Sí, soy yo", "Gracias"]
