"""A transfer into a campaign where the person talks already (004-25): what becomes of who waits, and of what was read there."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from inbox.actions.assignment import take_conversation
from inbox.actions.inactivity import is_silent
from inbox.actions.reading import mark_read
from inbox.actions.sending import send_message
from inbox.actions.snoozing import snooze_conversation
from inbox.actions.transferring import transfer_to_campaign
from inbox.api import details
from inbox.models import Conversation, Message
from tests import factories
from tests.factories import Cast, identity
from tests.inbox.test_transferring import WHY, sharing
from tests.invariants import check_invariants


@pytest.mark.shows("004-25", "004-10", "001-15")
@pytest.mark.parametrize("rests", [True, False])
def test_who_waits_waits_on_in_what_it_is_joined_into(cast: Cast, rests: bool) -> None:
    """Read to the end, answered and perhaps at rest there: what they ask elsewhere is not forgotten, nor are they let go as silent."""
    target = sharing(cast)
    there = factories.taken_conversation(cast, sender=identity("595981777111"))
    transfer_to_campaign(there.pk, by=cast.ana, campaign_id=target.pk, note=WHY)
    take_conversation(there.pk, by=cast.eva)
    said = Message.objects.get(conversation=there, direction="in")
    mark_read(there.pk, by=cast.eva, up_to=said.pk)
    send_message(there.pk, by=cast.eva, client_id=factories.client_id(), text="Te escribo luego")
    there.refresh_from_db()
    assert (there.status, there.unread, there.waiting_since) == ("in_progress", 0, None)
    assert is_silent(there)
    if rests:
        snooze_conversation(there.pk, by=cast.eva, until=timezone.now() + datetime.timedelta(hours=2))
    conversation = waiting_beside(cast, there, said)
    take_conversation(conversation.pk, by=cast.ana)
    transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=target.pk, note=WHY, joins=True)
    there.refresh_from_db()
    assert (there.status, there.assignee, there.unread) == ("in_progress", cast.eva, 1)
    assert (there.waiting_since, there.answered) == (conversation.waiting_since, False)
    assert not is_silent(there)
    # Free words may be sent for as long as since their last word, wherever they wrote it.
    assert there.window_expires_at == conversation.window_expires_at
    # Nothing of it counts as read any more; reading it is noted, and an answer ends the waiting.
    assert details.reading_marks(there) == {"read_up_to": None, "first_unread_id": said.pk}
    check_invariants(outbox_is_empty=False)
    assert mark_read(there.pk, by=cast.eva, up_to=said.pk) is True
    send_message(there.pk, by=cast.eva, client_id=factories.client_id(), text="Sobre lo otro:")
    there.refresh_from_db()
    assert (there.unread, there.waiting_since, there.answered) == (0, None, True)
    check_invariants(outbox_is_empty=False)


def waiting_beside(cast: Cast, there: Conversation, said: Message) -> Conversation:
    """What the same person began in Ana's campaign, too, and waits in: as where two campaigns' rules brought their words apart."""
    now = timezone.now()
    conversation = Conversation.objects.create(
        contact=there.contact, contact_point=there.contact_point, channel_account=cast.account, campaign=cast.campaign,
        team=cast.team, last_activity_at=now, last_inbound_at=now, waiting_since=now, unread=1, change=said.change,
        window_expires_at=now + datetime.timedelta(hours=24),
    )  # fmt: skip
    asked = Message.objects.get(pk=said.pk)
    asked.pk, asked.uuid, asked.provider_id = None, factories.client_id(), "wamid.asked"
    asked.conversation, asked.happened_at = conversation, now
    asked.save()
    return conversation
