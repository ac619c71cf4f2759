"""What a campaign says by itself when somebody begins: its welcome, or that nobody attends now; and what then becomes of them.

The conversation's row says that this is still to be done, so a lost hint or a killed worker loses nothing, and two do it once.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from campaigns.hours import Calendar
from campaigns.models import Campaign
from campaigns.variables import fill_alone
from core.refusals import NotFound
from inbox.actions.choosing import ask
from inbox.actions.closing import end_conversation
from inbox.actions.locking import lock_conversation, save_touched
from inbox.actions.sending import send_by_itself
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import window_is_open
from typification.models import Typification

# Whoever was answered, or left, in the meantime is greeted no more.
GREETED = (Status.QUEUED, Status.ASSIGNED)


@transaction.atomic
def greet(conversation_id: int) -> bool:
    """Say what the campaign says by itself to who just began, once; whether anything was said or done.

    During hours of attention its welcome, to new conversations only, and the question where the number asks whither; outside of them its
    message, and then it waits for opening time or is closed with «Fuera de horario», as the campaign wants. A paused campaign says
    nothing: it goes on where it stopped.
    """
    try:
        conversation = lock_conversation(conversation_id)
    except NotFound:
        return False
    if not conversation.awaits_greeting:
        return False
    conversation.awaits_greeting = False
    asks, conversation.chooses_since = conversation.chooses_since is not None, None
    save_touched(conversation, "awaits_greeting", "chooses_since")
    campaign = conversation.campaign
    if campaign is None or campaign.state != Campaign.State.ACTIVE or conversation.status not in GREETED:
        return False
    arrivals = ConversationEvent.objects.filter(conversation=conversation, kind=ConversationEvent.Kind.REOPENED).count()
    if Calendar.of(campaign).is_open(timezone.now()):
        # Somebody who comes back within the campaign's hours to reopen was welcomed before.
        welcomed = not arrivals and say(conversation, campaign, campaign.welcome_message, occasion="welcome")
        return (asks and ask(conversation)) or welcomed
    is_said = say(conversation, campaign, campaign.out_of_hours_message, occasion=f"out_of_hours:{arrivals}")
    if campaign.out_of_hours_action != Campaign.OutOfHours.CLOSE or conversation.assignee_id is not None:
        # Whoever is there at night, and took it, works it to its end: it is not closed under their hands.
        return is_said
    outcome = Typification.objects.get(system_code="out_of_hours")
    end_conversation(conversation, by=None, typification=outcome, mode="out_of_hours", note="")
    return True


def say(conversation: Conversation, campaign: Campaign, text: str, *, occasion: str) -> bool:
    """Send a text of the campaign's, its variables filled, where free words may be sent now. The same occasion is one message."""
    contact = conversation.contact.standing
    values = {
        "nombre": contact.first_name or contact.profile_name,
        "apellido": contact.last_name,
        "empresa": campaign.project.client.name,
        "campaña": campaign.name,
        "proyecto": campaign.project.name,
        "servicio": conversation.channel_account.name,
    }
    words = fill_alone(text, values)
    if not words or not window_is_open(conversation).allowed:
        return False
    send_by_itself(conversation, words, client_id=uuid.uuid5(conversation.uuid, occasion))
    return True


def waiting_for_greeting(*, most: int) -> list[int]:
    """Who was not greeted yet, for the sweeper."""
    waiting = Conversation.objects.filter(awaits_greeting=True, status__in=GREETED)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:most])
