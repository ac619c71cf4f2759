"""Forms of shortcuts and resources. They say what was typed; what may be saved is decided by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.actions import ResourceWords, ShortcutWords
from campaigns.models import Resource, Shortcut, campaigns_of, campaigns_run_by
from core.forms import PickerSelect, VersionedForm
from core.lists import FilterForm
from core.text import fold
from core.versions import version_of

COMPANY = "company"
# More than anybody picks from a list; the search of the picker finds among them.
MOST_RESOURCES = 1_000


def campaign_choices(user: User) -> list[tuple[str, str]]:
    """What ready words may be saved for: the campaigns the user runs, and the company where they may."""
    campaigns = [(str(each.pk), each.name) for each in campaigns_run_by(user).order_by("name")]
    whole = [("", _("The whole company"))] if user.has_perm("accounts.see_all_teams") else []
    return [*whole, *campaigns]


class ReadyForm(VersionedForm):
    """What shortcuts and resources share."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    campaign = forms.TypedChoiceField(
        label=gettext_lazy("For whom"), coerce=int, empty_value=None, required=False, choices=()
    )
    text = forms.CharField(
        label=gettext_lazy("Words"), required=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"})
    )
    position = forms.IntegerField(
        label=gettext_lazy("Place in the list"), min_value=0, max_value=9_999, required=False, initial=0
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["campaign"]
        field.choices = campaign_choices(user)


class ResourceForm(ReadyForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Resource.Kind.choices, required=False)
    file = forms.FileField(label=gettext_lazy("File"), required=False)

    def words(self) -> ResourceWords:
        said = self.cleaned_data
        return ResourceWords(
            name=said["name"], text=said["text"], campaign_id=said["campaign"], position=said["position"] or 0
        )

    @staticmethod
    def stored(resource: Resource) -> dict[str, Any]:
        shown = {
            "name": resource.name,
            "text": resource.text,
            "campaign": resource.campaign_id,
            "position": resource.position,
        }
        return shown | {"version": version_of(shown | {"file": resource.sha256}), "kind": resource.kind}


class ShortcutForm(ReadyForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=32)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, required=False)
    resource = forms.TypedChoiceField(
        label=gettext_lazy("Resource of the gallery"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=(),
        widget=PickerSelect,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        field: Any = self.fields["resource"]
        offered = Resource.objects.live().visible_to(user).select_related("campaign").order_by("name_folded", "pk")
        field.choices = [("", _("None: only the words"))] + [
            (str(each.pk), f"{each.name} · {each.get_kind_display()} · {scope_name(each)}")
            for each in offered[:MOST_RESOURCES]
        ]

    def clean_code(self) -> str:
        # People write it as they type it at the desk.
        code: str = self.cleaned_data["code"]
        return code.strip().removeprefix("/")

    def words(self) -> ShortcutWords:
        said = self.cleaned_data
        return ShortcutWords(
            code=said["code"],
            name=said["name"],
            text=said["text"],
            resource_id=said["resource"],
            campaign_id=said["campaign"],
            position=said["position"] or 0,
        )

    @staticmethod
    def stored(shortcut: Shortcut) -> dict[str, Any]:
        shown = {
            "name": shortcut.name,
            "text": shortcut.text,
            "campaign": shortcut.campaign_id,
            "position": shortcut.position,
            "code": shortcut.code,
            "resource": shortcut.resource_id,
        }
        return shown | {"version": version_of(shown)}


def scope_name(row: Resource | Shortcut) -> str:
    return row.campaign.name if row.campaign is not None else _("Company")


class ReadyFilter(FilterForm):
    """Searched by name, code and words; narrowed by campaign, kind and state."""

    search_hint = gettext_lazy("Search by name or words")
    campaign = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("In use")), ("archived", gettext_lazy("Archived"))],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaigns = [(str(each.pk), each.name) for each in campaigns_of(user).order_by("name")]
        choices: Any = self.fields["campaign"]
        choices.choices = [("", _("All")), (COMPANY, _("The whole company")), *campaigns]
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", _("All")), *Resource.Kind.choices]

    def narrow(self, rows: Any) -> Any:
        rows = rows.filter(archived_at__isnull=self.said("state") != "archived")
        campaign = self.said("campaign")
        if campaign == COMPANY:
            rows = rows.filter(campaign__isnull=True)
        elif campaign:
            rows = rows.filter(campaign_id=int(campaign))
        if kind := self.said("kind"):
            rows = rows.filter(self.of_kind(kind))
        if query := self.said("q"):
            rows = rows.filter(self.holding(query))
        return rows

    def of_kind(self, kind: str) -> Q:
        return Q(kind=kind)

    def holding(self, query: str) -> Q:
        return Q(name_folded__contains=fold(query)) | Q(text__icontains=query)


class ShortcutFilter(ReadyFilter):
    search_hint = gettext_lazy("Search by code, name or words")

    def of_kind(self, kind: str) -> Q:
        of_resource = Q(resource__kind=kind)
        return of_resource | Q(resource__isnull=True) if kind == Resource.Kind.TEXT else of_resource

    def holding(self, query: str) -> Q:
        code = query.strip().removeprefix("/").lower()
        return super().holding(query) | Q(code__contains=code) | Q(resource__name_folded__contains=fold(query))
