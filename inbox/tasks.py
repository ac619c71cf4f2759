"""Turning the inbox's cranks: sending, fetching, distributing. Each may run twice, at once, or not at all."""

from __future__ import annotations

import dataclasses
import logging
import math
import random
import tempfile
import time
from contextlib import suppress
from typing import IO, BinaryIO, cast

from celery import Task, shared_task
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from campaigns.models import CampaignAgent, ChannelAccount, ExclusiveAgent
from connectors.kinds import POLICIES, ChannelKind, MessageKind
from connectors.whatsapp.errors import AnswerLost, NotSent
from connectors.whatsapp.media import (
    Downloaded,
    MediaAddress,
    MediaAltered,
    MediaFetcher,
    MediaGone,
    MediaRefused,
    MediaTooLarge,
    MediaUnavailable,
)
from core import gates, leases
from core.refusals import NotFound
from core.secrets import CannotOpen
from core.sweeping import one_by_one
from inbox.actions import (
    arrival,
    attachments,
    changing,
    copies,
    delivery,
    handing_over,
    heeding,
    lanes,
    leaving,
    offers,
    opting_out,
    returning,
    statuses,
)
from inbox.actions.distribution import DISTRIBUTED, assign_waiting, distribute_all_waiting
from inbox.models import Attachment, Conversation, OutboxEntry

logger = logging.getLogger(__name__)

# Longer than the slowest send (10 s, an upload before it 120 s): a live worker never loses its lease in the middle of a call.
OUTBOX_LEASE_SECONDS = 180
SENDS_PER_TASK = 50
SWEEP_LIMIT = 500
SWEEP_SECONDS = 3
HINT_SECONDS = 15
# How long one task goes on with a number's messages before other numbers' tasks have their turn, and how often it may choose in vain.
TURN_SECONDS = 1.0
TRIES_IN_VAIN = 4


@shared_task
def drain_outbox(conversation_id: int) -> int:
    """Send what waits in the lanes of a conversation's entries, oldest first, each under its lease; return how many were handed over."""
    sent, accounts = 0, set[int]()
    # Once more after the lease is back: a message queued in the last instant found the lease taken and its hint spent, and one that
    # was in hand while its customer changed numbers has another lane now.
    for _again in range(2):
        for lane in lanes.lanes_of(conversation_id):
            if not is_free(lane[0]):
                # Whoever is inside goes on with what waits.
                continue
            here = drain_lane(lane, most=SENDS_PER_TASK - sent)
            sent += here
            accounts.update(lane[:1] if here else ())
    for account_id in accounts:
        go_on(account_id)
    return sent


@shared_task
def keep_sending(account_id: int) -> int:
    """Send what waits for this number, whoever's it is, as long as there is room and for a moment; then give the turn back.

    A call that is over made room for another: what found none before need not wait for the next sweep, nor for a task of its own.
    """
    sent, in_vain = 0, 0
    ends_at = time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at and in_vain < TRIES_IN_VAIN and is_free(account_id):
        lane = next_lane(account_id)
        if lane is None:
            return sent
        here = drain_lane(lane, most=SENDS_PER_TASK)
        # Another worker has this lane, or its way was not free after all.
        in_vain = 0 if here else in_vain + 1
        sent += here
    if sent:
        go_on(account_id)
    return sent


def is_free(account_id: int) -> bool:
    return gates.is_free(heeding.gate_of(account_id), heeding.limits())


def go_on(account_id: int) -> None:
    """More of this number waits: one who has just made room takes care of it."""
    if next_lane(account_id) is not None:
        hint_again(keep_sending, account_id)


def next_lane(account_id: int) -> lanes.Lane | None:
    """Any of those that wait longest, so that several workers do not all turn to the same one."""
    waiting = lanes.waiting_longest(account_id)
    return random.choice(waiting) if waiting else None  # not a secret


