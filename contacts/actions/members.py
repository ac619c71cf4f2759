"""A base's members as agents work them: taken, given back, begun, finished; and put out of reach when they must not be contacted."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.attempts import complete, held_member, write_attempt
from contacts.actions.member_states import MOVED, MOVES, OFFERED, PROMISED, NotFromHere, State, move
from contacts.actions.slices import SLICE_BITS, count_touched, touch, touched_slices
from contacts.models import Attempt, BaseMember, BaseSlice, Contact, ContactBase
from core import journal
from core.locks import hold_names
from core.refusals import NotFound, Refusal
from typification.models import Typification

# How long somebody may look at a member before it goes back by itself.
RESERVED_FOR = datetime.timedelta(minutes=15)
# A take counts this many slices that changed before it looks, and looks into this many of those that seem to hold somebody.
COUNTED_BY_A_TAKE = 4
LOOKED_INTO = 6
LOOKED_INTO_UNCOUNTED = 64
SWEPT_AT_ONCE = 500


class BaseNotActive(Refusal):
    """Nothing is given out by a base that is not active."""

    code = "base_not_active"


class NotYours(Refusal):
    """Somebody else has it."""

    code = "reserved_by_another"


class PromiseNeedsTime(Refusal):
    """A promise is made for a time to come."""

    code = "due_at_required"
    status = 400


@transaction.atomic
def take_next_member(base_id: int, *, by: User) -> BaseMember | None:
    """Reserve the next member of a base for `by`; None when nobody waits. Who has one already gets that one, for longer.

    First promises that are due, then who was never worked, then who was tried longest ago; nobody above the base's limit of attempts,
    and nobody whose contact `by` does not see (any more). Of many at once each gets another one, and none waits.

    Raises:
        NotFound: there is no such base for `by` to see.
        BaseNotActive: it is a draft, paused or closed.
    """
    base = ContactBase.objects.visible_to(by).filter(pk=base_id).first()
    if base is None:
        raise NotFound(_("There is no such base."))
    if base.state != ContactBase.State.ACTIVE:
        raise BaseNotActive(_("This base is not active: nothing is given out."))
    # The second click of a double click waits for the first.
    hold_names([f"take|{base_id}|{by.pk}"])
    now = timezone.now()
    mine: BaseMember | None = (
        BaseMember.objects.select_for_update(no_key=True).filter(base=base, reserved_by=by).first()
    )
    if mine is not None and BaseMember.objects.visible_to(by).filter(pk=mine.pk).exists():
        mine.reserved_until = now + RESERVED_FOR
        mine.save(update_fields=["reserved_until"])
        return mine
    if mine is not None:
        # Its contact left their teams meanwhile: it is for others now.
        give_back(mine)
        keep(mine, "member_released", by=by, before=State.RESERVED)
    while (member := next_member(base, by=by, now=now)) is not None and is_out_of_reach(member):
        # One person with another who asked it, since they were joined: a merge rewrites no record, so that it can be undone exactly.
        before = member.state
        move(member, "suppressed", State.SUPPRESSED)
        keep(member, "member_suppressed", by=None, before=before)
    if member is None:
        return None
    before = member.state
    move(member, "taken", State.RESERVED)
    member.reserved_by, member.reserved_until, member.reserved_from = by, now + RESERVED_FOR, before
    keep(member, "member_taken", by=by, before=before)
    return member


def is_out_of_reach(member: BaseMember) -> bool:
    """Whether its contact, or whoever stands for them since they were joined, must not be contacted."""
    # A join by key: asked as «this one, or whom it points to» the whole table is read.
    marks = Contact.objects.filter(pk=member.contact_id).values_list(
        "do_not_contact", "blocked", "merged_into__do_not_contact", "merged_into__blocked"
    )
    return any(any(each) for each in marks)


def next_member(base: ContactBase, *, by: User, now: datetime.datetime) -> BaseMember | None:
    """Who is next for `by`, held; None: nobody. What others hold is passed over."""
    seen = BaseMember.objects.visible_to(by).filter(base=base)
    free = seen.select_for_update(of=("self",), skip_locked=True, no_key=True)
    if base.max_attempts is not None:
        free = free.filter(attempts__lt=base.max_attempts)
    due: BaseMember | None = free.filter(due_at__lte=now, state__in=PROMISED).order_by("due_at", "pk").first()
    if due is not None:
        return due
    # While there are some who were never worked, what was last counted says where, and nothing need be counted now.
    found = among_fresh(free, base)
    if found is not None:
        return found
    # What seemed empty may have changed since. Of many at once one counts a slice; the others look into it themselves.
    touched = touched_slices(base.pk, most=LOOKED_INTO_UNCOUNTED)
    count_touched(base.pk, most=COUNTED_BY_A_TAKE)
    return (
        among_fresh(free, base)
        or first_within(free, touched, State.UNPROCESSED)
        or among_tried(free, base)
        or first_within(free, touched, State.RETRY)
    )


def first_within(free: Any, numbers: Iterable[int], state: State) -> BaseMember | None:
    for number in numbers:
        longest_ago = F("last_contact_at").asc(nulls_first=True)
        found: BaseMember | None = within(free, number).filter(state=state).order_by(longest_ago, "pk").first()
        if found is not None:
            return found
    return None


def among_fresh(free: Any, base: ContactBase) -> BaseMember | None:
    """The first who was never worked."""
    slices = BaseSlice.objects.filter(base=base, fresh__gt=0).order_by("number")
    for number in slices.values_list("number", flat=True)[:LOOKED_INTO]:
        found: BaseMember | None = within(free, number).filter(state=State.UNPROCESSED).order_by("pk").first()
        if found is not None:
            return found
    return None


def among_tried(free: Any, base: ContactBase) -> BaseMember | None:
    """Who was tried longest ago."""
    slices = BaseSlice.objects.filter(base=base, retry_since__isnull=False).order_by("retry_since", "number")
    return first_within(free, slices.values_list("number", flat=True)[:LOOKED_INTO], State.RETRY)


def within(members: Any, number: int) -> Any:
    return members.filter(pk__gte=number << SLICE_BITS, pk__lt=(number + 1) << SLICE_BITS)


@transaction.atomic
def release_member(member_id: int, *, by: User) -> BaseMember:
    """Give a reserved member back, to the state before. One that nobody has is left as it is.

    Raises:
        NotFound; NotYours: another agent has it, and `by` does not manage bases.
    """
    member = held_member(member_id, by=by)
    if member.state != State.RESERVED:
        return member
    if member.reserved_by_id != by.pk and not by.has_perm("contacts.manage_bases"):
        raise NotYours(_("Somebody else has this record."))
    give_back(member)
    keep(member, "member_released", by=by, before=State.RESERVED)
    return member


def release_overdue() -> int:
    """Give back what was reserved for too long; return how many. Each by itself, so that one that is held holds up no other."""
    released = 0
    overdue = BaseMember.objects.filter(reserved_until__lte=timezone.now()).order_by("reserved_until")
    for member_id in list(overdue.values_list("pk", flat=True)[:SWEPT_AT_ONCE]):
        with transaction.atomic():
            member = (
                BaseMember.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(pk=member_id, state=State.RESERVED, reserved_until__lte=timezone.now())
                .first()
            )
            if member is not None:
                holder = member.reserved_by_id
                give_back(member)
                keep(member, "member_timed_out", by=None, before=State.RESERVED, user_id=holder)
                released += 1
    return released


def give_back(member: BaseMember) -> None:
    move(member, "released", State(member.reserved_from))


@transaction.atomic
def begin_member(member_id: int, *, by: User) -> BaseMember:
    """A call or a chat with a reserved member starts. Repeating it changes nothing.

    Raises:
        NotFound; NotYours: another agent has it. NotFromHere: nobody has reserved it.
    """
    member = held_member(member_id, by=by)
    if member.state == State.IN_PROGRESS:
        return member
    if member.state == State.RESERVED and member.reserved_by_id != by.pk:
        raise NotYours(_("Somebody else has this record."))
    before = member.state
    move(member, "begun", State.IN_PROGRESS)
    keep(member, "member_begun", by=by, before=before)
    return member


@transaction.atomic
def finish_member(
    member_id: int,
    *,
    by: User,
    typification: Typification,
    medium: str,
    interaction_id: uuid.UUID,
    due_at: datetime.datetime | None = None,
    at: datetime.datetime | None = None,
) -> BaseMember:
    """An interaction with a member ended with an outcome: its attempt is written, and the outcome says where the member goes.

    Closed by a closing typification; else scheduled when a time was promised (`due_at`), called back by itself when the typification
    says so and the base's limit leaves room, or to be tried again. The same interaction finished twice is finished once.

    Raises:
        NotFound; NotFromHere: it is not in progress. PromiseNeedsTime: `due_at` is not to come.
    """
    member = held_member(member_id, by=by)
    known = member.attempts_made.filter(interaction_id=interaction_id, typification__isnull=False).exists()
    if known and member.state != State.IN_PROGRESS:
        return member
    if due_at is not None and not typification.closes_member and due_at <= timezone.now():
        raise PromiseNeedsTime(fields={"due_at": [_("Choose a time to come.")]})
    if member.state != State.IN_PROGRESS:
        raise NotFromHere(_("This record is «{state}» now.").format(state=member.get_state_display()))
    write_attempt(member, medium=medium, by=by, typification=typification, interaction_id=interaction_id, at=at)
    lead_on(member, typification, by=by, due_at=due_at)
    return member


def lead_on(
    member: BaseMember, typification: Typification, *, by: User | None, due_at: datetime.datetime | None
) -> None:
    """A held member in progress goes where an outcome leads."""
    to, due = outcome(member, typification, due_at=due_at, now=timezone.now())
    move(member, "finished", to)
    member.due_at = due
    keep(member, "member_finished", by=by, before=State.IN_PROGRESS, typification_id=typification.pk)


@transaction.atomic
def correct_outcome(interaction_id: uuid.UUID, *, by: User | None, typification: Typification) -> int:
    """An interaction got another outcome after it ended: its attempts count by it and figures follow; return how many.

    A member goes where the outcome leads while this was the last that happened to it: closed by a closing one, and offered again where
    it was closed by mistake. What was promised, taken or begun since stays as it is.
    """
    corrected = 0
    attempts = Attempt.objects.filter(interaction_id=interaction_id).order_by("member_id")
    for attempt_id, member_id in attempts.values_list("pk", "member_id"):
        member = held_member(member_id)
        attempt = member.attempts_made.select_related("user").get(pk=attempt_id)
        if attempt.typification_id == typification.pk:
            continue
        complete(attempt, member, typification, by=by)
        corrected += 1
        is_last = attempt.cycle == member.cycle and member.last_contact_at == attempt.at
        is_closed = member.state == State.CLOSED
        if is_last and member.state in MOVES["corrected"].before and is_closed != typification.closes_member:
            before = member.state
            to, due = outcome(member, typification, due_at=None, now=timezone.now())
            move(member, "corrected", to)
            member.due_at = due
            keep(member, "member_corrected", by=by, before=before, typification_id=typification.pk)
    return corrected


def outcome(
    member: BaseMember, typification: Typification, *, due_at: datetime.datetime | None, now: datetime.datetime
) -> tuple[State, datetime.datetime | None]:
    """Where an outcome leads, and until when."""
    if typification.closes_member:
        return State.CLOSED, None
    if is_out_of_reach(member):
        return State.SUPPRESSED, None
    if due_at is not None:
        return State.SCHEDULED, due_at
    limit = member.base.max_attempts
    if typification.auto_callback_after and (limit is None or member.attempts < limit):
        return State.AUTO_CALLBACK, now + typification.auto_callback_after
    return State.RETRY, None


@transaction.atomic
def suppress_members(contact_ids: Iterable[int], *, by: User | None) -> int:
    """Put these contacts' members out of reach; return how many. In the transaction that says they must not be contacted.

    What is in progress is suppressed when it ends; what is closed stays, and bulk processes ask the contact again.
    """
    suppressed = 0
    for member in live_members(contact_ids):
        if member.state in OFFERED | {State.RESERVED}:
            before = member.state
            move(member, "suppressed", State.SUPPRESSED)
            keep(member, "member_suppressed", by=by, before=before)
            suppressed += 1
    return suppressed


@transaction.atomic
def allow_members(contact_ids: Iterable[int], *, by: User | None) -> int:
    """Let suppressed members of these contacts be offered again; return how many. Only of those who may be contacted now."""
    allowed = set(
        Contact.objects.filter(pk__in=list(contact_ids), do_not_contact=False, blocked=False).values_list(
            "pk", flat=True
        )
    )
    returned = 0
    for member in live_members(allowed):
        if member.state == State.SUPPRESSED:
            move(member, "allowed", State.RETRY if member.attempts else State.UNPROCESSED)
            keep(member, "member_allowed", by=by, before=State.SUPPRESSED)
            returned += 1
    return returned


def live_members(contact_ids: Iterable[int]) -> Sequence[BaseMember]:
    """Every live member of these contacts, held in order: also those whose state does not matter now, for another may be changing it."""
    return list(
        BaseMember.objects.live()
        .select_for_update(no_key=True)
        .filter(contact_id__in=sorted(set(contact_ids)))
        .order_by("pk")
    )


def keep(member: BaseMember, verb: str, *, by: User | None, before: str, **more: Any) -> None:
    """Save where a member was moved to, leave a touch, and write it down."""
    member.save(update_fields=MOVED)
    touch([(member.base_id, member.pk)])
    details = {"base_id": member.base_id, "before": {"state": str(before)}, "after": {"state": str(member.state)}}
    journal.record(verb, member, by=by, details=details | more)
