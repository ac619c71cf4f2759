"""What is held of one person: counted, handed out, held and erased, for who may manage privacy and sees the person (S61, S62)."""

from __future__ import annotations

import uuid

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts.api.reading import Writing, checked
from contacts.models import Contact, LegalHold
from contacts.personal import whole_person
from core.refusals import NotFound
from inbox.serving import answer
from privacy.actions.asking import asked_contact, require_right
from privacy.actions.erasing import ask_for_erasure
from privacy.actions.exporting import ask_for_export, fetchable_export
from privacy.actions.holding import LONGEST_REASON, lift_hold, place_hold
from privacy.models import Erasure, PersonExport
from privacy.rows import erasure_row, export_row, held_counts, hold_row

OBJECT = {200: OpenApiTypes.OBJECT}
MADE = {201: OpenApiTypes.OBJECT}
# Asked for; the background does it, and its own address tells how far it has come.
ACCEPTED = {202: OpenApiTypes.OBJECT}
LATEST = 20


class HoldInput(serializers.Serializer[None]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class ErasureInput(serializers.Serializer[None]):
    """The contact's number once more: this cannot be undone."""

    confirmation = serializers.CharField(max_length=20)


class Held(APIView):
    @extend_schema(operation_id="privacy_person", responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        """How much is held of somebody, and what was asked about them."""
        contact = asked_contact(contact_id, by=request.user)
        people = Contact.objects.identity(contact)
        hold = LegalHold.objects.filter(contact__in=people, lifted_at__isnull=True).order_by("pk").first()
        erasure = Erasure.objects.visible_to(request.user).filter(contact=contact).first()
        exports = PersonExport.objects.visible_to(request.user).filter(contact=contact)[:LATEST]
        return Response(
            {
                "contact_id": contact.pk,
                "erased_at": contact.erased_at,
                "counts": held_counts(whole_person(contact.pk)),
                "hold": hold_row(hold) if hold is not None else None,
                "erasure": erasure_row(erasure) if erasure is not None else None,
                "exports": [export_row(each) for each in exports],
            }
        )


class Exports(Writing):
    @extend_schema(operation_id="privacy_export_ask", request=None, responses=ACCEPTED)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        """Ask for everything held of somebody; while one is being made, the same one."""
        export = ask_for_export(contact_id, by=request.user)
        return Response(export_row(export), status=status.HTTP_202_ACCEPTED)


class OneExport(APIView):
    @extend_schema(operation_id="privacy_export", responses=OBJECT)
    def get(self, request: SignedInRequest, export_id: uuid.UUID) -> Response:
        """How far one's own export has come."""
        require_right(request.user)
        export = PersonExport.objects.visible_to(request.user).filter(pk=export_id).first()
        if export is None:
            raise unknown()
        return Response(export_row(export))


class ExportFile(APIView):
    @extend_schema(
        operation_id="privacy_export_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: SignedInRequest, export_id: uuid.UUID) -> HttpResponseBase:
        """The file, for who asked for it, while it is kept; that is written in the journal."""
        made = fetchable_export(export_id, by=request.user)
        name = f"contact-{made.contact_id}.zip"
        return answer(request._request, made.path, declared="application/zip", name=name, tag="")


class Holds(Writing):
    @extend_schema(operation_id="privacy_hold_place", request=HoldInput, responses=MADE)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        """Hold somebody by law; one hold is enough, and a second is the first."""
        hold = place_hold(contact_id, by=request.user, reason=checked(HoldInput, request)["reason"])
        return Response(hold_row(hold), status=status.HTTP_201_CREATED)


class OneHold(Writing):
    @extend_schema(operation_id="privacy_hold_lift", responses={204: None})
    def delete(self, request: SignedInRequest, hold_id: int) -> Response:
        lift_hold(hold_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Erasures(Writing):
    @extend_schema(operation_id="privacy_erasure_ask", request=ErasureInput, responses=ACCEPTED)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        """Ask that somebody be forgotten; while it is under way, the same one."""
        confirmation = checked(ErasureInput, request)["confirmation"]
        erasure = ask_for_erasure(contact_id, by=request.user, confirmation=confirmation)
        return Response(erasure_row(erasure), status=status.HTTP_202_ACCEPTED)


class OneErasure(APIView):
    @extend_schema(operation_id="privacy_erasure", responses=OBJECT)
    def get(self, request: SignedInRequest, erasure_id: uuid.UUID) -> Response:
        """How far an erasure has come."""
        require_right(request.user)
        erasure = Erasure.objects.visible_to(request.user).filter(pk=erasure_id).first()
        if erasure is None:
            raise unknown()
        return Response(erasure_row(erasure))


def unknown() -> NotFound:
    return NotFound(_("It does not exist or is not yours to see."))
