"""What notifications may show, decided by an admin (S59)."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.actions import pushing
from accounts.guards import permitted, signed_in_user
from accounts.models import PushSubscription
from core.forms import SwitchInput, tell


class PushSettingsForm(forms.Form):
    shows_preview = forms.BooleanField(
        label=gettext_lazy("Show the customer's name and words"), required=False, widget=SwitchInput
    )


@require_http_methods(["GET", "POST"])
@permitted("accounts.manage_push")
def push_settings(request: HttpRequest) -> HttpResponse:
    """One switch, and how many browsers it is about."""
    # A switch that is off sends nothing: an empty form is one that was sent all the same.
    said = request.POST if request.method == "POST" else None
    form = PushSettingsForm(said, initial={"shows_preview": pushing.push_settings().shows_preview})
    if request.method == "POST" and form.is_valid():
        pushing.show_previews(by=signed_in_user(request), shows_preview=form.cleaned_data["shows_preview"])
        tell(request, _("Saved."))
        return redirect("push-settings")
    context = {
        "heading": _("Notifications"),
        "form": form,
        "browsers": PushSubscription.objects.count(),
        "people": PushSubscription.objects.values("user").distinct().count(),
    }
    return render(request, "accounts/push_settings.html", context, status=400 if form.errors else 200)
