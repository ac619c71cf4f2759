"""A file of the gallery becomes a file of a conversation: a copy of its own, so that what was sent never changes with the gallery."""

from __future__ import annotations

import logging

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Resource
from core.refusals import Invalid, NoRoom, NotFound
from inbox.actions.attachments import discard_upload, storage_name, thumbnail_name
from inbox.actions.composing import problems_of_file, refuse
from inbox.actions.locking import lock_visible_conversation
from inbox.models import Attachment, Conversation
from inbox.permits import may_send_template

logger = logging.getLogger(__name__)

COPIED = ("kind", "mime", "size", "sha256", "width", "height", "duration_ms")


def copy_resource(conversation_id: int, resource_id: int, *, by: User) -> Attachment:
    """Return a resource's file as an upload of this user in this conversation, to be named by a message.

    It is allowed where the campaign forbids files of the agent's own: the company put it there (004-07). Unsent, it is purged
    after a day, as every upload is.

    Raises:
        NotFound: the conversation or the resource is not theirs to see, or of another campaign.
        Refusal: they may not write now. Invalid: a text, or more than the channel takes. NoRoom.
    """
    with transaction.atomic():
        conversation = lock_visible_conversation(conversation_id, by)
        may_send_template(conversation, by).require()
        resource = offered_resource(conversation.campaign_id, resource_id, by=by)
    attachment = unsaved_copy(conversation, resource, by=by)
    refuse(problems_of_file(conversation.channel_account.kind, attachment))
    attachment.save()
    try:
        copy_bytes(resource, attachment)
    except OSError as error:
        discard_upload(attachment)
        raise no_room(error) from error
    attachment.state = Attachment.State.STORED
    attachment.save()
    return attachment


def offered_resource(campaign_id: int | None, resource_id: int, *, by: User) -> Resource:
    """A live resource with a file that an agent finds while answering for this campaign.

    Raises:
        NotFound. Invalid: it is a text, which is written and not attached.
    """
    offered = Resource.objects.live().visible_to(by).offered_in(campaign_id)
    resource: Resource | None = offered.filter(pk=resource_id).first()
    if resource is None:
        raise NotFound
    if resource.kind == Resource.Kind.TEXT:
        raise Invalid(_("Check the marked fields."), fields={"resource": [_("This resource has no file.")]})
    return resource


def unsaved_copy(conversation: Conversation | None, resource: Resource, *, by: User) -> Attachment:
    """The row of the copy, with the names its bytes get."""
    attachment = Attachment(
        conversation=conversation,
        name=resource.file_name,
        uploaded_by=by,
        **{name: getattr(resource, name) for name in COPIED},
    )
    # Known before the bytes: whatever stops us in between, the sweeper finds them by the row.
    attachment.path = storage_name(attachment)
    attachment.thumbnail_path = thumbnail_name(attachment) if resource.thumbnail_path else ""
    return attachment


def copy_bytes(resource: Resource, attachment: Attachment) -> None:
    """Raises OSError: the gallery's file is gone, or the storage cannot keep another one now."""
    pairs = ((resource.path, attachment.path), (resource.thumbnail_path, attachment.thumbnail_path))
    for source, target in pairs:
        if source:
            with default_storage.open(source) as file:
                default_storage.save(target, file)


def no_room(error: OSError) -> NoRoom:
    logger.error("a resource could not be copied (%s)", error.strerror or type(error).__name__)
    return NoRoom(
        _("There is no room for files right now. Your text is kept; send it without the file or try again later.")
    )
