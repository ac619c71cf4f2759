"""The desk's page and the files of its conversations."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.views import LogoutView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts import presence, sessions
from accounts.models import User
from campaigns.models import Resource
from core.assets import emoji_path
from inbox.api.limits import limits
from inbox.api.me import me_with_work
from inbox.models import Attachment, Conversation
from inbox.permits import may_leave
from inbox.serving import (
    answer_with_file,
    answer_with_resource,
    answer_with_resource_thumbnail,
    answer_with_thumbnail,
)

sign_out_at_last = LogoutView.as_view()


@require_GET
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The agent desk: a page with an island. What the island needs to begin stands in the page, so it starts without a question."""
    assert isinstance(request.user, User)
    bootstrap: dict[str, Any] = {
        "me": me_with_work(request.user),
        "release": settings.RELEASE,
        "csrf": get_token(request),
        "limits": limits(),
        "urls": {
            "api": reverse("api:me").removesuffix("me/"),
            "socket": "/ws/",
            "login": reverse("account_login"),
            "sprite": staticfiles_storage.url("icons.svg"),
            "emoji": staticfiles_storage.url(emoji_path(get_language() or "")),
            "worker": reverse("service-worker"),
            "contacts": reverse("contacts"),
            "preview": reverse("preview"),
            "processes": reverse("processes"),
        },
    }
    return render(request, "inbox/desk.html", {"bootstrap": bootstrap})


@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Leave one browser, the sign-in library's own way. The last one is left only by who may leave what they have in hand, or has nothing."""
    user = request.user
    if isinstance(user, User):
        permit = may_leave(user)
        digest = sessions.digest(request.session.session_key)
        if permit.refusal is not None and not presence.has_other_session(user.pk, digest):
            return render(request, "inbox/still_at_work.html", {"reason": permit.refusal.message}, status=409)
    return sign_out_at_last(request)


@require_safe
def media(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
    """One file, for a page. 403 without a session; a program with a token asks at /api/v1/media/."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return answer_with_file(request, visible_file(attachment_id, request.user))


@require_safe
def thumbnail(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
    """The small picture of a file, for a page. 403 without a session, 404 where there is none."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return answer_with_thumbnail(request, visible_file(attachment_id, request.user))


@require_safe
def resource_file(request: HttpRequest, resource_id: int) -> HttpResponseBase:
    """A file of the gallery, to look at before it is sent. 403 without a session, 404 for another team's."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return answer_with_resource(request, visible_resource(resource_id, request.user))


@require_safe
def resource_thumbnail(request: HttpRequest, resource_id: int) -> HttpResponseBase:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return answer_with_resource_thumbnail(request, visible_resource(resource_id, request.user))


def visible_resource(resource_id: int, user: User) -> Resource:
    """Archived ones too: whoever set them up looks at them. Raises Http404: another team's, a text, or none at all."""
    resource: Resource | None = Resource.objects.visible_to(user).exclude(path="").filter(pk=resource_id).first()
    if resource is None:
        raise Http404
    return resource


def visible_file(attachment_id: uuid.UUID, user: User) -> Attachment:
    """The file, after asking whether its conversation is the user's to see (S43).

    Raises:
        Http404: another team's, not fetched yet, or none at all.
    """
    mine = Conversation.objects.visible_to(user)
    attachment: Attachment | None = Attachment.objects.filter(
        pk=attachment_id, state=Attachment.State.STORED, conversation__in=mine
    ).first()
    if attachment is None:
        raise Http404
    return attachment
