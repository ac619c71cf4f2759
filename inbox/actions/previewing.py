"""Working the records of a base one by one (000-02): the next one is taken, looked at, called or written to, or given back."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import TeamMember, User
from campaigns.models import Campaign, CampaignBase
from contacts.actions.engaging import give_up_calls
from contacts.actions.members import release_member, take_next_member
from contacts.models import BaseMember, ContactBase
from contacts.open_records import OUTCOME_WITHIN, calls_without_outcome, open_record_of
from core.locks import hold_names
from core.refusals import NotFound
from inbox.errors import RecordOpen
from inbox.models import Conversation
from inbox.permits import works_active

SWEPT_AT_ONCE = 500


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


def release_unfinished() -> int:
    """Give back the records whose last call began too long ago and was never given an outcome; return how many. Each by itself.

    Whoever called may have lost their connection, or be gone for good. While a conversation about it goes on, that ends it.
    """
    before = timezone.now() - OUTCOME_WITHIN
    goes_on = Conversation.objects.live().filter(base_member=OuterRef("member"))
    late = calls_without_outcome().filter(~Exists(goes_on), at__lte=before).order_by("at", "pk")
    member_ids = set(late.values_list("member_id", flat=True)[:SWEPT_AT_ONCE])
    return sum(release_one(pk, before=before) for pk in sorted(member_ids))


@transaction.atomic
def release_one(member_id: int, *, before: datetime.datetime) -> bool:
    """Whether it was for us to give back. One that somebody holds has its turn at the next sweep."""
    held = BaseMember.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=member_id)
    # Asked under the record's lock: whoever associates a conversation waits for it, and puts the record in progress again.
    if not held.exists() or Conversation.objects.live().filter(base_member=member_id).exists():
        return False
    return give_up_calls(member_id, before=before)


def outcome_due_at(record: BaseMember) -> datetime.datetime | None:
    """Until when the open record waits to be told how its call went; None: no call is waited for, or a conversation about it goes on."""
    last = calls_without_outcome().filter(member=record).order_by("-at").first()
    if last is None or Conversation.objects.live().filter(base_member=record).exists():
        return None
    return last.at + OUTCOME_WITHIN


def workable_bases(user: User) -> QuerySet[ContactBase]:
    """The bases of the working campaigns that a user attends or whose team they supervise, of those they see."""
    campaigns = Campaign.objects.filter(state=Campaign.State.ACTIVE)
    if not user.has_perm("accounts.see_all_teams"):
        supervised = TeamMember.objects.filter(user=user, is_supervisor=True).values("team_id")
        campaigns = campaigns.filter(memberships__user=user) | campaigns.filter(team_id__in=supervised)
    named = CampaignBase.objects.filter(campaign__in=campaigns.values("pk")).values("base")
    bases: QuerySet[ContactBase] = ContactBase.objects.visible_to(user)
    return bases.filter(pk__in=named).exclude(state__in=(ContactBase.State.DRAFT, ContactBase.State.CLOSED))
