"""Forms about how a campaign attends: its week, its holidays, what it says by itself, the bases it works. They say what was typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS as WEEKDAY_LABELS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import time_zone_choices
from campaigns.actions.rules import LONGEST_QUESTION, RuleSheet, menu_version
from campaigns.actions.schedules import LONGEST_MESSAGE, WEEKDAYS, ScheduleSheet
from campaigns.actions.wording import MessagesSheet
from campaigns.actions.working_bases import BasesSheet
from campaigns.hours import NoPeriod, Period, clock, read_period
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from campaigns.models.routing import LONGEST_LABEL
from contacts.models import ContactBase
from core.forms import ChipsField, ChipsInput, PickerSelect, PickerSelectMultiple, SwitchInput, VersionedForm

WORKDAYS = WEEKDAYS[:5]
WEEKDAY_NAMES = tuple(capfirst(WEEKDAY_LABELS[weekday]) for weekday in range(7))


def written_zones() -> list[tuple[str, str]]:
    return [("", _("The installation's: {zone}").format(zone=settings.TIME_ZONE)), *time_zone_choices()]


def day_field(label: Any) -> ChipsField:
    return ChipsField(required=False, max_length=200, label=label, widget=ChipsInput)


class ScheduleForm(VersionedForm):
    """A week as people write it: «08:00–12:00, 14:00–20:00». Five equal days are one row."""

    time_zone = forms.ChoiceField(
        required=False, choices=written_zones, label=gettext_lazy("Time zone"), widget=PickerSelect
    )
    same_workdays = forms.BooleanField(
        required=False, label=gettext_lazy("The same from Monday to Friday"), widget=SwitchInput
    )
    workdays = day_field(gettext_lazy("Monday to Friday"))
    monday = day_field(WEEKDAY_NAMES[0])
    tuesday = day_field(WEEKDAY_NAMES[1])
    wednesday = day_field(WEEKDAY_NAMES[2])
    thursday = day_field(WEEKDAY_NAMES[3])
    friday = day_field(WEEKDAY_NAMES[4])
    saturday = day_field(WEEKDAY_NAMES[5])
    sunday = day_field(WEEKDAY_NAMES[6])
    out_of_hours_action = forms.ChoiceField(
        choices=Campaign.OutOfHours.choices, label=gettext_lazy("Whoever writes outside of them")
    )
    out_of_hours_message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        label=gettext_lazy("What they are answered"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has_hours = any(self.initial.get(name) for name in WEEKDAYS)
        for name in ("workdays", *WEEKDAYS):
            self.fields[name].widget.attrs["data-placeholder"] = (
                _("Closed all day") if has_hours else "08:00\u201312:00"
            )

    def clean(self) -> dict[str, Any]:
        said = dict(super().clean() or {})
        periods: list[Period] = []
        is_same = bool(said.get("same_workdays"))
        for weekday, name in enumerate(WEEKDAYS):
            field = "workdays" if is_same and name in WORKDAYS else name
            for text in said.get(field) or ():
                try:
                    periods.extend(read_period(text, weekday))
                except NoPeriod:
                    if field not in self.errors:
                        words = _("«{text}» is no period. Write it like 08:00–12:00.").format(text=text)
                        self.add_error(field, words)
        self.periods = tuple(periods)
        return said

    def add_error(self, field: Any, error: Any) -> None:
        # What the action says of a day stands where that day was written; of five days written at once it is said once.
        is_same = bool(self.cleaned_data.get("same_workdays")) if hasattr(self, "cleaned_data") else False
        where = "workdays" if is_same and field in WORKDAYS else field
        if where != "workdays" or error not in self.errors.get(where, ()):
            super().add_error(where, error)

    def sheet(self) -> ScheduleSheet:
        said = self.cleaned_data
        return ScheduleSheet(
            time_zone=said["time_zone"],
            periods=self.periods,
            out_of_hours_action=said["out_of_hours_action"],
            out_of_hours_message=said["out_of_hours_message"],
        )

    @staticmethod
    def stored(campaign: Campaign) -> dict[str, Any]:
        sheet = ScheduleSheet.of(campaign)
        values = sheet.as_values()
        is_same = all(values[name] == values["monday"] for name in WORKDAYS)
        return values | {
            "same_workdays": is_same,
            "workdays": values["monday"] if is_same else [],
            "version": sheet.version,
        }


class HolidayForm(forms.Form):
    on = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    name = forms.CharField(required=False, max_length=60, label=gettext_lazy("Name"))
    is_yearly = forms.BooleanField(required=False, label=gettext_lazy("Every year"))


class MessagesForm(VersionedForm):
    welcome_message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        label=gettext_lazy("Welcome"),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    inactivity_message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        label=gettext_lazy("When they are silent"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    opt_out_words = ChipsField(
        required=False, max_length=1500, label=gettext_lazy("Words to be left alone"), widget=ChipsInput
    )

    def sheet(self) -> MessagesSheet:
        said = self.cleaned_data
        return MessagesSheet(
            welcome_message=said["welcome_message"],
            inactivity_message=said["inactivity_message"],
            opt_out_words=tuple(said["opt_out_words"]),
        )

    @staticmethod
    def stored(campaign: Campaign) -> dict[str, Any]:
        sheet = MessagesSheet.of(campaign)
        return sheet.as_values() | {"version": sheet.version}


class BasesForm(VersionedForm):
    bases = forms.MultipleChoiceField(required=False, label=gettext_lazy("Bases"), widget=PickerSelectMultiple)
    default_base = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, label=gettext_lazy("Proposed to agents"), widget=PickerSelect
    )

    def __init__(self, *args: Any, bases: list[ContactBase], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), each.name) for each in bases]
        self.fields["bases"].choices = choices  # type: ignore[attr-defined]  # a MultipleChoiceField
        self.fields["default_base"].choices = [("", _("None: agents choose")), *choices]  # type: ignore[attr-defined]  # a ChoiceField

    def sheet(self) -> BasesSheet:
        said = self.cleaned_data
        return BasesSheet(bases=frozenset(int(each) for each in said["bases"]), default_base=said["default_base"])

    @staticmethod
    def stored(campaign: Campaign) -> dict[str, Any]:
        sheet = BasesSheet.of(campaign)
        return {
            "bases": [str(each) for each in sorted(sheet.bases)],
            "default_base": sheet.default_base,
            "version": sheet.version,
        }


class RuleForm(VersionedForm):
    """One rule of an account. Its hours are written as a period."""

    campaign = forms.TypedChoiceField(coerce=int, label=gettext_lazy("Goes to"))
    kind = forms.ChoiceField(choices=RoutingRule.Kind.choices, label=gettext_lazy("Chosen"))
    words = ChipsField(required=False, max_length=1500, label=gettext_lazy("One of these words"), widget=ChipsInput)
    weekdays = forms.TypedMultipleChoiceField(
        required=False, coerce=int, choices=list(enumerate(WEEKDAY_NAMES)), label=gettext_lazy("Days"),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    hours = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Hours"),
        widget=forms.TextInput(attrs={"placeholder": "08:00\u201312:00"}),
    )

    label = forms.CharField(required=False, max_length=LONGEST_LABEL, label=gettext_lazy("Choice"))

    def __init__(self, *args: Any, campaigns: list[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].choices = [(str(each.pk), each.name) for each in campaigns]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_hours(self) -> tuple[int, int] | None:
        text = self.cleaned_data["hours"]
        if not text:
            return None
        try:
            periods = read_period(text, 0)
        except NoPeriod:
            words = _("«{text}» is no period. Write it like 08:00–12:00.").format(text=text)
            raise forms.ValidationError(words) from None
        return periods[0].from_minute, periods[-1].until_minute

    def sheet(self) -> RuleSheet:
        said = self.cleaned_data
        from_minute, until_minute = said["hours"] or (None, None)
        return RuleSheet(
            campaign_id=said["campaign"],
            kind=said["kind"],
            words=tuple(said["words"]),
            weekdays=tuple(said["weekdays"]),
            from_minute=from_minute,
            until_minute=until_minute,
            label=said["label"],
        )

    @staticmethod
    def stored(rule: RoutingRule) -> dict[str, Any]:
        sheet = RuleSheet.of(rule)
        return {
            "campaign": sheet.campaign_id,
            "kind": sheet.kind,
            "words": list(sheet.words),
            "weekdays": list(sheet.weekdays),
            "hours": hours_words(rule),
            "label": sheet.label,
            "version": sheet.version,
        }


class MenuForm(VersionedForm):
    """What an account asks of whoever fits no rule."""

    menu_text = forms.CharField(
        required=False,
        max_length=LONGEST_QUESTION,
        label=gettext_lazy("Question"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @staticmethod
    def stored(account: ChannelAccount) -> dict[str, Any]:
        return {"menu_text": account.menu_text, "version": menu_version(account)}


def hours_words(rule: RoutingRule) -> str:
    """«22:00–06:00»; nothing for a rule by words."""
    if rule.from_minute is None or rule.until_minute is None:
        return ""
    return f"{clock(rule.from_minute)}\u2013{clock(rule.until_minute)}"
