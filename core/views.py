"""Pages that belong to no app."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.api import error_body


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token. The reason is not shown: it helps only whoever forges one."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            error_body("not_allowed", _("This page is out of date. Reload it and try again.")), status=403
        )
    return render(request, "403.html", status=403)
