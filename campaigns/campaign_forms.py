"""Forms about clients and campaigns. They read and say what was typed; what is allowed is decided by the actions."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from campaigns.actions.campaign_setup import (
    MOST_FALLBACK_MIN,
    MOST_HISTORY_HOURS,
    MOST_REOPENING_HOURS,
    CampaignSheet,
)
from campaigns.actions.portfolio import ClientSheet
from campaigns.actions.serving import AccountsSheet
from campaigns.models import Campaign, ChannelAccount, Project
from campaigns.models.portfolio import MIN_RING_S, MOST_RETURN_S, MOST_RING_S
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
    ring_timeout_s = forms.IntegerField(
        min_value=MIN_RING_S, max_value=MOST_RING_S, label=gettext_lazy("Time to accept an offer")
    )
    return_after = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_RETURN_S // 60,
        label=gettext_lazy("Back to the queue without an answer"),
    )
    exclusive_fallback_min = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_FALLBACK_MIN, label=gettext_lazy("Exclusive agent away")
    )
    history_hours = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_HISTORY_HOURS, label=gettext_lazy("Hours of history shown")
    )
    reopen_within_h = forms.IntegerField(
        min_value=0, max_value=MOST_REOPENING_HOURS, label=gettext_lazy("Reopen within")
    )
    blending = forms.BooleanField(
        required=False, label=gettext_lazy("New chats while a record is open"), widget=SwitchInput
    )
    allow_transfer = forms.BooleanField(required=False, label=gettext_lazy("Allow transfers"), widget=SwitchInput)
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
        project, team, minutes = said.pop("project"), said.pop("team"), said.pop("return_after")
        return CampaignSheet(
            **said, project_id=project.pk, team_id=team.pk, return_after_s=None if minutes is None else minutes * 60
        )

    @staticmethod
    def stored(campaign: Campaign) -> dict[str, Any]:
        sheet = CampaignSheet.of(campaign)
        return shown_values(sheet) | {"project": sheet.project_id, "team": sheet.team_id, "version": sheet.version}

    @staticmethod
    def fresh() -> dict[str, Any]:
        """What a new campaign is proposed."""
        return shown_values(CampaignSheet(name="", project_id=0, team_id=0))


def shown_values(sheet: CampaignSheet) -> dict[str, Any]:
    """Written in minutes, kept in seconds: a time that is no whole number of minutes (over REST) is shown rounded up, never as none."""
    values, seconds = sheet.as_values(), sheet.return_after_s
    return values | {"return_after": None if seconds is None else math.ceil(seconds / 60)}


class CopyForm(forms.Form):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name of the copy"))


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
    default_for = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("New conversations"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, accounts: list[ChannelAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("accounts", "default_for"):
            self.fields[name].choices = [(str(each.pk), each.name) for each in accounts]  # type: ignore[attr-defined]  # a MultipleChoiceField

    def said(self) -> dict[str, frozenset[int]]:
        accounts = frozenset(int(each) for each in self.cleaned_data["accounts"])
        defaults = frozenset(int(each) for each in self.cleaned_data["default_for"])
        return {"account_ids": accounts, "default_for": defaults}

    @staticmethod
    def stored(sheet: AccountsSheet) -> dict[str, Any]:
        return {
            "accounts": [str(each) for each in sorted(sheet.accounts)],
            "default_for": [str(each) for each in sorted(sheet.defaults)],
            "version": sheet.version,
        }
