"""Working the records of a base one by one (000-02): the next one is taken, looked at, called or written to, or given back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import TeamMember, User
from campaigns.models import Campaign, CampaignBase
from contacts.actions.members import release_member, take_next_member
from contacts.models import BaseMember, ContactBase
from contacts.open_records import open_record_of
from core.locks import hold_names
from core.refusals import NotFound
from inbox.errors import RecordOpen
from inbox.permits import works_active


@transaction.atomic
def take_record(base_id: int, *, by: User) -> BaseMember | None:
    """Open the next record of a base for `by`; None: nobody waits in it. Who has one of this base open already gets that one.

    Raises:
        NotFound: no base that a working campaign of theirs names, or none they see. AuxStateForbids: a break.
        RecordOpen: they have one of another base open, or a call without its outcome. BaseNotActive.
    """
    if not workable_bases(by).filter(pk=base_id).exists():
        raise NotFound(_("It does not exist or is not yours to see."))
    works_active(by).require()
    # One record at a time, whichever base the second click was for.
    hold_names([f"preview|{by.pk}"])
    record = open_record_of(by)
    if record is not None and record.base_id == base_id:
        # For longer, where it is only looked at.
        return take_next_member(base_id, by=by) if record.state == BaseMember.State.RESERVED else record
    if record is not None:
        raise RecordOpen(
            _("You have a record of «%(base)s» open in preview. Finish it or give it back first.")
            % {"base": record.base.name}
        )
    return take_next_member(base_id, by=by)


def release_record(*, by: User) -> BaseMember | None:
    """Give back the record that `by` has open; None: none is. One that is being called stays until the call has its outcome.

    Raises:
        RecordOpen: the call has no outcome yet.
    """
    record = open_record_of(by)
    if record is None:
        return None
    if record.state != BaseMember.State.RESERVED:
        raise RecordOpen(_("Your call with this record has no outcome yet. Say how it went."))
    return release_member(record.pk, by=by)


def workable_bases(user: User) -> QuerySet[ContactBase]:
    """The bases of the working campaigns that a user attends or whose team they supervise, of those they see."""
    campaigns = Campaign.objects.filter(state=Campaign.State.ACTIVE)
    if not user.has_perm("accounts.see_all_teams"):
        supervised = TeamMember.objects.filter(user=user, is_supervisor=True).values("team_id")
        campaigns = campaigns.filter(memberships__user=user) | campaigns.filter(team_id__in=supervised)
    named = CampaignBase.objects.filter(campaign__in=campaigns.values("pk")).values("base")
    bases: QuerySet[ContactBase] = ContactBase.objects.visible_to(user)
    return bases.filter(pk__in=named).exclude(state__in=(ContactBase.State.DRAFT, ContactBase.State.CLOSED))
