"""The outermost manners of a page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout

from core.views import unavailable

logger = logging.getLogger(__name__)


class UnavailableMiddleware:
    """Turns a database that a view could not reach into 503 with words. What other middleware meets: core.views.server_error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | PoolTimeout):
            return None
        logger.error("database away: %s", type(exception).__name__)
        return unavailable(request)
