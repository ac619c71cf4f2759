"""The outermost manners of a page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

from core.api import error_body

logger = logging.getLogger(__name__)


class UnavailableMiddleware:
    """Turns an unreachable database into 503 with words, instead of a stack trace and a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | PoolTimeout):
            return None
        logger.error("database away: %s", type(exception).__name__)
        text = _("Ventanilla cannot reach its database. Nothing was lost; try again in a moment.")
        if request.path.startswith("/api/"):
            response: HttpResponse = JsonResponse(error_body("unavailable", text), status=503)
        else:
            response = render(request, "503.html", {"text": text}, status=503)
        response["Retry-After"] = "2"
        return response
