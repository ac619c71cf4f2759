"""Conversations that an agent begins: with what, whether somebody has the number already, and the beginning itself."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns.models import Resource
from contacts import numbers
from contacts.api.views import contact_row
from contacts.models import Contact, ContactPoint
from core.refusals import NotFound
from inbox import rows
from inbox.actions.starting import (
    country_of,
    look_up_number,
    openable_accounts,
    openable_campaigns,
    start_conversation,
)
from inbox.api.contents import template_of
from inbox.api.messages import message_row
from inbox.api.ready_words import GALLERY_QUESTIONS, gallery_page, resource_row
from inbox.api.serializers import TemplateInput
from inbox.api.views import checked
from inbox.audience import Audience
from inbox.permits import works_active

OBJECT = {200: OpenApiTypes.OBJECT}


class LookupInput(serializers.Serializer[None]):
    number = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    # In place of the number: a contact's point, for who came from their page and may not see the number.
    contact_point = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    account = serializers.IntegerField(min_value=1)


class OpeningInput(LookupInput):
    client_id = serializers.UUIDField()
    campaign = serializers.IntegerField(min_value=1)
    template = TemplateInput()
    resource = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


def written_number(wanted: dict[str, Any], user: User) -> str:
    """What was typed, or the number of the named point.

    Raises:
        NotFound: the point is no number, or of a contact who is not theirs to see.
    """
    if wanted["contact_point"] is None:
        return str(wanted["number"])
    point: ContactPoint | None = ContactPoint.objects.filter(
        pk=wanted["contact_point"], contact__in=Contact.objects.visible_to(user).order_by()
    ).first()
    if point is None or not point.is_number:
        raise NotFound(_("It does not exist or is not yours to see."))
    return point.shown


class Openings(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "send"

    def get_throttles(self) -> list[Any]:
        return super().get_throttles() if self.request.method == "POST" else []

    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The campaigns and accounts the user may begin conversations with; and whether they may now."""
        results = []
        for campaign in openable_campaigns(request.user).select_related("project__client"):
            accounts = openable_accounts(campaign, request.user)
            if accounts:
                results.append(
                    {
                        "campaign": {
                            "id": campaign.pk,
                            "name": campaign.name,
                            "project": campaign.project.name,
                            "client": campaign.project.client.name,
                        },
                        "accounts": [
                            {"id": each.pk, "name": each.name, "kind": each.kind, "country": country_of(each)}
                            for each in accounts
                        ],
                    }
                )
        return Response({"results": results} | works_active(request.user).as_row())

    @extend_schema(request=OpeningInput, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        wanted = checked(OpeningInput, request)
        conversation, message, is_new = start_conversation(
            written_number(wanted, request.user),
            by=request.user,
            client_id=wanted["client_id"],
            account_id=wanted["account"],
            campaign_id=wanted["campaign"],
            template=template_of(wanted["template"]),
            resource_id=wanted["resource"],
        )
        row = rows.conversation_row(conversation.pk, Audience.of(request.user))
        return Response(
            {"conversation": row, "message": message_row(message)},
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )


class OpeningResources(APIView):
    """The gallery for a template's header, before there is a conversation."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(
        parameters=[OpenApiParameter("campaign", int, required=True), *GALLERY_QUESTIONS],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> Response:
        asked = request.GET.get("campaign", "")
        is_number = asked.isascii() and asked.isdigit() and len(asked) < 19
        campaign = openable_campaigns(request.user).filter(pk=int(asked)).first() if is_number else None
        if campaign is None:
            raise NotFound
        offered = Resource.objects.live().visible_to(request.user).offered_in(campaign.pk).exclude(path="")
        page, cursor = gallery_page(offered, request)
        return Response({"results": [resource_row(each, {}) for each in page], "next": cursor})


class NumberLookups(APIView):
    """A question that is written down where it names another team's contact: not a GET."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(request=LookupInput, responses=OBJECT)
    def post(self, request: SignedInRequest) -> Response:
        wanted = checked(LookupInput, request)
        standing = look_up_number(written_number(wanted, request.user), by=request.user, account_id=wanted["account"])
        audience = Audience.of(request.user)
        contact, conversation = standing.contact, standing.conversation
        return Response(
            {
                # As it was typed by whoever asks: nothing is shown to them that they did not know. A point's they may not.
                "number": rows.shown_number(
                    numbers.display(standing.number.e164),
                    sees_numbers=audience.sees_numbers or wanted["contact_point"] is None,
                ),
                "country": standing.number.country,
                "contact": contact_row(contact, sees_numbers=audience.sees_numbers) if contact is not None else None,
                "conversation": rows.conversation_row(conversation.pk, audience) if conversation is not None else None,
            }
        )
