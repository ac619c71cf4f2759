"""Nothing grows for ever, and the simulator stays a stranger to the product."""

import ast
import sys
from pathlib import Path

import pytest

import simulator as package
from simulator.events import QUEUE, Hub
from simulator.messages import Message, Messages, new_wamid
from tests.running import run

ALLOWED = {"simulator", "starlette", "uvicorn", *sys.stdlib_module_names}


def test_it_imports_nothing_of_the_product() -> None:
    for source in Path(str(package.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= ALLOWED, source


def test_old_messages_are_forgotten_and_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Messages, "KEPT", 5)
    messages = Messages()
    for index in range(8):
        messages.add(Message(str(index), "rocio", "1", "out", "text", {}, 0.0, "accepted", to="595", opaque="uno"))
    assert messages.get("2") is None
    assert messages.get("3") is not None
    assert (messages.accepted, messages.by_opaque["uno"]) == (8, 8)


def test_a_page_that_does_not_keep_up_starts_afresh() -> None:
    async def scenario() -> bytes:
        hub = Hub()
        stream = hub.listen("lenta")
        await anext(stream)
        for index in range(QUEUE + 1):
            hub.publish("message", index)
        frame = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return frame

    assert run(scenario()).startswith(b"event: resync")


def test_ids_look_real_and_never_repeat() -> None:
    ids = {new_wamid("595991651351", incoming=True) for _ in range(1000)}
    assert len(ids) == 1000
    assert all(one.startswith("wamid.HBgM") and "/" not in one and "+" not in one for one in ids)
