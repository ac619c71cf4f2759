"""What contacts are described with: companies to search and add, and the documents, fields, tags and groups there are."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts import actions, documents
from contacts.actions import CompanySheet
from contacts.api.reading import Searching, checked, cursor_of, document_type, limit_of, unknown_cursor
from contacts.api.serializers import CompanyInput
from contacts.models import Company, ContactGroup, DocumentType, FieldDefinition, Tag
from core.refusals import Invalid, NotFound
from core.text import fold, without_nul

OBJECT = {200: OpenApiTypes.OBJECT}


class Companies(Searching):
    @extend_schema(
        operation_id="companies_list",
        parameters=[OpenApiParameter("search", str), OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> Response:
        """Companies by name, those that may still be chosen; every word asked for stands in the name."""
        if unknown := set(request.GET) - {"search", "limit", "cursor"}:
            words = [_("This parameter does not exist.")]
            raise Invalid(_("Check the marked fields."), fields=dict.fromkeys(sorted(unknown), words))
        limit, cursor = limit_of(request), cursor_of(request)
        companies = Company.objects.live().select_related("document_type").order_by("sort_name", "id")
        for word in fold(without_nul(request.GET.get("search", ""))[:80]).split():
            companies = companies.filter(sort_name__contains=word)
        if cursor is not None:
            last = Company.objects.filter(pk=cursor).first()
            if last is None:
                raise unknown_cursor()
            companies = companies.filter(sort_name__gte=last.sort_name).exclude(
                sort_name=last.sort_name, pk__lte=last.pk
            )
        found = list(companies[: limit + 1])
        return Response(
            {
                "results": [company_row(each) for each in found[:limit]],
                "next": str(found[limit - 1].pk) if len(found) > limit else None,
            }
        )

    @extend_schema(request=CompanyInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        company = actions.create_company(sheet_of(checked(CompanyInput, request)), by=request.user)
        return Response(company_row(company), status=status.HTTP_201_CREATED)


class OneCompany(Searching):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, company_id: int) -> Response:
        return Response(company_row(known_company(company_id)))

    @extend_schema(request=CompanyInput, responses=OBJECT)
    def put(self, request: SignedInRequest, company_id: int) -> Response:
        known_company(company_id)
        body = checked(CompanyInput, request)
        company = actions.edit_company(company_id, sheet_of(body), by=request.user, version=body["version"])
        return Response(company_row(company))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, company_id: int) -> Response:
        """Archive it: its contacts keep it."""
        actions.archive_company(company_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DocumentTypes(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        names = ("id", "code", "name", "country", "example", "pattern", "is_for_people", "is_for_companies")
        return Response({"results": list(DocumentType.objects.live().values(*names))})


class ContactFields(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The fields of one's own on the form, in their order; values are sent as `custom` by control id."""
        return Response({"results": [field_row(each) for each in FieldDefinition.objects.live()]})


class TagList(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        return Response({"results": list(Tag.objects.live().values("id", "name", "hue"))})


class GroupList(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The groups the user sees: their teams', and those of no team."""
        groups = ContactGroup.objects.visible_to(request.user).filter(archived_at__isnull=True)
        return Response({"results": list(groups.values("id", "name", "hue", "kind"))})


def known_company(company_id: int) -> Company:
    company: Company | None = Company.objects.select_related("document_type").filter(pk=company_id).first()
    if company is None:
        raise NotFound
    return company


def sheet_of(body: dict[str, Any]) -> CompanySheet:
    return CompanySheet(
        name=body["name"],
        document_type=document_type(body["document_type"]),
        document_number=body["document_number"],
        industry=body["industry"],
        website=body["website"],
    )


def company_row(company: Company) -> dict[str, Any]:
    kind = company.document_type
    return {
        "id": company.pk,
        "name": company.name,
        "document_type": kind.pk if kind is not None else None,
        "document_code": kind.code if kind is not None else "",
        # A company's tax number is public; a person's own is masked with their contact.
        "document": documents.shown(kind.check_digit, company.document_number) if kind is not None else "",
        "industry": company.industry,
        "website": company.website,
        "is_archived": company.archived_at is not None,
        "version": CompanySheet.of(company).version,
    }


def field_row(definition: FieldDefinition) -> dict[str, Any]:
    return {
        "control_id": definition.control_id,
        "label": definition.label,
        "hint": definition.hint,
        "kind": definition.kind,
        "is_required": definition.is_required,
        "minimum": str(definition.minimum.normalize()) if definition.minimum is not None else None,
        "maximum": str(definition.maximum.normalize()) if definition.maximum is not None else None,
        "options": definition.options,
    }
