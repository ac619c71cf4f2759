"""Who may enter a page. A view's door, not a rule: what is seen and done inside is asked of `visible_to` and the actions."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.actions import note_refused_entry
from accounts.models import User

View = TypeVar("View", bound=Callable[..., HttpResponse])


def permitted(*permissions: str) -> Callable[[View], View]:
    """Let in whoever has any of the permissions. Others: 403 and a line in the journal (S07); nobody signed in: the login page."""

    def guard(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = signed_in_user(request)
            if not any(user.has_perm(each) for each in permissions):
                note_refused_entry(user, path=request.path, method=request.method or "")
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]  # login_required keeps the shape of what it wraps

    return guard


def signed_in_user(request: HttpRequest) -> User:
    """The user of a page that only signed-in users reach."""
    assert isinstance(request.user, User)
    return request.user


def recently_signed_in(request: HttpRequest) -> None:
    """Let whoever signed in a while ago say once more who they are, before something destructive (S47).

    Raises:
        ReauthenticationRequired: allauth's middleware asks for the password (or the second factor), and carries the same request out
            afterwards.
    """
    records = get_authentication_records(request, request.user)
    last = max((float(each.get("at", 0)) for each in records), default=0.0)
    if time.time() - last > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise ReauthenticationRequired
