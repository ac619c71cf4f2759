"""{% load contact_bits %}: what pages of contacts are put together from."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts import documents
from contacts.models import Company, ContactPoint
from contacts.rows import name_warning
from core.templatetags.assets import icon

register = template.Library()

Kind = ContactPoint.Kind
# A kind of contact point and the glyph of its channel's disc; a telephone's disc is the voice channel's.
GLYPHS = {
    Kind.PHONE: ("voice", "phone"),
    Kind.WHATSAPP: ("whatsapp", "brand-whatsapp"),
    Kind.EMAIL: ("email", "mail"),
    Kind.MESSENGER: ("messenger", "brand-messenger"),
    Kind.INSTAGRAM: ("instagram", "brand-instagram"),
    Kind.APPLE: ("apple", "brand-apple"),
    Kind.WEBCHAT: ("webchat", "globe"),
}


@register.simple_tag
def channel_disc(kind: str) -> SafeString:
    """The disc of a kind of contact point, with its name for who does not see it."""
    channel, glyph = GLYPHS[Kind(kind)]
    name = _("Telephone") if kind == Kind.PHONE else Kind(kind).label
    return format_html(
        '<span class="channel" data-channel="{}" title="{}">{}<span class="visually-hidden">{} </span></span>',
        channel,
        name,
        icon(glyph),
        name,
    )


register.filter(name_warning)


@register.filter
def document_word(code: str) -> str:
    """CI for «py-ci»: which country's it is, the list's readers know. A passport is none's, and a word."""
    return _("Passport") if code == "passport" else code.rpartition("-")[2].upper()


@register.filter
def company_document(company: Company) -> str:
    """A company's document as its kind is written."""
    kind = company.document_type
    return documents.shown(kind.check_digit if kind else "", company.document_number)


@register.simple_tag
def filter_url(page: Any, name: str, value: Any) -> str:
    """The list narrowed by one thing more."""
    url: str = page.filters.url(**{name: [str(value)]})
    return url
