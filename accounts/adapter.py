"""allauth's door: what it does to people goes through the same actions as everything else."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest
from django.urls import reverse

from accounts import actions, sessions
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """A closed installation: people are invited, nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts failures per user alone: any stranger could keep the admin out for as long as they like (S14).
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{get_ip(request)}"

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        actions.begin_session(user)

    def logout(self, request: HttpRequest) -> None:
        user, digest = request.user, sessions.digest(request.session.session_key)
        super().logout(request)
        if isinstance(user, User):
            actions.end_session(user, session_digest=digest)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        # This session ended too: the next page is the login, not the form again behind it.
        return reverse("account_login")

    def set_password(self, user: Any, password: str) -> None:
        super().set_password(user, password)
        actions.revoke_access(user.pk, by=user, verb="password_changed")
