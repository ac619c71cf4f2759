"""The form of a group: its name and, by rule, the same questions as the list of contacts."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from contacts.actions.groups import GroupSheet
from contacts.filters import WITHOUT
from contacts.models import Company, ContactBase, ContactGroup, ContactPoint, Hue, Tag
from core.forms import PickerSelectMultiple, VersionedForm

Kind = ContactGroup.Kind
# More of one kind are found by the list's own filters, not in a form's list.
MOST_OFFERED: Final = 500
MANY: Final = ("tag", "group", "team", "base", "company", "point")
ONE: Final = ("search", "vip", "do_not_contact", "blocked")


class GroupForm(VersionedForm):
    """`by` decides what stands to choose; the action asks again. What a rule asks is named as in contacts.filters."""

    name = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    hue = forms.ChoiceField(choices=Hue.choices, label=gettext_lazy("Colour"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(choices=Kind.choices, label=gettext_lazy("How it is made"), widget=forms.RadioSelect)
    teams = forms.MultipleChoiceField(required=False, label=gettext_lazy("Seen by"), widget=PickerSelectMultiple)
    tag = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("With any of these tags"), widget=PickerSelectMultiple
    )
    group = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("In any of these groups"), widget=PickerSelectMultiple
    )
    team = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Of any of these teams"), widget=PickerSelectMultiple
    )
    base = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("In any of these bases"), widget=PickerSelectMultiple
    )
    company = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Of any of these companies"), widget=PickerSelectMultiple
    )
    point = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Reached by any of"), widget=forms.CheckboxSelectMultiple
    )
    vip = forms.ChoiceField(required=False, label=gettext_lazy("VIP"))
    do_not_contact = forms.ChoiceField(required=False, label=gettext_lazy("Do not contact"))
    blocked = forms.ChoiceField(required=False, label=gettext_lazy("Blocked"))
    search = forms.CharField(required=False, max_length=80, label=gettext_lazy("Name, company or address"))

    def __init__(self, *args: Any, by: User, group: ContactGroup | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        held: dict[str, list[str]] = group.rule if group is not None else {}
        others = ContactGroup.objects.visible_to(by).filter(kind=Kind.MANUAL).exclude(pk=group.pk if group else None)
        self.choose("teams", named(Team.objects.visible_to(by).live().order_by("name")))
        self.choose("tag", named(Tag.objects.all(), live=True, held=held.get("tag", [])))
        self.choose("group", named(others, live=True, held=held.get("group", [])))
        self.choose("team", named(Team.objects.visible_to(by).live().order_by("name")))
        self.choose("base", named(ContactBase.objects.visible_to(by)))
        self.choose(
            "company", named(Company.objects.order_by("sort_name", "pk"), live=True, held=held.get("company", []))
        )
        kinds = [(str(code), str(name)) for code, name in ContactPoint.Kind.choices]
        self.choose("point", [*kinds, (WITHOUT, _("None: they cannot be reached"))])
        for name in ("vip", "do_not_contact", "blocked"):
            self.choose(name, [("", _("It does not matter")), ("1", _("Yes")), ("0", _("No"))])

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def rule(self) -> dict[str, list[str]]:
        """What the form asks; an empty answer asks nothing. After is_valid()."""
        said = {name: list(self.cleaned_data.get(name) or []) for name in MANY}
        said |= {name: [value] for name in ONE if (value := self.cleaned_data.get(name))}
        return {name: values for name, values in said.items() if values}

    def sheet(self) -> GroupSheet:
        kind = self.cleaned_data["kind"]
        return GroupSheet(
            name=self.cleaned_data["name"],
            hue=self.cleaned_data["hue"],
            kind=kind,
            rule=self.rule() if kind == Kind.RULE else {},
            teams=sorted(int(each) for each in self.cleaned_data["teams"]),
        )

    @staticmethod
    def stored(group: ContactGroup, *, by: User) -> dict[str, Any]:
        sheet = GroupSheet.of(group)
        seen = Team.objects.visible_to(by).filter(pk__in=sheet.teams).values_list("pk", flat=True)
        asked: dict[str, Any] = {name: sheet.rule.get(name, []) for name in MANY}
        asked |= {name: (sheet.rule.get(name) or [""])[0] for name in ONE}
        return {
            "name": sheet.name,
            "hue": sheet.hue,
            "kind": sheet.kind,
            "teams": [str(pk) for pk in seen],
            "version": sheet.version,
            **asked,
        }


def named(rows: Any, *, live: bool = False, held: list[str] | None = None) -> list[tuple[str, str]]:
    """Rows to choose from: those in use, and those that the rule holds already."""
    chosen = list(rows.filter(pk__in=held or []).values_list("pk", "name"))
    in_use = rows.filter(archived_at__isnull=True) if live else rows
    offered = dict([*in_use.values_list("pk", "name")[:MOST_OFFERED], *chosen])
    return [(str(pk), name) for pk, name in offered.items()]
