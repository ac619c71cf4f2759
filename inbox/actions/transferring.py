"""Handing a conversation to another agent or to another campaign (004-21 … 004-26). It never closes: the same one changes hands."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import hold_user
from accounts.models import User
from campaigns.models import Campaign
from campaigns.outcomes import Purpose, default_outcome, offered_outcomes
from contacts.actions import hold_contacts, share_with_teams
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound
from core.text import without_nul
from inbox.actions.assignment import HELD, begin_anew, count_silence_anew, end_assignment, give
from inbox.actions.closing import NOTE_LIMIT, end_conversation, full_name
from inbox.actions.continuing import AWOKEN, wake
from inbox.actions.locking import (
    as_seen,
    lock_conversations,
    lock_visible_conversation,
    next_change,
    note_event,
    save_touched,
)
from inbox.audience import Audience
from inbox.errors import AnotherIsOpen, NoteRequired, TargetUnavailable, TypificationNotOffered
from inbox.events import ConversationReleased, ConversationsQueued, ConversationTransferred, NoteWritten
from inbox.models import Assignment, Conversation, ConversationEvent, Message, Transfer
from inbox.models.conversation import Status
from inbox.permits import may_transfer
from inbox.targets import live_there, why_not_campaign, why_not_user
from typification.models import Typification

MOVED = ("campaign", "team", "awaits_greeting", *HELD)
JOINED = (
    "base_member", "status", "unread", "answered", "waiting_since", "sla_breached_for", "window_expires_at", "reminders_sent", "reminded_at",
)  # fmt: skip


@transaction.atomic
def transfer_to_agent(
    conversation_id: int, *, by: User, user_id: int, note: str, typification_id: int | None = None
) -> Transfer:
    """Put a conversation into the hands of another agent of its campaign, for whom it is new: red dot and unread mark again.

    Their row is held while it is asked whether they are online: who leaves in the same moment leaves before, and it is refused, or
    after, and it goes back to the queue (R32).

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, TransferUnavailable, AuxStateForbids: see inbox.permits.may_transfer.
        TargetUnavailable: offline, of another campaign, or not for this channel (004-23). NoteRequired. TypificationNotOffered.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    may_transfer(conversation, by).require()
    note = said_note(note)
    typification = transfer_outcome(conversation, typification_id)
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        hold_user(user)
    if reason := why_not_user(user, conversation):
        raise TargetUnavailable(reason, fields={"user": [reason]})
    assert user is not None
    assert conversation.campaign is not None
    transfer = Transfer.objects.create(
        conversation=conversation,
        from_user=conversation.assignee,
        from_campaign=conversation.campaign,
        to_user=user,
        typification=typification,
        note=note,
        transferred_by=by,
        transferred_at=timezone.now(),
    )
    # Whatever rest the one before wanted for it, for the next one it is new.
    conversation.status = Status.ASSIGNED
    told = {"typification": full_name(typification), "note": note}
    give(conversation, user, kind=ConversationEvent.Kind.TRANSFERRED, by=by, **told)
    keep(transfer, by=by)
    return transfer


@transaction.atomic
def transfer_to_campaign(
    conversation_id: int,
    *,
    by: User,
    campaign_id: int,
    note: str,
    typification_id: int | None = None,
    joins: bool = False,
) -> Transfer:
    """Let a conversation wait in another campaign of the same account, which brings its team to see it.

    Where the contact talks there already, one person has no two conversations: with `joins` what is said goes on there, the note with
    it, and this one ends as «Duplicado».

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, TransferUnavailable, AuxStateForbids: see inbox.permits.may_transfer.
        TargetUnavailable: not of the same account, or not active. AnotherIsOpen: they talk there; ask again with `joins`.
        NoteRequired. TypificationNotOffered.
    """
    conversation, campaign, there = held_with_its_goal(conversation_id, campaign_id, by=by)
    may_transfer(conversation, by).require()
    note = said_note(note)
    typification = transfer_outcome(conversation, typification_id)
    reason = why_not_campaign(campaign) if campaign else _("It is not a campaign of the same number.")
    if campaign is None or reason:
        raise TargetUnavailable(reason, fields={"campaign": [reason]})
    assert conversation.campaign is not None
    if there is not None and not joins:
        raise AnotherIsOpen(
            _("This contact has a conversation open in %(name)s already. Transfer it into that one?")
            % {"name": campaign.name},
            joins=True,
        )
    transfer = Transfer.objects.create(
        conversation=conversation,
        from_user=conversation.assignee,
        from_campaign=conversation.campaign,
        to_campaign=campaign,
        joined_to=there,
        typification=typification,
        note=note,
        transferred_by=by,
        transferred_at=timezone.now(),
    )
    told = {"typification": full_name(typification), "campaign_name": campaign.name, "note": note}
    if there is not None:
        note_event(conversation, ConversationEvent.Kind.TRANSFERRED, at=transfer.transferred_at, by=by, **told)
        join_into(there, conversation, note=note, by=by)
    else:
        move_to(conversation, campaign, by=by, told=told)
    keep(transfer, by=by)
    return transfer


def held_with_its_goal(
    conversation_id: int, campaign_id: int, *, by: User
) -> tuple[Conversation, Campaign | None, Conversation | None]:
    """A conversation, the campaign of its account that it goes to, and what the same person has live there; both held in the order of
    their keys.

    Raises:
        NotFound: it is not for `by` to see.
    """
    seen = Conversation.objects.visible_to(by).select_related("channel_account").filter(pk=conversation_id).first()
    if seen is None:
        raise NotFound
    # Whoever receives holds the contact first: what they write meanwhile opens no other in the campaign it goes to.
    hold_contacts([seen.contact_id])
    campaign = seen.channel_account.campaigns.exclude(pk=seen.campaign_id).filter(pk=campaign_id).first()
    there = live_there(seen, campaign) if campaign is not None else None
    locked = lock_conversations([seen.pk, *([there.pk] if there is not None else [])])
    conversation, goal = locked.get(seen.pk), locked.get(there.pk) if there is not None else None
    if conversation is None or not Audience.of(by).sees(as_seen(conversation)):
        raise NotFound
    if campaign is not None and campaign.pk == conversation.campaign_id:
        campaign = None
    return conversation, campaign, goal if goal is not None and goal.is_live else None


