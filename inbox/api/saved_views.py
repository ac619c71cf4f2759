"""A person's own views of the list: filters under a name. What a filter may hold is judged here, where the list is known."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import keeping
from accounts.models import SavedView
from accounts.requests import SignedInRequest
from core.refusals import Invalid
from inbox.api.views import checked
from inbox.filters import InboxFilter

OBJECT = {200: OpenApiTypes.OBJECT}
MOST_VALUES = 200


class FiltersField(serializers.DictField):
    child = serializers.ListField(child=serializers.CharField(max_length=80), max_length=MOST_VALUES)


class SavedViewInput(serializers.Serializer[None]):
    name = serializers.CharField(max_length=200)
    filters = FiltersField()


class SavedViewChange(serializers.Serializer[None]):
    name = serializers.CharField(max_length=200, required=False)
    filters = FiltersField(required=False)


class OrderInput(serializers.Serializer[None]):
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=keeping.MOST_VIEWS)


class SavedViews(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        views = SavedView.objects.filter(user=request.user, screen=SavedView.Screen.DESK)
        return Response({"results": [view_row(each) for each in views]})

    @extend_schema(request=SavedViewInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        wanted = checked(SavedViewInput, request)
        refuse_unknown(request, wanted["filters"])
        view = keeping.save_view(request.user, name=wanted["name"], filters=wanted["filters"])
        return Response(view_row(view), status=201)


class SavedViewDetail(APIView):
    @extend_schema(request=SavedViewChange, responses=OBJECT)
    def put(self, request: SignedInRequest, view_id: int) -> Response:
        wanted = checked(SavedViewChange, request)
        if "filters" in wanted:
            refuse_unknown(request, wanted["filters"])
        return Response(view_row(keeping.change_view(view_id, by=request.user, **wanted)))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, view_id: int) -> Response:
        keeping.delete_view(view_id, by=request.user)
        return Response(status=204)


class SavedViewOrder(APIView):
    @extend_schema(request=OrderInput, responses=OBJECT)
    def put(self, request: SignedInRequest) -> Response:
        views = keeping.order_views(checked(OrderInput, request)["ids"], by=request.user)
        return Response({"results": [view_row(each) for each in views]})


def refuse_unknown(request: SignedInRequest, filters: dict[str, list[str]]) -> None:
    """What the list would refuse is not kept: a view that answers 400 for ever helps nobody.

    Raises:
        Invalid: under `filters`, in the list's own words.
    """
    try:
        InboxFilter.read(filters, user_id=request.user.pk, time_zone=request.user.time_zone)
    except Invalid as refusal:
        raise Invalid(
            _("Check the marked fields."),
            fields={"filters": [f"{name}: {words[0]}" for name, words in refusal.fields.items()]},
        ) from None


def view_row(view: SavedView) -> dict[str, Any]:
    return {"id": view.pk, "name": view.name, "filters": view.filters}
