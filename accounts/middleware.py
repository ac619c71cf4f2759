"""Ends sessions in time and speaks the user's language."""

from __future__ import annotations

import time
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts import actions, sessions

Handler = Callable[[HttpRequest], HttpResponse]


class SessionLifetimeMiddleware:
    """Signs out whoever was away too long, and notes a human action at most once a minute."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            if sessions.is_expired(request.session, now=now):
                user, digest = request.user, sessions.digest(request.session.session_key)
                logout(request)
                actions.end_session(user, session_digest=digest)
                request.session["ended"] = "idle"
            elif sessions.STARTED not in request.session:
                request.session[sessions.STARTED] = request.session[sessions.ACTIVE] = now
            elif (
                "HTTP_X_BACKGROUND" not in request.META
                and now - request.session[sessions.ACTIVE] > sessions.GRAIN_SECONDS
            ):
                request.session[sessions.ACTIVE] = now
        return self.get_response(request)


class PreferencesMiddleware:
    """The signed-in user's language and time zone win over the browser's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        try:
            timezone.activate(zoneinfo.ZoneInfo(user.time_zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
