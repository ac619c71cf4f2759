"""A browser asks to be woken, or no longer (docs/api.md, «Notifications»)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from accounts import tasks
from accounts.actions import pushing
from accounts.models import PushSubscription
from accounts.requests import SignedInRequest
from core.refusals import Invalid, NotAllowed, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}


class KeysInput(serializers.Serializer[None]):
    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=40)


class SubscriptionInput(serializers.Serializer[None]):
    endpoint = serializers.CharField(max_length=1000)
    keys = KeysInput()
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class EndpointInput(serializers.Serializer[None]):
    endpoint = serializers.CharField(max_length=1000)


class TestThrottle(UserRateThrottle):
    scope = "push_test"


class MyPushSubscription(APIView):
    """Of this browser. It belongs to a session, so a program with a token has none."""

    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        mine = PushSubscription.objects.filter(user=request.user)
        return Response({"public_key": pushing.public_key(), "count": mine.count()})

    @extend_schema(request=SubscriptionInput, responses=OBJECT)
    def put(self, request: SignedInRequest) -> Response:
        serializer = SubscriptionInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not request.session.session_key or request.auth is not None:
            raise NotAllowed(_("Only a browser can ask for notifications."))
        given = serializer.validated_data
        kept = pushing.subscribe(
            request.user,
            session_key=request.session.session_key,
            endpoint=given["endpoint"],
            p256dh=given["keys"]["p256dh"],
            auth=given["keys"]["auth"],
            label=given["name"],
        )
        return Response({"id": kept.pk, "public_key": kept.public_key})

    @extend_schema(request=EndpointInput, responses={204: None})
    def delete(self, request: SignedInRequest) -> Response:
        serializer = EndpointInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        pushing.unsubscribe(request.user, endpoint=serializer.validated_data["endpoint"])
        return Response(status=204)


class MyPushTest(APIView):
    """One notification to this browser, so that somebody sees that they come (004-35)."""

    throttle_classes = (TestThrottle,)

    @extend_schema(request=EndpointInput, responses={202: None})
    def post(self, request: SignedInRequest) -> Response:
        serializer = EndpointInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        mine = PushSubscription.objects.filter(
            user=request.user, endpoint=serializer.validated_data["endpoint"]
        ).first()
        if mine is None:
            raise NotFound
        if mine.quiet_until is not None and mine.failures:
            raise Invalid(_("The notification service of this browser does not answer. We keep trying."))
        tasks.send_test_push.delay(mine.pk)
        return Response(status=202)
