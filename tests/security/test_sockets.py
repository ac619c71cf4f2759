"""The socket refuses strangers, tells nobody of another team's work, and is not to be broken from outside (S03, S04, S17, S19)."""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from accounts.actions import join_team, leave_team
from campaigns.actions import add_agent, remove_agent
from core.realtime.bus import announce
from inbox.actions.assignment import release_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.models import Conversation
from tests import factories
from tests.security.watching import closing_code, is_alive
from tests.stack import Stack, frame_like, frames_of, wait_until

# What every tab hears about itself and its colleagues; it names nothing.
NOT_ABOUT_WORK = {"hello", "pong", "me", "presence", "watching"}


def watch(opened: ClientConnection, name: str, **frame: Any) -> None:
    opened.send(json.dumps({"type": "watch", "watch": name, **frame}))


def about_work(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in frames if each["type"] not in NOT_ABOUT_WORK]


def a_busy_shift(cast: factories.Cast) -> list[int]:
    """Ana's team at work: everything a conversation can go through."""
    ids = []
    for _round in range(2):
        conversation = factories.taken_conversation(cast)
        ids.append(conversation.pk)
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
        write_note(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Nota")
        sender = factories.identity(conversation.contact_point.value.lstrip("+"))
        receive_messages(cast.account, [factories.inbound("Sigo aquí", sender=sender)])
        release_conversation(conversation.pk, by=cast.ana)
        close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk, note="Listo")
    return ids


# --- Another team's work ----------------------------------------------------------------------------------------------------------


ALL_OF_IT = {
    ("put", "everything"), ("put", "his"), ("stale", "searched"), ("messages", "thread"), ("detail", "thread"), ("counts", "everything"),
}  # fmt: skip


def kinds_of(frames: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["type"], each["watch"]) for each in about_work(frames)}


