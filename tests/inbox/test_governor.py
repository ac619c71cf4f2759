"""The governor of one number alone: the product's gate and connector against the simulator, faster than the whole product is here (R15)."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from connectors.whatsapp.errors import SendFailed
from connectors.whatsapp.send import Recipient, Sender
from core import gates
from inbox.actions import heeding
from inbox.actions.handing_over import CALL_SECONDS
from tests.concurrency import IS_FULL, scaled
from tests.factories import PHONE_NUMBER_ID, TOKEN, WABA_ID
from tests.figures import figure
from tests.live import stop
from tests.stack import ROOT, answers, free_port, wait_until

PEOPLE, CALLERS, ACCOUNT = 200, 16, 4_000_015


@contextmanager
def own_simulator() -> Iterator[str]:
    """In a process of its own, whose webhooks wait: nobody listens to them here."""
    port = free_port()
    options = {"--port": port, "--webhook": "http://127.0.0.1:9/", "--app-secret": "s", "--token": TOKEN,
               "--phone-number-id": PHONE_NUMBER_ID, "--waba-id": WABA_ID}  # fmt: skip
    command = [sys.executable, "-m", "simulator", *(f"{name}={value}" for name, value in options.items())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/healthz"), seconds=60, what="the simulator's start")
        yield url
    finally:
        stop(process)


@pytest.mark.shows("R15")
@pytest.mark.faults
def test_the_governor_settles_below_what_a_fast_number_allows_and_loses_nothing(settings: Settings) -> None:
    allowed, lasts, settled_after = scaled(small=40, full=80), scaled(small=9, full=30), scaled(small=6, full=10)
    settings.OUTBOUND_PER_SECOND = allowed * 1.25
    gate = heeding.gate_of(ACCOUNT)
    gates.reopen(gate)
    with own_simulator() as url, httpx.Client(base_url=url, timeout=60) as control:
        people = [{"id": f"g{n}", "name": f"Cliente {n}", "phone": f"595983{n:06d}"} for n in range(PEOPLE)]
        control.put("/control/faults", json={"webhook_paused": True}).raise_for_status()
        control.post("/control/customers", json=people).raise_for_status()
        for each in people:
            control.post(f"/control/customers/{each['id']}/messages", json={"text": "Hola"}).raise_for_status()
        faults = {"webhook_paused": True, "max_per_second": allowed, "slow_p95_ms": 150}
        control.put("/control/faults", json=faults).raise_for_status()
        total = allowed * lasts
        calls, refusals = all_sent(url, total)
        sent = control.get("/control/sent", params={"limit": total}).json()
        refused = control.get("/control/faults").json()["hits"].get("max_per_second", 0)
    gates.reopen(gate)
    assert (sent["total"], set(sent["by_opaque"].values())) == (total, {1}), "each once, none failed"
    # Nothing was counted here that did not arrive there.
    assert (len(calls), len(refusals)) == (total + refused, refused)
    if not refused and not IS_FULL:
        pytest.skip("this machine is too busy to send faster than the provider takes: nothing was tried")
    assert refused, "nobody was too fast: nothing was tried"
    settled = max(refusals)
    pace = pace_between(calls, settled_after, calls[-1] - 1)
    figure(
        "R15", f"the governor at {settings.OUTBOUND_PER_SECOND:g}/s tried where {allowed}/s are allowed: the last of {refused} refusals "
        f"after {settled:.1f} s, {pace:.1f} calls/s after {settled_after} s, 0 failed",
        data=f"gate and connector without the database, {CALLERS} callers, a simulator of its own", samples=len(calls),
    )  # fmt: skip
    assert pace <= allowed * 0.975


def all_sent(url: str, total: int) -> tuple[list[float], list[float]]:
    """Have so many messages sent as the product does, those that were refused once more; return when each call left, and when each refusal
    came, in seconds since the first call.
    """
    waiting: queue.Queue[int] = queue.Queue()
    for number in range(total):
        waiting.put(number)
    moments, refusals = list[float](), list[float]()
    left, errors = threading.Semaphore(0), list[BaseException]()
    sender = Sender(url, TOKEN, PHONE_NUMBER_ID)

    def call() -> None:
        try:
            while (number := waiting.get()) >= 0:
                while not let_through(sender, number, moments, refusals):
                    pass
                left.release()
        except BaseException as error:  # noqa: BLE001  # told below
            errors.append(error)

    threads = [threading.Thread(target=call, daemon=True) for _each in range(CALLERS)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 240
    for number in range(total):
        assert left.acquire(timeout=max(0.1, deadline - time.monotonic())), f"{number} of {total} were sent; {errors}"
    for _thread in threads:
        waiting.put(-1)
    for thread in threads:
        thread.join(60)
    sender.close()
    assert errors == []
    first = min(moments)
    return sorted(each - first for each in moments), sorted(each - first for each in refusals)


def let_through(sender: Sender, number: int, moments: list[float], refusals: list[float]) -> bool:
    """One message through the gate, if it is its turn. False: later."""
    gate = heeding.gate_of(ACCOUNT)
    admission = gates.enter(gate, heeding.limits(), lasts_seconds=CALL_SECONDS)
    if not isinstance(admission, gates.Pass):
        assert isinstance(admission, gates.Wait), "the circuit opened though everything was answered"
        time.sleep(min(admission.seconds, 0.2))
        return False
    time.sleep(admission.delay_seconds)
    try:
        moments.append(time.monotonic())
        sender.send_text(Recipient(phone=f"595983{number % PEOPLE:06d}"), "Hola", opaque=f"g-{number}")
    except SendFailed as failure:
        refusals.append(time.monotonic())
        heeding.heed(ACCOUNT, failure.code, failure.rule, said_at=timezone.now(), retry_after=failure.retry_after)
        return False
    finally:
        gates.leave(gate, admission.ticket, answered=True)
    return True


def pace_between(calls: list[float], begin: float, end: float) -> float:
    return (bisect_left(calls, end) - bisect_left(calls, begin)) / (end - begin)
