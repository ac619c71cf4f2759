"""Conversations as rows of a file, one each: what the desk's list and its header tell, masked for whoever may not see numbers (B-10)."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contacts.exporting import moment
from inbox.models import Conversation
from inbox.models.conversation import Status
from inbox.rows import person, shown_number

FIELDS = (
    "id", "public_id", "contact_name", "contact_number", "channel_account__name", "channel_account__kind", "campaign__name", "team__name",
    "assignee__first_name", "assignee__last_name", "assignee__username", "status", "unread", "created_at", "assigned_at", "last_inbound_at",
    "last_outbound_at", "waiting_since", "last_activity_at", "closed_at", "closed_by__first_name", "closed_by__last_name", "closed_by__username",
    "close_note",
)  # fmt: skip
ALIASES = {
    "outcome": F("typification__name"),
    "category": F("typification__parent__name"),
    "base": F("base_member__base__name"),
}


def conversation_heads() -> list[str]:
    """In the language of the moment. The first is what a mass close knows them by (003-22)."""
    return [
        "ConversationId", _("Contact"), _("Number"), _("Account"), _("Channel"), _("Campaign"), _("Team"), _("Agent"), _("State"), _("Unread"),
        _("Begun"), _("Assigned"), _("Customer's last message"), _("Our last message"), _("Waiting since"), _("Last activity"), _("Closed"), _("Closed by"),
        _("Category"), _("Sub-category"), _("Note"), _("Base"),
    ]  # fmt: skip


def conversation_cells(conversations: QuerySet[Conversation], *, sees_numbers: bool) -> dict[int, list[str]]:
    """The cells of each of these conversations by its id. Whoever asks has made sure that they may be seen."""
    states = dict(Status.choices)
    rows = conversations.order_by().annotate(**ALIASES).values_list(*FIELDS, *ALIASES)
    found: dict[int, list[str]] = {}
    for (
        pk, public_id, name, number, account, channel, campaign, team, first, last, username, status, unread, created, assigned, inbound, outbound,
        waiting, active, closed, closer_first, closer_last, closer_username, note, outcome, category, base,
    ) in rows:  # fmt: skip
        found[pk] = [
            public_id, name, shown_number(number, sees_numbers=sees_numbers), account, channel, campaign or "", team or "", person(first, last, username),
            str(states[status]), str(unread), moment(created), moment(assigned), moment(inbound), moment(outbound), moment(waiting), moment(active),
            moment(closed), person(closer_first, closer_last, closer_username), category or "", outcome or "", note, base or "",
        ]  # fmt: skip
    return found
