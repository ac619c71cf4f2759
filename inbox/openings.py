"""What may be started with a contact now, point by point, and why not (002-17): the rules of every channel, asked for one reader."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind
from contacts.models import Contact, ContactPoint
from inbox.actions.calling import may_call
from inbox.actions.continuing import identities_of
from inbox.actions.starting import openable_accounts, openable_campaigns, sees, somebody_else_talks
from inbox.models import Conversation
from inbox.models.conversation import LIVE, TRAY_OF, Status
from inbox.permits import may_reply, may_send_template, works_active

# Channels whose provider lets a business begin, with an approved template; on the others the customer writes first.
BEGUN_BY_TEMPLATE = (ChannelKind.WHATSAPP,)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a point's button does. `verb`: write, template, look or call; `reason`: why not, or why no more than that."""

    point_id: int
    verb: str
    url: str = ""
    state: str = ""
    reason: str = ""


def openings_of(contact: Contact, points: Sequence[ContactPoint], user: User) -> dict[int, Opening]:
    """By point. The caller has asked whether the contact is theirs to see."""
    people = list(identities_of([contact.pk]))
    found = (
        Conversation.objects.filter(contact_id__in=people, status__in=LIVE, thread_key="")
        .select_related("assignee", "channel_account", "campaign")
        .order_by("-last_activity_at", "-pk")
    )
    live = list(found)
    begun = what_begins(contact, user)
    return {each.pk: opening_of(each, contact, user, live=live, begun=begun) for each in points}


def opening_of(
    point: ContactPoint, contact: Contact, user: User, *, live: Sequence[Conversation], begun: str
) -> Opening:
    if point.kind == ContactPoint.Kind.PHONE:
        permit = may_call(contact, user)
        return Opening(point_id=point.pk, verb="call", reason=permit.refusal.message if permit.refusal else "")
    conversation = conversation_through(point, live)
    if conversation is not None:
        return going_on(point, conversation, user)
    verb = "template" if point.kind in BEGUN_BY_TEMPLATE else "write"
    reason = why_not_begun(point, contact, begun=begun)
    # The desk asks for the number's standing again, and the action once more: this is only the way there.
    url = f"{reverse('desk')}?{urlencode({'new': point.pk})}"
    return Opening(point_id=point.pk, verb=verb, url="" if reason else url, state=last_window(point), reason=reason)


def conversation_through(point: ContactPoint, live: Sequence[Conversation]) -> Conversation | None:
    """The live one through this point; else one of its channel, since another beside it would be refused."""
    of_channel = [each for each in live if each.channel_account.kind == point.kind]
    return next(
        (each for each in of_channel if each.contact_point_id == point.pk), of_channel[0] if of_channel else None
    )


def going_on(point: ContactPoint, conversation: Conversation, user: User) -> Opening:
    """They are being talked with: the answer goes into that conversation, whoever holds it."""
    if not sees(conversation, user):
        return Opening(point_id=point.pk, verb="write", reason=somebody_else_talks(conversation, user).message)
    tray = TRAY_OF.get(Status(conversation.status), "pending")
    url = f"{reverse('desk')}?{urlencode({'tray': tray, 'c': conversation.pk})}"
    state = window_words(conversation.window_expires_at)
    reply, template = may_reply(conversation, user), may_send_template(conversation, user)
    if reply.allowed:
        return Opening(point_id=point.pk, verb="write", url=url, state=state)
    if template.allowed and point.kind in BEGUN_BY_TEMPLATE:
        return Opening(point_id=point.pk, verb="template", url=url, state=state)
    assert reply.refusal is not None
    return Opening(point_id=point.pk, verb="look", url=url, state=state, reason=reply.refusal.message)


def what_begins(contact: Contact, user: User) -> str:
    """Why this user begins nothing by template, whomever they would write to; empty: they may."""
    permit = works_active(user)
    if permit.refusal is not None:
        return permit.refusal.message
    if not any(openable_accounts(each, user) for each in openable_campaigns(user)):
        return _("None of your active campaigns has a WhatsApp number to write from.")
    return ""


def why_not_begun(point: ContactPoint, contact: Contact, *, begun: str) -> str:
    if contact.blocked:
        return _("This contact is blocked.")
    if contact.do_not_contact:
        return _("This contact asked not to be contacted.")
    kind = ContactPoint.Kind(point.kind)
    if kind in BEGUN_BY_TEMPLATE:
        if not point.is_number:
            return _("WhatsApp gives no number of this person: wait until they write.")
        return begun
    if not ChannelAccount.objects.filter(kind=point.kind, state="active").exists():
        return _("No %(channel)s account is connected.") % {"channel": kind.label}
    return _("Wait until they write: %(channel)s has no templates.") % {"channel": kind.label}


def last_window(point: ContactPoint) -> str:
    last = (
        Conversation.objects.filter(contact_point=point, window_expires_at__isnull=False)
        .order_by("-window_expires_at")
        .values_list("window_expires_at", flat=True)
        .first()
    )
    return window_words(last)


def window_words(expires_at: datetime.datetime | None) -> str:
    """«Window open 23 h 41 min», «The window closed 3 h ago»; nothing where there never was one."""
    if expires_at is None:
        return ""
    left = expires_at - timezone.now()
    if left > datetime.timedelta():
        return _("Window open %(span)s") % {"span": span_words(left)}
    return _("The window closed %(span)s ago") % {"span": span_words(-left)}


def span_words(span: datetime.timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
