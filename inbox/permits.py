"""What may be done with a conversation and, if not, why (000-04, B-05).

One set of rules: the panel asks before it draws a button, the actions ask again under the row's lock. A permit's reason is the very
sentence a disabled control shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AgentStateInterval, User
from campaigns.models import Campaign, CampaignAgent
from connectors.kinds import POLICIES, ChannelKind
from contacts.open_records import open_record_of
from core.refusals import NotAllowed, Refusal
from inbox.errors import (
    AlreadyClosed,
    AlreadyTaken,
    AnotherIsOpen,
    AuxStateForbids,
    ExternalFilesForbidden,
    KeptForAnother,
    NotAnswered,
    NotAssigned,
    NotClosed,
    NotReopened,
    NotSnoozed,
    NotYours,
    RecordOpen,
    StillAtWork,
    TooLate,
    TransferUnavailable,
    WindowClosed,
)
from inbox.exclusivity import exclusive_member, is_kept
from inbox.models.conversation import Conversation, Status


@dataclass(frozen=True)
class Permit:
    """An answer to "may I?". `refusal` is what the action would raise."""

    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        return self.refusal is None

    def as_row(self) -> dict[str, object]:
        refusal = self.refusal
        return {
            "allowed": refusal is None,
            "code": refusal.code if refusal else "",
            "reason": refusal.message if refusal else "",
        }

    def require(self) -> None:
        """Raise the refusal, if there is one."""
        if self.refusal is not None:
            raise self.refusal


GRANTED = Permit()
# How long an agent may correct what they closed with.
RETYPIFIED_WITHIN = timedelta(hours=24)


def may_take(conversation: Conversation, user: User) -> Permit:
    if not conversation.is_live:
        return closed()
    if conversation.assignee_id == user.pk:
        return Permit(AlreadyTaken(_("It is already yours."), by=person(user)))
    if conversation.assignee_id is not None and not supervises(user):
        return Permit(taken_by_somebody(conversation))
    if not supervises(user) and not is_campaign_agent(conversation, user):
        # The one in charge is an agent of the campaign for that channel, or a supervisor who steps in (DOMAIN.md).
        return Permit(NotAllowed(_("You are not an agent of this conversation's campaign for this channel.")))
    permit = is_free_for(conversation, user)
    return permit if not permit.allowed else works_active(user)


def is_free_for(conversation: Conversation, user: User) -> Permit:
    """What waits for its contact's exclusive agent is for nobody else (004-28), but for a supervisor who steps in."""
    if conversation.assignee_id is not None or conversation.campaign_id is None or supervises(user):
        return GRANTED
    member = exclusive_member(conversation)
    if member is None or member.user_id == user.pk or not is_kept(conversation, now=timezone.now()):
        return GRANTED
    reason = _("It waits for %(name)s, this contact's exclusive agent.") % {"name": member.user.name}
    return Permit(KeptForAnother(reason, by=person(member.user)))


def is_campaign_agent(conversation: Conversation, user: User) -> bool:
    if conversation.campaign_id is None:
        return False
    membership = CampaignAgent.objects.filter(campaign_id=conversation.campaign_id, user=user).first()
    return membership is not None and membership.handles(conversation.channel_account.kind)


def may_release(conversation: Conversation, user: User) -> Permit:
    if not conversation.is_live:
        return closed()
    if conversation.assignee_id is None:
        return Permit(NotAssigned(_("Nobody holds it: it already waits in Pending.")))
    if conversation.assignee_id != user.pk and not supervises(user):
        return Permit(not_yours(conversation))
    return GRANTED


def may_reply(conversation: Conversation, user: User, *, now: datetime | None = None) -> Permit:
    """Whoever may write to the customer answers, and freely only inside the channel's window (B-07)."""
    permit = may_write(conversation, user)
    return permit if not permit.allowed else window_is_open(conversation, now=now)


def may_send_template(conversation: Conversation, user: User) -> Permit:
    """What the provider approved may be sent at any time: the window closes for free words only (001-38)."""
    return may_write(conversation, user)


def may_attach(conversation: Conversation, user: User) -> Permit:
    """A file of the agent's own, where the campaign lets them (004-05). What they say into the microphone is no such file."""
    permit = may_write(conversation, user)
    if not permit.allowed or conversation.campaign is None or conversation.campaign.allow_external_resources:
        return permit
    return Permit(
        ExternalFilesForbidden(
            _("The campaign %(name)s does not allow files of your own. Use its gallery of resources.")
            % {"name": conversation.campaign.name}
        )
    )


