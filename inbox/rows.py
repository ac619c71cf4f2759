"""The one shape of a list row, a message and an event: `.values()` in, plain dictionary out. REST, socket and webhooks use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, JSONObject, Left
from django.utils.translation import gettext as _

from contacts import numbers
from contacts.models import ContactTag, GroupMember
from core import text
from core.composed import Composed
from core.media.names import safe_name
from inbox.audience import Audience
from inbox.models import Conversation, ConversationEvent, Message, Reaction
from inbox.models.conversation import TRAY_OF, Status
from inbox.models.message import PATIENCE

CONVERSATION_FIELDS = (
    "id", "public_id", "version", "change", "status", "campaign_id", "team_id", "contact_id", "assignee_id", "assigned_at",
    "last_activity_at", "waiting_since", "window_expires_at", "preview", "preview_kind", "preview_direction",
    "unread", "needs_first_reply", "answered", "snoozed_until", "alerted_for", "closed_at", "typification_id", "contact_name", "contact_name_folded", "contact_number", "contact_is_vip",
)  # fmt: skip
CONVERSATION_ALIASES = {
    "account_id": F("channel_account_id"),
    "account_name": F("channel_account__name"),
    "account_color": F("channel_account__color"),
    "account_icon": F("channel_account__icon"),
    "channel": F("channel_account__kind"),
    "campaign_name": F("campaign__name"),
    "typification_name": F("typification__name"),
    "assignee_first": F("assignee__first_name"),
    "assignee_last": F("assignee__last_name"),
    "assignee_username": F("assignee__username"),
    # What the contact is described with (001-13), in the same query: a copy on the row would have to be written anew in every
    # conversation of everybody whom a rule puts into a group. A merged contact is described by the one that stands for it.
    "tags": ArraySubquery(
        ContactTag.objects.filter(
            contact_id=Coalesce(OuterRef("contact__merged_into_id"), OuterRef("contact_id")),
            tag__archived_at__isnull=True,
        )
        .order_by("tag__folded_name")
        .values(shown=JSONObject(id="tag_id", name="tag__name", hue="tag__hue"))
    ),
    # A group of some teams is shown on the conversations of those teams only: one row is the same for all who see it.
    "groups": ArraySubquery(
        GroupMember.objects.filter(
            Q(group__teams__isnull=True) | Q(group__teams=OuterRef("team_id")),
            contact_id=Coalesce(OuterRef("contact__merged_into_id"), OuterRef("contact_id")),
            group__archived_at__isnull=True,
        )
        .order_by("group__folded_name")
        .values(shown=JSONObject(id="group_id", name="group__name", hue="group__hue"))
    ),
}


def read_conversations(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """One query, none for nothing. Rows by id, whole numbers inside: pass each through `show_conversation` before it leaves."""
    # A number that no key holds makes the database compare every row's with it, as decimals.
    wanted = [each for each in ids if -(2**63) <= each < 2**63]
    return {row["id"]: row for row in conversation_query.ask(wanted)} if wanted else {}


conversation_query = Composed(
    lambda ids: (
        Conversation.objects.filter(pk__any_of=ids).order_by().values(*CONVERSATION_FIELDS, **CONVERSATION_ALIASES)
    ),
    [9_001],
)


def show_conversation(row: dict[str, Any], *, sees_numbers: bool) -> dict[str, Any]:
    """docs/api.md's row from `read_conversations`' one, for somebody who does or does not see whole numbers (B-10)."""
    shown = dict(row)
    name, number = shown.pop("contact_name"), shown.pop("contact_number")
    number = shown_number(number, sees_numbers=sees_numbers)
    first, last, username = shown.pop("assignee_first"), shown.pop("assignee_last"), shown.pop("assignee_username")
    assignee = person(first, last, username)
    alerted_for = shown.pop("alerted_for")
    if shown["status"] != Status.SNOOZED:
        shown["snoozed_until"] = None
    shown |= {
        # Its agent was told that they let them wait for longer than the client wants (004-10).
        "is_late": alerted_for is not None and alerted_for == shown["waiting_since"],
        "tray": TRAY_OF.get(Status(shown["status"])),
        "name": name or number or _("Unknown customer"),
        "initials": text.initials(name),
        "hue": text.hue(shown["contact_id"]),
        "number": number,
        "is_vip": shown.pop("contact_is_vip"),
        # Where the name stands in an order by name: the desk places a row without asking.
        "sort_name": shown.pop("contact_name_folded"),
        "assignee_name": assignee,
        "assignee_initials": text.initials(assignee) or assignee[:2].upper(),
        "assignee_hue": text.hue(shown["assignee_id"]) if shown["assignee_id"] else "",
        "campaign_name": shown["campaign_name"] or "",
        "typification_name": shown["typification_name"] or "",
    }
    return shown


def shown_number(number: str, *, sees_numbers: bool) -> str:
    """A displayed number as somebody may read it (B-10); empty where there is none."""
    return numbers.mask(number) if number and not sees_numbers else number


def conversation_row(conversation_id: int, audience: Audience) -> dict[str, Any]:
    row = read_conversations([conversation_id])[conversation_id]
    return show_conversation(row, sees_numbers=audience.sees_numbers)


MESSAGE_FIELDS = (
    "id", "uuid", "conversation_id", "change", "happened_at", "direction", "kind", "is_note", "text", "client_id", "author_id", "author_kind",
    "status", "failure_code", "failure_reason", "failure_is_permanent", "reply_to_id", "edited_at", "deleted_at", "revoked_at",
    "details", "quoted_provider_id", "unconfirmed_since",
)  # fmt: skip
MESSAGE_ALIASES = {
    "author_first": F("author__first_name"),
    "author_last": F("author__last_name"),
    "author_username": F("author__username"),
    "file_id": F("attachment__id"),
    "file_kind": F("attachment__kind"),
    "file_name": F("attachment__name"),
    "file_mime": F("attachment__mime"),
    "file_size": F("attachment__size"),
    "file_width": F("attachment__width"),
    "file_height": F("attachment__height"),
    "file_state": F("attachment__state"),
    "file_reason": F("attachment__reason"),
    "file_thumbnail_path": F("attachment__thumbnail_path"),
    "file_duration_ms": F("attachment__duration_ms"),
    "file_pages": F("attachment__pages"),
    "file_waveform": F("attachment__waveform"),
    "shows_statuses": F("channel_account__update_message_statuses"),
    "quoted_kind": F("reply_to__kind"),
    "quoted_direction": F("reply_to__direction"),
    # As much as a bubble shows of it.
    "quoted_text": Left("reply_to__text", 200),
    "quoted_revoked_at": F("reply_to__revoked_at"),
    "quoted_first": F("reply_to__author__first_name"),
    "quoted_last": F("reply_to__author__last_name"),
    "quoted_username": F("reply_to__author__username"),
    # In the same query: one a page, however many reactions.
    "reacted": ArraySubquery(
        Reaction.objects.filter(message_id=OuterRef("pk"))
        .exclude(emoji="")
        .exclude(status=Reaction.Status.FAILED)
        .order_by("direction")
        .values(
            shown=JSONObject(
                emoji="emoji",
                direction="direction",
                status="status",
                first="author__first_name",
                last="author__last_name",
                username="author__username",
            )
        )
    ),
}


def message_rows(queryset: QuerySet[Message]) -> list[dict[str, Any]]:
    """One query, in the order the queryset asks for."""
    return [show_message(row) for row in queryset.values(*MESSAGE_FIELDS, **MESSAGE_ALIASES)]


def changed_messages(conversation_id: int, after: int, upto: int) -> list[dict[str, Any]]:
    """`message_rows` of a conversation's changes after `after` and up to `upto`, in their order, composed once."""
    return [show_message(row) for row in message_query.ask(conversation_id, after, upto)]


