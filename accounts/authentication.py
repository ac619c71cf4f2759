"""Who calls the API: a browser's session or a program's token."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import actions
from accounts.models import ApiToken
from core.misses import refuse_who_guesses


class SessionAuthentication(authentication.SessionAuthentication):
    """As DRF's, but an anonymous request is told 401, not 403: the panel then goes to the login page."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token …`. A token in the address is never looked at: addresses end in logs (S21)."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        keyword, _space, plain = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if keyword.lower() != self.keyword.lower():
            return None
        token = ApiToken.objects.live().of(plain.strip()).select_related("user").first()
        if token is None:
            raise exceptions.AuthenticationFailed(_("The token is not valid."))
        refuse_who_guesses(token.user_id, request._request)
        actions.note_token_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
