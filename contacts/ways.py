"""A contact's ways by channel, in the order people read them (002-16)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.models import Contact, ContactPoint
from contacts.rows import shown_value
from core.sections import Words

Kind = ContactPoint.Kind
# These five, and in this order; the others stand below them where there are any.
ALWAYS = (Kind.WHATSAPP, Kind.EMAIL, Kind.PHONE, Kind.MESSENGER, Kind.INSTAGRAM)
WHEN_PRESENT = (Kind.APPLE, Kind.WEBCHAT)
# How the icon of a channel is called (core/assets).
ICONS = {
    Kind.WHATSAPP: "brand-whatsapp",
    Kind.EMAIL: "mail",
    Kind.PHONE: "phone",
    Kind.MESSENGER: "brand-messenger",
    Kind.INSTAGRAM: "brand-instagram",
    Kind.APPLE: "brand-apple",
    Kind.WEBCHAT: "globe",
}


@dataclass(frozen=True)
class Way:
    """One point as it may be read by somebody: `value` is masked for who does not see numbers."""

    point: ContactPoint
    value: str
    is_business_id: bool


@dataclass(frozen=True)
class WayGroup:
    kind: str
    title: Words
    icon: str
    # What tokens.css calls the channel's colour.
    channel: str
    ways: tuple[Way, ...]


def ways_by_channel(contact: Contact, *, sees_numbers: bool) -> list[WayGroup]:
    """The contact's points in their groups, the primary one of each first. An empty group of the five is there, and empty."""
    # Of all rows that are this person: who was joined with them is reached as they are.
    own = ContactPoint.objects.filter(contact__in=Contact.objects.identity(contact))
    points = sorted(own, key=lambda each: (not each.is_primary, each.pk))
    groups = []
    for kind in (*ALWAYS, *WHEN_PRESENT):
        ways = tuple(way_of(each, sees_numbers=sees_numbers) for each in points if each.kind == kind)
        if ways or kind in ALWAYS:
            channel = "voice" if kind == Kind.PHONE else str(kind)
            groups.append(WayGroup(kind=kind, title=title_of(kind), icon=ICONS[kind], channel=channel, ways=ways))
    return groups


def way_of(point: ContactPoint, *, sees_numbers: bool) -> Way:
    value = shown_value(point.kind, point.scope, point.value, sees_numbers=sees_numbers)
    return Way(point=point, value=value, is_business_id=point.kind == Kind.WHATSAPP and point.scope != "")


def title_of(kind: str) -> Words:
    """As DESIGN.md calls the group: short, beside its disc."""
    own = {Kind.PHONE: _("Telephony"), Kind.EMAIL: pgettext("channel", "E-mail")}
    return own.get(Kind(kind)) or Kind(kind).label
