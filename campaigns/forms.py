"""What the account pages ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.actions import COLORS, ICONS
from campaigns.models import Campaign, ChannelAccount, MessageTemplate, ProviderApp
from core.forms import PickerSelectMultiple, SwitchInput

COLOR_NAMES = {
    "": _("The channel's own"),
    "green": _("Green"),
    "blue": _("Blue"),
    "ochre": _("Ochre"),
    "rose": _("Rose"),
    "violet": _("Violet"),
    "gray": _("Grey"),
}
ICON_NAMES = {
    "": _("The channel's own"),
    "headset": _("Headset"),
    "megaphone": _("Megaphone"),
    "briefcase": _("Briefcase"),
    "house": _("House"),
    "star": _("Star"),
    "zap": _("Bolt"),
    "smartphone": _("Telephone"),
}


def secret_input() -> forms.Widget:
    """A field whose value never comes back into the page."""
    return forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"})


class AppForm(forms.Form):
    """The app that signs: one that is there, or a new one."""

    OWN, NEW = "own", "new"

    app = forms.ChoiceField(label=_("App"), widget=forms.RadioSelect)
    name = forms.CharField(max_length=80, label=_("Name of the app"))
    app_secret = forms.CharField(max_length=200, label=_("App secret"), widget=secret_input())
    verify_token = forms.CharField(
        required=False,
        max_length=128,
        label=_("Verify token"),
        help_text=_("Leave it empty to have one made."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, has_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(self.OWN, _("This installation's app"))] if has_own else []
        known = [(str(each.pk), each.name) for each in ProviderApp.objects.order_by("name")]
        field: Any = self.fields["app"]
        field.choices = [*own, *known, (self.NEW, _("A new app"))]
        self.initial.setdefault("app", field.choices[0][0])
        if self.is_bound and self.data.get(self.add_prefix("app")) != self.NEW:
            # Asked for of a new app only; shown as demanded, because then they are.
            self.fields["name"].required = self.fields["app_secret"].required = False


class SecretForm(forms.Form):
    app_secret = forms.CharField(max_length=200, label=_("New app secret"), widget=secret_input())


class AccessForm(forms.Form):
    waba_id = forms.CharField(
        max_length=40,
        label=_("WhatsApp business account id"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    token = forms.CharField(max_length=1200, label=_("Access token"), widget=secret_input())

    def __init__(self, *args: Any, has_token: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Kept since an earlier try: asked for again only where another is wanted.
        self.fields["token"].required = not has_token


class TokenForm(forms.Form):
    token = forms.CharField(max_length=1200, label=_("New access token"), widget=secret_input())


class SharedForm(forms.Form):
    """What an account is to be, but for its name."""

    color = forms.ChoiceField(required=False, label=_("Colour"), choices=[(each, COLOR_NAMES[each]) for each in COLORS])
    icon = forms.ChoiceField(required=False, label=_("Icon"), choices=[(each, ICON_NAMES[each]) for each in ICONS])
    campaigns = forms.ModelMultipleChoiceField(
        required=False, label=_("Campaigns"), queryset=Campaign.objects.none(), widget=PickerSelectMultiple
    )
    default_campaign = forms.ModelChoiceField(
        required=False,
        label=_("Campaign of new conversations"),
        queryset=Campaign.objects.none(),
        empty_label=_("None: they wait without a campaign"),
    )
    update_message_statuses = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Update the messages' statuses"),
        help_text=_("Sent, delivered and read, as the provider reports them."),
        widget=SwitchInput,
    )

    def __init__(self, *args: Any, by: User, account: ChannelAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What it serves already stays a choice, so that saving takes nothing away unseen.
        condition = Q(pk__in=Campaign.objects.visible_to(by).values("pk"))
        if account is not None:
            condition |= Q(pk__in=account.campaigns.values("pk")) | Q(pk=account.default_campaign_id)
        for name in ("campaigns", "default_campaign"):
            field: Any = self.fields[name]
            field.queryset = Campaign.objects.filter(condition).order_by("name")


class AccountForm(SharedForm):
    name = forms.CharField(max_length=80, label=_("Name"))
    provider_app = forms.ModelChoiceField(
        required=False, label=_("App that signs"), queryset=ProviderApp.objects.order_by("name")
    )
    field_order = ("name",)

    def __init__(self, *args: Any, has_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["provider_app"]
        field.empty_label = _("This installation's app") if has_own else _("None: nothing is received")


def stored_values(account: ChannelAccount) -> dict[str, Any]:
    return {
        "name": account.name,
        "color": account.color,
        "icon": account.icon,
        "campaigns": sorted(account.campaigns.values_list("pk", flat=True)),
        "default_campaign": account.default_campaign_id,
        "update_message_statuses": account.update_message_statuses,
        "provider_app": account.provider_app_id,
    }


class TestForm(forms.Form):
    """A message to oneself."""

    TEXT = "text"

    number = forms.CharField(
        max_length=40,
        label=_("Number to write to"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "placeholder": "+595 981 123456"}),
    )
    template = forms.ChoiceField(label=_("What to send"))
    text = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Text"),
        help_text=_("A text only arrives if that number wrote to this one in the last 24 hours."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, templates: list[MessageTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.choices = [
            *(
                (str(each.pk), _("Template «%(name)s» (%(language)s)") % {"name": each.name, "language": each.language})
                for each in templates
            ),
            (self.TEXT, _("A text")),
        ]