def may_write(conversation: Conversation, user: User) -> Permit:
    """The assignee of a live conversation, or who shares the campaign's replies, from an auxiliary that attends; whatever the window says."""
    permit = has_the_word(conversation, user)
    return permit if not permit.allowed else works_active(user)


def has_the_word(conversation: Conversation, user: User) -> Permit:
    """The same whatever their auxiliary is, for what was written before it is sent."""
    if not conversation.is_live:
        return Permit(
            AlreadyClosed(_("This conversation is closed. A new message from the customer opens another one."))
        )
    if conversation.assignee_id is None:
        return Permit(NotAssigned(_("Take the conversation to answer.")))
    if conversation.assignee_id != user.pk and not shares_replies(conversation, user):
        return Permit(not_yours(conversation))
    return GRANTED


def shares_replies(conversation: Conversation, user: User) -> bool:
    """Where the campaign lets colleagues answer (P0-32): whoever could be in charge. The conversation stays with whoever is."""
    if conversation.campaign is None or conversation.campaign.only_owner_replies:
        return False
    return supervises(user) or is_campaign_agent(conversation, user)


def may_note(conversation: Conversation, user: User) -> Permit:
    """Whoever sees a conversation may leave a note in it."""
    return GRANTED


def may_close(conversation: Conversation, user: User) -> Permit:
    """At the desk: whoever may end it, from an auxiliary that attends and without another record open."""
    permit = may_end(conversation, user)
    if not permit.allowed:
        return permit
    permit = works_active(user)
    return permit if not permit.allowed else no_record_open(conversation, user)


def may_end(conversation: Conversation, user: User) -> Permit:
    """Wherever they are: a run in the background waits for nobody's break."""
    if not conversation.is_live:
        return closed()
    if conversation.assignee_id is None and not supervises(user):
        return Permit(NotAssigned(_("Take the conversation to close it.")))
    if conversation.assignee_id is not None and conversation.assignee_id != user.pk and not supervises(user):
        return Permit(not_yours(conversation))
    if conversation.needs_first_reply and not (supervises(user) or closes_unanswered(conversation)):
        return Permit(
            NotAnswered(_("Answer at least once before closing: the campaign does not close unanswered conversations."))
        )
    return GRANTED


def may_transfer(conversation: Conversation, user: User) -> Permit:
    """To another agent or campaign (004-21): by whoever holds it or supervises, where the campaign transfers and there is whither.

    Below two working campaigns it is off, unless the installation lets agents of one campaign transfer to each other.
    """
    if not conversation.is_live:
        return closed()
    campaign = conversation.campaign
    if campaign is None:
        return Permit(TransferUnavailable(_("It belongs to no campaign, so there is nobody to transfer it to.")))
    if not campaign.allow_transfer:
        return Permit(TransferUnavailable(_("The campaign %(name)s does not transfer.") % {"name": campaign.name}))
    if not settings.TRANSFER_WITHIN_ONE_CAMPAIGN and not several_campaigns():
        return Permit(TransferUnavailable(_("Transfers need two or more campaigns.")))
    if conversation.assignee_id is None and not supervises(user):
        return Permit(NotAssigned(_("Take the conversation to transfer it.")))
    if conversation.assignee_id is not None and conversation.assignee_id != user.pk and not supervises(user):
        return Permit(not_yours(conversation))
    return works_active(user)


def several_campaigns() -> bool:
    """Whether two campaigns or more are at work in this installation."""
    working = (Campaign.State.ACTIVE, Campaign.State.PAUSED)
    return len(Campaign.objects.filter(state__in=working).order_by().values_list("pk", flat=True)[:2]) > 1


def may_choose_exclusive(conversation: Conversation, user: User) -> Permit:
    """Whose its contact is in this campaign: for its agents and who supervises (004-27, 004-29)."""
    if conversation.campaign is None:
        return Permit(NotAllowed(_("It belongs to no campaign: exclusive agents are chosen for one.")))
    if conversation.campaign.state == Campaign.State.FINISHED:
        text = _("The campaign %(name)s is not working any more.") % {"name": conversation.campaign.name}
        return Permit(NotAllowed(text))
    if supervises(user) or CampaignAgent.objects.filter(campaign=conversation.campaign, user=user).exists():
        return GRANTED
    return Permit(NotAllowed(_("Only agents of the campaign, and who supervises them, choose its exclusive agents.")))


