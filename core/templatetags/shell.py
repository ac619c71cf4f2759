"""{% load shell %}: what the frame of every page needs to say."""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def greetings() -> dict[str, str]:
    """Three greetings and the one for now, by the installation's clock; ui/greeting.js corrects it by the reader's."""
    words = {"morning": _("Good morning"), "afternoon": _("Good afternoon"), "evening": _("Good evening")}
    hour = timezone.localtime().hour
    return words | {"now": words["morning" if 5 <= hour < 12 else "afternoon" if 12 <= hour < 19 else "evening"]}


@register.simple_tag
def languages() -> list[dict[str, str]]:
    """Each language in its own words: whoever needs the list cannot read the page."""
    return [
        {"code": code, "name": get_language_info(code)["name_local"].capitalize()} for code, _name in settings.LANGUAGES
    ]


@register.inclusion_tag("_shell/field.html")
def field(bound: BoundField, *, label: str = "", kind: str = "", hint: str = "", attrs: str = "") -> dict[str, Any]:
    """One field of a form: label, control, hint and what is wrong. {% field form.code label=_("Code") kind="code" %}

    Django names hint and error by id and points `aria-describedby` at them; the template uses the same ids.
    """
    widget = bound.field.widget
    words = label or str(bound.label)
    # allauth repeats the label as placeholder: with a label above, it only looks like a value.
    widget.attrs.pop("placeholder", None)
    kind = kind or getattr(widget, "input_type", "text")
    classes = "" if kind in ("checkbox", "radio", "password") else "input"
    extra: dict[str, Any] = {"class": classes} if classes else {}
    if kind == "code":
        extra |= {"inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false", "data-kind": "code"}
    for name in attrs.split():
        extra[name] = True
    return {
        "field": bound,
        "label": words,
        "kind": kind,
        "control": bound.as_widget(attrs=extra),
        "hint": hint or bound.help_text,
    }
