"""A contact's exclusive agents over JSON: one for each campaign (004-27, 004-31)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from campaigns.actions.exclusive import remove_exclusive_agent, set_exclusive_agent
from campaigns.exclusive_rows import agents_to_choose, exclusive_rows
from contacts.models import Contact
from core.refusals import NotFound

OBJECT = {200: OpenApiTypes.OBJECT}


class ExclusiveAgentInput(serializers.Serializer[None]):
    user = serializers.IntegerField(min_value=1)


class ExclusiveAgents(APIView):
    @extend_schema(operation_id="contact_exclusive_agents_list", responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        """Whose the contact is, of the campaigns the user sees, and who may be chosen."""
        contact = seen_contact(request, contact_id)
        return Response({"results": exclusive_rows(contact, request.user), "campaigns": agents_to_choose(request.user)})


class OneExclusiveAgent(APIView):
    @extend_schema(request=ExclusiveAgentInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int, campaign_id: int) -> Response:
        contact = seen_contact(request, contact_id)
        serializer = ExclusiveAgentInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted: dict[str, Any] = serializer.validated_data
        set_exclusive_agent(contact.pk, campaign_id=campaign_id, user_id=wanted["user"], by=request.user)
        return Response({"results": exclusive_rows(contact, request.user)})

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, contact_id: int, campaign_id: int) -> Response:
        contact = seen_contact(request, contact_id)
        remove_exclusive_agent(contact.pk, campaign_id=campaign_id, by=request.user)
        return Response(status=204)


def seen_contact(request: SignedInRequest, contact_id: int) -> Contact:
    """The contact, for whoever sees it. Raises NotFound."""
    # What is not JSON is refused as such, whoever sends it (S20).
    _body = request.data
    contact: Contact | None = (
        Contact.objects.visible_to(request.user).select_related("merged_into").filter(pk=contact_id).first()
    )
    if contact is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return contact
