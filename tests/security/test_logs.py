"""The logs of every process, after a day in small: nobody's words, nobody's keys (S51)."""

from __future__ import annotations

import pytest

from inbox.models import Conversation, Message, OutboxEntry
from tests import factories
from tests.stack import APP_SECRET, VERIFY_TOKEN, Stack, frame_like, wait_until

WORDS = ("xyzzy-del-cliente", "plugh-de-la-agente", "frotz-de-la-nota")


@pytest.mark.shows("S51", "S21")
def test_no_words_and_no_keys_stand_in_any_log(stack: Stack) -> None:
    began = {name: len(stack.log(name)) for name in stack.processes}
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
        frame_like(opened, type="watching")
        stack.write(WORDS[0])
        frame_like(opened, type="put")
        conversation = Conversation.objects.get()
        address = f"/api/v1/conversations/{conversation.pk}/"
        assert ana.put(f"{address}assignment/", json={}).status_code == 200
        for text, is_note in ((WORDS[1], False), (WORDS[2], True)):
            body = {"client_id": str(factories.client_id()), "text": text, "is_note": is_note}
            assert ana.post(f"{address}messages/", json=body).status_code == 201
        wait_until(lambda: not OutboxEntry.objects.exists(), what="the sending")
    # What goes wrong is where words like to escape: a refused delivery, a broken body, a refused frame, a wrong password.
    for body in (b"{", b'{"text":"' + WORDS[0].encode() + b'"}'):
        assert (
            ana.post("/webhooks/meta/", content=body, headers={"X-Hub-Signature-256": "sha256=" + "0" * 64}).status_code
            == 401
        )
    assert (
        ana.post(
            f"{address}messages/",
            content=b'{"text": "' + WORDS[1].encode(),
            headers={"Content-Type": "application/json"},
        ).status_code
        == 400
    )
    assert (
        ana.get(f"/webhooks/meta/?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}x&hub.challenge=1").status_code
        == 403
    )
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        opened.send(f'{{"type":"{WORDS[0]}"}}')
    secret = {
        **{word: word for word in WORDS},
        "app secret": APP_SECRET, "verify token": VERIFY_TOKEN, "provider's token": factories.TOKEN,
        "password": factories.PASSWORD, "session": ana.cookies["session"], "csrf": ana.cookies["csrf"],
        "SECRET_KEY": stack.environment["SECRET_KEY"], "FIELD_KEYS": stack.environment["FIELD_KEYS"],
    }  # fmt: skip
    ours = [name for name in stack.processes if name != "simulator"]
    logs = {name: stack.log(name)[began[name] :] for name in ours}
    assert [(name, what) for name, log in logs.items() for what, value in secret.items() if value in log] == []
    assert {name: log[-3000:] for name, log in logs.items() if "Traceback" in log} == {}
    # The control: all of it did happen.
    assert set(Message.objects.values_list("text", flat=True)) == set(WORDS)
