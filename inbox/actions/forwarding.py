"""A message of one conversation sent on in another: as a new message, by every rule of sending (P1-23)."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from connectors.kinds import MEDIA_KINDS, MessageKind
from connectors.outgoing import ContactCard, Location, Problem
from inbox.actions.composing import CAPTIONED, Content, refused
from inbox.actions.locking import lock_visible_conversation
from inbox.actions.sending import send_message
from inbox.actions.uploads import store_upload
from inbox.models import Attachment, Conversation, Message
from inbox.permits import may_attach


def forward_message(conversation_id: int, *, by: User, client_id: uuid.UUID, message_id: int) -> tuple[Message, bool]:
    """Send what a message holds in this conversation. Return the new one and whether it is new, as `send_message` does.

    Its file is copied: each conversation keeps and clears its own.

    Raises:
        Invalid: it is no message this user sees, was taken back, holds nothing that can be sent, or its file is not here.
        And what `send_message` and `store_upload` raise.
    """
    mine = Conversation.objects.visible_to(by).filter(pk=conversation_id)
    if known := Message.objects.filter(conversation__in=mine, client_id=client_id).first():
        return known, False
    source = message_to_forward(message_id, by)
    attachment = copy_file(source, conversation_id, by=by)
    content = content_of(source)
    text = "" if content is not None or (attachment and attachment.kind not in CAPTIONED) else source.text
    if attachment is None and content is None and not text.strip():
        raise refused([Problem("forward", gettext_noop("There is nothing in this message that can be sent on."))])
    return send_message(
        conversation_id,
        by=by,
        client_id=client_id,
        text=text,
        attachment_id=attachment.pk if attachment else None,
        content=content,
    )


def message_to_forward(message_id: int, by: User) -> Message:
    message = (
        Message.objects.filter(
            Q(is_note=False), pk=message_id, deleted_at=None, revoked_at=None,
            conversation__in=Conversation.objects.visible_to(by),
        )
        .select_related("attachment")
        .first()
    )  # fmt: skip
    if message is None:
        raise refused([Problem("forward", gettext_noop("This message is not there to be sent on."))])
    return message


def copy_file(source: Message, conversation_id: int, *, by: User) -> Attachment | None:
    """An upload of this user's, as if they had chosen the same file: checked and measured as any other."""
    file: Attachment | None = getattr(source, "attachment", None)
    if file is None:
        return None
    if file.state != Attachment.State.STORED or file.kind not in MEDIA_KINDS:
        raise refused([Problem("forward", gettext_noop("The file of this message is not here."))])
    with transaction.atomic():
        # Of every kind, a voice note too: nobody spoke it here (004-05).
        may_attach(lock_visible_conversation(conversation_id, by), by).require()
    try:
        with default_storage.open(file.path) as opened:
            upload: Any = UploadedFile(file=opened, name=file.name, content_type=file.mime, size=file.size)
            return store_upload(conversation_id, upload, by=by, kind=MessageKind(file.kind))
    except FileNotFoundError:
        raise refused([Problem("forward", gettext_noop("The file of this message is not here."))]) from None


def content_of(source: Message) -> Content | None:
    """A place or cards, as they would be typed anew. What buttons and orders hold is sent on by its words."""
    if place := source.details.get("location"):
        return Location(
            latitude=place["latitude"], longitude=place["longitude"], name=place["name"], address=place["address"]
        )
    if cards := source.details.get("contacts"):
        return tuple(
            ContactCard(
                name=card["name"] or card["organization"] or _("Contact"),
                phones=tuple(phone["number"] for phone in card["phones"]),
                emails=tuple(card["emails"]),
                organization=card["organization"],
            )
            for card in cards
        )
    return None
