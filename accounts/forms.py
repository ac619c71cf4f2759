"""Forms about people. They read and say what was typed; what is allowed is decided by the actions."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.aux_states import FIELDS, ICONS, AuxSheet
from accounts.actions.profiles import MOST_AT_ONCE, Profile
from accounts.actions.rights import givable_roles
from accounts.actions.roles import LONGEST_NAME
from accounts.actions.team_setup import TeamSheet
from accounts.models import AuxState, Team, User
from accounts.rows import role_title
from core.forms import PickerSelect, PickerSelectMultiple, SwitchInput, VersionedForm
from core.text import HUES

INVITATION, PASSWORD = "invitation", "password"


def language_choices() -> list[tuple[str, Any]]:
    return list(settings.LANGUAGES)


def time_zone_choices() -> list[tuple[str, str]]:
    """Those of the Americas first: they are what is looked for."""
    names = sorted(zoneinfo.available_timezones(), key=lambda name: (not name.startswith("America/"), name))
    return [(name, name.replace("_", " ")) for name in names]


class ProfileForm(VersionedForm):
    """A user as an administrator writes it. `by` decides which roles and teams stand to choose; the action asks again."""

    first_name = forms.CharField(max_length=150, label=gettext_lazy("First name"))
    last_name = forms.CharField(max_length=150, required=False, label=gettext_lazy("Last name"))
    email = forms.EmailField(required=False, label=gettext_lazy("E-mail"))
    language = forms.ChoiceField(choices=language_choices, label=gettext_lazy("Language"))
    time_zone = forms.ChoiceField(choices=time_zone_choices, label=gettext_lazy("Time zone"), widget=PickerSelect)
    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), widget=PickerSelectMultiple)
    teams = forms.MultipleChoiceField(required=False, label=gettext_lazy("Teams"), widget=PickerSelectMultiple)
    supervised = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Supervises"), widget=PickerSelectMultiple
    )
    capacity = forms.IntegerField(
        min_value=0, max_value=MOST_AT_ONCE, label=gettext_lazy("WhatsApp conversations at once")
    )
    may_export = forms.BooleanField(required=False, label=gettext_lazy("May export"), widget=SwitchInput)
    may_log_out_with_active = forms.BooleanField(
        required=False, label=gettext_lazy("May sign out with open conversations"), widget=SwitchInput
    )

    def __init__(self, *args: Any, by: User, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        held = set(user.groups.values_list("pk", flat=True)) if user else set()
        givable = {role.pk: role for role in givable_roles(by)}
        others = Group.objects.filter(pk__in=held - givable.keys())
        self.fields["roles"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (str(role.pk), role_title(role.name)) for role in (*givable.values(), *others)
        ]
        teams = list(Team.objects.visible_to(by).live())
        belongs = list(Team.objects.filter(memberships__user=user)) if user else []
        shown = {team.pk: team for team in (*teams, *belongs)}
        choices = [(str(team.pk), team.name) for team in sorted(shown.values(), key=lambda each: each.name)]
        self.fields["teams"].choices = self.fields["supervised"].choices = choices  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        loose = set(cleaned.get("supervised", [])) - set(cleaned.get("teams", []))
        if loose:
            self.add_error("supervised", _("Somebody can only supervise a team they belong to."))
        return cleaned

    def profile(self) -> Profile:
        """What was typed, as the action takes it."""
        said = self.cleaned_data
        capacity = dict(self.user.capacity) if self.user else {}
        return Profile(
            first_name=said["first_name"],
            last_name=said["last_name"],
            email=said["email"],
            roles=frozenset(int(each) for each in said["roles"]),
            teams={int(each): each in said["supervised"] for each in said["teams"]},
            language=said["language"],
            time_zone=said["time_zone"],
            capacity=capacity | {"whatsapp": said["capacity"]},
            may_export=said["may_export"],
            may_log_out_with_active=said["may_log_out_with_active"],
        )

    @staticmethod
    def stored(user: User) -> dict[str, Any]:
        """The form's initial values for a user, `version` among them."""
        profile = Profile.of(user)
        return {
            "first_name": profile.first_name,
            "last_name": profile.last_name,
            "email": profile.email,
            "language": profile.language,
            "time_zone": profile.time_zone,
            "roles": [str(each) for each in sorted(profile.roles)],
            "teams": [str(each) for each in sorted(profile.teams)],
            "supervised": [str(each) for each, supervises in sorted(profile.teams.items()) if supervises],
            "capacity": user.capacity_for("whatsapp"),
            "may_export": profile.may_export,
            "may_log_out_with_active": profile.may_log_out_with_active,
            "version": profile.version,
        }


