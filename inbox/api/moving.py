"""Which tray a conversation stands in, changed by hand (001-24)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from core.refusals import Invalid
from inbox.actions import assignment, moving
from inbox.api import details
from inbox.api.views import checked, visible


class TrayInput(serializers.Serializer[None]):
    tray = serializers.ChoiceField(choices=["pending", "in_progress", "attended"])


class TrayOf(APIView):
    @extend_schema(request=TrayInput, responses={200: OpenApiTypes.OBJECT, 204: None})
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        """To `pending` it is released, to `in_progress` begun or reopened. `attended` asks for an outcome: POST to its closure."""
        tray = checked(TrayInput, request)["tray"]
        conversation = visible(request, conversation_id)
        if tray == "attended":
            raise Invalid(
                _("Check the marked fields."),
                fields={"tray": [_("Closing asks for an outcome: use the closing dialog.")]},
            )
        if tray == "pending":
            assignment.release_conversation(conversation_id, by=request.user)
            # Whoever gave it back may not see it any more.
            return Response(status=204)
        if conversation.is_live:
            moving.begin_conversation(conversation_id, by=request.user)
        else:
            moving.reopen_conversation(conversation_id, by=request.user)
        return Response(details.conversation_detail(conversation_id, request.user))