message_query = Composed(
    lambda conversation_id, after, upto: (
        Message.objects.filter(conversation_id=conversation_id, change__gt=after, change__lte=upto)
        .order_by("change")
        .values(*MESSAGE_FIELDS, **MESSAGE_ALIASES)
    ),
    9_001, 9_002, 9_003,
)  # fmt: skip


def show_message(row: dict[str, Any]) -> dict[str, Any]:
    first, last, username = row.pop("author_first"), row.pop("author_last"), row.pop("author_username")
    code, reason, is_permanent = row.pop("failure_code"), row.pop("failure_reason"), row.pop("failure_is_permanent")
    deleted_at, edited_at, revoked_at = row.pop("deleted_at"), row.pop("edited_at"), row.pop("revoked_at")
    reactions, quoted_provider_id = row.pop("reacted"), row.pop("quoted_provider_id")
    shows_statuses, unconfirmed_since = row.pop("shows_statuses"), row.pop("unconfirmed_since")
    row.pop("uuid")
    status = row["status"]
    if not shows_statuses and status in ("delivered", "read"):
        # Stored all the same; only not shown where the account's permission is off (004-32).
        status = "sent"
    return {
        **{name: value for name, value in row.items() if not name.startswith(("file_", "quoted_"))},
        "status": status,
        # Off: how far it came is shown by no sign; that it failed, or may have, is shown all the same.
        "shows_receipt": shows_statuses,
        "author_name": person(first, last, username),
        # From then on a person may decide about it: its confirmation has been waited for long enough (R13).
        "resolvable_at": (unconfirmed_since or row["happened_at"]) + PATIENCE if status == "unknown" else None,
        "failure": {"code": code, "reason": _(reason) if reason else "", "permanent": is_permanent}
        if status == "failed"
        else None,
        # Of what was taken back nothing is shown, whatever is still on its way to being removed.
        "attachment": show_attachment(row) if revoked_at is None else None,
        "quoted": show_quoted(row, is_missing=bool(quoted_provider_id)),
        "reactions": [show_reaction(each) for each in reactions] if revoked_at is None else [],
        "edited": edited_at is not None,
        "revoked": revoked_at is not None,
        "deleted": deleted_at is not None,
    }


