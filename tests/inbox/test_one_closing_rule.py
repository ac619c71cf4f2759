"""One closing rule, whichever door it is asked at (B-03): a plain statement of the rule, and every door measured by it."""

from __future__ import annotations

import ast
import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from campaigns.models import CampaignTypification
from core.refusals import Refusal
from inbox.actions.associating import associate_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.closing_many import close_many
from inbox.models import Conversation
from tests.factories import Cast
from tests.inbox.test_associating import answered, open_base
from typification.models import Typification

APPS = (
    "accounts",
    "campaigns",
    "config",
    "connectors",
    "contacts",
    "core",
    "inbox",
    "privacy",
    "processes",
    "typification",
    "webhooks",
)

flags = st.fixed_dictionaries(
    {
        "is_offered": st.booleans(), "quick_close": st.booleans(), "requires_note": st.booleans(), "requires_base": st.booleans(),
        "asks_callback": st.sampled_from(["no", "personal", "global"]),
    }
)  # fmt: skip
sayings = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["normal", "quick"]), "note": st.sampled_from(["", "  ", "Pidió precios"]),
        "is_associated": st.booleans(), "hours": st.sampled_from([None, -1, 2]),
    }
)  # fmt: skip


def rule(outcome: dict[str, Any], said: dict[str, Any]) -> str:
    """The code of the refusal; "" where it closes. In the order in which people are told."""
    if not outcome["is_offered"]:
        return "typification_not_offered"
    if said["mode"] == "quick" and not outcome["quick_close"]:
        return "quick_close_unavailable"
    if outcome["requires_note"] and not said["note"].strip():
        return "note_required"
    if outcome["requires_base"] and not said["is_associated"]:
        return "base_required"
    if outcome["asks_callback"] != "no" and (said["hours"] is None or said["hours"] < 0):
        return "callback_time_required"
    return ""


def by_action(cast: Cast, conversation: Conversation, typification: Typification, said: dict[str, Any]) -> str:
    try:
        close_conversation(
            conversation.pk,
            by=cast.ana,
            typification_id=typification.pk,
            note=said["note"],
            mode=said["mode"],
            callback_at=moment(said),
        )
    except Refusal as refusal:
        return refusal.code
    return ""


def by_supervisor(cast: Cast, conversation: Conversation, typification: Typification, said: dict[str, Any]) -> str:
    try:
        close_conversation(
            conversation.pk,
            by=cast.luis,
            typification_id=typification.pk,
            note=said["note"],
            mode=said["mode"],
            callback_at=moment(said),
        )
    except Refusal as refusal:
        return refusal.code
    return ""


def by_rest(cast: Cast, conversation: Conversation, typification: Typification, said: dict[str, Any]) -> str:
    client, at = Client(), moment(said)
    client.force_login(cast.ana)
    body = {"typification": typification.pk, "note": said["note"], "mode": said["mode"]}
    if at is not None:
        body["callback_at"] = at.isoformat()
    answer = client.post(f"/api/v1/conversations/{conversation.pk}/closure/", body, "application/json")
    return "" if answer.status_code == 200 else str(answer.json()["error"]["code"])


def by_bulk(cast: Cast, conversation: Conversation, typification: Typification, said: dict[str, Any]) -> str:
    ends = close_many([conversation.pk], by=cast.luis, typification_id=typification.pk, note=said["note"])
    return ends[conversation.pk].reason


def moment(said: dict[str, Any]) -> datetime.datetime | None:
    return None if said["hours"] is None else timezone.now() + datetime.timedelta(hours=said["hours"])


DOORS: dict[str, Callable[[Cast, Conversation, Typification, dict[str, Any]], str]] = {
    "panel": by_action,
    "supervisor": by_supervisor,
    "rest": by_rest,
    "bulk": by_bulk,
}
# What somebody who closes many says nothing of.
UNSAID: dict[str, dict[str, Any]] = {"bulk": {"mode": "bulk", "hours": None}}


@pytest.mark.shows("B-03", "000-05", "000-06", "000-07", "000-17", "004-17", "004-18", "004-20")
@pytest.mark.parametrize("door", DOORS)
def test_every_door_closes_by_the_same_rule(cast: Cast, door: str) -> None:
    base = open_base(cast)

    @hypothesis_settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    @given(outcome=flags, said=sayings)
    @example(
        outcome={"is_offered": True, "quick_close": False, "requires_note": False, "requires_base": False, "asks_callback": "no"},
        said={"mode": "normal", "note": "", "is_associated": False, "hours": None},
    )  # fmt: skip
    def check(outcome: dict[str, Any], said: dict[str, Any]) -> None:
        savepoint = transaction.savepoint()
        values = {name: value for name, value in outcome.items() if name != "is_offered"}
        typification = Typification.objects.create(name="Probada", **values)
        if outcome["is_offered"]:
            CampaignTypification.objects.create(campaign=cast.campaign, typification=typification)
        conversation = answered(cast)
        if said["is_associated"]:
            associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
        expected = rule(outcome, said | UNSAID.get(door, {}))
        assert DOORS[door](cast, conversation, typification, said) == expected
        conversation.refresh_from_db()
        assert (conversation.status == "closed") == (expected == "")
        transaction.savepoint_rollback(savepoint)

    check()


@pytest.mark.shows("B-03")
def test_only_the_closing_action_writes_closed() -> None:
    """In the whole product one function gives a conversation the status `closed`."""
    found = {(path, name) for path in sources() for name in writers_of_closed(path)}
    assert found == {("inbox/actions/closing.py", "end_conversations")}


def sources() -> Iterator[str]:
    root = Path(settings.BASE_DIR)
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(root))


def writers_of_closed(path: str) -> Iterator[str]:
    """The functions of a file that give something named `status` the value Status.CLOSED or "closed"."""
    tree = ast.parse((Path(settings.BASE_DIR) / path).read_text())
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            writes_closed(node) for node in ast.walk(function)
        ):
            yield function.name


def writes_closed(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
        for target, value in list(pairs):
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs += zip(target.elts, value.elts, strict=False)
        return any(
            isinstance(target, ast.Attribute) and target.attr == "status" and is_closed(value)
            for target, value in pairs
        )
    is_update = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("update", "create")
    )
    if is_update:
        assert isinstance(node, ast.Call)
        return any(each.arg == "status" and is_closed(each.value) for each in node.keywords)
    return False


def is_closed(value: ast.AST) -> bool:
    if isinstance(value, ast.Constant):
        return value.value == "closed"
    return isinstance(value, ast.Attribute) and value.attr == "CLOSED"
