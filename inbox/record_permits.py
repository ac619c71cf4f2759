"""What may be done about records of bases, promises and history, and if not, why: the rest of inbox.permits (B-05)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import CampaignBase
from contacts.models import ContactBase
from core.refusals import NotAllowed
from inbox.errors import NoBaseOffered, NotAssigned, NotYours
from inbox.models import Callback, Conversation
from inbox.permits import GRANTED, Permit, closed, not_yours, person, supervises, works_active


def may_read_beyond(user: User) -> Permit:
    """What was said before the hours that a campaign shows is for who supervises (004-02)."""
    if supervises(user):
        return GRANTED
    return Permit(NotAllowed(_("Only supervisors read what was said before that.")))


def may_associate(conversation: Conversation, user: User) -> Permit:
    """Whoever may work on a live conversation puts its contact into an active base of the campaign (000-08)."""
    if not conversation.is_live:
        return closed()
    if conversation.assignee_id is None and not supervises(user):
        return Permit(NotAssigned(_("Take the conversation to associate it.")))
    if conversation.assignee_id is not None and conversation.assignee_id != user.pk and not supervises(user):
        return Permit(not_yours(conversation))
    permit = works_active(user)
    if permit.allowed and not offered_bases(conversation, user).exists():
        return Permit(
            NoBaseOffered(_("This campaign has no active base that you may use. Ask your supervisor for one."))
        )
    return permit


def offered_bases(conversation: Conversation, user: User) -> QuerySet[ContactBase]:
    """The active bases that the campaign's agents may use, of those the user sees (000-16)."""
    named = CampaignBase.objects.filter(campaign=conversation.campaign_id).values("base")
    bases: QuerySet[ContactBase] = ContactBase.objects.visible_to(user)
    return bases.filter(pk__in=named, state=ContactBase.State.ACTIVE)


def may_work_callback(callback: Callback, user: User) -> Permit:
    """A personal promise is its owner's; any other is for whoever sees it. A supervisor works on both."""
    if callback.owner is None or callback.owner_id == user.pk or supervises(user):
        return GRANTED
    return Permit(
        NotYours(
            _("%(name)s promised it. Ask them, or a supervisor.") % {"name": callback.owner.name},
            by=person(callback.owner),
        )
    )
