"""{% load office %}: what the back office's pages are put together from (docs/front-end.md)."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.template import Context
from django.utils.translation import gettext as _

from core import sections
from core.forms import UNDO, ChipsInput, PickerSelect, PickerSelectMultiple, SwitchInput

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_areas(context: Context) -> list[sections.Area]:
    """What this user may enter, for the rail and the list beside the page. Asked once per page."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    if not hasattr(request, "settings_areas"):
        request.settings_areas = sections.areas_open_to(request.user)
    areas: list[sections.Area] = request.settings_areas
    return areas


@register.simple_tag(takes_context=True)
def current_section(context: Context) -> sections.Section | None:
    return sections.section_at(context["request"].path)


@register.filter
def undo_url(message: Message) -> str:
    """The address that undoes what a message tells of, or nothing."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


@register.inclusion_tag("_settings/field.html")
def setting(
    bound: BoundField,
    *,
    hint: str = "",
    unit: str = "",
    wide: bool = False,
    icon: str = "",
    locked: str = "",
    required: bool = False,
) -> dict[str, Any]:
    """A field of a form in two columns. {% setting form.hours unit=_("hours") hint=_("…") wide=True locked=reason %}

    The control follows the field's widget: text, select, switch, chips, picker. `locked` is why it cannot be changed here.
    `required`: it must be filled in although the form leaves that to the action.
    """
    widget = bound.field.widget
    kind = kind_of(widget)
    attrs: dict[str, Any] = {"class": "switch"} if kind == "switch" else {"class": "input"}
    if kind == "switch":
        attrs["role"] = "switch"
    elif kind == "checkbox" or (unit and kind == "text"):
        attrs = {}
    if kind in ("picker", "chips"):
        attrs["data-behaviour"] = kind
        attrs["data-nothing"] = _("Nothing matches")
        attrs["data-remove"] = _("Remove")
        attrs["data-placeholder"] = (
            _("Type to search") if kind == "picker" else widget.attrs.get("data-placeholder", "")
        )
    if locked:
        attrs |= {"aria-disabled": "true", "data-locked": True}
        if kind == "text":
            attrs["readonly"] = True
    return {
        "field": bound,
        "kind": kind,
        "control": bound.as_widget(attrs=attrs),
        "hint": hint or bound.help_text,
        "unit": unit,
        "wide": wide,
        "icon": icon,
        "locked": locked,
        "is_required": required or bound.field.required,
    }


def kind_of(widget: forms.Widget) -> str:
    for name, classes in (
        ("switch", (SwitchInput,)),
        ("checkbox", (forms.CheckboxInput,)),
        ("chips", (ChipsInput,)),
        ("picker", (PickerSelect, PickerSelectMultiple)),
        ("checks", (forms.CheckboxSelectMultiple,)),
        ("radios", (forms.RadioSelect,)),
        ("select", (forms.Select,)),
    ):
        if isinstance(widget, classes):
            return name
    return "text"


@register.inclusion_tag("_settings/disabled.html")
def disabled_button(
    words: str, reason: str, *, icon: str = "", name: str = "", compact: bool = False
) -> dict[str, Any]:
    """A button that keeps its place and says why it does nothing now."""
    return {
        "words": words,
        "reason": reason,
        "icon": icon,
        "name": name or f"why-{abs(hash(words)) % 99991}",
        "compact": compact,
    }
