"""Whoever names one thing after the other that is not theirs to see, or is not there, has to wait a while (S11).

Ownership is what keeps them out; this makes trying long. Counted are the answers 404 of one user over every door, their programs' tokens
too. Over the rate nothing that an address names by its key is shown to them or done for them until the minute is over, be it theirs or
not: an answer that told the two apart would be what they look for. Lists, their own auxiliary and signing out go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from core.api import error_body

logger = logging.getLogger(__name__)


class MissRate(SimpleRateThrottle):
    """How many misses of one user in how much time: `misses` of DEFAULT_THROTTLE_RATES, read as every other rate of the house."""

    scope = "misses"
    num_requests: int | None
    duration: int | None


def wait_of(user_id: int) -> int:
    """For how many seconds at most this user has to wait before they may name anything again; 0: not at all. While Redis is away nobody
    has to.
    """
    rate = MissRate()
    if rate.num_requests is None or int(cache.get(key_of(user_id), 0)) < rate.num_requests:
        return 0
    return int(rate.duration or 0)


def note_miss(user_id: int) -> None:
    """Count one. The time begins with the first: it ends for all of them at once."""
    rate = MissRate()
    if rate.num_requests is None:
        return
    cache.add(key_of(user_id), 0, rate.duration)
    try:
        count = cache.incr(key_of(user_id))
    except ValueError:
        # Its time ended between the two.
        return
    if count == rate.num_requests:
        logger.warning("misses: user %s named %s things that are not theirs or not there", user_id, count)


def key_of(user_id: int) -> str:
    return f"misses:{user_id}"


def refuse_who_guesses(user_id: int, request: HttpRequest) -> None:
    """For a door that learns late who asks (a token).

    Raises:
        Throttled: too many misses, and the address names something.
    """
    if request.resolver_match is not None and request.resolver_match.kwargs and (seconds := wait_of(user_id)):
        raise Throttled(wait=seconds)


class MissesMiddleware:
    """Counts the misses of who is signed in, and refuses what they name while they are over the rate."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # An address that leads nowhere names nothing. A program's user is known by now: its door wrote it onto the request.
        if response.status_code == 404 and request.resolver_match is not None and request.user.is_authenticated:
            note_miss(request.user.pk)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not kwargs or not request.user.is_authenticated:
            return None
        seconds = wait_of(request.user.pk)
        return answer_who_guesses(request, seconds) if seconds else None


def answer_who_guesses(request: HttpRequest, seconds: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        text = _("Too many requests in a short time. Wait a moment and try again.")
        response: HttpResponse = JsonResponse(error_body("throttled", text), status=429)
    else:
        text = _("You opened many things in a short time that do not exist or are not yours to see. Wait a moment and try again.")  # fmt: skip
        response = render(request, "429.html", {"text": text}, status=429)
    response["Retry-After"] = str(seconds)
    return response