@pytest.mark.shows("S03", "S05")
def test_whoever_watches_another_teams_work_hears_nothing_of_it(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    conversation = factories.taken_conversation(cast)
    eva, luis = stack.login("eva"), stack.login("luis")
    with stack.socket(eva) as hers, stack.socket(luis) as his:
        for opened in (hers, his):
            frame_like(opened, type="hello")
            watch(opened, "thread", topic="conversation", conversation=conversation.pk)
            watch(opened, "everything", topic="inbox", filter={})
            watch(
                opened,
                "his",
                topic="inbox",
                filter={"team": [cast.team.pk], "campaign": cast.campaign.pk, "assignee": cast.ana.pk},
            )
            watch(opened, "searched", topic="inbox", filter={"search": "Hola"})
        assert frame_like(hers, type="let_go") == {"type": "let_go", "watch": "thread", "id": conversation.pk}
        # For what does not exist, the same.
        watch(hers, "nothing", topic="conversation", conversation=987654321)
        assert frame_like(hers, type="let_go", watch="nothing") == {
            "type": "let_go",
            "watch": "nothing",
            "id": 987654321,
        }
        began = time.monotonic()
        a_busy_shift(cast)
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
        # Forged announcements show no more than true ones.
        announce("inbox", list(Conversation.objects.values_list("pk", flat=True)))
        announce("conversation", list(Conversation.objects.values_list("pk", flat=True)))
        # The control: the supervisor's socket, asking the same, hears all of it. Counts come last.
        heard: set[tuple[str, str]] = set()
        wait_until(
            lambda: heard.update(kinds_of(frames_of(his, seconds=0.2))) or heard >= ALL_OF_IT, what="what Luis hears"
        )
        heard_by_eva = frames_of(hers, seconds=max(1.0, 3 - (time.monotonic() - began)))
        assert about_work(heard_by_eva) == []
        # What goes to everybody names nobody.
        assert [each for each in heard_by_eva if each["type"] in ("presence", "me") and set(each) != {"type"}] == []
        assert is_alive(hers)


@pytest.mark.shows("S04")
def test_an_agent_taken_out_of_a_campaign_lets_go_within_two_seconds(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    waiting = factories.conversation(cast)
    ana = stack.login("ana")
    address = f"/api/v1/conversations/{waiting.pk}/"
    etag = ana.get(address).headers["etag"]
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        watch(opened, "thread", topic="conversation", conversation=waiting.pk)
        watch(opened, "list", topic="inbox", filter={"tray": "pending"})
        frame_like(opened, type="watching", watch="list")
        began = time.monotonic()
        remove_agent(cast.campaign, cast.ana, by=cast.admin)
        assert frame_like(opened, type="let_go", seconds=2)["id"] == waiting.pk
        frame_like(opened, type="stale", watch="list", seconds=2)
        assert time.monotonic() - began < 2
        # The counts that follow are of what she sees now.
        assert frame_like(opened, type="counts", watch="list", seconds=2)["counts"]["pending"] == 0
        receive_messages(cast.account, [factories.inbound("¿Hola?", sender=factories.identity())])
        factories.conversation(cast)
        assert [each for each in about_work(frames_of(opened, seconds=1)) if each["type"] != "counts"] == []
    refused = ana.get(address, headers={"If-None-Match": etag})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    assert ana.get("/api/v1/conversations/").json()["results"] == []


@pytest.mark.shows("S04")
def test_a_supervisor_taken_out_of_a_team_lets_go_and_is_shown_it_again_when_back(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    conversation = factories.taken_conversation(cast)
    luis = stack.login("luis")
    with stack.socket(luis) as opened:
        frame_like(opened, type="hello")
        watch(opened, "thread", topic="conversation", conversation=conversation.pk)
        watch(opened, "list", topic="inbox", filter={})
        frame_like(opened, type="watching", watch="list")
        # The counts of just before must not come with the eyes of just before.
        write_note(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Nota")
        leave_team(cast.luis, cast.team, by=cast.admin)
        frame_like(opened, type="let_go", watch="thread", seconds=2)
        frame_like(opened, type="me", seconds=2)
        counts = [each["counts"] for each in frames_of(opened, seconds=1.3) if each["type"] == "counts"]
        assert counts
        assert {each["in_progress"] + each["pending"] for each in counts} == {0}
        write_note(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="A solas")
        assert about_work(frames_of(opened, seconds=0.5)) == []
        assert luis.get(f"/api/v1/conversations/{conversation.pk}/messages/").status_code == 404
        join_team(cast.luis, cast.team, is_supervisor=True, by=cast.admin)
        frame_like(opened, type="stale", watch="list", seconds=2)
        assert frame_like(opened, type="counts", seconds=2)["counts"]["pending"] == 1
    add_agent(cast.campaign, cast.luis, by=cast.admin)


# --- The handshake ----------------------------------------------------------------------------------------------------------------


def handshake(
    stack: Stack, *, cookie: str, origin: str | None, host: str | None = None, path: str = "/ws/", extra: str = ""
) -> int:
    """Knock byte by byte, as no library would; return the status."""
    address = urlsplit(stack.url)
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host or address.netloc}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13", f"Cookie: {cookie}",
    ]  # fmt: skip
    lines += [f"Origin: {origin}"] if origin is not None else []
    lines += [extra] if extra else []
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=5) as raw:
        raw.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin1"))
        answer = raw.recv(65_536)
    return int(answer.split(b" ", 2)[1])


@pytest.mark.shows("S17", "S55")
def test_a_socket_opens_only_from_this_very_site(stack: Stack) -> None:
    ana = stack.login("ana")
    cookie = f"session={ana.cookies['session']}"
    port = urlsplit(stack.url).port
    refused = {
        "no origin": {"origin": None},
        "null": {"origin": "null"},
        "empty": {"origin": ""},
        "foreign": {"origin": "http://evil.example"},
        "another port": {"origin": "http://127.0.0.1:1"},
        "no port": {"origin": "http://127.0.0.1"},
        "another scheme": {"origin": f"https://127.0.0.1:{port}"},
        "a websocket's scheme": {"origin": f"ws://127.0.0.1:{port}"},
        "another name of this machine": {"origin": f"http://localhost:{port}"},
        "a name that begins like ours": {"origin": f"http://127.0.0.1:{port}.evil.example"},
        "a name that ends like ours": {"origin": f"http://evil.example/127.0.0.1:{port}"},
        "with a user before it": {"origin": f"http://127.0.0.1:{port}@evil.example"},
        "not an address": {"origin": "http://[::1"},
        "a host that is not ours, with its own origin": {"origin": "http://evil.example", "host": "evil.example"},
        "a host that is not ours, with our origin": {"origin": stack.url, "host": "evil.example"},
        "another path": {"origin": stack.url, "path": "/ws/other/"},
    }
    given = {name: handshake(stack, cookie=cookie, **how) for name, how in refused.items()}  # type: ignore[arg-type]  # a table of keywords
    # What is no origin at all is refused before it reaches us.
    by_the_server = dict.fromkeys(("empty", "not an address", "a name that begins like ours"), 400)
    assert given == dict.fromkeys(refused, 403) | by_the_server
    # Without a session, or with one that never was, our own origin does not help.
    for stranger in ("", "session=", "session=" + "x" * 32, f"session={ana.cookies['session']}x"):
        assert handshake(stack, cookie=stranger, origin=stack.url) == 403
    # A token is for programs, and programs have no socket.
    assert handshake(stack, cookie="", origin=stack.url, extra="Authorization: Token x") == 403
    assert handshake(stack, cookie=cookie, origin=stack.url) == 101


# --- Frames that nobody should send -------------------------------------------------------------------------------------------------

CLOSING_FRAMES: dict[str, str | bytes] = {
    "one byte over the limit": json.dumps({"type": "ping", "x": "x" * (64 * 1024)}),
    "over the limit in bytes, not in letters": json.dumps({"type": "ping", "x": "ñ" * 40_000}, ensure_ascii=False),
    "1 MB": "x" * 1_000_000,
    "binary": b'{"type":"ping"}',
    "empty": "",
    "not JSON": "hello",
    "JSON with something after it": '{"type":"ping"}x',
    "a list": "[]",
    "a string": '"ping"',
    "null": "null",
    "NaN": '{"type":NaN}',
    "10,000 levels deep": "[" * 10_000 + "]" * 10_000,
    "deep in a frame": '{"type":"ping","x":' + '{"x":' * 10_000 + "1" + "}" * 10_001,
    "no type": "{}",
    "an unknown type": '{"type":"subscribe"}',
    "a type that is a list": '{"type":["ping"]}',
    "a type that is an object": '{"type":{"type":"ping"}}',
    "a frame of the server": '{"type":"put","watch":"list","row":{}}',
    "prototype": '{"__proto__":{"type":"ping"}}',
}

ODD_WATCHES: list[dict[str, Any]] = [
    {"topic": "inbox"},
    {"watch": None, "topic": "inbox"},
    {"watch": 7, "topic": "inbox"},
    {"watch": [], "topic": "inbox"},
    {"watch": {"a": 1}, "topic": "inbox"},
    {"watch": "x" * 41, "topic": "inbox"},
    {"watch": "a"},
    {"watch": "a", "topic": None},
    {"watch": "a", "topic": []},
    {"watch": "a", "topic": {"inbox": 1}},
    {"watch": "a", "topic": "nothing"},
    {"watch": "a", "topic": "__class__"},
    # What goes to everybody cannot be asked for.
    {"watch": "a", "topic": "sessions"},
    {"watch": "a", "topic": "access"},
    {"watch": "a", "topic": "people"},
    *(
        {"watch": "a", "topic": "inbox", "filter": odd}
        for odd in (
            None, [], "x", 7, {"tray": "everything"}, {"tray": ["pending", "attended"]}, {"tray": {"in": ["pending"]}}, {"team": "x"}, {"team": [None]},
            {"team": 1.5}, {"team": [[1]]}, {"team": -1}, {"order": "-owner__password"}, {"assignee": "them"}, {"unread": "maybe"}, {"search": "x"},
            {"search": ["uno", "dos"]}, {"contact__custom": "x"}, {"limit": 1000}, {"cursor": "x"}, {"team": list(range(201))}, {str(n): 1 for n in range(21)},
        )
    ),
]  # fmt: skip

LET_GO: list[Any] = [None, "1", 1.5, True, [], {}, -1, 0, 2**63, 10**30]


@pytest.fixture
def bystander(stack: Stack) -> Iterator[ClientConnection]:
    """Luis, watching his list, whom none of this concerns."""
    with stack.socket(stack.login("luis")) as opened:
        frame_like(opened, type="hello")
        watch(opened, "list", topic="inbox", filter={})
        frame_like(opened, type="watching")
        yield opened


def sees_work_at_once(stack: Stack, bystander: ClientConnection) -> None:
    assert stack.cast is not None
    began = time.monotonic()
    conversation = factories.conversation(stack.cast)
    while frame_like(bystander, type="put", seconds=3)["row"]["id"] != conversation.pk:
        pass
    assert time.monotonic() - began < 2


@pytest.mark.shows("S19")
def test_a_frame_that_makes_no_sense_closes_its_socket_and_no_other(stack: Stack, bystander: ClientConnection) -> None:
    ana, log = stack.login("ana"), stack.log("web")
    with ExitStack() as tabs:
        codes = {}
        for name, frame in CLOSING_FRAMES.items():
            opened = tabs.enter_context(stack.socket(ana))
            frame_like(opened, type="hello")
            opened.send(frame)
            codes[name] = closing_code(opened)
    assert codes == dict.fromkeys(CLOSING_FRAMES, 4400)
    sees_work_at_once(stack, bystander)
    # It was no error of ours.
    assert "Traceback" not in stack.log("web")[len(log) :]


@pytest.mark.shows("S19")
def test_frames_beyond_a_megabyte_and_messages_without_an_end_are_cut_off(
    stack: Stack, bystander: ClientConnection
) -> None:
    ana = stack.login("ana")

    def endless() -> Iterator[str]:
        for _piece in range(64):
            yield "x" * 65_536

    for huge in ("x" * 2_000_000, endless()):
        with stack.socket(ana) as opened:
            frame_like(opened, type="hello")
            try:
                opened.send(huge)
            except ConnectionClosed:
                pass
            assert closing_code(opened) in (1009, 1006)
    sees_work_at_once(stack, bystander)


@pytest.mark.shows("S19")
def test_too_many_frames_close_their_socket_and_slow_nobody(stack: Stack, bystander: ClientConnection) -> None:
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        try:
            for _frame in range(10_000):
                opened.send('{"type":"ping"}')
        except ConnectionClosed:
            pass
        assert closing_code(opened, seconds=5) == 4400
    sees_work_at_once(stack, bystander)
    # A tab that just opened has a few things to ask, and may.
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number in range(60):
            watch(opened, f"w{number % 10}", topic="inbox", filter={})
        assert is_alive(opened)


@pytest.mark.shows("S19", "S06")
def test_a_watch_that_makes_no_sense_is_refused_with_constant_words_and_the_socket_lives_on(stack: Stack) -> None:
    ana, log = stack.login("ana"), stack.log("web")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number, odd in enumerate(ODD_WATCHES):
            opened.send(json.dumps({"type": "watch", **odd}))
            answer = frame_like(opened, type="error", seconds=2)
            assert set(answer) == {"type", "code", "watch"}, odd
            assert (answer["code"], answer["watch"]) == ("malformed", str(odd.get("watch"))[:40]), odd
            if number % 10 == 9:
                # Not faster than a broken tab would be allowed to.
                time.sleep(0.1)
        for odd in LET_GO:
            watch(opened, "thread", topic="conversation", conversation=odd)
            is_number = isinstance(odd, int) and not isinstance(odd, bool) and abs(odd) < 2**64
            assert frame_like(opened, type="let_go", seconds=2)["id"] == (odd if is_number else None), odd
        assert is_alive(opened)
        # Nothing of all that is followed.
        assert stack.cast is not None
        factories.conversation(stack.cast)
        # That one waits in her campaign is news to Ana whatever she watches.
        assert {each["type"] for each in about_work(frames_of(opened, seconds=0.4))} <= {"news"}
    assert "Traceback" not in stack.log("web")[len(log) :]


@pytest.mark.shows("S19")
def test_one_tab_follows_sixteen_things_at_most(stack: Stack) -> None:
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number in range(17):
            watch(opened, f"w{number}", topic="inbox", filter={})
        assert frame_like(opened, type="error", seconds=2)["watch"] == "w16"
        # One of them let go makes room; the same name again needs none.
        opened.send('{"type":"unwatch","watch":"w0"}')
        watch(opened, "w16", topic="inbox", filter={})
        watch(opened, "w16", topic="inbox", filter={"tray": "pending"})
        for _answer in range(2):
            frame_like(opened, type="watching", watch="w16", seconds=2)


@pytest.mark.shows("S12", "S16")
def test_a_tab_that_closes_leaves_nothing_behind(stack: Stack) -> None:
    ana, luis = stack.login("ana"), stack.login("luis")

    def online(client: httpx.Client) -> list[str]:
        return [each["name"] for each in client.get("/api/v1/users/").json()["results"] if each["online"]]

    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        wait_until(lambda: online(luis) == ["Ana Gómez"], what="her presence")
