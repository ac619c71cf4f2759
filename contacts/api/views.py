"""Contacts of the user's teams, to read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts import numbers
from contacts.models import Contact, ContactPoint
from core.refusals import Invalid, NotFound
from core.text import without_nul

LIMIT = 50
OBJECT = {200: OpenApiTypes.OBJECT}


class Contacts(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(
        operation_id="contacts_list",
        parameters=[OpenApiParameter("search", str), OpenApiParameter("cursor", int)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> Response:
        """The first fifty by name after the cursor (the id of the last one of the page before)."""
        contacts = Contact.objects.visible_to(request.user).standing().order_by("sort_name", "id")
        query = without_nul(request.GET.get("search", "")).strip()
        if query:
            if not 2 <= len(query) <= 80:
                raise Invalid(_("Check the marked fields."), fields={"search": [_("From 2 to 80 characters.")]})
            contacts = contacts.search(query)
        if cursor := request.GET.get("cursor", ""):
            contacts = after(contacts, cursor)
        found = list(contacts.prefetch_related("points")[: LIMIT + 1])
        sees_numbers = request.user.has_perm("accounts.see_numbers")
        return Response(
            {
                "results": [contact_row(each, sees_numbers=sees_numbers) for each in found[:LIMIT]],
                "next": str(found[LIMIT - 1].pk) if len(found) > LIMIT else None,
            }
        )


class ContactDetail(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        contact = Contact.objects.visible_to(request.user).prefetch_related("points").filter(pk=contact_id).first()
        if contact is None:
            raise NotFound(_("It does not exist or is not yours to see."))
        return Response(contact_row(contact, sees_numbers=request.user.has_perm("accounts.see_numbers")))


def after(contacts: Any, cursor: str) -> Any:
    # The cursor is looked up among what the user sees: an id of another team's contact is as unknown as one that never was.
    last = (
        contacts.filter(pk=int(cursor)).first() if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    )
    if last is None:
        raise Invalid(
            _("Check the marked fields."),
            fields={"cursor": [_("This cursor belongs to another list. Start again without it.")]},
        )
    return contacts.filter(sort_name__gte=last.sort_name).exclude(sort_name=last.sort_name, pk__lte=last.pk)


def contact_row(contact: Contact, *, sees_numbers: bool) -> dict[str, Any]:
    """One contact. The same shape stands in a conversation's detail."""
    return {
        "id": contact.pk,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "name": contact.name,
        "is_vip": contact.is_vip,
        "points": [
            point_row(point, sees_numbers=sees_numbers)
            for point in sorted(contact.points.all(), key=lambda each: (not each.is_primary, each.pk))
        ],
    }


def point_row(point: ContactPoint, *, sees_numbers: bool) -> dict[str, Any]:
    value = point.shown
    if point.is_number and not sees_numbers:
        value = numbers.mask(value)
    return {
        "id": point.pk,
        "kind": point.kind,
        "value": value,
        "is_primary": point.is_primary,
        "is_business_id": point.scope != "" and point.kind == "whatsapp",
    }