def may_snooze(conversation: Conversation, user: User) -> Permit:
    """Whoever holds it lets it rest until a time of theirs."""
    if not conversation.is_live:
        return closed()
    if conversation.assignee_id is None:
        return Permit(NotAssigned(_("Take the conversation to snooze it.")))
    if conversation.assignee_id != user.pk:
        return Permit(not_yours(conversation))
    return works_active(user)


def may_wake(conversation: Conversation, user: User) -> Permit:
    """Back to work before its time."""
    if conversation.status != Status.SNOOZED:
        return Permit(NotSnoozed(_("It is not snoozed.")))
    if conversation.assignee_id != user.pk and not supervises(user):
        return Permit(not_yours(conversation))
    return GRANTED


def may_schedule(conversation: Conversation, user: User) -> Permit:
    """Words for later: by whoever may write now. Whether the window is open counts when they are sent."""
    return may_write(conversation, user)


def may_begin(conversation: Conversation, user: User) -> Permit:
    """To En curso by hand: what waits for anybody, or one's own that is not answered yet (001-24)."""
    if conversation.assignee_id != user.pk:
        return may_take(conversation, user)
    if not conversation.is_live:
        return closed()
    if conversation.status != Status.ASSIGNED:
        return Permit(AlreadyTaken(_("It is in progress already."), by=person(user)))
    return works_active(user)


def may_reopen(conversation: Conversation, user: User) -> Permit:
    """Back from Atendidos, for as long as the campaign takes up again what was closed (001-24)."""
    if conversation.is_live:
        return Permit(NotClosed(_("It is not closed.")))
    hours = conversation.campaign.reopen_within_h if conversation.campaign else 0
    if not hours:
        return Permit(
            NotReopened(_("This campaign does not reopen. The customer's next message begins another conversation."))
        )
    assert conversation.closed_at is not None
    assert conversation.campaign is not None
    if conversation.campaign.state not in (Campaign.State.ACTIVE, Campaign.State.PAUSED):
        return Permit(
            NotReopened(_("The campaign %(name)s is not working any more.") % {"name": conversation.campaign.name})
        )
    if timezone.now() - conversation.closed_at > timedelta(hours=hours):
        return Permit(
            NotReopened(
                _("It was closed more than %(hours)d h ago, and the campaign reopens no later.") % {"hours": hours}
            )
        )
    if not supervises(user) and not is_campaign_agent(conversation, user):
        return Permit(NotAllowed(_("You are not an agent of this conversation's campaign for this channel.")))
    permit = works_active(user)
    return permit if not permit.allowed else no_other_is_open(conversation)


