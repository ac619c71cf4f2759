"""Promises to contact somebody again [Agendas]: made by an outcome, kept by the next interaction or by hand, moved, cancelled, reminded."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign
from contacts.actions.attempts import held_member
from contacts.actions.engaging import move_promise
from contacts.models import BaseMember, Contact
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound
from core.sweeping import one_by_one
from inbox.errors import CallbackIsOver
from inbox.events import CallbackChanged, CallbackDue, CallbacksChanged
from inbox.models import Callback, Conversation
from inbox.record_permits import may_work_callback
from typification.models import Typification

REMINDED_AT_ONCE = 200
# Further away nobody promises.
LATEST = datetime.timedelta(days=366)
Kind, State = Callback.Kind, Callback.State


def promise_after(
    conversation: Conversation,
    typification: Typification,
    *,
    member: BaseMember | None,
    due_at: datetime.datetime | None,
    by: User | None,
) -> Callback | None:
    """What a conversation's outcome promises; None: nothing. In the transaction that closes it."""
    if conversation.campaign is None:
        # Nobody would find it: promises are listed by campaign.
        return None
    return promise(
        conversation.contact,
        campaign=conversation.campaign,
        typification=typification,
        owner=conversation.assignee or by,
        member=member,
        due_at=due_at,
        by=by,
        interaction_id=conversation.uuid,
        contact_point_id=conversation.contact_point_id,
    )


def promise(
    contact: Contact,
    *,
    campaign: Campaign,
    typification: Typification,
    owner: User | None,
    member: BaseMember | None,
    due_at: datetime.datetime | None,
    by: User | None,
    interaction_id: uuid.UUID,
    contact_point_id: int | None,
) -> Callback | None:
    """Write down what an outcome promises: for `due_at` where somebody said when, else by itself after the time the outcome names, while
    the record may still be tried. The same interaction promises once.
    """
    after = typification.auto_callback_after
    if due_at is not None:
        kind = Kind.PERSONAL if typification.asks_callback == Typification.AsksCallback.PERSONAL else Kind.GLOBAL
    elif (
        after and not typification.closes_member and (member is None or member.state == BaseMember.State.AUTO_CALLBACK)
    ):
        kind, due_at = Kind.AUTOMATIC, timezone.now() + after
    else:
        return None
    if Callback.objects.filter(interaction_id=interaction_id).exclude(state=State.CANCELLED).exists():
        return None
    callback = Callback.objects.create(
        contact=contact,
        contact_point_id=contact_point_id,
        campaign=campaign,
        member=member,
        kind=kind,
        owner=owner if kind == Kind.PERSONAL else None,
        due_at=due_at,
        made_by=by,
        interaction_id=interaction_id,
    )
    tell("callback_made", callback, by=by)
    return callback


def keep_promises(
    contact: Contact, member: BaseMember | None, *, campaign: Campaign | None, interaction_id: uuid.UUID, by: User
) -> int:
    """They were contacted: what was promised for their record, and what is due to them in the same campaign, is kept; return how many
    were. Where the interaction belongs to none: of what `by` sees. What another team promised them is another team's to keep.
    """
    people = Contact.objects.identity(contact).values("pk")
    due = Callback.objects.filter(contact__in=people, state=State.PENDING, due_at__lte=timezone.now())
    pending = due.filter(campaign=campaign) if campaign is not None else due.visible_to(by)
    if member is not None:
        pending = pending | Callback.objects.filter(member=member, state=State.PENDING)
    pending = pending.exclude(interaction_id=interaction_id)
    # The ids apart: a union of two questions cannot be locked.
    ids = list(pending.values_list("pk", flat=True))
    for callback in Callback.objects.select_for_update().filter(pk__in=ids, state=State.PENDING).order_by("pk"):
        callback.state, callback.ended_at = State.DONE, timezone.now()
        callback.kept_by_interaction_id = interaction_id
        callback.save(update_fields=["state", "ended_at", "kept_by_interaction_id"])
        tell("callback_kept", callback, by=by)
    return len(ids)


def promised(conversations: Sequence[Conversation]) -> list[Conversation]:
    """Those of which something may be promised still, to their people or for their record: one question for as many as there are, so that
    `keep_promises` is asked of few. Of one alone it is asked at once.
    """
    if len(conversations) < 2:
        return list(conversations)
    standing = {each.pk: each.contact.merged_into_id or each.contact_id for each in conversations}
    people = Contact.objects.filter(Q(pk__in=standing.values()) | Q(merged_into__in=standing.values()))
    members = [each.base_member_id for each in conversations if each.base_member_id is not None]
    waiting = Callback.objects.filter(Q(contact__in=people.values("pk")) | Q(member__in=members), state=State.PENDING)
    contacts, records = set(), set()
    for contact_id, survivor_id, member_id in waiting.values_list("contact", "contact__merged_into", "member"):
        contacts.add(survivor_id or contact_id)
        records.add(member_id)
    return [each for each in conversations if standing[each.pk] in contacts or (each.base_member_id or 0) in records]


