"""What the inbox holds of one person: conversations, messages, files, drafts and copies of their name and number (core.personal.Holder)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, LegalHold
from core.personal import CHUNK, Aged, Cut, HeldFile, Part, Person, forget_values, holding, holding_any, values_about
from inbox.actions.forgetting import forget_calls, forget_conversation, forget_files, forget_messages
from inbox.models import (
    Attachment,
    Call,
    Callback,
    Conversation,
    ConversationEvent,
    Draft,
    Message,
    ParkedChange,
    ParkedStatus,
    Reaction,
    ScheduledMessage,
    Transfer,
)
from inbox.models.conversation import Status

MODELS = (
    "inbox.Call",
    "inbox.Conversation",
    "inbox.ConversationEvent",
    "inbox.Message",
    "inbox.Attachment",
    "inbox.Reaction",
    "inbox.Draft",
    "inbox.Transfer",
    "inbox.ScheduledMessage",
    "inbox.Callback",
    "inbox.ParkedStatus",
    "inbox.ParkedChange",
)
MESSAGES, FILES = "messages", "files"
KINDS = (MESSAGES, FILES)


def conversations_of(person: Person) -> QuerySet[Conversation]:
    found: QuerySet[Conversation] = Conversation.objects.filter(contact__in=person.contact_ids)
    return found.order_by("pk")


def parked_of(person: Person, provider_ids: Any) -> tuple[QuerySet[ParkedStatus], QuerySet[ParkedChange]]:
    """News that waits for a message: of this person's messages (a list of ids, or a question for them), or naming them."""
    named_in_payload, named_in_details = Q(pk__in=[]), Q(pk__in=[])
    for mark in person.marks:
        named_in_payload |= holding("payload", mark)
        named_in_details |= holding("details", mark)
    return (
        ParkedStatus.objects.filter(Q(provider_id__in=provider_ids) | named_in_payload),
        ParkedChange.objects.filter(
            Q(target_id__in=provider_ids) | named_in_details | holding_any(["text"], person.marks)
        ),
    )


def find(person: Person) -> dict[str, int]:
    mine = conversations_of(person).order_by().values("pk")
    return {
        "conversations": mine.count(),
        "messages": Message.objects.filter(conversation__in=mine).count(),
        "files": Attachment.objects.filter(conversation__in=mine).count(),
        "drafts": Draft.objects.filter(conversation__in=mine).count(),
        "calls": Call.objects.filter(contact__in=person.contact_ids).count(),
    }


def export(person: Person) -> Iterator[Part | HeldFile]:
    mine = conversations_of(person).order_by().values("pk")
    own = Q(conversation__in=mine)
    yield Part(
        name="conversations",
        rows=conversations_of(person).values(
            "uuid", "public_id", "contact_name", "contact_number", "channel_account__name", "campaign__name", "status", "preview",
            "last_activity_at", "closed_at", "typification__name", "close_note", "created_at",
        ),
    )  # fmt: skip
    yield Part(
        name="messages",
        rows=Message.objects.filter(own)
        .order_by("conversation_id", "happened_at", "pk")
        .values(
            "uuid", "conversation__public_id", "happened_at", "direction", "kind", "text", "payload", "details", "is_note",
            "author_kind", "status", "provider_id", "failure_reason", "edited_at", "deleted_at", "revoked_at",
        )
        .iterator(CHUNK),
    )  # fmt: skip
    for name, rows, columns in (
        ("conversation_events", ConversationEvent.objects.filter(own), ("conversation__public_id", "happened_at", "kind", "details")),
        ("reactions", Reaction.objects.filter(message__conversation__in=mine), ("message__uuid", "direction", "emoji", "happened_at")),
        ("drafts", Draft.objects.filter(own), ("conversation__public_id", "mode", "text", "updated_at")),
        ("transfers", Transfer.objects.filter(own), ("conversation__public_id", "transferred_at", "typification__name", "note")),
        ("scheduled_messages", ScheduledMessage.objects.filter(own), ("conversation__public_id", "due_at", "state", "text")),
        ("callbacks", Callback.objects.filter(contact__in=person.contact_ids), ("uuid", "kind", "due_at", "state", "note")),
        ("files", Attachment.objects.filter(own), ("id", "message__uuid", "kind", "name", "mime", "size", "state", "created_at")),
    ):  # fmt: skip
        yield Part(name=name, rows=rows.order_by("pk").values(*columns))
    calls = Call.objects.filter(contact__in=person.contact_ids).order_by("pk")
    columns = ("uuid", "direction", "number", "started_at", "ended_at", "typification__name", "note", "team__name")
    yield Part(name="calls", rows=calls.values(*columns))
    for subject, about in (
        ("message", Message.objects.filter(own)),
        ("conversation", conversations_of(person)),
        ("call", calls),
    ):
        values = values_about(f"inbox.{subject}", about.order_by("pk").values_list("pk", flat=True))
        yield Part(name=f"journal_of_{subject}s", rows=values)
    provider_ids = Message.objects.filter(own, provider_id__isnull=False).values("provider_id")
    statuses, changes = parked_of(person, provider_ids)
    yield Part(
        name="parked_statuses", rows=statuses.order_by("pk").values("provider_id", "status", "payload", "received_at")
    )
    yield Part(name="parked_changes", rows=changes.order_by("pk").values("kind", "text", "details", "happened_at"))
    for attachment in Attachment.objects.filter(own).exclude(path="").order_by("created_at", "pk").iterator(CHUNK):
        yield HeldFile(name=f"{attachment.pk.hex[:8]}-{attachment.name or attachment.kind}", path=attachment.path)