def move_to(conversation: Conversation, campaign: Campaign, *, by: User, told: dict[str, str]) -> None:
    """It is nobody's there yet, and who wrote is not welcomed again."""
    now = timezone.now()
    end_assignment(conversation, now)
    conversation.campaign, conversation.team = campaign, campaign.team
    conversation.status, conversation.assignee, conversation.assigned_at = Status.QUEUED, None, None
    conversation.awaits_greeting, conversation.chooses_since = False, None
    begin_anew(conversation)
    note_event(conversation, ConversationEvent.Kind.TRANSFERRED, at=now, by=by, **told)
    save_touched(conversation, *MOVED)
    share_with_teams([(conversation.contact_id, campaign.team_id)])
    publish(ConversationReleased(conversation_ids=(conversation.pk,), by_id=by.pk))
    publish(ConversationsQueued(conversation_ids=(conversation.pk,)))


def join_into(goal: Conversation, conversation: Conversation, *, note: str, by: User) -> None:
    """What is said goes on in the live one: why stands there as a note, the record goes along, and this one ends."""
    if conversation.base_member_id is not None and goal.base_member_id is None:
        # What comes of it is not known yet: it lands on the record when that one ends.
        goal.base_member_id, conversation.base_member_id = conversation.base_member_id, None
        save_touched(conversation, "base_member")
    hand_waiting_over(goal, conversation)
    make_new(goal, unread=conversation.unread)
    end_conversation(
        conversation,
        by=by,
        typification=Typification.objects.get(system_code="duplicate"),
        mode="merged",
        note=note,
    )
    message = Message.objects.create(
        conversation=goal,
        channel_account=goal.channel_account,
        change=next_change(goal),
        happened_at=timezone.now(),
        direction="out",
        text=note,
        is_note=True,
        author=by,
        author_kind="agent",
        status="noted",
    )
    save_touched(goal, *JOINED)
    publish(NoteWritten(conversation_ids=(goal.pk,), message_id=message.pk))


def hand_waiting_over(goal: Conversation, conversation: Conversation) -> None:
    """Who waits for an answer waits for it in the live one: their word of there is as if it came here. Its words stand in the other thread,
    and without this the customer would be asked whether they are still there, and let go.
    """
    since = conversation.waiting_since
    if since is not None:
        if goal.waiting_since is None or since < goal.waiting_since:
            goal.waiting_since, goal.sla_breached_for = since, conversation.sla_breached_for
        goal.answered = False
        if goal.status in AWOKEN and wake(goal) == Status.QUEUED:
            publish(ConversationsQueued(conversation_ids=(goal.pk,)))
    # The window is the person's and the account's, in whichever of the two they wrote.
    ends = [each.window_expires_at for each in (goal, conversation) if each.window_expires_at is not None]
    goal.window_expires_at = max(ends, default=None)
    count_silence_anew(goal)


def make_new(goal: Conversation, *, unread: int) -> None:
    """New to whoever has it, as any other transfer is: what nobody read elsewhere, and one more to read in any case, of what is said here.
    They have read nothing to its end then.
    """
    said = Message.objects.filter(conversation=goal, direction="in").count()
    goal.unread = min(said, goal.unread + max(1, unread))
    Assignment.objects.filter(conversation=goal, ended_at__isnull=True).update(
        last_read_at=None, last_read_message_id=None
    )


def keep(transfer: Transfer, *, by: User) -> None:
    """Write it down: the note may name somebody."""
    details = {
        "user": transfer.to_user_id,
        "campaign": transfer.to_campaign_id,
        "typification": transfer.typification_id,
    }
    journal.record(
        "conversation_transferred",
        transfer.conversation,
        by=by,
        details={name: value for name, value in details.items() if value is not None},
        personal={"note": transfer.note},
    )
    publish(ConversationTransferred(conversation_ids=(transfer.conversation_id,), by_id=by.pk))


def said_note(note: str) -> str:
    """The reasons, which the next one reads (004-26). Raises NoteRequired, Invalid."""
    note = without_nul(note).strip()
    if not note:
        text = _("Write why you transfer it: the next person reads it.")
        raise NoteRequired(text, fields={"note": [text]})
    if len(note) > NOTE_LIMIT:
        raise Invalid(
            _("Check the marked fields."),
            fields={"note": [_("The note is too long: at most %(limit)d characters.") % {"limit": NOTE_LIMIT}]},
        )
    return note


def transfer_outcome(conversation: Conversation, typification_id: int | None) -> Typification:
    """The chosen typification, or the campaign's own for transfers: «Transferencia» unless it says otherwise (004-24)."""
    medium = Typification.AppliesTo.CHAT
    offered = offered_outcomes(conversation.campaign_id, Purpose.TRANSFER, medium=medium)
    if typification_id is None:
        chosen = default_outcome(conversation.campaign_id, Purpose.TRANSFER, medium=medium) or next(iter(offered), None)
    else:
        chosen = next((each for each in offered if each.pk == typification_id), None)
    if chosen is None:
        text = _("This campaign does not transfer with that outcome. Choose one of the list.")
        raise TypificationNotOffered(text, fields={"typification": [text]})
    return chosen
