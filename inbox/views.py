"""The desk's page and the files of its conversations."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_safe

from accounts.models import User
from inbox.api.me import me_with_work
from inbox.models import Attachment, Conversation

# What a browser may show inside our pages. Everything else is handed over as a download, whatever it calls itself (S31).
SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@require_GET
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The agent desk: a page with an island. What the island needs to begin stands in the page, so it starts without a question."""
    assert isinstance(request.user, User)
    bootstrap: dict[str, Any] = {
        "me": me_with_work(request.user),
        "release": settings.RELEASE,
        "csrf": get_token(request),
        "urls": {
            "api": reverse("api:me").removesuffix("me/"),
            "socket": "/ws/",
            "login": reverse("account_login"),
            "sprite": staticfiles_storage.url("icons.svg"),
        },
    }
    return render(request, "inbox/desk.html", {"bootstrap": bootstrap})


@require_safe
def media(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """One file, for a page. 403 without a session; a program with a token asks at /api/v1/media/."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return file_answer(attachment_id, request.user)


def file_answer(attachment_id: uuid.UUID, user: User) -> HttpResponse:
    """The file, after asking whether its conversation is the user's to see (S43).

    Raises:
        Http404: another team's, not fetched yet, or none at all.
    """
    mine = Conversation.objects.visible_to(user)
    attachment = Attachment.objects.filter(
        pk=attachment_id, state=Attachment.State.STORED, conversation__in=mine
    ).first()
    if attachment is None:
        raise Http404
    try:
        # Whole: pictures are of a few MB, and under ASGI Django would gather an open file's chunks in memory as well.
        with default_storage.open(attachment.path) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    mime = attachment.mime.partition(";")[0].strip().lower()
    is_shown = mime in SHOWN_INLINE
    response = HttpResponse(content, content_type=mime if is_shown else "application/octet-stream")
    name = attachment.name or f"{attachment.kind}-{attachment.pk.hex[:8]}"
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=not is_shown, filename=name) or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