def drain_lane(lane: lanes.Lane, *, most: int) -> int:
    sent = 0
    with leases.held(lanes.lease_key(lane), seconds=OUTBOX_LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        while sent < most and (entry := delivery.next_due(lane)) is not None:
            if not send_entry(entry, lease):
                break
            sent += 1
            if lanes.is_empty(lane):
                break
    return sent


def send_entry(entry: OutboxEntry, lease: leases.HeldLease) -> bool:
    """Hand one entry over. False: not now, or not by us."""
    try:
        with handing_over.passage(entry):
            # Marked only once the way is free: a worker that is killed while it waits leaves nothing in doubt.
            if not delivery.claim(entry, lease, seconds=OUTBOX_LEASE_SECONDS):
                return False
            handing_over.send_claimed(entry)
    except handing_over.Held:
        return False
    except (AnswerLost, NotSent):
        # Recorded; the gate has counted it.
        return True
    return True


@shared_task
def sweep_outbox() -> int:
    """Hint again what waits and is due: a lost hint, a killed worker, a next try.

    Asked of each lane's oldest entry alone: what stands behind one that waits for its next try is not due. And of each account apart,
    only as many as it can send until the next sweep: a number with thousands waiting must not take the others' turn (R20). None of one
    that has no room: who is inside goes on (keep_sending), and it is asked again in three seconds.
    """
    now, hinted = timezone.now(), 0
    lanes.name_lanes()
    waiting = OutboxEntry.objects.filter(due_at__lte=now).order_by().values_list("channel_account_id", flat=True)
    for account_id in sorted(set(waiting.distinct())):
        limits = heeding.limits()
        if not is_free(account_id):
            continue
        room = min(SWEEP_LIMIT, math.ceil(gates.pace(heeding.gate_of(account_id), limits) * SWEEP_SECONDS))
        earlier = OutboxEntry.objects.filter(
            channel_account_id=account_id, contact_point_id=OuterRef("contact_point_id"), pk__lt=OuterRef("pk")
        )
        due = OutboxEntry.objects.filter(~Exists(earlier), channel_account_id=account_id, due_at__lte=now)
        for conversation_id in due.order_by("due_at", "pk").values_list("conversation_id", flat=True)[: max(1, room)]:
            hint_again(drain_outbox, conversation_id)
            hinted += 1
    return hinted


@shared_task
def resume_account(channel_account_id: int) -> None:
    """An account was reconnected: what waited for it is due now."""
    account = ChannelAccount.objects.filter(pk=channel_account_id, state=ChannelAccount.State.ACTIVE).first()
    if account is not None and (account.paused_until is None or account.paused_until <= timezone.now()):
        gates.reopen(heeding.gate_of(account.pk))
        delivery.release_held(account.pk)
        sweep_outbox()


# --- Files ------------------------------------------------------------------------------------------------------------------


@shared_task
def fetch_attachment(attachment_id: str) -> None:
    """Fetch one inbound file: id to address to bytes in one go; an expired address is resolved once more.

    Source: TRUST.md R44 (no room: it waits), R45 (the ladder, and a reason at its end).
    """
    attachment = attachments.claim_fetch(attachment_id)
    if attachment is None or attachment.message is None:
        return
    account = attachment.message.channel_account
    try:
        with (
            MediaFetcher(settings.META_GRAPH_URL, (account.credentials or {}).get("token", "")) as fetcher,
            tempfile.TemporaryFile() as file,
        ):
            try:
                got = download(fetcher, attachment, file)
            except MediaGone:
                file.seek(0)
                file.truncate()
                got = download(fetcher, attachment, file)
            attachments.store_fetched(attachment, file, mime=got.mime, size=got.size_bytes, sha256=got.sha256)
    except MediaTooLarge:
        attachments.fail_fetch(attachment, reason=attachments.TOO_LARGE)
    except MediaRefused:
        attachments.fail_fetch(attachment, reason=attachments.REFUSED)
    except MediaGone:
        attachments.postpone_fetch(attachment)
    except MediaAltered as error:
        logger.warning("attachment %s not as announced: %s", attachment_id, error)
        attachments.postpone_fetch(attachment, reason=attachments.ALTERED)
    except (MediaUnavailable, CannotOpen) as error:
        logger.warning("attachment %s not fetched: %s", attachment_id, type(error).__name__)
        attachments.postpone_fetch(attachment, reason=attachments.UNREACHABLE)
    except OSError as error:
        attachments.hold_fetch(attachment, error)


def download(fetcher: MediaFetcher, attachment: Attachment, file: IO[bytes]) -> Downloaded:
    """The bytes of an announced file, as its kind and its announcement allow. Raises MediaError, OSError."""
    assert attachment.message is not None
    kind = MessageKind(attachment.kind)
    limit = POLICIES[ChannelKind(attachment.message.channel_account.kind)].media[kind].max_bytes
    address = fetcher.resolve(attachment.provider_media_id)
    got = fetcher.download(expected(kind, address, attachment), limit_bytes=limit, into=cast(BinaryIO, file))
    return dataclasses.replace(got, mime=address.mime)


def expected(kind: MessageKind, address: MediaAddress, attachment: Attachment) -> MediaAddress:
    """What has to arrive. A document may lie about its type: it is only ever handed on as a download (S31)."""
    mime = attachments.UNKNOWN_TYPE if kind is MessageKind.DOCUMENT else address.mime
    return dataclasses.replace(address, mime=mime, sha256=attachment.sha256 or address.sha256)


@shared_task
def sweep_attachments() -> int:
    due = Attachment.objects.filter(state=Attachment.State.PENDING, next_attempt_at__lte=timezone.now()).order_by(
        "next_attempt_at"
    )
    ids = [str(pk) for pk in due.values_list("pk", flat=True)[:SWEEP_LIMIT]]
    for attachment_id in ids:
        hint_again(fetch_attachment, attachment_id)
    return len(ids)


@shared_task
def clear_file(attachment_id: str) -> None:
    """Delete the bytes of one file that was given up; `clear_files` finds what is missed here."""
    attachments.clear_file(attachment_id)


@shared_task
def clear_files() -> int:
    return attachments.clear_files()


def hint_again(task: Task, each: int | str) -> None:
    # A sweeper's hint ages: while the workers are all held up, the next sweep's would only pile up behind it.
    task.apply_async((each,), expires=HINT_SECONDS)


# --- Distribution and copies ------------------------------------------------------------------------------------------------


@shared_task
def greet_all(conversation_ids: list[int]) -> int:
    """Say what campaigns say by themselves to those who just began."""
    return one_by_one(arrival.greet, [(each,) for each in conversation_ids])


@shared_task
def heed_opt_out(opt_out_id: int) -> bool:
    """Somebody asked to be left alone."""
    return opting_out.heed_opt_out(opt_out_id)


@shared_task
def sweep_opt_outs() -> int:
    """The same for those of whom nobody was told."""
    return one_by_one(opting_out.heed_opt_out, [(each,) for each in opting_out.unheeded(most=SWEEP_LIMIT)])


@shared_task
def sweep_greetings() -> int:
    """The same for those of whom nobody was told."""
    return greet_all(arrival.waiting_for_greeting(most=SWEEP_LIMIT))


@shared_task
def distribute(conversation_id: int) -> None:
    """Give a waiting conversation to an agent, where its campaign distributes by itself."""
    # A hint may outlive what it speaks of.
    with suppress(NotFound):
        assign_waiting(conversation_id)


@shared_task
def distribute_all(conversation_ids: list[int]) -> None:
    """The same for those that came in together."""
    for conversation_id in conversation_ids:
        with suppress(NotFound):
            assign_waiting(conversation_id)


@shared_task
def distribute_waiting() -> int:
    """Try again for those that wait since nobody had room: exclusive ones first, then VIP, longest waiting first."""
    return distribute_all_waiting(most=SWEEP_LIMIT)


@shared_task
def distribute_to(user_id: int) -> None:
    """Somebody switched auxiliary: if they are an agent of a campaign that distributes, what waits may be theirs."""
    mine = CampaignAgent.objects.filter(user_id=user_id, campaign_id=OuterRef("campaign_id"))
    waiting = Conversation.objects.filter(Exists(mine), status="queued")
    if not ExclusiveAgent.objects.filter(user_id=user_id).exists():
        waiting = waiting.filter(campaign__distribution__in=DISTRIBUTED)
    if waiting.exists():
        distribute_waiting()


@shared_task
def redistribute(user_id: int) -> int:
    """Somebody left: what they had in hand waits for the others, and what rings at them rings elsewhere."""
    offers.end_those_of(user_id)
    return leaving.redistribute(user_id)


@shared_task
def return_unanswered() -> int:
    """What nobody answered in time is for somebody else."""
    return returning.return_unanswered(most=SWEEP_LIMIT)


@shared_task
def rescue_orphans() -> int:
    """The same for those of whom nobody was told (a lost hint, a killed worker), whether they left or are agents no more."""
    rescued = sum(leaving.redistribute(user_id) for user_id in leaving.abandoning_user_ids())
    return rescued + sum(returning.return_strays(campaign_id) for campaign_id in returning.campaigns_with_strays())


@shared_task
def show_belongings_anew(contact_ids: list[int]) -> None:
    copies.show_belongings_anew(contact_ids)


@shared_task
def renew_contact_copies(contact_id: int) -> None:
    copies.renew_contact_copies(contact_id)


@shared_task
def renew_copies_of(contact_ids: list[int]) -> None:
    for contact_id in contact_ids:
        copies.renew_contact_copies(contact_id)


@shared_task
def sort_out_parted(contact_id: int) -> None:
    """Two contacts are two again: what began while they were one goes with its number."""
    copies.sort_out_parted(contact_id)


@shared_task
def purge_parked() -> int:
    return statuses.purge_parked() + changing.purge_parked_changes()


@shared_task
def settle_parked() -> int:
    return changing.settle_parked()
