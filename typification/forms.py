"""What the tree's page asks for."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import VersionedForm
from typification.actions import BEHAVIOUR
from typification.models import Typification
from typification.rows import possible_parents

NAME_LENGTH = 80


class NodeForm(VersionedForm):
    name = forms.CharField(max_length=NAME_LENGTH, label=_("Name"))
    parent = forms.TypedChoiceField(label=_("Stands under"), coerce=int, empty_value=None, required=False)
    applies_to = forms.ChoiceField(choices=Typification.AppliesTo.choices, label=_("Applies to"))
    closes_member = forms.BooleanField(
        required=False, label=_("Closes the record"), help_text=_("It is not offered again in this base")
    )
    counts_as_attempt = forms.BooleanField(
        required=False, label=_("Counts as an attempt"), help_text=_("Adds 1 to the current cycle")
    )
    effective = forms.BooleanField(required=False, label=_("Effective"), help_text=_("Adds to the conversion figures"))
    recyclable = forms.BooleanField(required=False, label=_("Recyclable"), help_text=_("Processes may work it again"))
    allows_redial = forms.BooleanField(
        required=False, label=_("Allows dialling again"), help_text=_("The same number may be called again")
    )
    requires_base = forms.BooleanField(
        required=False, label=_("Requires a base"), help_text=_("The contact must be in a base")
    )
    requires_note = forms.BooleanField(
        required=False, label=_("Requires a note"), help_text=_("The agent must write why")
    )
    quick_close = forms.BooleanField(
        required=False, label=_("Quick close"), help_text=_("Offered without opening the record")
    )
    asks_callback = forms.ChoiceField(choices=Typification.AsksCallback.choices, label=_("Asks for a callback"))
    auto_callback_hours = forms.IntegerField(
        required=False, min_value=1, max_value=24 * 365, label=_("Automatic callback after")
    )

    def __init__(self, *args: Any, node: Typification, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parents: Any = self.fields["parent"]
        parents.choices = [("", _("Top level")), *possible_parents(node)]
        if node.parent is not None and node.parent_id not in {value for value, _name in parents.choices}:
            # It stands under something archived: shown as it is.
            parents.choices.append((node.parent_id, node.parent.name))

    def behaviour(self) -> dict[str, Any]:
        hours = self.cleaned_data["auto_callback_hours"]
        values = {name: self.cleaned_data[name] for name in BEHAVIOUR if name in self.cleaned_data}
        return values | {"auto_callback_after": None if hours is None else datetime.timedelta(hours=hours)}


def stored_values(node: Typification) -> dict[str, Any]:
    """A node as the form shows it."""
    after = node.auto_callback_after
    values = {name: getattr(node, name) for name in BEHAVIOUR if name != "auto_callback_after"}
    hours = None if after is None else int(after.total_seconds() // 3600)
    return values | {
        "name": node.name,
        "parent": node.parent_id,
        "auto_callback_hours": hours,
        "version": str(node.version),
    }
