"""Conversations over REST. Each view asks what is visible, calls one action, answers a row."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from connectors.kinds import MessageKind
from core.api import encode
from core.refusals import Invalid, NotFound
from inbox import rows
from inbox.actions import assignment, closing, drafting, reading, refetching, retypifying, uploads
from inbox.api import details
from inbox.api.serializers import ClosureInput, CorrectionInput, DraftInput, ReadInput, UploadInput
from inbox.audience import Audience
from inbox.filters import MAX_LIMIT, InboxFilter
from inbox.listing import counts, page
from inbox.models import Conversation, Draft
from inbox.record_permits import may_read_beyond
from inbox.serving import answer_with_file
from inbox.views import visible_file

OBJECT = {200: OpenApiTypes.OBJECT}
FILTERS = [
    OpenApiParameter(name, str, description=text)
    for name, text in (
        ("tray", "pending, in_progress or attended"),
        ("search", "name fragment or any written form of a number"),
        ("assignee", "user id, me or none"),
        ("team", "team id"),
        ("campaign", "campaign id"),
        ("account", "channel account id"),
        ("tag", "id of a tag of the contact"),
        ("group", "id of a group of the contact"),
        ("unread", "1: not read by the assignee"),
        ("unanswered", "1: the customer wrote last"),
        ("answered", "1: the assignee has answered since the customer last wrote"),
        ("unreplied", "1: no first reply of who holds it"),
        ("window", "ending (less than 2 h), open or closed"),
        ("since", "a day: active on it or later"),
        ("until", "a day: active on it or before"),
        ("order", "last_activity, waiting, name or window; with - before it the other way round"),
    )
]


class ConversationList(APIView):
    throttle_classes = (ScopedRateThrottle,)

    def get_throttles(self) -> list[Any]:
        # Only searching costs enough to be counted; reading a list again is what keeps a panel true.
        self.throttle_scope = "search" if self.request.GET.get("search") else None
        return super().get_throttles() if self.throttle_scope else []

    @extend_schema(
        operation_id="conversations_list",
        parameters=[*FILTERS, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        asked_for = dict(request.GET.lists())
        limit = read_limit(asked_for.pop("limit", ["50"]))
        cursor = asked_for.pop("cursor", [""])[0]
        audience = Audience.of(request.user)
        asked = InboxFilter.read(asked_for, user_id=request.user.pk, time_zone=request.user.time_zone)
        found = page(audience, asked, limit=limit, cursor=cursor)
        by_id = rows.read_conversations(found.ids)
        results = [
            rows.show_conversation(by_id[pk], sees_numbers=audience.sees_numbers) for pk in found.ids if pk in by_id
        ]
        return with_etag(request, {"results": results, "next": found.next})


class ConversationCounts(APIView):
    @extend_schema(parameters=FILTERS, responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        asked = InboxFilter.read(dict(request.GET.lists()), user_id=request.user.pk, time_zone=request.user.time_zone)
        return Response(counts(Audience.of(request.user), asked))


class ConversationDetail(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> HttpResponse:
        return with_etag(request, details.conversation_detail(visible(request, conversation_id).pk, request.user))


class AssignmentOf(APIView):
    @extend_schema(request=None, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        # The action itself says who was faster; asking what is visible first would turn that 409 into a 404.
        assignment.take_conversation(conversation_id, by=request.user)
        return Response(details.conversation_detail(conversation_id, request.user))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, conversation_id: int) -> Response:
        assignment.release_conversation(conversation_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClosureOf(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        return Response(details.closing_offer(visible(request, conversation_id), request.user))

    @extend_schema(request=ClosureInput, responses=OBJECT)
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        wanted = checked(ClosureInput, request)
        closing.close_conversation(
            conversation_id,
            by=request.user,
            typification_id=wanted["typification"],
            note=wanted["note"],
            mode=wanted["mode"],
            callback_at=wanted["callback_at"],
        )
        return Response(details.conversation_detail(conversation_id, request.user))

    @extend_schema(request=CorrectionInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        """Another outcome for a closed conversation."""
        wanted = checked(CorrectionInput, request)
        retypifying.retypify_conversation(
            conversation_id, by=request.user, typification_id=wanted["typification"], note=wanted["note"]
        )
        return Response(details.conversation_detail(conversation_id, request.user))


class ReadMark(APIView):
    @extend_schema(request=ReadInput, responses={204: None})
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        reading.mark_read(conversation_id, by=request.user, up_to=checked(ReadInput, request)["up_to"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class DraftOf(APIView):
    @extend_schema(parameters=[OpenApiParameter("mode", str)], responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        mode = request.GET.get("mode", "reply")
        if mode not in Draft.Mode.values:
            raise Invalid(_("Check the marked fields."), fields={"mode": [_("This value is not understood.")]})
        draft = Draft.objects.filter(
            user=request.user, conversation=visible(request, conversation_id), mode=mode
        ).first()
        return Response(drafting.draft_row(draft, mode=mode))

    @extend_schema(request=DraftInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        wanted = checked(DraftInput, request)
        draft = drafting.save_draft(
            conversation_id, by=request.user, mode=wanted["mode"], text=wanted["text"], version=wanted["version"]
        )
        return Response(drafting.draft_row(draft))


class Drafts(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        mine = (
            Draft.objects.filter(user=request.user, conversation__in=Conversation.objects.visible_to(request.user))
            .exclude(text="")
            .order_by("-updated_at")
        )
        return Response({"results": list(mine.values("conversation_id", "mode", "text", "version")[:500])})


class Attachments(APIView):
    parser_classes = (MultiPartParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "upload"

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        # Before anybody asks who it is: with a session, that alone reads the whole form (for its CSRF field).
        length = request.META.get("CONTENT_LENGTH") or "0"
        uploads.refuse_heavy_body(int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0)
        super().initial(request, *args, **kwargs)

    @extend_schema(request={"multipart/form-data": UploadInput}, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        wanted = checked(UploadInput, request)
        attachment = uploads.store_upload(
            wanted["conversation"], wanted["file"], by=request.user, kind=MessageKind(wanted["kind"])
        )
        return Response(details.attachment_row(attachment), status=status.HTTP_201_CREATED)


class MediaOf(APIView):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: SignedInRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
        # DRF's request wraps the server's own, which tells what kind of server it is.
        return answer_with_file(request._request, visible_file(attachment_id, request.user))


class MediaAttempts(APIView):
    """A customer's file that did not come: asked for once more."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "upload"

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, attachment_id: uuid.UUID) -> Response:
        attachment = refetching.fetch_again(attachment_id, by=request.user)
        return Response(details.attachment_row(attachment), status=status.HTTP_202_ACCEPTED)


