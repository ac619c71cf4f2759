"""Lots over JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts.actions.lots import add_to_lot, archive_lot, create_lot, rename_lot, restore_lot
from contacts.api.bases import CURSOR, LIMIT, MOST_AT_ONCE, OBJECT, cursor, page, require_managing, seen_lot
from contacts.member_rows import lot_rows
from contacts.models import Contact, Lot, LotContact
from contacts.rows import contact_rows


class LotInput(serializers.Serializer[None]):
    name = serializers.CharField(max_length=80)
    teams = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, default=list, max_length=200
    )


class LotChange(serializers.Serializer[None]):
    name = serializers.CharField(max_length=80, required=False)
    is_archived = serializers.BooleanField(required=False)


class LotContactsInput(serializers.Serializer[None]):
    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=MOST_AT_ONCE
    )


class Lots(APIView):
    @extend_schema(parameters=[CURSOR], responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The lots of the user's teams, newest first."""
        # Newest first: the cursor is the last and lowest id of the page before.
        last = cursor(request) or (Lot.objects.aggregate(top=Max("pk"))["top"] or 0) + 1
        lots = Lot.objects.visible_to(request.user).filter(pk__lt=last).select_related("imported_by").order_by("-pk")
        found = list(lots[: LIMIT + 1])
        return Response(page(lot_rows(found[:LIMIT], request.user), is_last=len(found) <= LIMIT))

    @extend_schema(request=LotInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        require_managing(request)
        serializer = LotInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        lot = create_lot(said["name"], team_ids=frozenset(said["teams"]), by=request.user)
        return Response(lot_rows([lot], request.user)[0], status=201)


class LotDetail(APIView):
    @extend_schema(operation_id="lot_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, lot_id: int) -> Response:
        return Response(lot_rows([seen_lot(lot_id, by=request.user)], request.user)[0])

    @extend_schema(request=LotChange, responses=OBJECT)
    def patch(self, request: SignedInRequest, lot_id: int) -> Response:
        """Rename it, put it away, bring it back."""
        seen_lot(lot_id, by=request.user)
        require_managing(request)
        serializer = LotChange(data=request.data)
        serializer.is_valid(raise_exception=True)
        said: dict[str, Any] = serializer.validated_data
        if "name" in said:
            rename_lot(lot_id, name=said["name"], by=request.user)
        if "is_archived" in said:
            change = archive_lot if said["is_archived"] else restore_lot
            change(lot_id, by=request.user)
        return Response(lot_rows([seen_lot(lot_id, by=request.user)], request.user)[0])


class LotContacts(APIView):
    @extend_schema(parameters=[CURSOR], responses=OBJECT)
    def get(self, request: SignedInRequest, lot_id: int) -> Response:
        """Its contacts, of those the user sees, in the order they were made."""
        lot = seen_lot(lot_id, by=request.user)
        seen = Contact.objects.visible_to(request.user).filter(erased_at__isnull=True)
        listed = LotContact.objects.filter(lot=lot, contact_id__gt=cursor(request), contact__in=seen)
        ids = list(listed.order_by("contact_id").values_list("contact_id", flat=True)[: LIMIT + 1])
        rows = contact_rows(Contact.objects.filter(pk__in=ids[:LIMIT]).order_by("pk"), request.user)
        return Response(page(rows, is_last=len(ids) <= LIMIT))

    @extend_schema(request=LotContactsInput, responses=OBJECT)
    def post(self, request: SignedInRequest, lot_id: int) -> Response:
        seen_lot(lot_id, by=request.user)
        require_managing(request)
        serializer = LotContactsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        done = add_to_lot(lot_id, serializer.validated_data["contacts"], by=request.user)
        return Response({"added": done.added, "already": done.already})