def show_quoted(row: dict[str, Any], *, is_missing: bool) -> dict[str, Any] | None:
    """What a reply quotes, in a line; `id` is null where it is not here (R12)."""
    if row["reply_to_id"] is None:
        empty = {"id": None, "kind": "", "direction": "", "text": "", "author_name": "", "revoked": False}
        return empty if is_missing else None
    return {
        "id": row["reply_to_id"],
        "kind": row["quoted_kind"],
        "direction": row["quoted_direction"],
        "text": row["quoted_text"] or "",
        "author_name": person(row["quoted_first"], row["quoted_last"], row["quoted_username"]),
        "revoked": row["quoted_revoked_at"] is not None,
    }


def show_reaction(row: dict[str, Any]) -> dict[str, Any]:
    """`author_name` is empty for the customer's, and for ours where nobody in person sent it."""
    return {
        "emoji": row["emoji"],
        "direction": row["direction"],
        "status": row["status"],
        "author_name": person(row["first"], row["last"], row["username"]),
    }


def person(first: str | None, last: str | None, username: str | None) -> str:
    """As somebody is called: their name, else what they sign in with; empty where there is nobody."""
    return f"{first or ''} {last or ''}".strip() or username or ""


def show_attachment(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["file_id"] is None:
        return None
    file = {name.removeprefix("file_"): value for name, value in row.items() if name.startswith("file_")}
    url, thumbnail_path = f"/media/{file['id']}/", file.pop("thumbnail_path")
    return {
        **file,
        "name": safe_name(file["name"]),
        "reason": _(file["reason"]) if file["reason"] else "",
        "url": url,
        # Its path is our own business; whether there is one is not.
        "thumbnail_url": f"{url}thumbnail/" if thumbnail_path else None,
    }


EVENT_FIELDS = ("id", "change", "happened_at", "kind", "actor_id", "details")
EVENT_ALIASES = {
    "actor_first": F("actor__first_name"),
    "actor_last": F("actor__last_name"),
    "actor_username": F("actor__username"),
}


def event_rows(queryset: QuerySet[ConversationEvent]) -> list[dict[str, Any]]:
    return [show_event(row) for row in queryset.values(*EVENT_FIELDS, **EVENT_ALIASES)]


def changed_events(conversation_id: int, after: int, upto: int) -> list[dict[str, Any]]:
    """As `changed_messages`, of events."""
    return [show_event(row) for row in event_query.ask(conversation_id, after, upto)]


event_query = Composed(
    lambda conversation_id, after, upto: (
        ConversationEvent.objects.filter(conversation_id=conversation_id, change__gt=after, change__lte=upto)
        .order_by("change")
        .values(*EVENT_FIELDS, **EVENT_ALIASES)
    ),
    9_001, 9_002, 9_003,
)  # fmt: skip


def show_event(row: dict[str, Any]) -> dict[str, Any]:
    first, last, username = row.pop("actor_first"), row.pop("actor_last"), row.pop("actor_username")
    return {**row, "actor_name": person(first, last, username)}
