"""Writing what contacts are described with: kinds of document, fields of one's own, tags and groups. Reading them is catalogue.py's."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from contacts.actions import catalogue as catalogues
from contacts.actions import field_definitions, groups
from contacts.actions.catalogue import DocumentTypeSheet, TagSheet
from contacts.actions.field_definitions import FieldSheet
from contacts.actions.groups import GroupSheet
from contacts.api import catalogue
from contacts.api.reading import checked
from contacts.api.serializers import words
from contacts.models import ContactGroup, DocumentType, FieldDefinition, Hue, Tag
from core.refusals import NotAllowed

MADE = {201: OpenApiTypes.OBJECT}
WRITTEN = {200: OpenApiTypes.OBJECT}
ARCHIVED = {204: None}


def setter(request: SignedInRequest) -> User:
    """Whoever asks, if they may set contacts up; the body is read before, so that what is none is told as that. Raises NotAllowed."""
    if not request.user.has_perm("contacts.manage_contact_setup"):
        raise NotAllowed(_("Your role does not allow this."))
    return request.user


def version() -> serializers.CharField:
    return serializers.CharField(max_length=64, required=False, allow_null=True, default=None)


class DocumentTypeInput(serializers.Serializer[None]):
    name = words(longest=60, required=True)
    country = words(longest=2)
    pattern = words(longest=200)
    check_digit = words(longest=20)
    example = words(longest=40)
    is_for_people = serializers.BooleanField(default=True)
    is_for_companies = serializers.BooleanField(default=False)
    version = version()


class FieldDefinitionInput(serializers.Serializer[None]):
    label = words(longest=80, required=True)  # type: ignore[assignment]  # the body's own, not the label that DRF knows
    hint = words(longest=200)
    kind = serializers.ChoiceField(choices=FieldDefinition.Kind.choices, default=FieldDefinition.Kind.TEXT)
    is_required = serializers.BooleanField(default=False)
    minimum = serializers.DecimalField(max_digits=20, decimal_places=4, required=False, allow_null=True, default=None)
    maximum = serializers.DecimalField(max_digits=20, decimal_places=4, required=False, allow_null=True, default=None)
    options = serializers.ListField(
        child=words(longest=200, required=True), max_length=200, required=False, default=list
    )
    # Of a new one only; empty, it is made of the label.
    control_id = words(longest=60)
    version = version()


class TagInput(serializers.Serializer[None]):
    name = words(longest=40, required=True)
    hue = serializers.ChoiceField(choices=Hue.choices, default=Hue.GRAY)
    version = version()


class GroupInput(serializers.Serializer[None]):
    name = words(longest=60, required=True)
    hue = serializers.ChoiceField(choices=Hue.choices, default=Hue.GRAY)
    kind = serializers.ChoiceField(choices=ContactGroup.Kind.choices, default=ContactGroup.Kind.MANUAL)
    # The parameters of the list of contacts, each with its values: {"tag": ["3"], "vip": ["1"]}.
    rule = serializers.DictField(
        child=serializers.ListField(child=words(longest=80, required=True), max_length=60), required=False, default=dict
    )
    teams = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=60, required=False, default=list
    )
    version = version()


# ── Kinds of document


class DocumentTypes(catalogue.DocumentTypes):
    @extend_schema(request=DocumentTypeInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        body, by = checked(DocumentTypeInput, request), setter(request)
        row = catalogues.create_document_type(document_sheet(body), by=by)
        return Response(document_row(row), status=status.HTTP_201_CREATED)


class OneDocumentType(APIView):
    @extend_schema(request=DocumentTypeInput, responses=WRITTEN)
    def put(self, request: SignedInRequest, document_type_id: int) -> Response:
        body, by = checked(DocumentTypeInput, request), setter(request)
        row = catalogues.edit_document_type(
            document_type_id, sheet=document_sheet(body), by=by, version=body["version"]
        )
        return Response(document_row(row))

    @extend_schema(responses=ARCHIVED)
    def delete(self, request: SignedInRequest, document_type_id: int) -> Response:
        """Archive it: contacts that have it keep it."""
        catalogues.archive_document_type(document_type_id, by=setter(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def document_sheet(body: dict[str, Any]) -> DocumentTypeSheet:
    return DocumentTypeSheet(**{name: body[name] for name in DocumentTypeSheet.__dataclass_fields__})


def document_row(row: DocumentType) -> dict[str, Any]:
    sheet = DocumentTypeSheet.of(row)
    return sheet.as_values() | {"id": row.pk, "code": row.code, "version": sheet.version}


# ── Fields of one's own


class ContactFields(catalogue.ContactFields):
    @extend_schema(request=FieldDefinitionInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        body, by = checked(FieldDefinitionInput, request), setter(request)
        row = field_definitions.create_field(field_sheet(body), control_id=body["control_id"], by=by)
        return Response(field_row(row), status=status.HTTP_201_CREATED)


class OneContactField(APIView):
    @extend_schema(request=FieldDefinitionInput, responses=WRITTEN)
    def put(self, request: SignedInRequest, field_id: int) -> Response:
        body, by = checked(FieldDefinitionInput, request), setter(request)
        row = field_definitions.edit_field(field_id, sheet=field_sheet(body), by=by, version=body["version"])
        return Response(field_row(row))

    @extend_schema(responses=ARCHIVED)
    def delete(self, request: SignedInRequest, field_id: int) -> Response:
        """Archive it: what contacts hold in it stays."""
        field_definitions.archive_field(field_id, by=setter(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def field_sheet(body: dict[str, Any]) -> FieldSheet:
    return FieldSheet(**{name: body[name] for name in FieldSheet.__dataclass_fields__})


def field_row(row: FieldDefinition) -> dict[str, Any]:
    return catalogue.field_row(row) | {"id": row.pk, "version": FieldSheet.of(row).version}


# ── Tags and groups


class Tags(catalogue.TagList):
    @extend_schema(request=TagInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        body, by = checked(TagInput, request), setter(request)
        tag = catalogues.create_tag(TagSheet(name=body["name"], hue=body["hue"]), by=by)
        return Response(tag_row(tag), status=status.HTTP_201_CREATED)


class OneTag(APIView):
    @extend_schema(request=TagInput, responses=WRITTEN)
    def put(self, request: SignedInRequest, tag_id: int) -> Response:
        body, by = checked(TagInput, request), setter(request)
        sheet = TagSheet(name=body["name"], hue=body["hue"])
        return Response(tag_row(catalogues.edit_tag(tag_id, sheet=sheet, by=by, version=body["version"])))

    @extend_schema(responses=ARCHIVED)
    def delete(self, request: SignedInRequest, tag_id: int) -> Response:
        """Archive it: contacts that have it keep it."""
        catalogues.archive_tag(tag_id, by=setter(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def tag_row(tag: Tag) -> dict[str, Any]:
    return {"id": tag.pk, "name": tag.name, "hue": tag.hue, "version": TagSheet.of(tag).version}


class ContactGroups(catalogue.GroupList):
    @extend_schema(request=GroupInput, responses=MADE)
    def post(self, request: SignedInRequest) -> Response:
        """Of one by rule the members follow in the background."""
        body, by = checked(GroupInput, request), setter(request)
        return Response(group_row(groups.create_group(group_sheet(body), by=by)), status=status.HTTP_201_CREATED)


class OneContactGroup(APIView):
    @extend_schema(request=GroupInput, responses=WRITTEN)
    def put(self, request: SignedInRequest, group_id: int) -> Response:
        body, by = checked(GroupInput, request), setter(request)
        return Response(group_row(groups.edit_group(group_id, sheet=group_sheet(body), by=by, version=body["version"])))

    @extend_schema(responses=ARCHIVED)
    def delete(self, request: SignedInRequest, group_id: int) -> Response:
        """Archive it: its members stay as they are."""
        groups.archive_group(group_id, by=setter(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def group_sheet(body: dict[str, Any]) -> GroupSheet:
    return GroupSheet(**{name: body[name] for name in GroupSheet.__dataclass_fields__})


def group_row(group: ContactGroup) -> dict[str, Any]:
    sheet = GroupSheet.of(group)
    return sheet.as_values() | {"id": group.pk, "refreshed_at": group.refreshed_at, "version": sheet.version}
