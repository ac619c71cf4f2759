"""Calls and the history of a contact over REST."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from contacts.models import Contact
from core.refusals import NotFound
from inbox.actions.calling import end_call, register_call
from inbox.api.views import OBJECT, checked
from inbox.interactions import interactions_of
from inbox.models import Call
from inbox.rows import shown_number


class CallInput(serializers.Serializer[None]):
    client_id = serializers.UUIDField()
    contact_point = serializers.IntegerField(min_value=1)


class CallOutcomeInput(serializers.Serializer[None]):
    typification = serializers.IntegerField(min_value=1)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000, trim_whitespace=False)
    callback_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, default_timezone=datetime.UTC
    )


class CallsOfContact(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "send"

    @extend_schema(request=CallInput, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        """A call begins now. The same `client_id` again is the same call."""
        wanted = checked(CallInput, request)
        call, is_new = register_call(
            contact_id,
            by=request.user,
            client_id=wanted["client_id"],
            contact_point_id=wanted["contact_point"],
        )
        return Response(call_row(call, request.user), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class CallOutcomeOf(APIView):
    @extend_schema(request=CallOutcomeInput, responses=OBJECT)
    def put(self, request: SignedInRequest, call_uuid: uuid.UUID) -> Response:
        """How it went; it is over now."""
        wanted = checked(CallOutcomeInput, request)
        call = end_call(
            call_uuid,
            by=request.user,
            typification_id=wanted["typification"],
            note=wanted["note"],
            callback_at=wanted["callback_at"],
        )
        return Response(call_row(call, request.user))


class InteractionsOfContact(APIView):
    """Conversations and calls of a contact that the user may see, newest first (002-21)."""

    @extend_schema(
        operation_id="interactions_of_contact", parameters=[OpenApiParameter("before", str)], responses=OBJECT
    )
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        contact = Contact.objects.visible_to(request.user).filter(pk=contact_id).first()
        if contact is None:
            raise NotFound(_("It does not exist or is not yours to see."))
        page = interactions_of(contact, request.user, before=request.GET.get("before", ""))
        hidden = ("rank",)
        return Response(
            {
                "results": [{name: row[name] for name in row if name not in hidden} for row in page.results],
                "next": page.next,
            }
        )


def call_row(call: Call, user: User) -> dict[str, Any]:
    return {
        "uuid": call.uuid,
        "contact": call.contact_id,
        "contact_point": call.contact_point_id,
        "direction": call.direction,
        "number": shown_number(call.number, sees_numbers=user.has_perm("accounts.see_numbers")),
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "typification": call.typification_id,
        "note": call.note,
        "user": call.user_id,
    }