def unkeep_promises(closings: Mapping[uuid.UUID, datetime.datetime], *, by: User) -> None:
    """What closing these conversations, each at its moment, kept is to be kept still. In the transaction that takes the closings back."""
    kept = Callback.objects.filter(kept_by_interaction_id__in=list(closings), state=State.DONE)
    held = []
    for each in kept.select_for_update().order_by("pk"):
        assert each.kept_by_interaction_id is not None
        assert each.ended_at is not None
        # What an earlier closing of the same conversation kept stays kept.
        if each.ended_at >= closings[each.kept_by_interaction_id]:
            held.append(each)
    pending = {"state": State.PENDING, "ended_at": None, "kept_by_interaction_id": None}
    Callback.objects.filter(pk__in=[each.pk for each in held]).update(**pending)
    tell_all("callback_restored", held, by=by)


def unmake_promises(interactions: Sequence[uuid.UUID], *, by: User) -> None:
    """What these conversations promised is promised no more. In the transaction that takes back the closings that promised it."""
    made = Callback.objects.filter(interaction_id__in=interactions, state=State.PENDING)
    held = list(made.select_for_update().order_by("pk"))
    Callback.objects.filter(pk__in=[each.pk for each in held]).update(state=State.CANCELLED, ended_at=timezone.now())
    tell_all("callback_cancelled", held, by=by)


@transaction.atomic
def finish_callback(callback_id: int, *, by: User) -> Callback:
    """Say that a promise was kept. Saying it again changes nothing.

    Raises:
        NotFound, NotYours. CallbackIsOver: it was cancelled.
    """
    return end(callback_id, State.DONE, "callback_kept", by=by)


@transaction.atomic
def cancel_callback(callback_id: int, *, by: User) -> Callback:
    """Take a promise back; its record is to be tried again. Again changes nothing.

    Raises:
        NotFound, NotYours. CallbackIsOver: it was kept.
    """
    return end(callback_id, State.CANCELLED, "callback_cancelled", by=by)


@transaction.atomic
def move_callback(callback_id: int, *, due_at: datetime.datetime, by: User) -> Callback:
    """Promise it for another time. One is reminded of it anew.

    Raises:
        NotFound, NotYours, CallbackIsOver. Invalid: `due_at` is not to come, or too far away.
    """
    callback = held(callback_id, by=by)
    if callback.state != State.PENDING:
        raise CallbackIsOver(_("This callback is over."))
    refuse_untimely(due_at)
    if callback.due_at == due_at:
        return callback
    before, callback.due_at, callback.reminded_at = callback.due_at, due_at, None
    callback.save(update_fields=["due_at", "reminded_at"])
    if callback.member_id is not None:
        move_promise(callback.member_id, due_at=due_at, by=by)
    journal.record(
        "callback_moved",
        callback,
        by=by,
        details={"before": {"due_at": before.isoformat()}, "after": {"due_at": due_at.isoformat()}},
    )
    publish(CallbackChanged(callback_id=callback.pk))
    return callback


def remind_due() -> int:
    """Remind of the promises whose time has come, each once; return how many. Each by itself: one that is held holds up no other."""
    due = Callback.objects.filter(state=State.PENDING, due_at__lte=timezone.now(), reminded_at=None)
    return one_by_one(remind, list(due.order_by("due_at", "pk").values_list("pk")[:REMINDED_AT_ONCE]))


@transaction.atomic
def remind(callback_id: int) -> bool:
    """Whether it was for us to remind of it."""
    free = Callback.objects.select_for_update(skip_locked=True)
    callback = free.filter(pk=callback_id, state=State.PENDING, reminded_at=None).first()
    if callback is None or callback.due_at > timezone.now():
        return False
    callback.reminded_at = timezone.now()
    callback.save(update_fields=["reminded_at"])
    publish(CallbackDue(callback_id=callback.pk))
    return True


def end(callback_id: int, state: Callback.State, verb: str, *, by: User) -> Callback:
    callback = held(callback_id, by=by)
    if callback.state == state:
        return callback
    if callback.state != State.PENDING:
        raise CallbackIsOver(_("This callback is over."))
    callback.state, callback.ended_at = state, timezone.now()
    callback.save(update_fields=["state", "ended_at"])
    if callback.member_id is not None:
        move_promise(callback.member_id, due_at=None, by=by)
    tell(verb, callback, by=by)
    return callback


def held(callback_id: int, *, by: User) -> Callback:
    """A promise that `by` works on, held to the end of the transaction; its record before it, as whoever closes a conversation does.

    Raises:
        NotFound: there is none, or not theirs to see. NotYours: a colleague promised it.
    """
    seen = Callback.objects.visible_to(by).filter(pk=callback_id).values_list("pk", "member_id").first()
    if seen is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if seen[1] is not None:
        held_member(seen[1])
    callback: Callback = Callback.objects.select_for_update().get(pk=seen[0])
    may_work_callback(callback, by).require()
    return callback


def refuse_untimely(due_at: datetime.datetime) -> None:
    now = timezone.now()
    if not now < due_at <= now + LATEST:
        raise Invalid(_("Check the marked fields."), fields={"due_at": [_("Choose a time to come, within a year.")]})


def tell(verb: str, callback: Callback, *, by: User | None) -> None:
    details = {"contact": callback.contact_id, "campaign": callback.campaign_id, "kind": callback.kind}
    journal.record(verb, callback, by=by, details=details)
    publish(CallbackChanged(callback_id=callback.pk))


def tell_all(verb: str, callbacks: Sequence[Callback], *, by: User) -> None:
    """The same of many, once."""
    journal.record_many(verb, callbacks, by=by)
    if callbacks:
        publish(CallbacksChanged(callback_ids=tuple(each.pk for each in callbacks)))
