"""Forms about clients and campaigns. They read and say what was typed; what is allowed is decided by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from campaigns.actions.campaign_setup import MOST_HISTORY_HOURS, CampaignSheet
from campaigns.actions.portfolio import ClientSheet
from campaigns.models import Campaign, ChannelAccount, Project
from core.forms import PickerSelect, PickerSelectMultiple, SwitchInput, VersionedForm

MOST_SECONDS = 86_400


class ClientForm(VersionedForm):
    """Waits are written in minutes and kept in seconds."""

    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    sla_optimal = forms.IntegerField(min_value=1, max_value=1440, label=gettext_lazy("Good wait, up to"))
    sla_low_s = forms.IntegerField(min_value=1, max_value=1440, label=gettext_lazy("Late, from"))
    max_history_conversations = forms.IntegerField(
        min_value=1, max_value=500, label=gettext_lazy("Conversations in the history")
    )
    max_inactivity = forms.IntegerField(min_value=0, max_value=10_080, label=gettext_lazy("Inactive after"))
    inactivity_attempts = forms.IntegerField(min_value=0, max_value=20, label=gettext_lazy("Reminders before closing"))

    def sheet(self) -> ClientSheet:
        said = self.cleaned_data
        return ClientSheet(
            name=said["name"],
            sla_optimal_s=said["sla_optimal"] * 60,
            sla_low_s=said["sla_low_s"] * 60,
            max_history_conversations=said["max_history_conversations"],
            max_inactivity_s=said["max_inactivity"] * 60,
            inactivity_attempts=said["inactivity_attempts"],
        )

    @staticmethod
    def stored(sheet: ClientSheet) -> dict[str, Any]:
        return {
            "name": sheet.name,
            "sla_optimal": round(sheet.sla_optimal_s / 60),
            "sla_low_s": round(sheet.sla_low_s / 60),
            "max_history_conversations": sheet.max_history_conversations,
            "max_inactivity": round(sheet.max_inactivity_s / 60),
            "inactivity_attempts": sheet.inactivity_attempts,
            "version": sheet.version,
        }


class ProjectForm(VersionedForm):
    name = forms.CharField(max_length=80, label=gettext_lazy("Project's name"))


class CampaignForm(VersionedForm):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label=gettext_lazy("Project"),
        empty_label=gettext_lazy("Choose one"),
        widget=PickerSelect,
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), empty_label=gettext_lazy("Choose one"), widget=PickerSelect
    )
    kind = forms.ChoiceField(choices=Campaign.Kind.choices, label=gettext_lazy("Kind"))
    distribution = forms.ChoiceField(choices=Campaign.Distribution.choices, label=gettext_lazy("Distribution"))
    history_hours = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_HISTORY_HOURS, label=gettext_lazy("Hours of history shown")
    )
    reopen_within_h = forms.IntegerField(min_value=0, max_value=720, label=gettext_lazy("Reopen within"))
    allow_external_resources = forms.BooleanField(
        required=False, label=gettext_lazy("Allow external resources"), widget=SwitchInput
    )
    only_owner_replies = forms.BooleanField(
        required=False, label=gettext_lazy("Only the person in charge replies"), widget=SwitchInput
    )
    allow_close_unanswered = forms.BooleanField(
        required=False, label=gettext_lazy("Allow closing without an answer"), widget=SwitchInput
    )

    def __init__(self, *args: Any, by: User, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.filter(archived=False, client__archived=False)
        teams = Team.objects.visible_to(by).filter(archived=False)
        if campaign is not None:
            # What it has stays a choice, archived meanwhile or not.
            projects = projects | Project.objects.filter(pk=campaign.project_id)
            teams = teams | Team.objects.visible_to(by).filter(pk=campaign.team_id)
        project, team = self.fields["project"], self.fields["team"]
        project.queryset = projects.select_related("client").order_by("client__name", "name")  # type: ignore[attr-defined]  # ModelChoiceFields
        project.label_from_instance = lambda each: f"{each.client.name} › {each.name}"  # type: ignore[attr-defined]  # as above
        team.queryset = teams  # type: ignore[attr-defined]  # as above

    def sheet(self) -> CampaignSheet:
        said = dict(self.cleaned_data)
        said.pop("version", None)
        project, team = said.pop("project"), said.pop("team")
        return CampaignSheet(**said, project_id=project.pk, team_id=team.pk)

    @staticmethod
    def stored(campaign: Campaign) -> dict[str, Any]:
        sheet = CampaignSheet.of(campaign)
        values = sheet.as_values()
        return values | {"project": sheet.project_id, "team": sheet.team_id, "version": sheet.version}


class AgentsForm(VersionedForm):
    """Who works in a campaign; each one's channels stand in fields of their own, `channels_<user>`."""

    agents = forms.MultipleChoiceField(required=False, label=gettext_lazy("Agents"), widget=PickerSelectMultiple)

    def __init__(self, *args: Any, people: list[User], kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agents"].choices = [(str(each.pk), each.name) for each in people]  # type: ignore[attr-defined]  # a MultipleChoiceField
        for each in people:
            self.fields[f"channels_{each.pk}"] = forms.MultipleChoiceField(
                required=False, choices=kinds, label=each.name, widget=forms.CheckboxSelectMultiple
            )

    def agents_said(self) -> dict[int, tuple[str, ...]]:
        return {
            int(each): tuple(self.cleaned_data.get(f"channels_{each}") or ()) for each in self.cleaned_data["agents"]
        }


class AccountsForm(VersionedForm):
    accounts = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Accounts"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, accounts: list[ChannelAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accounts"].choices = [(str(each.pk), each.name) for each in accounts]  # type: ignore[attr-defined]  # a MultipleChoiceField