def may_retypify(conversation: Conversation, user: User) -> Permit:
    """Another outcome for a closed one: by whoever closed it on the same day, by a supervisor at any time."""
    if conversation.is_live:
        return Permit(NotClosed(_("It is not closed.")))
    if supervises(user):
        return GRANTED
    if conversation.closed_by_id != user.pk:
        return Permit(NotYours(_("Only who closed it, or a supervisor, changes how it ended.")))
    assert conversation.closed_at is not None
    if timezone.now() - conversation.closed_at > RETYPIFIED_WITHIN:
        hours = int(RETYPIFIED_WITHIN.total_seconds() // 3600)
        return Permit(TooLate(_("It was closed more than %(hours)d h ago. Ask a supervisor.") % {"hours": hours}))
    return GRANTED


def may_leave(user: User) -> Permit:
    """Signing out with work in hand is for who may leave it to others (B-06)."""
    if user.may_log_out_with_active:
        return GRANTED
    count = Conversation.objects.filter(assignee=user, status__in=(Status.ASSIGNED, Status.IN_PROGRESS)).count()
    if not count:
        return GRANTED
    words = ngettext(
        "You have %(count)d conversation in hand. Finish it or give it back before you sign out.",
        "You have %(count)d conversations in hand. Finish them or give them back before you sign out.",
        count,
    )
    return Permit(StillAtWork(words % {"count": count}))


def no_other_is_open(conversation: Conversation) -> Permit:
    """One live conversation per contact point, account, campaign and thread (DOMAIN.md)."""
    live = Conversation.objects.live().filter(
        contact_point=conversation.contact_point_id,
        channel_account=conversation.channel_account_id,
        campaign=conversation.campaign,
        thread_key=conversation.thread_key,
    )
    if live.exists():
        return Permit(AnotherIsOpen(_("Another conversation with this contact is open already. Go on there.")))
    return GRANTED


def window_is_open(conversation: Conversation, *, now: datetime | None = None) -> Permit:
    """Free text is for the hours after the customer's last message; null means that they never wrote."""
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    if policy is None or policy.window_hours is None:
        return GRANTED
    expires_at = conversation.window_expires_at
    if expires_at is not None and expires_at > (now or timezone.now()):
        return GRANTED
    hours = policy.window_hours
    return Permit(
        WindowClosed(
            _(
                "The %(hours)d h window is closed. You can write again when the customer does; outside it only approved templates are allowed."
            )
            % {"hours": hours}
        )
    )


def works_active(user: User) -> Permit:
    """An agent on a break does not work on conversations (000-01). Supervisors and programs have no auxiliary to ask."""
    if supervises(user):
        return GRANTED
    interval = AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).select_related("aux_state").first()
    if interval is None or interval.aux_state.works_active:
        return GRANTED
    return Permit(
        AuxStateForbids(
            _("Your auxiliary is %(name)s. Switch to one that attends conversations.")
            % {"name": interval.aux_state.name}
        )
    )


def supervises(user: User) -> bool:
    return user.has_perm("accounts.supervise_teams")


def no_record_open(conversation: Conversation, user: User) -> Permit:
    """A record open in preview comes first, where the campaign does not blend both (000-02); its own conversation is its work."""
    if conversation.campaign is not None and conversation.campaign.blending:
        return GRANTED
    record = open_record_of(user)
    if record is None or record.pk == conversation.base_member_id:
        return GRANTED
    return Permit(
        RecordOpen(
            _("You have a record of «%(base)s» open in preview. Finish it or give it back first.")
            % {"base": record.base.name}
        )
    )


def closes_unanswered(conversation: Conversation) -> bool:
    return conversation.campaign is not None and conversation.campaign.allow_close_unanswered


def closed() -> Permit:
    return Permit(AlreadyClosed(_("This conversation is already closed.")))


def not_yours(conversation: Conversation) -> NotYours:
    assert conversation.assignee is not None
    return NotYours(
        _("Only the person in charge can do this. Ask %(name)s for the transfer.")
        % {"name": conversation.assignee.name},
        by=person(conversation.assignee),
    )


def taken_by_somebody(conversation: Conversation) -> AlreadyTaken:
    holder = conversation.assignee
    assert holder is not None
    return AlreadyTaken(
        _("%(name)s took it %(ago)s.") % {"name": holder.name, "ago": ago(conversation.assigned_at)}, by=person(holder)
    )


def ago(moment: datetime | None) -> str:
    seconds = max(0, int((timezone.now() - moment).total_seconds())) if moment else 0
    if seconds < 60:
        return _("%(n)d s ago") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min ago") % {"n": seconds // 60}
    return _("%(n)d h ago") % {"n": seconds // 3600}


def person(user: User) -> dict[str, object]:
    return {"id": user.pk, "name": user.name}


def all_permits(conversation: Conversation, user: User) -> dict[str, dict[str, object]]:
    """Everything the thread's header draws, each with its reason."""
    close = may_close(conversation, user)
    return {
        "take": may_take(conversation, user).as_row(),
        "release": may_release(conversation, user).as_row(),
        "begin": may_begin(conversation, user).as_row(),
        "reopen": may_reopen(conversation, user).as_row(),
        "note": may_note(conversation, user).as_row(),
        "retypify": may_retypify(conversation, user).as_row(),
        "transfer": may_transfer(conversation, user).as_row(),
        "exclusive": may_choose_exclusive(conversation, user).as_row(),
        "snooze": may_snooze(conversation, user).as_row(),
        "wake": may_wake(conversation, user).as_row(),
        "close": close.as_row(),
        "quick_close": close.as_row(),
    }


WORKED_ON = (Status.ASSIGNED, Status.IN_PROGRESS, Status.SNOOZED)
