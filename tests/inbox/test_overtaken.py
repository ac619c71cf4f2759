"""The provider's news may be faster than its answer to our own call."""

from __future__ import annotations

import pytest

from connectors.kinds import MessageStatus
from inbox.actions.sending import discard_message, retry_message, send_message
from inbox.actions.statuses import apply_statuses
from inbox.errors import MessageNotFailed
from tests import factories
from tests.witness import refused


@pytest.mark.shows("R02", "R17")
def test_a_message_that_failed_while_it_is_still_being_handed_over_cannot_be_tried_again_yet(
    cast: factories.Cast,
) -> None:
    conversation = factories.taken_conversation(cast)
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    apply_statuses(cast.account, [factories.status_update(message, MessageStatus.FAILED, error_code=131026)])
    for again in (retry_message, discard_message):
        with refused(MessageNotFailed):
            again(conversation.pk, message.pk, by=cast.ana)
