"""Pages that belong to no app."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults
from psycopg_pool import PoolTimeout

from core.api import error_body
from core.sections import areas_open_to


def server_error(request: HttpRequest) -> HttpResponse:
    """500, but 503 where it was the database: the session is read by middleware, whose errors pass no `process_exception`."""
    if isinstance(sys.exc_info()[1], OperationalError | PoolTimeout):
        return unavailable(request)
    return defaults.server_error(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 with words, for a program or for a person."""
    text = _("Ventanilla cannot reach its database. Nothing was lost; try again in a moment.")
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(error_body("unavailable", text), status=503)
    else:
        response = render(request, "503.html", {"text": text}, status=503)
    response["Retry-After"] = "2"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token. The reason is not shown: it helps only whoever forges one."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            error_body("not_allowed", _("This page is out of date. Reload it and try again.")), status=403
        )
    return render(request, "403.html", status=403)


@login_required
def settings_home(request: HttpRequest) -> HttpResponse:
    """The list of sections: the back office's first page, and on a phone the only list of them."""
    if not areas_open_to(request.user):
        raise PermissionDenied
    return render(request, "_settings/home.html")