def erase(person: Person, *, by: Any) -> dict[str, int]:
    """Empty every conversation of the person: messages, files and words go; that it took place, when, and its outcome stay.

    In a transaction for each conversation; repeating it, or going on after a stop, changes nothing that is done already.
    """
    counts = {"conversations": 0, "messages": 0, "files": 0, "parked": 0, "calls": forget_calls(person.contact_ids)}
    for pk in list(conversations_of(person).values_list("pk", flat=True)):
        messages = Message.objects.filter(conversation=pk)
        provider_ids = list(messages.filter(provider_id__isnull=False).values_list("provider_id", flat=True))
        statuses, changes = parked_of(person, provider_ids)
        counts["parked"] += statuses.delete()[0] + changes.delete()[0]
        forget_values("inbox.message", messages.values_list("pk", flat=True))
        forget_values("inbox.conversation", [pk])
        counts["files"] += forget_files(Attachment.objects.filter(conversation=pk))
        counts["messages"] += forget_conversation(pk, by=by)
        counts["conversations"] += 1
    statuses, changes = parked_of(person, [])
    counts["parked"] += statuses.delete()[0] + changes.delete()[0]
    return {name: count for name, count in counts.items() if count}


# ── Retention


def closed_before(cut: Cut) -> QuerySet[Conversation]:
    """Closed conversations of the campaign (or of any) that ended before the moment."""
    found = Conversation.objects.filter(status=Status.CLOSED, closed_at__lt=cut.before)
    return found if cut.campaign_id is None else found.filter(campaign=cut.campaign_id)


def held_by_law() -> Q:
    """Conversations of somebody who is held: of any contact that is the same person."""
    holds = LegalHold.objects.filter(lifted_at__isnull=True)
    people = Contact.objects.filter(
        Q(legal_holds__in=holds)
        | Q(merged_into__legal_holds__in=holds)
        | Q(merged__legal_holds__in=holds)
        | Q(merged_into__merged__legal_holds__in=holds)
    )
    return Q(contact__in=people.values("pk"))


def aged_messages(cut: Cut) -> QuerySet[Message]:
    return Message.objects.filter(conversation__in=closed_before(cut).order_by().values("pk"))


def aged_files(cut: Cut) -> QuerySet[Attachment]:
    """Those whose bytes are here."""
    return Attachment.objects.filter(conversation__in=closed_before(cut).order_by().values("pk")).exclude(path="")


def count_aged(cut: Cut) -> Aged:
    if cut.kind not in KINDS:
        return Aged()
    rows: QuerySet[Any] = aged_messages(cut) if cut.kind == MESSAGES else aged_files(cut)
    held = rows.filter(conversation__in=Conversation.objects.filter(held_by_law()).order_by().values("pk")).count()
    return Aged(count=rows.count() - held, held=held)


def remove_aged(cut: Cut, *, limit: int) -> int:
    """Remove up to `limit` of what has aged, and files with their messages; return how many of the kind. 0: nothing is left."""
    free = closed_before(cut).exclude(held_by_law())
    if cut.kind == FILES:
        files = Attachment.objects.filter(conversation__in=free.order_by().values("pk")).exclude(path="")
        chosen = list(files.order_by("pk").values_list("pk", flat=True)[:limit])
        return forget_files(Attachment.objects.filter(pk__in=chosen))
    if cut.kind != MESSAGES:
        return 0
    has_some = Message.objects.filter(conversation=OuterRef("pk"))
    removed = 0
    for pk in free.filter(Exists(has_some)).order_by("pk").values_list("pk", flat=True)[:limit]:
        removed += remove_from(pk, cut.before, limit=limit - removed)
        if removed >= limit:
            break
    return removed


def remove_from(conversation_id: int, before: datetime.datetime, *, limit: int) -> int:
    chosen = list(
        Message.objects.filter(conversation=conversation_id).order_by("pk").values_list("pk", flat=True)[:limit]
    )
    forget_files(Attachment.objects.filter(message__in=chosen))
    forget_values("inbox.message", chosen)
    return forget_messages(conversation_id, chosen, closed_before=before)
