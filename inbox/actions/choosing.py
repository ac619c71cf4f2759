"""Where several campaigns share a number, whoever fits no rule is asked whither they want; their answer brings them there."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns.models import Campaign, ChannelAccount
from campaigns.routing import Routes, choice_id_of
from connectors.kinds import POLICIES, ChannelKind
from connectors.outgoing import Choice, Interactive, Menu, ReplyButtons, Section
from inbox.actions.assignment import end_assignment
from inbox.actions.locking import note_event, save_all_touched, save_touched
from inbox.actions.sending import send_by_itself
from inbox.exclusivity import exclusive_member
from inbox.models import Conversation, ConversationEvent, Message
from inbox.models.conversation import LIVE, Status
from inbox.permits import window_is_open

# Nobody is given who was just asked: their answer may bring them elsewhere. Whoever takes them by hand need not wait.
ANSWERED_WITHIN = datetime.timedelta(minutes=2)
MOVED = ("campaign", "team", "chooses_since", "awaits_greeting")


def ask(conversation: Conversation) -> bool:
    """Ask the customer of a waiting conversation that is held, once; whether they were. The caller saves what it says of the row.

    Raises nothing: what cannot be asked any more (nothing to choose, the window is closed, somebody's own customer) is not asked.
    """
    routes = Routes.of(conversation.channel_account)
    options = routes.options
    if not (routes.menu_text and options) or conversation.status != Status.QUEUED:
        return False
    if exclusive_member(conversation) is not None or not window_is_open(conversation).allowed:
        return False
    lines = [f"{number}. {rule.label}" for number, rule in enumerate(options, start=1)]
    send_by_itself(
        conversation,
        "\n".join((routes.menu_text, "", *lines)),
        client_id=uuid.uuid5(conversation.uuid, "menu"),
        content=as_content(conversation, tuple(Choice(id=choice_id_of(rule), title=rule.label) for rule in options)),
    )
    conversation.chooses_since = timezone.now()
    save_touched(conversation, "chooses_since")
    return True


def as_content(conversation: Conversation, choices: tuple[Choice, ...]) -> Interactive | None:
    """Buttons where they fit, else a list; nothing where the channel has neither: the numbers stand in the words."""
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    if policy is None or policy.interactive is None:
        return None
    if len(choices) <= policy.interactive.buttons:
        return ReplyButtons(buttons=choices)
    # Whoever writes to a number has no language here: the installation's.
    with override(settings.LANGUAGE_CODE):
        return Menu(button=_("Choose"), sections=(Section(title="", rows=choices),))


def is_choosing(conversation: Conversation, *, now: datetime.datetime) -> bool:
    """Whether their answer may still bring them elsewhere."""
    return conversation.chooses_since is not None and now < conversation.chooses_since + ANSWERED_WITHIN


def follow_choices(
    account: ChannelAccount, routes: Routes, asked: Mapping[int, Conversation], messages: Iterable[Message]
) -> set[int]:
    """Bring those who answered where they want, where nobody has them yet; return which. The caller holds the conversations."""
    wanted: dict[int, Campaign] = {}
    for message in messages:
        conversation = asked.get(message.conversation_id)
        if conversation is None or conversation.status != Status.QUEUED or conversation.pk in wanted:
            continue
        chosen = routes.chosen(message.text, str((message.details or {}).get("interactive", {}).get("id", "")))
        if chosen is not None:
            wanted[conversation.pk] = chosen
    if not wanted:
        return set()
    # One person has one live conversation in a campaign through one number: who talks there already stays where they are.
    talking = set(
        Conversation.objects.filter(
            contact_point__in=[asked[pk].contact_point_id for pk in wanted],
            channel_account=account,
            campaign__in=wanted.values(),
            thread_key="",
            status__in=LIVE,
        ).values_list("contact_point_id", "campaign_id")
    )
    moved = []
    for pk, campaign in wanted.items():
        conversation, now = asked[pk], timezone.now()
        conversation.chooses_since = None
        moved.append(conversation)
        if campaign.pk != conversation.campaign_id and (conversation.contact_point_id, campaign.pk) in talking:
            continue
        # Where it rang meanwhile it rings no longer.
        end_assignment(conversation, now)
        if campaign.pk != conversation.campaign_id:
            conversation.campaign, conversation.team_id = campaign, campaign.team_id
            conversation.awaits_greeting = campaign.speaks_by_itself
        note_event(conversation, ConversationEvent.Kind.ROUTED, at=now, by=None, campaign_name=campaign.name)
    save_all_touched(moved, *MOVED)
    return set(wanted)
