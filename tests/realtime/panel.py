"""A tab without a browser: it reads snapshots, applies what its socket is told by docs/socket.md, and can say whether the two agree."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import ClientConnection

from tests.stack import frame_like

ROWS = "/api/v1/conversations/"
# Every tray, and the filters and orders a row in hand can answer: each person has some of them open.
LISTS: dict[str, dict[str, str]] = {
    "pending": {"tray": "pending"},
    "in progress": {"tray": "in_progress"},
    "attended": {"tray": "attended", "order": "last_activity"},
    "mine": {"assignee": "me", "unread": "1"},
    "waiting": {"unanswered": "1", "order": "waiting"},
    "by name": {"window": "open", "order": "name"},
    "answered": {"answered": "1", "since": "2020-01-01"},
}
PLACES = {"waiting": "waiting_since", "name": "sort_name", "window": "window_expires_at"}


@dataclass
class State:
    """What stands on the screen."""

    lists: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    threads: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Panel:
    """One person's tab. `threads` are the conversations it has open."""

    name: str
    client: httpx.Client
    opened: ClientConnection
    threads: list[int]
    lists: dict[str, dict[str, str]]
    state: State = field(default_factory=State)
    frames: list[dict[str, Any]] = field(default_factory=list)

    def watch(self) -> None:
        """Follow first, read the snapshot then: nothing in between is missed."""
        frame_like(self.opened, type="hello")
        for name, asked in self.lists.items():
            self.opened.send(json.dumps({"type": "watch", "watch": name, "topic": "inbox", "filter": asked}))
        for pk in self.threads:
            self.opened.send(
                json.dumps({"type": "watch", "watch": f"thread {pk}", "topic": "conversation", "conversation": pk})
            )
        for _watch in (*self.lists, *self.threads):
            frame_like(self.opened, type="watching")
        self.state = self.snapshot()

    def snapshot(self) -> State:
        state, counts = State(), {}
        for name, asked in self.lists.items():
            page = self.client.get(ROWS, params=asked | {"limit": "100"}).json()
            assert page["next"] is None
            state.lists[name] = {row["id"]: row for row in page["results"]}
            # Neither tray nor order makes another count.
            counted = {key: value for key, value in asked.items() if key not in ("tray", "order")}
            question = str(counted)
            if question not in counts:
                counts[question] = self.client.get(f"{ROWS}counts/", params=counted).json()
            state.counts[name] = counts[question]
        for pk in self.threads:
            thread = self.client.get(f"{ROWS}{pk}/messages/", params={"limit": "100"})
            if thread.status_code == 200:
                page = thread.json()
                state.threads[pk] = {
                    "messages": {each["id"]: each for each in page["results"]},
                    "events": {each["id"]: each for each in page["events"]},
                    "change": page["change"],
                    "version": self.client.get(f"{ROWS}{pk}/").json()["version"],
                }
        return state

    def listen(self, *, seconds: float) -> None:
        """Take what the socket says in that time, and apply it."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                frame = json.loads(self.opened.recv(timeout=left))
            except TimeoutError:
                return
            self.frames.append(frame)
            self.apply(frame)

    def apply(self, frame: dict[str, Any]) -> None:
        kind, name = frame["type"], frame.get("watch")
        if kind == "put":
            rows, row = self.state.lists[name], frame["row"]
            assert frame["sort_key"] == self.sort_key(name, row)
            if row["id"] not in rows or rows[row["id"]]["version"] < row["version"]:
                rows[row["id"]] = row
        elif kind == "drop":
            held = self.state.lists[name].get(frame["id"])
            if held is not None and held["version"] <= frame["version"]:
                del self.state.lists[name][frame["id"]]
        elif kind == "counts":
            self.state.counts[name] = frame["counts"]
        elif kind == "stale":
            fresh = self.snapshot()
            self.state.lists[name], self.state.counts[name] = fresh.lists[name], fresh.counts[name]
        elif kind == "messages":
            thread = self.state.threads[frame["conversation"]]
            assert len(frame["messages"]) <= 100
            thread["change"] = max(thread["change"], frame["change"])
            for each in frame["messages"]:
                keep_newer(thread["messages"], each)
            for each in frame["events"]:
                keep_newer(thread["events"], each)
        elif kind == "detail":
            self.state.threads[frame["conversation"]]["version"] = frame["version"]
        elif kind == "let_go":
            self.state.threads.pop(frame["id"], None)

    def sort_key(self, name: str, row: dict[str, Any]) -> list[Any]:
        return [row[PLACES.get(self.order(name).removeprefix("-"), "last_activity_at")], row["id"]]

    def order(self, name: str) -> str:
        return self.lists[name].get("order", "-last_activity")

    def shown(self, state: State) -> dict[str, Any]:
        """The state as it stands on the screen: rows in their order, a removed message not at all."""
        lists = {}
        for name, rows in state.lists.items():
            placed = sorted((self.sort_key(name, row), pk) for pk, row in rows.items())
            lists[name] = [rows[pk] for _key, pk in (reversed(placed) if self.order(name).startswith("-") else placed)]
        threads = {
            pk: {
                "messages": [each for _pk, each in sorted(thread["messages"].items()) if not each["deleted"]],
                "events": [each for _pk, each in sorted(thread["events"].items())],
                "change": thread["change"],
                "version": thread["version"],
            }
            for pk, thread in state.threads.items()
        }
        return {"lists": lists, "counts": state.counts, "threads": threads}


def keep_newer(held: dict[int, dict[str, Any]], each: dict[str, Any]) -> None:
    if each["id"] not in held or held[each["id"]]["change"] < each["change"]:
        held[each["id"]] = each


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two values part, for a message that can be read."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            line
            for name in sorted({*one, *other}, key=str)
            for line in differences(one.get(name, "(absent)"), other.get(name, "(absent)"), f"{path}.{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            line
            for number, (a, b) in enumerate(zip(one, other, strict=True))
            for line in differences(a, b, f"{path}[{number}]")
        ]
    return [] if one == other else [f"{path}: pushed {one!r}, fresh {other!r}"]


def agree(panels: list[Panel], *, seconds: float = 30.0) -> None:
    """Old snapshot and pushes come to be the fresh snapshot, for each of them."""
    until = time.monotonic() + seconds
    # Counts come half a second after the rows: until then there is no use in looking.
    listen_all(panels, seconds=0.65)
    while True:
        apart = {panel.name: differences(panel.shown(panel.state), panel.shown(panel.snapshot())) for panel in panels}
        if not any(apart.values()):
            return
        if time.monotonic() > until:
            raise AssertionError("\n".join(f"{name}: {line}" for name, lines in apart.items() for line in lines[:12]))
        listen_all(panels, seconds=0.1)


def listen_all(panels: list[Panel], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for panel in panels:
            panel.listen(seconds=0.02)


OPEN = {
    "ana": ("pending", "mine"),
    "luis": ("in progress", "attended", "waiting", "answered"),
    "admin": ("pending", "in progress", "by name"),
}


def panel_of(username: str, opened: ClientConnection, client: httpx.Client, *, threads: list[int]) -> Panel:
    lists = {name: LISTS[name] for name in OPEN[username]}
    panel = Panel(name=username, client=client, opened=opened, threads=threads, lists=lists)
    panel.watch()
    return panel
