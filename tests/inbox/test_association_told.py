"""That a conversation is about a record of a base now stands between its messages, and its outcome finds the attempt without a walk."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from campaigns.models import CampaignBase
from contacts.models import Attempt
from inbox.actions.associating import associate_conversation
from inbox.models import ConversationEvent
from inbox.rows import event_rows
from tests import factories
from tests.contacts.members import base_of
from tests.factories import Cast


@pytest.mark.shows("000-12")
def test_associating_is_a_step_of_the_story_and_doing_it_again_is_none(cast: Cast) -> None:
    base = base_of(cast, 1, name="Altas web")
    CampaignBase.objects.create(campaign=cast.campaign, base=base)
    conversation = factories.taken_conversation(cast)
    for _again in range(2):
        associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    steps = event_rows(ConversationEvent.objects.filter(conversation=conversation).order_by("change"))
    assert [each["kind"] for each in steps] == ["assigned", "associated"]
    assert (steps[-1]["actor_name"], steps[-1]["details"]) == (
        "Ana Gómez",
        {"base_id": base.pk, "base_name": "Altas web"},
    )
    conversation.refresh_from_db()
    assert conversation.change == steps[-1]["change"]


def test_the_attempts_of_an_interaction_have_an_index(cast: Cast) -> None:
    with connection.cursor() as cursor:
        # Few rows are read through anyway: what is asked is whether there is another way.
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = Attempt.objects.filter(interaction_id=uuid.uuid4()).order_by("member_id")
        assert "attempt_of_interaction" in asked.explain()