# --- What the views share -----------------------------------------------------------------------------------------------------


def visible(request: SignedInRequest, conversation_id: int) -> Conversation:
    """The conversation if this user may see it; else it does not exist for them (S01)."""
    seen = Conversation.objects.visible_to(request.user).select_related("campaign__project__client")
    conversation = seen.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return conversation


def asks_beyond(request: SignedInRequest) -> bool:
    """Whether what was said before the campaign's hours is asked for. Raises NotAllowed: by who may not have it."""
    if request.GET.get("beyond") != "1":
        return False
    may_read_beyond(request.user).require()
    return True


def checked(serializer_class: Any, request: SignedInRequest) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


def read_limit(given: list[str]) -> int:
    value = given[0]
    if (
        len(given) != 1
        or not value.isascii()
        or not value.isdigit()
        or len(value) > 9
        or not 1 <= int(value) <= MAX_LIMIT
    ):
        raise Invalid(
            _("Check the marked fields."),
            fields={"limit": [_("A whole number from 1 to %(limit)d.") % {"limit": MAX_LIMIT}]},
        )
    return int(value)


def read_number(request: SignedInRequest, name: str) -> int:
    value = request.GET.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Invalid(_("Check the marked fields."), fields={name: [_("This value is not understood.")]})
    return int(value)


def with_etag(request: SignedInRequest, body: Any) -> HttpResponse:
    """Answer 304 when nothing changed: the panel asks every minute, and mostly nothing did."""
    encoded = encode(body)
    etag = f'"{hashlib.blake2b(encoded, digest_size=12).hexdigest()}"'
    response = (
        HttpResponse(status=304)
        if request.headers.get("If-None-Match") == etag
        else HttpResponse(encoded, content_type="application/json")
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
