"""Users: the list, one user's page, and their ways in."""

from __future__ import annotations

import secrets
import smtplib
import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import get_reset_password_from_key_url
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions.access import end_sessions, make_token, note_invitation, reset_second_factor, withdraw_token
from accounts.actions.profiles import add_user, edit_user, switch_user_off, switch_user_on
from accounts.actions.rights import is_within_reach
from accounts.forms import INVITATION, NewUserForm, ProfileForm, TokenForm
from accounts.guards import permitted, signed_in_user
from accounts.models import ApiToken, Team, User
from accounts.rows import role_title
from core.forms import submit, submit_edit, tell
from core.lists import Column, FilterForm, Folded, ListPage, matching
from core.refusals import NotFound, Refusal

MANAGE = "accounts.manage_users"

COLUMNS = (
    Column(name="name", title=gettext_lazy("Name"), sort="folded_name"),
    Column(name="roles", title=gettext_lazy("Roles")),
    Column(name="teams", title=gettext_lazy("Teams")),
    Column(name="state", title=gettext_lazy("State"), sort="is_active"),
    Column(name="last_login", title=gettext_lazy("Last sign-in"), sort="signed_in_at"),
)


class UserFilters(FilterForm):
    search_hint = gettext_lazy("Name, user or e-mail")
    role = forms.ChoiceField(required=False, label=gettext_lazy("Role"))
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team"), empty_label=gettext_lazy("All")
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All")), ("active", gettext_lazy("Active")), ("off", gettext_lazy("Deactivated"))],
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("All")),
            *((str(role.pk), role_title(role.name)) for role in Group.objects.order_by("name")),
        ]
        self.fields["team"].queryset = Team.objects.visible_to(by)  # type: ignore[attr-defined]  # a ModelChoiceField

    def narrow(self, rows: Any) -> Any:
        if role := self.said("role"):
            rows = rows.filter(groups=role)
        if team := self.said("team"):
            rows = rows.filter(memberships__team=team)
        if state := self.said("state"):
            rows = rows.filter(is_active=state == "active")
        return rows.filter(matching(self.said("q") or "", "folded_name", "folded_email"))


