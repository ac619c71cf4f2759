"""Choosing the one agent who attends a contact in a campaign, and letting everybody attend them again (004-27, 004-30)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.events import ExclusiveAgentChanged
from campaigns.models import Campaign, CampaignAgent, ExclusiveAgent, campaigns_of
from contacts.actions import hold_contacts
from contacts.models import Contact
from core import journal
from core.events import publish
from core.refusals import Invalid, NotAllowed, NotFound


@transaction.atomic
def set_exclusive_agent(contact_id: int, *, campaign_id: int, user_id: int, by: User) -> ExclusiveAgent:
    """Give all of a contact's conversations in a campaign to one of its agents. The same one again changes nothing.

    Raises:
        NotFound: the contact is not for `by` to see. NotAllowed: `by` works neither in the campaign nor over it.
        Invalid: the campaign is over or not for `by` to see, or the user is none of its agents.
    """
    contact = held_person(contact_id, by=by)
    campaign = campaigns_of(by).filter(pk=campaign_id).exclude(state=Campaign.State.FINISHED).first()
    if campaign is None:
        raise Invalid(_("Check the marked fields."), fields={"campaign": [_("Choose one of the list.")]})
    refuse_unless_theirs(campaign, by)
    if not CampaignAgent.objects.filter(campaign=campaign, user_id=user_id, user__is_active=True).exists():
        raise Invalid(_("Check the marked fields."), fields={"user": [_("They are not an agent of this campaign.")]})
    known = ExclusiveAgent.objects.filter(contact=contact, campaign=campaign).first()
    if known is not None and known.user_id == user_id:
        return known
    chosen, _is_new = ExclusiveAgent.objects.update_or_create(
        contact=contact, campaign=campaign, defaults={"user_id": user_id, "set_by": by, "set_at": timezone.now()}
    )
    details = {"campaign": campaign.pk, "user": user_id}
    journal.record("exclusive_agent_set", contact, by=by, details=details)
    publish(ExclusiveAgentChanged(contact_id=contact.pk, campaign_id=campaign.pk, user_id=user_id))
    return chosen


@transaction.atomic
def remove_exclusive_agent(contact_id: int, *, campaign_id: int, by: User) -> bool:
    """Let any agent of the campaign attend the contact again; whether somebody had them for themselves.

    Raises:
        NotFound: the contact is not for `by` to see. NotAllowed: `by` works neither in the campaign nor over it.
    """
    contact = held_person(contact_id, by=by)
    campaign = campaigns_of(by).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    refuse_unless_theirs(campaign, by)
    # Those of whoever was joined into them say the same of the same person.
    rows = ExclusiveAgent.objects.filter(contact__in=Contact.objects.identity(contact), campaign=campaign)
    users = sorted(set(rows.values_list("user_id", flat=True)))
    if not users:
        return False
    rows.delete()
    details = {"campaign": campaign.pk, "user": users[0]}
    journal.record("exclusive_agent_removed", contact, by=by, details=details)
    publish(ExclusiveAgentChanged(contact_id=contact.pk, campaign_id=campaign.pk, user_id=None))
    return True


def held_person(contact_id: int, *, by: User) -> Contact:
    """Who stands for the contact, held to the end of the transaction.

    Raises:
        NotFound: it is not for `by` to see.
    """
    contact = Contact.objects.visible_to(by).select_related("merged_into").filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    person: Contact = contact.standing
    hold_contacts([person.pk])
    return person


def may_choose(campaign: Campaign, user: User) -> bool:
    """Agents of the campaign, and who supervises (004-27)."""
    if user.has_perm("accounts.supervise_teams"):
        return True
    return CampaignAgent.objects.filter(campaign=campaign, user=user).exists()


def refuse_unless_theirs(campaign: Campaign, by: User) -> None:
    if not may_choose(campaign, by):
        raise NotAllowed(_("Only agents of the campaign, and who supervises them, choose its exclusive agents."))
