"""Contacts of the user's teams: the list, one of them, making and editing."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.models import User
from accounts.requests import SignedInRequest
from contacts.actions import create_contact, edit_contact
from contacts.api.reading import (
    Searching,
    address_entry,
    checked,
    chosen,
    chosen_teams,
    cursor_of,
    document_type,
    limit_of,
    named,
    point_entries,
    unknown_cursor,
)
from contacts.api.serializers import ContactEdit, ContactInput
from contacts.filters import KINDS, ORDERS, WITHOUT, ContactFilter
from contacts.listing import ContactList, Place
from contacts.models import Company, Contact
from contacts.rows import contact_detail, contact_rows, name_warning, show_point
from contacts.sheets import ContactChanges
from core.refusals import NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
QUESTIONS = [
    OpenApiParameter(
        "search", str, description="name, company, address, document, e-mail or any written form of a number"
    ),
    *(OpenApiParameter(name, int, many=True) for name in ContactFilter.IDS),
    *(OpenApiParameter(name, str, enum=["0", "1"]) for name in ContactFilter.YES_NO),
    OpenApiParameter("point", str, many=True, enum=[*KINDS, WITHOUT]),
    OpenApiParameter("order", str, enum=[*ORDERS, *(f"-{each}" for each in ORDERS)]),
    OpenApiParameter("limit", int),
    OpenApiParameter("cursor", str),
]


class Contacts(Searching):
    @extend_schema(operation_id="contacts_list", parameters=QUESTIONS, responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """A page of the contacts asked for; `next` is the cursor of the page after it."""
        asked = {name: request.GET.getlist(name) for name in request.GET if name not in ("cursor", "limit")}
        wanted, limit, cursor = ContactFilter.from_query(asked), limit_of(request), cursor_of(request)
        contacts = ContactList(request.user, wanted)
        place = None
        if cursor is not None:
            key = contacts.key_of(cursor)
            if key is None:
                raise unknown_cursor()
            place = Place(key)
        page = contacts.page(limit=limit, place=place)
        shown = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=page.ids), request.user)}
        rows = [shown[pk] for pk in page.ids if pk in shown]
        return Response({"results": rows, "next": str(page.ids[-1]) if page.has_more else None})

    @extend_schema(request=ContactInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        """Make a contact with everything that is said of them, or nothing."""
        body = checked(ContactInput, request)
        body.pop("version")
        addresses = [address_entry(each) for each in body.pop("addresses")]
        contact = create_contact(
            by=request.user,
            client_id=body.pop("client_id"),
            addresses=addresses,
            **resolved(body, request.user),
        )
        return Response(detail_or_404(contact.pk, request.user), status=status.HTTP_201_CREATED)


class ContactDetail(Searching):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        return Response(detail_or_404(contact_id, request.user))

    @extend_schema(request=ContactEdit, responses=OBJECT)
    def patch(self, request: SignedInRequest, contact_id: int) -> Response:
        """Write what is named; with `version`, only if nobody else changed it since that was read."""
        # Before what is said is looked at: a refusal of it would tell that the contact is there.
        detail_or_404(contact_id, request.user)
        body = named(ContactEdit, request)
        version = body.pop("version", None)
        edit_contact(contact_id, by=request.user, version=version, **resolved(body, request.user))
        return Response(detail_or_404(contact_id, request.user))


def resolved(body: dict[str, Any], user: User) -> ContactChanges:
    """The body with what it names by ids, for the actions. Raises Invalid at the field that names nothing."""
    changes = dict(body)
    if "points" in body:
        changes["points"] = point_entries(body["points"])
    if "document_type" in body:
        changes["document_type"] = document_type(body["document_type"])
    if "company" in body:
        changes["company"] = chosen(Company.objects.all(), body["company"], field="company")
    if "teams" in body:
        changes["teams"] = chosen_teams(body["teams"], user)
    return cast("ContactChanges", changes)


def detail_or_404(contact_id: int, user: User) -> dict[str, Any]:
    row = contact_detail(contact_id, user)
    if row is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return row


def contact_row(contact: Contact, *, sees_numbers: bool) -> dict[str, Any]:
    """One contact as it stands in a conversation's detail: who they are and how they are reached."""
    return {
        "id": contact.pk,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "name": contact.name,
        "is_vip": contact.is_vip,
        "name_warning": name_warning(contact.name),
        "points": [
            show_point(
                {
                    "id": each.pk,
                    "kind": each.kind,
                    "scope": each.scope,
                    "value": each.value,
                    "is_primary": each.is_primary,
                },
                sees_numbers=sees_numbers,
            )
            for each in sorted(contact.points.all(), key=lambda each: (not each.is_primary, each.pk))
        ],
    }
