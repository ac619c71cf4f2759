"""{% load panels %}{% guests "account.health" account.pk as panels %}: what upper floors show in a lower floor's page (config/panels.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

register = template.Library()


@dataclass(frozen=True)
class Shown:
    title: str
    url: str


@register.simple_tag
def guests(slot: str, *arguments: Any) -> list[Shown]:
    """The slot's guests, each with its address for this object. Each guest asks itself who may see it."""
    listed = import_string(settings.PANELS)[slot]
    return [Shown(_(each.title) if each.title else "", reverse(each.url_name, args=arguments)) for each in listed]
