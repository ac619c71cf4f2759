"""Forms of the back office: an action's refusal becomes words at the right field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.refusals import Refusal
from core.versions import Stale

T = TypeVar("T")

UNDO = "undo "


class SwitchInput(forms.CheckboxInput):
    """A checkbox drawn as a switch: it takes effect with «Save»."""


class ChipsInput(forms.TextInput):
    """Several short values in one field, separated by commas; with script each becomes a chip."""


class PickerSelect(forms.Select):
    """A choice of many: with script, a combobox that filters as you type."""


class PickerSelectMultiple(forms.SelectMultiple):
    """Several of many: with script, chips and a combobox that filters as you type."""


class ChipsField(forms.CharField):
    """A list of distinct words, in the order typed."""

    widget = ChipsInput

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return list(dict.fromkeys(each.strip() for each in text.replace("\n", ",").split(",") if each.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class VersionedForm(forms.Form):
    """A form over something that others may be editing: `version` is what was read (core.versions)."""

    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


@dataclass(frozen=True)
class Conflict:
    """What somebody else changed meanwhile: the fields' labels and what is stored there now."""

    changes: list[tuple[str, str]]


def submit_edit(
    request: HttpRequest, form: forms.Form, edit: Callable[[str], object], *, again: Callable[[], dict[str, Any]]
) -> bool:
    """Whether a form over something that exists was sent and written; it is then told on the next page.

    `edit` runs the action with the version that was read. Otherwise the form is to be shown, also with what somebody else changed
    meanwhile: `again` reads its initial values anew, `version` among them.
    """
    if request.method != "POST" or not form.is_valid():
        return False
    version = form.cleaned_data["version"]
    if submit(form, lambda: edit(version)) is not None:
        tell(request, _("Saved."))
        return True
    stored = again()
    meet_conflict(form, stored=stored, version=stored["version"])
    return False


def submit(form: forms.Form, act: Callable[[], T]) -> T | None:
    """Run the action; its result, or None after writing its refusal into the form.

    Call it when the form is valid. A field named by the refusal that the form does not have is told over the form.
    """
    try:
        return act()
    except Refusal as refusal:
        write_refusal(form, refusal)
        return None


def write_refusal(form: forms.Form, refusal: Refusal) -> None:
    if refusal.message:
        form.add_error(None, refusal.message)
    for name, reasons in refusal.fields.items():
        for reason in reasons:
            form.add_error(name if name in form.fields else None, reason)
    if not refusal.message and not refusal.fields:
        form.add_error(None, _("This cannot be done now."))
    if isinstance(refusal, Stale):
        form.is_stale = True  # type: ignore[attr-defined]  # read by meet_conflict


def meet_conflict(form: forms.Form, *, stored: dict[str, Any], version: str) -> None:
    """After a Stale refusal: keep what was typed, show what is stored now, and let the next «Save» mean it.

    `stored` is the form's initial values read again. Does nothing when the form was not stale.
    """
    if not getattr(form, "is_stale", False):
        return
    changes = []
    for name, field in form.fields.items():
        if name == "version" or name not in stored:
            continue
        bound = form[name]
        typed = field.widget.value_from_datadict(form.data, form.files, bound.html_name)
        if field.has_changed(stored[name], typed):
            changes.append((str(bound.label), shown_stored(field, stored[name])))
    form.conflict = Conflict(changes)  # type: ignore[attr-defined]  # read by _settings/errors.html
    said: Any = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict: it came with the request
    said[form.add_prefix("version")] = version
    form.data = said


def shown_stored(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    chosen = {str(getattr(each, "pk", each)) for each in (value if isinstance(value, list | tuple) else [value])}
    choices = getattr(field, "choices", None)
    if choices is not None:
        return ", ".join(str(name) for code, name in choices if str(code) in chosen) or "–"
    return str(value) if value not in (None, "") else "–"


def tell(request: HttpRequest, words: str, *, undo_url: str = "") -> None:
    """Say on the next page what was done; with `undo_url`, a toast whose button posts there."""
    messages.success(request, words, extra_tags=f"{UNDO}{undo_url}" if undo_url else "")
