"""What becomes of a conversation between two hands, over REST: transfers, exclusive agents, rests, words for later, what rings."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns.outcomes import Purpose, default_outcome, offered_outcomes
from inbox import permits, rows, targets
from inbox.actions import exclusive, offers, scheduling, snoozing, transferring
from inbox.actions.closing import full_name
from inbox.api import details
from inbox.api.views import checked, visible
from inbox.audience import Audience
from inbox.models import Conversation, Offer, ScheduledMessage
from typification.models import Typification

OBJECT = {200: OpenApiTypes.OBJECT}
MOST = 100


class TransferInput(serializers.Serializer[None]):
    user = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    campaign = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    typification = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    note = serializers.CharField(allow_blank=True, required=False, default="", max_length=20_000)
    joins = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["user"] is None) == (attrs["campaign"] is None):
            text = _("Choose an agent or a campaign.")
            raise serializers.ValidationError({"user": [text], "campaign": [text]})
        return attrs


class ExclusiveInput(serializers.Serializer[None]):
    user = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class SnoozeInput(serializers.Serializer[None]):
    until = serializers.DateTimeField(default_timezone=datetime.UTC)


class ScheduledInput(serializers.Serializer[None]):
    client_id = serializers.UUIDField()
    text = serializers.CharField(max_length=70_000, trim_whitespace=False)
    due_at = serializers.DateTimeField(default_timezone=datetime.UTC)


class TransferOf(APIView):
    @extend_schema(operation_id="conversation_transfer_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        """Whither it may go, and why not there; the outcomes of a transfer, with the one chosen beforehand."""
        return Response(transfer_offer(visible(request, conversation_id), request.user))

    @extend_schema(request=TransferInput, responses={200: OpenApiTypes.OBJECT, 204: None})
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        """To an agent (`user`) or to a campaign. The detail where it is still theirs to see, else 204."""
        wanted = checked(TransferInput, request)
        visible(request, conversation_id)
        said = {"note": wanted["note"], "typification_id": wanted["typification"], "by": request.user}
        if wanted["user"] is not None:
            transferring.transfer_to_agent(conversation_id, user_id=wanted["user"], **said)
        else:
            transferring.transfer_to_campaign(
                conversation_id, campaign_id=wanted["campaign"], joins=wanted["joins"], **said
            )
        return detail_if_seen(request, conversation_id)


class ExclusiveOf(APIView):
    @extend_schema(request=ExclusiveInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        """This contact is one agent's in this campaign: whose it is, or the named one's."""
        wanted = checked(ExclusiveInput, request)
        exclusive.choose_exclusive(conversation_id, by=request.user, user_id=wanted["user"])
        return detail_if_seen(request, conversation_id)

    @extend_schema(responses=OBJECT)
    def delete(self, request: SignedInRequest, conversation_id: int) -> Response:
        # What is not JSON is refused as such, whoever sends it (S20).
        _body = request.data
        exclusive.clear_exclusive(conversation_id, by=request.user)
        return detail_if_seen(request, conversation_id)


class SnoozeOf(APIView):
    @extend_schema(request=SnoozeInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        snoozing.snooze_conversation(conversation_id, by=request.user, until=checked(SnoozeInput, request)["until"])
        return Response(details.conversation_detail(conversation_id, request.user))

    @extend_schema(responses=OBJECT)
    def delete(self, request: SignedInRequest, conversation_id: int) -> Response:
        _body = request.data
        snoozing.wake_conversation(conversation_id, by=request.user)
        return Response(details.conversation_detail(conversation_id, request.user))


class ScheduledOf(APIView):
    @extend_schema(operation_id="conversation_scheduled_list", responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        """What waits to be said, and what was not; the next first."""
        conversation = visible(request, conversation_id)
        found = ScheduledMessage.objects.filter(conversation=conversation).exclude(
            state__in=(ScheduledMessage.State.SENT, ScheduledMessage.State.CANCELLED)
        )
        results = [scheduled_row(each, request.user) for each in found.select_related("author")[:MOST]]
        return Response({"results": results, "schedule": permits.may_schedule(conversation, request.user).as_row()})

    @extend_schema(request=ScheduledInput, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        wanted = checked(ScheduledInput, request)
        scheduled, is_new = scheduling.schedule_message(
            conversation_id,
            by=request.user,
            text=wanted["text"],
            due_at=wanted["due_at"],
            client_id=wanted["client_id"],
        )
        return Response(scheduled_row(scheduled, request.user), status=201 if is_new else 200)


class OneScheduled(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, conversation_id: int, scheduled_uuid: uuid.UUID) -> Response:
        _body = request.data
        scheduling.cancel_scheduled(conversation_id, scheduled_uuid, by=request.user)
        return Response(status=204)


class Offers(APIView):
    @extend_schema(operation_id="offers_list", responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """What rings at the user now, the oldest first."""
        audience = Audience.of(request.user)
        ringing = list(
            Offer.objects.filter(user=request.user, ended_at__isnull=True).order_by("offered_at", "pk")[:MOST]
        )
        # Of a campaign they left meanwhile nothing is shown (S04).
        found = rows.read_conversations([each.conversation_id for each in ringing])
        return Response(
            {
                "results": [
                    {
                        "id": each.pk,
                        "until": each.until,
                        "conversation": rows.show_conversation(
                            found[each.conversation_id], sees_numbers=audience.sees_numbers
                        ),
                    }
                    for each in ringing
                    if each.conversation_id in found and audience.sees(found[each.conversation_id])
                ]
            }
        )


class OfferAnswer(APIView):
    @extend_schema(request=None, responses=OBJECT)
    def put(self, request: SignedInRequest, offer_id: int) -> Response:
        """Accept it: the conversation is theirs."""
        _body = request.data
        conversation = offers.accept_offer(offer_id, by=request.user)
        return Response(details.conversation_detail(conversation.pk, request.user))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, offer_id: int) -> Response:
        """Say no: it rings at the next one."""
        _body = request.data
        offers.decline_offer(offer_id, by=request.user)
        return Response(status=204)


# --- Rows -----------------------------------------------------------------------------------------------------------------------


def transfer_offer(conversation: Conversation, user: User) -> dict[str, Any]:
    medium = Typification.AppliesTo.CHAT
    offered = offered_outcomes(conversation.campaign_id, Purpose.TRANSFER, medium=medium)
    chosen = default_outcome(conversation.campaign_id, Purpose.TRANSFER, medium=medium) or next(iter(offered), None)
    return {
        "transfer": permits.may_transfer(conversation, user).as_row(),
        "agents": targets.agent_targets(conversation),
        "campaigns": targets.campaign_targets(conversation),
        "typifications": [{"id": each.pk, "name": full_name(each)} for each in offered],
        "default": chosen.pk if chosen is not None else None,
    }


def scheduled_row(scheduled: ScheduledMessage, user: User) -> dict[str, Any]:
    return {
        "id": str(scheduled.uuid),
        "text": scheduled.text,
        "due_at": scheduled.due_at,
        "state": scheduled.state,
        "failure": scheduled.failure,
        "author": permits.person(scheduled.author),
        "is_mine": scheduled.author_id == user.pk,
    }


def detail_if_seen(request: SignedInRequest, conversation_id: int) -> Response:
    """The detail; nothing where it went out of their sight."""
    if not Conversation.objects.visible_to(request.user).filter(pk=conversation_id).exists():
        return Response(status=204)
    return Response(details.conversation_detail(conversation_id, request.user))