@require_GET
@permitted(MANAGE)
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody the reader may see, by name."""
    by = signed_in_user(request)
    rows = (
        User.objects.visible_to(by)
        .annotate(
            folded_name=Folded(Concat("first_name", Value(" "), "last_name", Value(" "), "username")),
            folded_email=Folded("email"),
            signed_in_at=Coalesce("last_login", F("date_joined")),
        )
        .prefetch_related("groups", "memberships__team")
    )
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="name", filters=UserFilters(request.GET, by=by))
    for user in page.rows:
        user.role_titles = [role_title(group.name) for group in user.groups.all()]
    return render(request, "accounts/users.html", {"page": page, "heading": _("Users")})


@never_cache
@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def new_user(request: HttpRequest) -> HttpResponse:
    """A user is made, and invited or given a first password, which is shown this once."""
    by = signed_in_user(request)
    initial = {"language": by.language, "time_zone": by.time_zone, "capacity": 5}
    form = NewUserForm(request.POST or None, by=by, initial=initial)
    if request.method == "POST" and form.is_valid():
        password = None if form.cleaned_data["way"] == INVITATION else secrets.token_urlsafe(12)
        made = submit(
            form, lambda: add_user(form.cleaned_data["username"], profile=form.profile(), by=by, password=password)
        )
        if made is not None and password is not None:
            # Not redirected: a password must not be kept anywhere to be shown on a next page.
            context = {"heading": made.name, "about": made, "password": password}
            return render(request, "accounts/first_password.html", context)
        if made is not None:
            send_invitation(request, made, by=by)
            return redirect("users")
    context = {"form": form, "heading": _("New user"), "cancel_url": reverse("users")}
    return render(request, "accounts/user.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def user_page(request: HttpRequest, user_id: int) -> HttpResponse:
    """One user's profile; two who edit it at once do not overwrite each other."""
    by = signed_in_user(request)
    user = seen_user(user_id, by=by)
    form = ProfileForm(request.POST or None, by=by, user=user, initial=ProfileForm.stored(user))
    if submit_edit(
        request,
        form,
        lambda version: edit_user(user_id, profile=form.profile(), by=by, version=version),
        again=lambda: ProfileForm.stored(seen_user(user_id, by=by)),
    ):
        return redirect("users")
    context = {
        "form": form,
        "about": user,
        "heading": user.name,
        "part": "profile",
        "is_in_reach": is_within_reach(user, by=by),
        "cancel_url": reverse("users"),
    }
    return render(request, "accounts/user.html", context, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def security(request: HttpRequest, user_id: int) -> HttpResponse:
    """A user's ways in. POST makes a token, which is shown this once."""
    by = signed_in_user(request)
    user = seen_user(user_id, by=by)
    form = TokenForm(request.POST or None, initial={"client_id": uuid.uuid4()})
    plain = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        plain = submit(form, lambda: make_token(user_id, name=said["name"], client_id=said["client_id"], by=by))
        if plain is not None:
            form = TokenForm(initial={"client_id": uuid.uuid4()})
    context = {
        "form": form,
        "about": user,
        "heading": user.name,
        "part": "security",
        "token": plain,
        "tokens": ApiToken.objects.filter(user=user, revoked_at__isnull=True).order_by("-created_at"),
        "has_second_factor": Authenticator.objects.filter(user=user).exists(),
        "is_in_reach": is_within_reach(user, by=by),
        "is_self": user.pk == by.pk,
    }
    return render(request, "accounts/user_security.html", context, status=400 if form.errors else 200)


def acted(act: Callable[..., object], said: Any, *, back: str = "user-security") -> Callable[..., HttpResponse]:
    """A view that does one thing to a user by POST and says so, with a way back where `said` gives its name."""

    @require_POST
    @permitted(MANAGE)
    def view(request: HttpRequest, user_id: int, **also: Any) -> HttpResponse:
        by = signed_in_user(request)
        try:
            act(user_id, **also, by=by)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            words, undo = said
            tell(request, str(words), undo_url=reverse(undo, args=[user_id]) if undo else "")
        return redirect(back, user_id=user_id)

    return view


end_all_sessions = acted(end_sessions, (gettext_lazy("The sessions were closed."), ""))
reset_factor = acted(reset_second_factor, (gettext_lazy("The second factor was removed and the sessions closed."), ""))
deactivate = acted(switch_user_off, (gettext_lazy("Deactivated: they cannot sign in."), "user-reactivate"))
reactivate = acted(switch_user_on, (gettext_lazy("Reactivated."), ""))


@require_POST
@permitted(MANAGE)
def revoke_token(request: HttpRequest, user_id: int, token_id: int) -> HttpResponse:
    """The program that uses it is refused from its next request on."""
    try:
        withdraw_token(user_id, token_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        tell(request, _("The token was revoked."))
    return redirect("user-security", user_id=user_id)


@require_POST
@permitted(MANAGE)
def invite(request: HttpRequest, user_id: int) -> HttpResponse:
    """Send the link again to somebody who may have lost it."""
    by = signed_in_user(request)
    user = seen_user(user_id, by=by)
    if not is_within_reach(user, by=by) or not user.email or not user.is_active:
        messages.error(request, _("An invitation cannot be sent to this user."))
    else:
        send_invitation(request, user, by=by)
    return redirect("user-security", user_id=user_id)


def seen_user(user_id: int, *, by: User) -> User:
    user: User | None = User.objects.visible_to(by).filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user


def send_invitation(request: HttpRequest, user: User, *, by: User) -> None:
    """The link to choose a password. A mail that cannot leave is said, and can be sent again: the user is made either way."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    context = {"user": user, "inviter": by, "password_reset_url": get_reset_password_from_key_url(request, key)}
    try:
        get_adapter().send_mail("account/email/invitation", user.email, context)
    except (OSError, smtplib.SMTPException):
        messages.warning(
            request,
            _("{name} was created, but the invitation could not be sent. Send it again from Security.").format(
                name=user.name
            ),
        )
    else:
        note_invitation(user, by=by)
        tell(request, _("The invitation was sent to {email}.").format(email=user.email))
