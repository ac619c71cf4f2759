"""{% load js_catalog %}{% js_catalog %}: gives the page's scripts their words. Before any module."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.jsi18n import js_catalog_url

register = template.Library()


@register.simple_tag
def js_catalog() -> SafeString:
    return format_html('<script src="{}"></script>', js_catalog_url())
