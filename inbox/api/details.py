"""Everything the thread's header, side panel and closing dialog show of one conversation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.outcomes import Purpose, default_outcome
from connectors.kinds import POLICIES, ChannelKind
from contacts.api.views import contact_row
from contacts.models import BaseMember, ContactBase, ContactNote
from core.refusals import NotFound
from inbox import permits, rows
from inbox.actions.closing import full_name, offered_ids
from inbox.audience import Audience
from inbox.exclusivity import exclusive_member
from inbox.history import first_unread
from inbox.models import Assignment, Attachment, Conversation, Message, OutcomeChange
from inbox.record_permits import may_associate
from typification.models import Typification


def conversation_detail(conversation_id: int, user: User) -> dict[str, Any]:
    """docs/api.md's detail.

    Raises:
        NotFound: it is not theirs to see.
    """
    audience = Audience.of(user)
    conversation = (
        Conversation.objects.filter(audience.condition(), pk=conversation_id)
        .select_related("campaign__project__client", "channel_account", "assignee", "contact__merged_into")
        .first()
    )
    if conversation is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    campaign, account = conversation.campaign, conversation.channel_account
    # Asked once: the window is all that a template does not need.
    template = permits.may_send_template(conversation, user)
    composer = permits.window_is_open(conversation) if template.allowed else template
    return rows.conversation_row(conversation.pk, audience) | {
        "client": campaign.project.client.name if campaign else "",
        "project": campaign.project.name if campaign else "",
        "campaign": campaign.name if campaign else "",
        "contact": contact_row(conversation.contact.standing, sees_numbers=audience.sees_numbers),
        "composer": composer.as_row()
        | {
            "template": template.as_row(),
            "attach": permits.may_attach(conversation, user).as_row(),
            "window_expires_at": conversation.window_expires_at,
            "window_hours": policy.window_hours if policy else None,
        },
        "account_state": {
            "connected": account.state == "active",
            "reason": _(account.state_reason) if account.state_reason else "",
            "paused_until": account.paused_until,
            "pause_reason": _(account.pause_reason) if account.pause_reason else "",
        },
        "actions": permits.all_permits(conversation, user) | {"associate": may_associate(conversation, user).as_row()},
        "record": record_row(conversation, user),
        "exclusive": exclusive_row(conversation),
        **reading_marks(conversation),
    }


def record_row(conversation: Conversation, user: User) -> dict[str, Any] | None:
    """The record of a base that a conversation is about, where the reader sees that base."""
    if conversation.base_member_id is None:
        return None
    member = BaseMember.objects.filter(pk=conversation.base_member_id).select_related("base").get()
    is_seen = ContactBase.objects.visible_to(user).filter(pk=member.base_id).exists()
    base = {"id": member.base_id, "name": member.base.name} if is_seen else None
    return {"id": member.pk, "base": base, "state": member.state, "state_name": member.get_state_display()}


def closing_note(conversation: Conversation, user: User) -> dict[str, str]:
    """Where the closing note begins: the last note about the contact that names this conversation, else its last internal one (004-19)."""
    about = ContactNote.objects.visible_to(user).filter(conversation_uuid=conversation.uuid)
    note: ContactNote | Message | None = about.order_by("-created_at", "-id").first()
    at = note.created_at if note is not None else None
    if note is None:
        note = Message.objects.filter(conversation=conversation, is_note=True).order_by("-happened_at", "-id").first()
        at = note.happened_at if note is not None else None
    if note is None or at is None:
        return {"note": "", "note_from": ""}
    return {"note": note.text, "note_from": timezone.localtime(at).strftime("%H:%M")}


def exclusive_row(conversation: Conversation) -> dict[str, object] | None:
    """Whose the contact is in this campaign; None: everybody's (004-29)."""
    member = exclusive_member(conversation)
    return permits.person(member.user) if member is not None else None


def reading_marks(conversation: Conversation) -> dict[str, int | None]:
    """Up to where the assignee read, and the first message after it: where the «new messages» divider stands."""
    assignment = Assignment.objects.filter(conversation=conversation, ended_at__isnull=True).first()
    read_up_to = assignment.last_read_message_id if assignment else None
    unread = first_unread(conversation)
    return {"read_up_to": read_up_to, "first_unread_id": unread.id if unread is not None else None}


def closing_offer(conversation: Conversation, user: User) -> dict[str, Any]:
    """The outcomes on offer as a tree, the note to start from, and what may be done now (004-18 … 004-20)."""
    permit = permits.may_close(conversation, user).as_row()
    offered = offered_ids(conversation)
    nodes = list(Typification.objects.live())
    children: dict[int | None, list[Typification]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)
    tree = [branch for root in children.get(None, []) if (branch := tree_row(root, children, offered)) is not None]
    chosen = default_outcome(conversation.campaign_id, Purpose.FINISH, medium=Typification.AppliesTo.CHAT)
    if not conversation.is_live:
        chosen = conversation.typification
    has_quick = any(node.quick_close and node.pk in offered for node in nodes)
    quick = permit if not permit["allowed"] or has_quick else {
        "allowed": False, "code": "quick_close_unavailable", "reason": _("No outcome of this campaign is meant for a quick close."),
    }  # fmt: skip
    return {
        "typifications": tree,
        "default": chosen.pk if chosen is not None else None,
        **(
            closing_note(conversation, user)
            if conversation.is_live
            else {"note": conversation.close_note, "note_from": ""}
        ),
        "record": record_row(conversation, user),
        "associate": may_associate(conversation, user).as_row(),
        "close": permit,
        "retypify": permits.may_retypify(conversation, user).as_row(),
        "changes": [change_row(each) for each in outcome_changes(conversation)],
        "quick_close": quick,
    }


def outcome_changes(conversation: Conversation) -> QuerySet[OutcomeChange]:
    return OutcomeChange.objects.filter(conversation=conversation).select_related(
        "before__parent", "after__parent", "changed_by"
    )


def change_row(change: OutcomeChange) -> dict[str, Any]:
    """One outcome that was put in the place of another."""
    return {
        "before": full_name(change.before),
        "after": full_name(change.after),
        "by": change.changed_by.name,
        "at": change.changed_at,
    }


def tree_row(
    node: Typification, children: dict[int | None, list[Typification]], offered: set[int]
) -> dict[str, Any] | None:
    below = [
        branch for child in children.get(node.pk, []) if (branch := tree_row(child, children, offered)) is not None
    ]
    if node.pk not in offered and not below:
        return None
    return {
        "id": node.pk,
        "name": node.name,
        "selectable": node.pk in offered,
        "requires_note": node.requires_note,
        "requires_base": node.requires_base,
        "quick_close": node.quick_close,
        "asks_callback": node.asks_callback,
        "children": below,
    }


def attachment_row(attachment: Attachment) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "name",
        "mime",
        "size",
        "width",
        "height",
        "state",
        "reason",
        "thumbnail_path",
        "duration_ms",
        "pages",
        "waveform",
    )
    return rows.show_attachment({f"file_{name}": getattr(attachment, name) for name in names}) or {}