class NewUserForm(ProfileForm):
    username = forms.CharField(max_length=150, label=gettext_lazy("User name"), validators=[UnicodeUsernameValidator()])
    way = forms.ChoiceField(
        choices=[
            (INVITATION, gettext_lazy("Send an invitation by e-mail")),
            (PASSWORD, gettext_lazy("Show a first password once")),
        ],
        initial=INVITATION,
        label=gettext_lazy("How they sign in for the first time"),
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("way") == INVITATION and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("The invitation needs an address."))
        return cleaned


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, label=gettext_lazy("What it is for"))
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class TeamForm(VersionedForm):
    """A team. People not for the reader to see are kept as they are by the action, and not shown."""

    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    members = forms.MultipleChoiceField(required=False, label=gettext_lazy("Members"), widget=PickerSelectMultiple)
    supervisors = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Supervisors"), widget=PickerSelectMultiple
    )

    def __init__(self, *args: Any, by: User, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(by).filter(is_active=True)
        if team is not None:
            people = people | User.objects.visible_to(by).filter(memberships__team=team)
        choices = [
            (str(each.pk), each.name) for each in people.distinct().order_by("first_name", "last_name", "username")
        ]
        self.fields["members"].choices = self.fields["supervisors"].choices = choices  # type: ignore[attr-defined]  # MultipleChoiceFields

    def sheet(self) -> TeamSheet:
        """What was typed. Whoever supervises belongs."""
        said = self.cleaned_data
        members = {int(each): False for each in said["members"]} | {int(each): True for each in said["supervisors"]}
        return TeamSheet(name=said["name"], members=members)

    @staticmethod
    def stored(team: Team) -> dict[str, Any]:
        sheet = TeamSheet.of(team)
        return {
            "name": sheet.name,
            "members": [str(each) for each in sorted(sheet.members)],
            "supervisors": [str(each) for each, supervises in sorted(sheet.members.items()) if supervises],
            "version": sheet.version,
        }


class RoleForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME, label=gettext_lazy("Name"))
    like = forms.ChoiceField(required=False, label=gettext_lazy("Begin with the rights of"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["like"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("None")),
            *((str(role.pk), role_title(role.name)) for role in Group.objects.order_by("name")),
        ]


class RoleNameForm(forms.Form):
    """Another name for a role: each has its own among the grid's dialogs, told apart by `prefix`."""

    name = forms.CharField(max_length=LONGEST_NAME, label=gettext_lazy("Name"))


def hue_choices() -> list[tuple[str, Any]]:
    names = {
        "gray": _("Grey"),
        "blue": _("Blue"),
        "green": _("Green"),
        "ochre": _("Ochre"),
        "rose": _("Rose"),
        "violet": _("Violet"),
    }
    return [(hue, names[hue]) for hue in HUES]


class AuxStateForm(VersionedForm):
    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    color = forms.ChoiceField(choices=hue_choices, label=gettext_lazy("Colour"))
    icon = forms.ChoiceField(
        choices=[(icon, icon) for icon in ICONS], label=gettext_lazy("Icon"), widget=forms.RadioSelect
    )
    routing = forms.ChoiceField(choices=AuxState.Routing.choices, label=gettext_lazy("Routing"))
    max_minutes = forms.IntegerField(required=False, min_value=1, max_value=1440, label=gettext_lazy("At most"))
    accepts_new = forms.BooleanField(
        required=False, label=gettext_lazy("New conversations come in"), widget=SwitchInput
    )
    works_active = forms.BooleanField(
        required=False, label=gettext_lazy("Works on open conversations"), widget=SwitchInput
    )
    productive = forms.BooleanField(required=False, label=gettext_lazy("Counts as productive time"), widget=SwitchInput)
    is_initial = forms.BooleanField(
        required=False, label=gettext_lazy("Everybody begins here after signing in"), widget=SwitchInput
    )

    def sheet(self) -> AuxSheet:
        return AuxSheet(**{name: self.cleaned_data[name] for name in FIELDS})

    @staticmethod
    def stored(aux_state: AuxState) -> dict[str, Any]:
        sheet = AuxSheet.of(aux_state)
        return sheet.as_values() | {"version": sheet.version}
