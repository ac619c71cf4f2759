"""A conversation's messages over REST: pages of them, what changed since, and whatever is written into it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from inbox import rows
from inbox.actions import forwarding, reacting, sending, unconfirmed
from inbox.api.contents import content_of
from inbox.api.pages import message_page
from inbox.api.serializers import MessageInput, ResolutionInput
from inbox.api.views import OBJECT, asks_beyond, checked, read_limit, read_number, visible
from inbox.history import Bound, bound_of
from inbox.models import Conversation, ConversationEvent, Message
from inbox.record_permits import may_read_beyond

# Four pages of changes: whoever missed more has more to read than a screen ever shows.
FAR_BEHIND = 2_000


class Messages(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "send"

    def get_throttles(self) -> list[Any]:
        return super().get_throttles() if self.request.method == "POST" else []

    @extend_schema(
        parameters=[
            OpenApiParameter("limit", int),
            OpenApiParameter("before", str, description="a page's `previous`, or a message's id"),
            OpenApiParameter("after", str, description="a page's `next`, or a message's id"),
            OpenApiParameter("around", int, description="a message's id"),
            OpenApiParameter("after_change", int),
            OpenApiParameter(
                "beyond", bool, description="1: also what was said before the campaign's hours of history"
            ),
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        conversation = visible(request, conversation_id)
        if "after_change" in request.GET:
            bound = None if may_read_beyond(request.user).allowed else bound_of(conversation)
            return Response(changes_after(conversation, read_number(request, "after_change"), bound=bound))
        limit = read_limit([request.GET.get("limit", "50")])
        where = {name: request.GET.get(name, "") for name in ("before", "after", "around")}
        bound = None if asks_beyond(request) else bound_of(conversation)
        return Response(
            message_page(conversation, limit=limit, bound=bound, **where) | {"bound": bound_row(bound, request)}
        )

    @extend_schema(request=MessageInput, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        wanted = checked(MessageInput, request)
        if wanted["kind"] == "reaction":
            # Ours on one of its messages: the answer is that message, no new one comes of it.
            message, is_new = reacting.react(
                conversation_id,
                by=request.user,
                message_id=wanted["reaction"]["message"],
                emoji=wanted["reaction"]["emoji"],
            )
        elif wanted["forward"] is not None:
            message, is_new = forwarding.forward_message(
                conversation_id, by=request.user, client_id=wanted["client_id"], message_id=wanted["forward"]
            )
        elif wanted["is_note"]:
            message, is_new = sending.write_note(
                conversation_id, by=request.user, client_id=wanted["client_id"], text=wanted["text"]
            )
        else:
            message, is_new = sending.send_message(
                conversation_id,
                by=request.user,
                client_id=wanted["client_id"],
                text=wanted["text"],
                attachment_id=wanted["attachment"],
                reply_to_id=wanted["reply_to"],
                kind=wanted["kind"],
                content=content_of(wanted),
                written_after=wanted["written_after"],
            )
        return Response(message_row(message), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class MessageDetail(APIView):
    @extend_schema(responses=OBJECT)
    def delete(self, request: SignedInRequest, conversation_id: int, message_id: int) -> Response:
        visible(request, conversation_id)
        return Response(message_row(sending.discard_message(conversation_id, message_id, by=request.user)))


class MessageAttempts(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "send"

    @extend_schema(request=None, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, conversation_id: int, message_id: int) -> Response:
        visible(request, conversation_id)
        return Response(
            message_row(sending.retry_message(conversation_id, message_id, by=request.user)),
            status=status.HTTP_201_CREATED,
        )


class MessageResolution(APIView):
    """What a person decides about a message that was never confirmed: send it again, or take it off."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "send"

    @extend_schema(request=ResolutionInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int, message_id: int) -> Response:
        visible(request, conversation_id)
        wanted = checked(ResolutionInput, request)
        if wanted["decision"] == "discard":
            message = unconfirmed.discard_unconfirmed(conversation_id, message_id, by=request.user)
        else:
            message = unconfirmed.resend_unconfirmed(
                conversation_id, message_id, by=request.user, accepts_twice=wanted["may_arrive_twice"]
            )
        return Response(message_row(message))


def is_within(bound: Bound | None, row: dict[str, Any]) -> bool:
    return bound is None or row["happened_at"] >= bound.since


def bound_row(bound: Bound | None, request: SignedInRequest) -> dict[str, Any] | None:
    """From when on the pages show, and whether the reader may have more."""
    if bound is None:
        return None
    return {"hours": bound.hours, "since": bound.since, "more": may_read_beyond(request.user).as_row()}


def message_row(message: Message) -> dict[str, Any]:
    return rows.message_rows(Message.objects.filter(pk=message.pk))[0]


def changes_after(conversation: Conversation, after: int, *, bound: Bound | None = None) -> dict[str, Any]:
    """At most 500 messages and events changed since, in order of change; `change` is where to go on from.

    `reload` where that is no way to catch up: so far behind that the newest page costs less, or ahead of us, as after a backup was
    restored. Nothing comes with it; the thread is read anew (R23).

    Only up to the counter as it was read with the conversation: all of that is committed, so nothing that commits between the
    two queries can be skipped. A message that changes meanwhile gets a later stamp and is still to come.

    Nothing from before the `bound` comes this way either; the counter passes it by (004-02).
    """
    limit = 500
    if not 0 <= conversation.change - after <= FAR_BEHIND:
        return {"results": [], "events": [], "change": conversation.change, "more": False, "reload": True}
    changed = {"conversation": conversation, "change__gt": after, "change__lte": conversation.change}
    messages = rows.message_rows(Message.objects.filter(**changed).order_by("change")[: limit + 1])
    events = rows.event_rows(ConversationEvent.objects.filter(**changed).order_by("change")[: limit + 1])
    ordered = sorted(each["change"] for each in (*messages, *events))
    more = len(ordered) > limit
    last = ordered[limit - 1] if more else max(after, conversation.change)
    return {
        "results": [each for each in messages if each["change"] <= last and is_within(bound, each)],
        "events": [each for each in events if each["change"] <= last and is_within(bound, each)],
        "change": last,
        "more": more,
        "reload": False,
    }
