"""The socket refuses strangers and tells nobody of another team's work (S03, S04, S12, S16, S17)."""

from __future__ import annotations

import base64
import os
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from accounts.actions import join_team, leave_team
from campaigns.actions import add_agent, remove_agent
from core.realtime.bus import announce
from inbox.actions.assignment import release_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.models import Conversation
from tests import factories
from tests.security.watching import about_work, is_alive, watch
from tests.stack import Stack, frame_like, frames_of, until_quiet, wait_until


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

# Two on a machine of its own: beside other tests the clock is theirs, too.
SOON_SECONDS = 10.0

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
def test_an_agent_taken_out_of_a_campaign_lets_go_at_once(stack: Stack) -> None:
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
        remove_agent(cast.campaign, cast.ana, by=cast.admin)
        assert frame_like(opened, type="let_go", seconds=SOON_SECONDS)["id"] == waiting.pk
        frame_like(opened, type="stale", watch="list", seconds=SOON_SECONDS)
        # The counts that follow are of what she sees now.
        assert frame_like(opened, type="counts", watch="list")["counts"]["pending"] == 0
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
        frame_like(opened, type="let_go", watch="thread", seconds=SOON_SECONDS)
        frame_like(opened, type="me", seconds=SOON_SECONDS)
        counts = [frame_like(opened, type="counts")["counts"]]
        counts += [each["counts"] for each in until_quiet(opened) if each["type"] == "counts"]
        assert {each["in_progress"] + each["pending"] for each in counts} == {0}
        write_note(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="A solas")
        assert about_work(frames_of(opened, seconds=0.5)) == []
        assert luis.get(f"/api/v1/conversations/{conversation.pk}/messages/").status_code == 404
        join_team(cast.luis, cast.team, is_supervisor=True, by=cast.admin)
        frame_like(opened, type="stale", watch="list", seconds=SOON_SECONDS)
        assert frame_like(opened, type="counts")["counts"]["pending"] == 1
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
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=30) as raw:
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


# --- Its end ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S12", "S16")
def test_a_tab_that_closes_leaves_nothing_behind(stack: Stack) -> None:
    ana, luis = stack.login("ana"), stack.login("luis")

    def online(client: httpx.Client) -> list[str]:
        return [each["name"] for each in client.get("/api/v1/users/").json()["results"] if each["online"]]

    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        wait_until(lambda: online(luis) == ["Ana Gómez"], what="her presence")
