"""Two of each kind of process, with the very commands of docker-compose.yml: everybody sees everything, and nothing is done twice."""

from __future__ import annotations

import itertools
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from core.models import Lease
from inbox.models import Attachment, Conversation, Message, OutboxEntry
from tests import factories
from tests.concurrency import scaled
from tests.deployment.compose import command_of
from tests.invariants import check_invariants
from tests.live import stop
from tests.proxies import proxy
from tests.stack import (
    APP_SECRET,
    START_SECONDS,
    VERIFY_TOKEN,
    Stack,
    answers,
    frame_like,
    free_port,
    health_of,
    stack_environment,
    wait_until,
)
from webhooks.models import DeadLetter, Delivery

# Two of each: those that do the work of this test, and those for files.
WORKERS = ("worker-inbound", "worker-outbound", "worker-media")


@contextmanager
def two_of_each(folder: Path) -> Iterator[tuple[Stack, dict[str, int]]]:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed: add it with pyproject.toml's requirements")
    servers = [f"{service} {name}" for service in ("web", "live", "ingress") for name in "ab"]
    ports = {server: free_port() for server in servers}
    simulator_port = free_port()
    with proxy(ports["ingress a"], ports["ingress b"]) as door:
        commands = {
            server: command_of(server.split()[0], port=port, folder=folder) for server, port in ports.items()
        } | {f"{worker} {name}": command_of(worker, name=name) for worker in WORKERS for name in "ab"}
        commands |= {
            "beat": command_of("beat", folder=folder),
            "simulator": [sys.executable, "-m", "simulator", "--port", str(simulator_port), "--webhook", f"{door.url}/webhooks/meta/",
                          "--app-secret", APP_SECRET, "--verify-token", VERIFY_TOKEN, "--token", factories.TOKEN, "--phone-number-id", factories.PHONE_NUMBER_ID,
                          "--waba-id", factories.WABA_ID, "--display-number", "+595 21 728 1000"],
        }  # fmt: skip
        stack = Stack(
            url=f"http://127.0.0.1:{ports['web a']}", simulator_url=f"http://127.0.0.1:{simulator_port}", processes={}, commands=commands,
            environment=stack_environment(str(folder), ports["web a"], graph_url=f"http://127.0.0.1:{simulator_port}"), logs=folder,
        )  # fmt: skip
        for name in commands:
            stack.start(name)
        try:
            for address in (stack.simulator_url, *(f"http://127.0.0.1:{ports[each]}" for each in servers[:4])):
                wait_until(
                    lambda address=address: answers(f"{address}/healthz"), seconds=START_SECONDS * 2, what=address
                )
            for each in servers[4:]:
                wait_until(lambda each=each: is_open(ports[each]), seconds=START_SECONDS, what=each)
            for queue in (worker.removeprefix("worker-") for worker in WORKERS):
                wait_until(
                    lambda queue=queue: queue_is_served(stack.url, queue),
                    seconds=START_SECONDS,
                    what=f"workers of {queue}",
                )
            yield stack, ports
        except AssertionError as error:
            tails = "\n".join(f"--- {name}\n{stack.log(name)[-800:]}" for name in commands)
            raise AssertionError(f"{error}\n{tails}") from error
        finally:
            for client in stack.clients:
                client.close()
            stack.signal(signal.SIGCONT)
            stack.signal(signal.SIGTERM)
            for process in stack.processes.values():
                stop(process)


