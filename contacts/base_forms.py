"""Forms about bases and lots. They read and say what was typed; what is allowed is decided by the actions."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from contacts.actions.bases import MOST_ATTEMPTS, BaseSheet
from contacts.member_filters import LARGEST, MemberFilter
from contacts.member_rows import IN_ORDER
from contacts.models import BaseMember, ContactBase, Lot
from core.forms import PickerSelect, PickerSelectMultiple, VersionedForm
from core.lists import FilterForm, Folded, matching
from typification.models import Typification


class BaseForm(VersionedForm):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    description = forms.CharField(required=False, max_length=300, label=gettext_lazy("What it is for"))
    max_attempts = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_ATTEMPTS, label=gettext_lazy("Most attempts")
    )
    teams = forms.MultipleChoiceField(required=False, label=gettext_lazy("Teams"), widget=PickerSelectMultiple)

    def __init__(self, *args: Any, by: User, base: ContactBase | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.visible_to(by).live()
        if base is not None:
            teams = (teams | Team.objects.visible_to(by).filter(pk__in=base.teams.values("pk"))).distinct()
        self.fields["teams"].choices = team_choices(teams)  # type: ignore[attr-defined]  # a MultipleChoiceField

    def sheet(self) -> BaseSheet:
        said = self.cleaned_data
        return BaseSheet(
            name=said["name"],
            description=said["description"],
            max_attempts=said["max_attempts"],
            team_ids=frozenset(int(each) for each in said["teams"]),
        )

    @staticmethod
    def stored(base: ContactBase) -> dict[str, Any]:
        sheet = BaseSheet.of(base)
        values = sheet.as_values()
        return values | {"teams": [str(each) for each in values["teams"]], "version": sheet.version}


class LotForm(forms.Form):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    teams = forms.MultipleChoiceField(required=False, label=gettext_lazy("Teams"), widget=PickerSelectMultiple)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teams"].choices = team_choices(Team.objects.visible_to(by).live())  # type: ignore[attr-defined]  # as above


class LotNameForm(forms.Form):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))


class LotChoiceForm(forms.Form):
    """A lot whose contacts are to join a base."""

    lot = forms.ModelChoiceField(
        Lot.objects.none(), label=gettext_lazy("Lot"), empty_label=gettext_lazy("Choose one"), widget=PickerSelect
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = Lot.objects.visible_to(by).live()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["lot"].label_from_instance = lambda each: each.name  # type: ignore[attr-defined]  # as above


class BaseFilters(FilterForm):
    search_hint = gettext_lazy("Base's name")
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All")), *ContactBase.State.choices],
    )

    def narrow(self, rows: Any) -> Any:
        if state := self.said("state"):
            rows = rows.filter(state=state)
        return rows.filter(matching(self.said("q") or "", "folded_name"))


class LotFilters(FilterForm):
    search_hint = gettext_lazy("Lot's name or file")
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("In use")), ("archived", gettext_lazy("Archived"))],
    )

    def narrow(self, rows: Any) -> Any:
        rows = rows.filter(archived_at__isnull=self.said("state") != "archived").annotate(file=Folded("source_file"))
        return rows.filter(matching(self.said("q") or "", "folded_name", "file"))


class MemberFilters(FilterForm):
    """The same questions as over REST (contacts.member_filters), one value each."""

    has_search = False
    state = forms.ChoiceField(required=False, label=gettext_lazy("State"))
    user = forms.ModelChoiceField(
        User.objects.none(), required=False, label=gettext_lazy("User"), empty_label=gettext_lazy("All")
    )
    outcome = forms.ModelChoiceField(
        Typification.objects.none(), required=False, label=gettext_lazy("Outcome"), empty_label=gettext_lazy("All")
    )
    attempts_above = forms.IntegerField(
        required=False, min_value=0, max_value=LARGEST, label=gettext_lazy("Attempts more than")
    )
    attempts_below = forms.IntegerField(
        required=False, min_value=0, max_value=LARGEST, label=gettext_lazy("Attempts fewer than")
    )
    contacted_from = forms.DateField(
        required=False,
        label=gettext_lazy("Contacted from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    contacted_until = forms.DateField(
        required=False,
        label=gettext_lazy("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(each.value, each.label) for each in (*IN_ORDER, BaseMember.State.DETACHED)]
        self.fields["state"].choices = [("", gettext_lazy("All")), *states]  # type: ignore[attr-defined]  # a ChoiceField
        people = User.objects.visible_to(by).order_by("first_name", "last_name", "username")
        self.fields["user"].queryset = people  # type: ignore[attr-defined]  # ModelChoiceFields
        self.fields["user"].label_from_instance = lambda each: each.name  # type: ignore[attr-defined]  # as above
        leaves = Typification.objects.filter(children__isnull=True).order_by("name")
        self.fields["outcome"].queryset = leaves  # type: ignore[attr-defined]  # as above
        for name in ("attempts_above", "attempts_below"):
            self.fields[name].widget.attrs["size"] = 3

    def asked(self) -> MemberFilter:
        state, user, outcome = self.said("state"), self.said("user"), self.said("outcome")
        self.is_valid()
        said = self.cleaned_data
        return MemberFilter(
            states=(state,) if state else (),
            users=(user.pk,) if user else (),
            outcomes=(outcome.pk,) if outcome else (),
            # «Fewer than 0» is a question too: nobody.
            attempts_below=said.get("attempts_below"),
            attempts_above=said.get("attempts_above"),
            contacted_from=self.said("contacted_from"),
            contacted_until=before_the_last(self.said("contacted_until")),
        )

    def narrow(self, rows: Any) -> Any:
        return self.asked().apply(rows)


def before_the_last(day: datetime.date | None) -> datetime.date | None:
    """Nothing comes after the calendar's last day to be left out."""
    return None if day is None or day >= datetime.date(9999, 12, 30) else day


def team_choices(teams: Any) -> list[tuple[str, str]]:
    return [(str(each.pk), each.name) for each in teams]
