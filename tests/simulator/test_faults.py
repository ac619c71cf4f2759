"""Each fault does what it says, and the ledger tells what really happened behind it."""

import time

import httpx
import pytest

from simulator.server import Running
from tests.simulator.conftest import NUMBER, Business, Hook, eventually, send


@pytest.fixture(autouse=True)
def open_chat(simulator: Running, business: Business) -> None:
    simulator.write("rocio", "Hola")
    simulator.write("martin", "Hola")
    assert simulator.wait_idle()
    business.hooks.clear()


def code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def test_refusals_accept_nothing(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(rate_limited=1.0)
    assert code(send(graph)) == (429, 130429)
    simulator.faults(server_error=1.0)
    assert code(send(graph)) == (500, 131000)
    simulator.faults(token_revoked=True)
    assert code(send(graph)) == (401, 190)
    assert simulator.sent() == []


def test_a_pair_limit_touches_one_customer_only(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(pair_limited=["rocio"])
    assert code(send(graph)) == (429, 131056)
    assert send(graph, "5491155550142").status_code == 200


def test_a_reset_is_a_connection_error_and_nothing_was_sent(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(reset_before=1.0)
    with pytest.raises(httpx.NetworkError):
        send(graph)
    assert simulator.sent() == []


def test_a_lost_answer_was_accepted_and_its_statuses_come(
    simulator: Running, graph: httpx.Client, business: Business
) -> None:
    simulator.faults(lost_answer=1.0)
    with pytest.raises(httpx.NetworkError):
        send(graph, biz_opaque_callback_data="perdida")
    assert len(simulator.sent(opaque="perdida")) == 1
    assert simulator.wait_idle()
    assert [status["biz_opaque_callback_data"] for status in business.statuses()] == ["perdida", "perdida"]


def test_a_black_hole_never_answers(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(black_hole=True)
    with pytest.raises(httpx.ReadTimeout):
        graph.get(f"/v25.0/{NUMBER}", timeout=0.15)
    simulator.faults()
    assert graph.get(f"/v25.0/{NUMBER}").status_code == 200


def test_slow_answers_have_the_percentile_asked_for(simulator: Running) -> None:
    simulator.faults(slow_p95_ms=8000)
    delays = sorted(simulator.world.faults.answer_delay(str(index)) for index in range(4000))
    assert 7.2 < delays[int(len(delays) * 0.95)] < 8.8
    assert delays[0] < 0.05


def test_answers_are_slow(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(slow_p95_ms=300)
    began = time.monotonic()
    for index in range(5):
        assert send(graph, text=str(index)).status_code == 200
    assert time.monotonic() - began > 0.1


def test_throughput_refuses_what_exceeds_it(simulator: Running, graph: httpx.Client) -> None:
    simulator.faults(max_per_second=5)
    answers = [send(graph).status_code for _ in range(12)]
    assert answers[:5] == [200] * 5
    assert answers.count(200) == len(simulator.sent()) < 12
    assert simulator.world.faults.hits["max_per_second"] == answers.count(429)


def test_a_status_can_beat_its_answer(simulator: Running, graph: httpx.Client, business: Business) -> None:
    simulator.faults(early_status=True)
    seen_at: list[float] = []

    def answer(hook: Hook) -> int:
        seen_at.append(time.monotonic())
        return 200

    business.answer = answer
    send(graph)
    assert seen_at
    assert seen_at[0] < time.monotonic() - 0.1


def test_the_same_seed_meets_the_same_faults_in_any_order(simulator: Running) -> None:
    keys = [f"mensaje {index}" for index in range(400)]

    def struck(order: list[str], seed: int) -> set[str]:
        simulator.faults(server_error=0.3, seed=seed)
        return {key for key in order if simulator.world.faults.strikes("server_error", key)}

    first = struck(keys, 7)
    assert 80 < len(first) < 160
    assert struck(keys[::-1], 7) == first
    assert struck(keys, 8) != first


def test_a_repetition_is_drawn_anew(simulator: Running) -> None:
    simulator.faults(server_error=0.3)
    faults = simulator.world.faults
    assert any(faults.strikes("server_error", "una") for _ in range(30))
    assert not all(faults.strikes("server_error", "una") for _ in range(30))


def test_a_wrong_value_is_named_and_changes_nothing(graph: httpx.Client) -> None:
    for wrong in ({"server_error": 2}, {"black_hole": 1}, {"nada": 1}, {"webhook_batch": 0}, {"slow_p95_ms": True}):
        answer = graph.patch("/control/faults", json={"token_revoked": True, **wrong})
        assert answer.status_code == 400
        assert next(iter(wrong)) in answer.json()["error"]
    assert graph.get("/control/faults").json()["faults"]["token_revoked"] is False
    changed = graph.patch("/control/faults", json={"server_error": 0.5}).json()["faults"]
    assert changed["server_error"] == 0.5
    assert graph.put("/control/faults", json={}).json()["faults"]["server_error"] == 0


def test_a_reset_forgets_retries_and_faults(simulator: Running, graph: httpx.Client, business: Business) -> None:
    business.answer = lambda hook: 503
    simulator.faults(server_error=1.0)
    simulator.write("rocio", "¿Hola?")
    eventually(lambda: business.hooks)
    graph.post("/control/reset", json={})
    assert simulator.wait_idle()
    assert graph.get("/control/state").json()["counts"]["received"] == 0
    assert graph.get(f"/v25.0/{NUMBER}").status_code == 200
