"""Parts of a page that its script fetches by themselves: a fragment for the script, a whole page for who came by a link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

HEADER = "X-Fragment"


def is_fragment(request: HttpRequest) -> bool:
    return HEADER in request.headers


def answer_fragment(
    request: HttpRequest, template: str, context: dict[str, Any], *, title: str, status: int = 200
) -> HttpResponse:
    """The template alone where the script asked for it (ui/guest.js, ui/fragment.js); else within a page of that title."""
    if is_fragment(request):
        response = render(request, template, context, status=status)
    else:
        response = render(
            request, "_shell/fragment.html", context | {"fragment": template, "title": title}, status=status
        )
    # One address, two answers: the browser's back button must not show the part alone.
    patch_vary_headers(response, [HEADER])
    response["Cache-Control"] = "private, no-store"
    return response
