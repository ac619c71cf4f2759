"""Joining two contacts that are one person, and parting them again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts.actions.merging import merge_contacts, require_right
from contacts.actions.parting import part_contacts
from contacts.actions.suggesting import dismiss_suggestion
from contacts.joining import Side
from contacts.models import Contact, MergeRecord
from contacts.twins import merges_of, open_suggestions, preview_merge, suggestion_rows, twins_of
from core.refusals import Invalid, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
LIMIT = 50


class MergeInput(serializers.Serializer[None]):
    """Whom to join into the contact, and whose value stays where both have one: {"name": "merged"}."""

    merged_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=["survivor", "merged"]), required=False, default=dict
    )


def seen_contact(request: SignedInRequest, contact_id: int) -> Contact:
    found: Contact | None = (
        Contact.objects.visible_to(request.user)
        .select_related("document_type", "company")
        .filter(pk=contact_id)
        .first()
    )
    if found is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return found


def read_id(request: SignedInRequest, name: str) -> int:
    value = request.GET.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Invalid(_("Check the marked fields."), fields={name: [_("This value is not understood.")]})
    return int(value)


class Merges(APIView):
    """Whom a contact stands for."""

    @extend_schema(operation_id="contact_merges", responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        return Response({"results": merges_of(seen_contact(request, contact_id), request.user)})

    @extend_schema(operation_id="contact_merge", request=MergeInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        body = MergeInput(data=request.data)
        body.is_valid(raise_exception=True)
        asked: dict[str, Any] = body.validated_data
        choices: dict[str, Side] = asked["choices"]
        joined = merge_contacts(contact_id, merged_id=asked["merged_id"], by=request.user, choices=choices)
        return Response(merge_row(joined), status=201)


class MergePreview(APIView):
    """What the contact would have, field by field, if another were joined into it."""

    @extend_schema(
        operation_id="contact_merge_preview",
        parameters=[OpenApiParameter("merged", int, required=True)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        require_right(request.user)
        survivor = seen_contact(request, contact_id)
        merged = seen_contact(request, read_id(request, "merged"))
        return Response(asdict(preview_merge(survivor, merged, request.user)))


class Twins(APIView):
    """Who may be this contact."""

    @extend_schema(operation_id="contact_twins", responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        require_right(request.user)
        return Response({"results": twins_of(seen_contact(request, contact_id), request.user)})


class Parting(APIView):
    """Two again."""

    @extend_schema(operation_id="contact_part", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, merge_id: int) -> Response:
        return Response(merge_row(part_contacts(merge_id, by=request.user)))


class MergeSuggestions(APIView):
    """Pairs that may be one person, newest first."""

    @extend_schema(operation_id="merge_suggestions", parameters=[OpenApiParameter("cursor", int)], responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        require_right(request.user)
        suggestions = open_suggestions(request.user)
        if request.GET.get("cursor"):
            suggestions = suggestions.filter(pk__lt=read_id(request, "cursor"))
        found = list(suggestions[: LIMIT + 1])
        return Response(
            {
                "results": suggestion_rows(found[:LIMIT], request.user),
                "next": str(found[LIMIT - 1].pk) if len(found) > LIMIT else None,
            }
        )


class Dismissal(APIView):
    """They are two people."""

    @extend_schema(operation_id="merge_suggestion_dismiss", request=None, responses={204: None})
    def post(self, request: SignedInRequest, suggestion_id: int) -> Response:
        dismiss_suggestion(suggestion_id, by=request.user)
        return Response(status=204)


def merge_row(joined: MergeRecord) -> dict[str, Any]:
    return {
        "id": joined.pk,
        "survivor_id": joined.survivor_id,
        "merged_id": joined.merged_id,
        "created_at": joined.created_at,
        "undone_at": joined.undone_at,
    }
