"""Answering an offer: accepted in time it is theirs, else it rings at the next one (distribution by turns)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import spare_new_work
from accounts.models import AgentStateInterval, User
from core.events import publish
from core.refusals import NotFound, Refusal
from core.sweeping import one_by_one
from inbox.actions.assignment import give
from inbox.actions.locking import lock_conversation, lock_if_free, note_event, save_touched
from inbox.errors import OfferOver
from inbox.events import OfferEnded
from inbox.models import Conversation, ConversationEvent, Offer
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, taken_by_somebody, works_active

SWEPT_AT_ONCE = 500
# Nobody sits there: the next ones ring elsewhere at once (P0-40).
MISSED_IN_A_ROW = 3


@transaction.atomic
def accept_offer(offer_id: int, *, by: User) -> Conversation:
    """Take what rings at `by`. Accepting again what one has is answered the same; a moment late is not too late while nobody else is asked.

    Raises:
        NotFound: it was not offered to `by`, or they left the campaign. AlreadyTaken: somebody has it.
        OfferOver: it rings elsewhere, or waits for nobody any more. AuxStateForbids.
    """
    conversation, offer = held_offer(offer_id, by=by)
    if offer.ended_at is not None:
        if offer.answer == Offer.Answer.ACCEPTED and conversation.assignee_id == by.pk:
            return conversation
        raise why_over(conversation, by)
    works_active(by).require()
    end(offer, Offer.Answer.ACCEPTED, timezone.now())
    give(conversation, by, kind=ConversationEvent.Kind.ASSIGNED, by=by)
    publish(OfferEnded(conversation_ids=(conversation.pk,), user_id=by.pk))
    return conversation


@transaction.atomic
def decline_offer(offer_id: int, *, by: User) -> Conversation:
    """Let what rings at `by` ring at the next one. Declining again changes nothing.

    Raises:
        NotFound: it was not offered to `by`, or they left the campaign. AlreadyTaken, OfferOver: it is over, and not by declining.
    """
    conversation, offer = held_offer(offer_id, by=by)
    if offer.ended_at is not None:
        if offer.answer in (Offer.Answer.DECLINED, Offer.Answer.MISSED):
            return conversation
        raise why_over(conversation, by)
    give_up(conversation, offer, Offer.Answer.DECLINED, at=timezone.now(), by=by)
    return conversation


def end_overdue() -> int:
    """End what nobody answered in time, so that it rings at the next one; return how many. Who misses one after the other is spared."""
    overdue = Offer.objects.filter(ended_at__isnull=True, until__lte=timezone.now()).order_by("until", "pk")
    found = list(overdue.values_list("pk", "conversation_id", "user_id")[:SWEPT_AT_ONCE])
    missed = one_by_one(miss, [(pk, conversation_id) for pk, conversation_id, _user_id in found])
    # Apart from the conversations: nobody's row is waited for with one of them in hand.
    one_by_one(spare_if_absent, [(user_id,) for user_id in dict.fromkeys(row[2] for row in found)])
    return missed


def spare_if_absent(user_id: int) -> bool:
    """Whether it was for us to keep new work from somebody: their last offers since they switched auxiliary went by without an answer."""
    since = AgentStateInterval.objects.filter(user_id=user_id, ended_at__isnull=True).values("started_at")
    ended = Offer.objects.filter(user_id=user_id, ended_at__isnull=False, offered_at__gte=Subquery(since))
    answers = list(ended.order_by("-offered_at", "-pk").values_list("answer", flat=True)[:MISSED_IN_A_ROW])
    if answers != [Offer.Answer.MISSED] * MISSED_IN_A_ROW:
        return False
    return spare_new_work(user_id, reason=_("%(count)d offers in a row unanswered") % {"count": MISSED_IN_A_ROW})


def end_those_of(user_id: int) -> int:
    """End what rings at somebody who left, so that it rings at others at once; return how many."""
    ringing = Offer.objects.filter(user_id=user_id, ended_at__isnull=True).order_by("pk")
    return one_by_one(withdraw, list(ringing.values_list("pk", "conversation_id", "user_id")))


@transaction.atomic
def withdraw(offer_id: int, conversation_id: int, user_id: int) -> bool:
    """Whether it was for us to end: it rings still, at somebody who stands in no auxiliary."""
    conversation = lock_conversation(conversation_id)
    offer = Offer.objects.filter(pk=offer_id, ended_at__isnull=True).select_related("user").first()
    # Asked under the row's lock: whoever came back a moment ago may still accept.
    if offer is None or AgentStateInterval.objects.filter(user_id=user_id, ended_at__isnull=True).exists():
        return False
    give_up(conversation, offer, Offer.Answer.MISSED, at=timezone.now(), by=None)
    return True


@transaction.atomic
def miss(offer_id: int, conversation_id: int) -> bool:
    """Whether it was for us to end: it rings still, and nobody is answering it this moment."""
    conversation = lock_if_free(conversation_id)
    now = timezone.now()
    offer = Offer.objects.filter(pk=offer_id, ended_at__isnull=True, until__lte=now).select_related("user").first()
    if conversation is None or offer is None:
        return False
    give_up(conversation, offer, Offer.Answer.MISSED, at=now, by=None)
    return True


def give_up(
    conversation: Conversation, offer: Offer, answer: Offer.Answer, *, at: datetime.datetime, by: User | None
) -> None:
    """It rings at them no longer; who it was stands in the conversation's story."""
    end(offer, answer, at)
    kind = ConversationEvent.Kind.DECLINED if answer == Offer.Answer.DECLINED else ConversationEvent.Kind.MISSED
    note_event(conversation, kind, at=at, by=by, assignee_id=offer.user_id, assignee_name=offer.user.name)
    save_touched(conversation)
    publish(OfferEnded(conversation_ids=(conversation.pk,), user_id=offer.user_id))


def end(offer: Offer, answer: Offer.Answer, at: datetime.datetime) -> None:
    offer.ended_at, offer.answer = at, answer
    offer.save(update_fields=["ended_at", "answer"])


def held_offer(offer_id: int, *, by: User) -> tuple[Conversation, Offer]:
    """An offer to `by` and its conversation, which is held: offers change under its lock only.

    Raises:
        NotFound: there is none for them.
    """
    offer = Offer.objects.filter(pk=offer_id, user=by).first()
    if offer is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    conversation = lock_conversation(offer.conversation_id)
    if not is_campaign_agent(conversation, by) and conversation.assignee_id != by.pk:
        # They left the campaign since: its customers are not theirs to see (S04).
        raise NotFound(_("It does not exist or is not yours to see."))
    return conversation, Offer.objects.select_related("user").get(pk=offer_id)


def why_over(conversation: Conversation, by: User) -> Refusal:
    if conversation.is_live and conversation.assignee_id not in (None, by.pk):
        return taken_by_somebody(conversation)
    if conversation.status == Status.QUEUED:
        return OfferOver(_("The time to answer is over: it was offered to somebody else."))
    return OfferOver(_("It does not wait for anybody any more."))
