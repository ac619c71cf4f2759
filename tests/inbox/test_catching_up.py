"""Whoever was away asks for what changed; whoever was away for too long is told to read anew (R23)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from inbox.actions.sending import write_note
from inbox.api import messages
from inbox.api.messages import FAR_BEHIND
from inbox.models import Conversation
from tests import factories
from tests.figures import control, figure


@pytest.mark.shows("R23")
@pytest.mark.faults
def test_a_mark_far_behind_or_ahead_of_us_is_answered_with_one_reading_anew(
    cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = factories.taken_conversation(cast)
    client = Client()
    client.force_login(cast.ana)
    address = f"/api/v1/conversations/{conversation.pk}/messages/"

    def changes(mark: int) -> dict[str, object]:
        answer = client.get(address, {"after_change": mark})
        assert answer.status_code == 200
        return answer.json()  # type: ignore[no-any-return]  # JSON is anything

    conversation.refresh_from_db()
    mark = conversation.change
    write_note(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Mientras tanto")
    near = changes(mark)
    assert (near["reload"], [each["text"] for each in near["results"]]) == (False, ["Mientras tanto"])  # type: ignore[attr-defined]  # a list of rows
    # A day of a conversation that never rests.
    Conversation.objects.filter(pk=conversation.pk).update(
        change=mark + FAR_BEHIND + 1, last_activity_at=timezone.now()
    )
    far = changes(mark)
    assert (far["reload"], far["results"], far["more"], far["change"]) == (True, [], False, mark + FAR_BEHIND + 1)
    # What the newest page then says is where to go on from: nothing more to read, and no second reading anew.
    page = client.get(address).json()
    assert [each["text"] for each in page["results"]][-1] == "Mientras tanto"
    again = changes(page["change"])
    assert (again["reload"], again["results"]) == (False, [])
    # The server was set back to yesterday's backup: its counter is behind the mark.
    ahead = changes(mark + 10 * FAR_BEHIND)
    assert (ahead["reload"], ahead["results"]) == (True, [])
    figure(
        "R23",
        "a mark too far behind, and one ahead of us: one reading anew each",
        data=f"{FAR_BEHIND + 1} changes behind",
        samples=2,
    )
    monkeypatch.setattr(messages, "FAR_BEHIND", 10**9)
    beyond = changes(mark)
    control("R23", "without it: a tab a day behind is given all of the day, page after page", data=f"{FAR_BEHIND + 1} changes behind", samples=1)  # fmt: skip
    assert not beyond["reload"]