def is_open(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 404
    except httpx.HTTPError:
        return False


def queue_is_served(url: str, queue: str) -> bool:
    return bool(health_of(url).get("queues", {}).get(queue, {}).get("state") == "ok")


def follow(stack: Stack, port: int, client: httpx.Client) -> Any:
    return replace(stack, url=f"http://127.0.0.1:{port}").socket(client)


def previews(opened: ClientConnection, wanted: set[str], *, seconds: float) -> set[str]:
    """What this socket was told of the wanted words, until it has heard all of them or the time is over."""
    heard: set[str] = set()
    until = time.monotonic() + seconds
    while not wanted <= heard and (left := until - time.monotonic()) > 0:
        try:
            frame = json.loads(opened.recv(timeout=left))
        except TimeoutError:
            break
        if frame["type"] == "put":
            heard.add(frame["row"]["preview"])
    return heard & wanted


def send_photos(stack: Stack, customers: list[str]) -> None:
    """A photo of each customer three times, and wait until all are fetched."""
    for rounds, held in enumerate(("worker-media a", "worker-media b", None), start=1):
        if held:
            stack.processes[held].send_signal(signal.SIGSTOP)
        for customer in customers:
            stack.simulator("POST", f"/control/customers/{customer}/messages", json={"image": {"caption": ""}})
        expected = rounds * len(customers)
        wait_until(
            lambda wanted=expected: Attachment.objects.filter(state="stored").count() == wanted,
            seconds=180,
            what=f"the files, without {held}",
        )
        if held:
            stack.processes[held].send_signal(signal.SIGCONT)


def test_two_of_each_process_see_everything_and_do_nothing_twice(committed_cast: factories.Cast) -> None:
    customers, replies, photos = scaled(small=12, full=60), scaled(small=12, full=100), scaled(small=4, full=20)
    with tempfile.TemporaryDirectory(prefix="two-of-each-") as folder, two_of_each(Path(folder)) as (stack, ports):
        stack.simulator("POST", "/control/reset", json={})
        # One session, whichever of the two pages answers.
        luis = stack.login("luis")
        pages = itertools.cycle([f"http://127.0.0.1:{ports[each]}" for each in ("web a", "web b")])
        with follow(stack, ports["live a"], luis) as on_a, follow(stack, ports["live b"], luis) as on_b:
            for opened in (on_a, on_b):
                frame_like(opened, type="hello")
                opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
                frame_like(opened, type="watching")
            for number in range(customers):
                stack.simulator(
                    "POST", "/control/customers", json={"name": f"Cliente {number}", "phone": f"5959810{number:05d}"}
                )
            ids = [each["id"] for each in stack.simulator("GET", "/control/customers")["customers"]][-customers:]

            # Whoever works: each of the two workers alone, then both.
            for held, words in (("worker-inbound a", "por b"), ("worker-inbound b", "por a"), (None, "por los dos")):
                if held:
                    stack.processes[held].send_signal(signal.SIGSTOP)
                wanted = {f"{words} {number}" for number in range(customers)}
                for number, customer in enumerate(ids):
                    stack.write(f"{words} {number}", customer=customer)
                for name, opened in (("live a", on_a), ("live b", on_b)):
                    assert previews(opened, wanted, seconds=90) == wanted, f"{words}: {name}"
                if held:
                    stack.processes[held].send_signal(signal.SIGCONT)

            # Files: one worker for them at a time, then both. Each is fetched once.
            send_photos(stack, ids[:photos])

            conversations = list(Conversation.objects.order_by("pk"))
            assert len(conversations) == customers
            for number in range(replies):
                conversation = conversations[number % customers]
                page = next(pages)
                if number < customers:
                    taken = luis.put(
                        f"{page}/api/v1/conversations/{conversation.pk}/assignment/",
                        json={},
                        headers={"Referer": f"{page}/"},
                    )
                    assert taken.status_code < 300, taken.text
                sent = luis.post(
                    f"{page}/api/v1/conversations/{conversation.pk}/messages/",
                    json={"client_id": str(factories.client_id()), "text": f"respuesta {number}"}, headers={"Referer": f"{page}/"},
                )  # fmt: skip
                assert sent.status_code == 201, sent.text
            wait_until(lambda: not OutboxEntry.objects.exists(), seconds=180, what="the outbox's end")
        wait_until(
            lambda: not Delivery.objects.filter(processed_at=None).exists(), seconds=120, what="the last statuses"
        )
        at_provider = Counter(each["text"] for each in stack.simulator("GET", "/control/sent?limit=1000")["messages"])
        assert at_provider == {f"respuesta {number}": 1 for number in range(replies)}
        inbound = Counter(Message.objects.filter(direction="in", kind="text").values_list("text", flat=True))
        assert inbound == {
            f"{words} {number}": 1 for words in ("por b", "por a", "por los dos") for number in range(customers)
        }
        fetched = Counter(Attachment.objects.values_list("state", "attempt"))
        assert fetched == {("stored", 1): 3 * photos}, "a file was fetched twice, or not"
        attempts = Counter(Delivery.objects.values_list("attempt", flat=True))
        assert set(attempts) == {1}, attempts
        assert not DeadLetter.objects.exists()
        # The last task's lease goes just after its last row.
        wait_until(lambda: not Lease.objects.exists(), seconds=90, what="the last lease")
        check_invariants()
        print(f"two of each: {3 * customers} messages through two ingresses and two workers on both lives, {replies} replies through two webs and "
              f"two workers: each once at the provider; {3 * photos} files fetched once by two workers; {sum(attempts.values())} deliveries, each taken once")  # fmt: skip
