"""How much one number sends with the product's own settings and worker, and that four calls at once would not (R15)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from inbox.actions.assignment import take_conversation
from inbox.models import Conversation, OutboxEntry
from runner.product import WORKERS
from tests.concurrency import IS_FULL, scaled
from tests.figures import control, figure
from tests.inbox.outbound import say
from tests.live import stop
from tests.stack import ROOT, Stack, wait_until

# Exponential, as the simulator draws it: the 95th percentile is three times the mean.
CALL_MS = 250
SLOW_P95_MS = CALL_MS * 3
VARIANT = "from config import settings; settings.OUTBOUND_CALLS_AT_ONCE = {at_once}; from celery.__main__ import main; import sys; sys.exit(main())"


@contextmanager
def outbound_workers(stack: Stack, number: int, *, threads: int, at_once: int) -> Iterator[list[int]]:
    """So many workers for what goes out, as the product starts them, alone with that queue; gives their process ids."""
    names = [f"pace{n}" for n in range(number)]
    stack.environment["PYTHONPATH"] = str(ROOT)
    for name in names:
        options = ["-A", "config", "worker", "-n", f"{name}@here", "--pool", "threads", "--concurrency", str(threads), "-Q", "outbound"]  # fmt: skip
        stack.commands[name] = [
            sys.executable, "-c", VARIANT.format(at_once=at_once), *options, "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        stack.start(name)
    try:
        yield [stack.processes[name].pid for name in names]
    finally:
        for name in names:
            stop(stack.processes.pop(name))
            del stack.commands[name]


@contextmanager
def nobody_sends(stack: Stack) -> Iterator[None]:
    """The stack's own worker leaves the outbound queue alone."""
    usual = stack.commands["worker"]
    become(stack, [each.replace("outbound,", "") for each in usual])
    try:
        yield
    finally:
        become(stack, usual)


def become(stack: Stack, command: list[str]) -> None:
    stop(stack.processes["worker"])
    stack.commands["worker"] = command
    stack.start("worker")


def sends_a_second(
    stack: Stack, conversations: list[Conversation], *, count: int, processes: int, threads: int, at_once: int
) -> tuple[float, float]:
    """So many messages wait for these customers of one number; return how many a second the provider took, and what each cost the
    workers in milliseconds of CPU.
    """
    assert stack.cast is not None
    before = stack.simulator("GET", "/control/sent", params={"limit": "1"})["total"]
    for n in range(count):
        say(conversations[n % len(conversations)], f"Mensaje {n}", stack.cast)
    with outbound_workers(stack, processes, threads=threads, at_once=at_once) as pids:
        wait_until(lambda: OutboxEntry.objects.count() < count, seconds=180, what="the first send")
        left, spent = OutboxEntry.objects.count(), sum(map(cpu_seconds, pids))
        wait_until(lambda: not OutboxEntry.objects.exists(), seconds=240 + count / 4, what="the last send")
        spent = sum(map(cpu_seconds, pids)) - spent
    sent = stack.simulator("GET", "/control/sent", params={"limit": str(count)})
    assert (sent["total"] - before, set(sent["by_opaque"].values())) == (count, {1})
    moments = sorted(each["at"] for each in sent["messages"])
    # The tenth that left first found everybody starting, the last tenth many at rest already.
    middle = moments[count // 10 : -count // 10]
    return len(middle) / (middle[-1] - middle[0]), spent / max(left, 1) * 1000


def cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.shows("R15")
@pytest.mark.faults
def test_the_products_own_worker_carries_one_number_where_four_calls_at_once_would_not(stack: Stack) -> None:
    assert stack.cast is not None
    count, people = scaled(small=120, full=2400), scaled(small=60, full=400)
    customers = [{"id": f"pace{n}", "name": f"Cliente {n}", "phone": f"595982{n:06d}"} for n in range(people)]
    stack.simulator("POST", "/control/customers", json=customers)
    for each in customers:
        stack.simulator("POST", f"/control/customers/{each['id']}/messages", json={"text": "Hola"})
    wait_until(lambda: Conversation.objects.count() == people, seconds=180, what="the reading of their messages")
    conversations = [take_conversation(each.pk, by=stack.cast.ana) for each in Conversation.objects.order_by("pk")]
    stack.simulator("PUT", "/control/faults", json={"slow_p95_ms": SLOW_P95_MS})
    threads, at_once = WORKERS["worker-outbound"][1], settings.OUTBOUND_CALLS_AT_ONCE
    with nobody_sends(stack):
        without, _cost = sends_a_second(stack, conversations, count=40, processes=1, threads=8, at_once=4)
        for processes in (1, 2) if IS_FULL else (2,):
            measured, cost = sends_a_second(
                stack, conversations, count=count, processes=processes, threads=threads, at_once=at_once
            )
            figure(
                "R15", f"one number at {CALL_MS} ms a call: {measured:.1f} sends/s with {processes} worker processes of {threads} threads and {at_once} calls at once, "
                f"the product's own settings; {cost:.1f} ms of the workers' CPU each",
                data=f"{people} customers, whole product", samples=count,
            )  # fmt: skip
    # Four calls of a quarter of a second each are sixteen a second, whatever the machine.
    control(
        "R15", f"four calls at once: {without:.1f} sends/s at {CALL_MS} ms a call", data=f"{people} customers, 8 threads", samples=40
    )  # fmt: skip
    assert at_once / (CALL_MS / 1000) >= settings.OUTBOUND_PER_SECOND
    assert without < 20
