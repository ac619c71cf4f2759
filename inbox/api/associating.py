"""Associating a conversation's contact with a base, and notes about them that name the conversation."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns.models import CampaignBase
from contacts.api.reading import document_type
from contacts.finding import find_people, memberships, searchable_fields
from contacts.models import Contact, ContactNote, ContactPoint, DocumentType
from contacts.rows import contact_rows, note_rows
from contacts.sheets import ContactChanges
from inbox.actions.associating import associate_conversation
from inbox.actions.noting import write_contact_note
from inbox.api import details
from inbox.api.views import OBJECT, checked, visible
from inbox.models import Conversation
from inbox.record_permits import may_associate, offered_bases
from inbox.rows import shown_number


class FilledIn(serializers.Serializer[None]):
    """What is known by now of who writes. Nothing of it is needed (000-15)."""

    first_name = serializers.CharField(allow_blank=True, required=False, default="", max_length=200)
    last_name = serializers.CharField(allow_blank=True, required=False, default="", max_length=200)
    document_type = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    document_number = serializers.CharField(allow_blank=True, required=False, default="", max_length=80)


class AssociationInput(serializers.Serializer[None]):
    """`contact`: an existing one, who was chosen. Without it: who wrote, with what is `filled_in`."""

    base = serializers.IntegerField(min_value=1)
    contact = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    filled_in = FilledIn(required=False, allow_null=True, default=None)


class ContactNoteInput(serializers.Serializer[None]):
    text = serializers.CharField(max_length=20_000, trim_whitespace=False)


class AssociationOf(APIView):
    @extend_schema(operation_id="association_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        """What the wizard begins with: the number, the fields to search by, and the bases to choose from, the default one first."""
        return Response(association_offer(visible(request, conversation_id), request.user))

    @extend_schema(request=AssociationInput, responses=OBJECT)
    def put(self, request: SignedInRequest, conversation_id: int) -> Response:
        """Associate it. The same again changes nothing."""
        visible(request, conversation_id)
        wanted = checked(AssociationInput, request)
        changes = changes_of(wanted["filled_in"]) if wanted["contact"] is None else None
        associate_conversation(
            conversation_id, by=request.user, base_id=wanted["base"], contact_id=wanted["contact"], changes=changes
        )
        return Response(details.conversation_detail(conversation_id, request.user))


class AssociationCandidates(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "by", str, description="phone (default), name, document, email, company, or a field's control id"
            ),
            OpenApiParameter("search", str, description="empty with `phone`: the conversation's own number"),
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        """Existing contacts by one field (000-10), each with the bases it is in; `is_in_a_base` says whether any of them is (000-13)."""
        conversation = visible(request, conversation_id)
        by, search = request.GET.get("by", "phone"), request.GET.get("search", "")
        if by == "phone" and not search.strip():
            # Their own number, whether or not the reader sees it whole.
            own = Contact.objects.visible_to(request.user).filter(pk=conversation.contact.standing_id)
            found = list(own)
        else:
            found = find_people(by, search, user=request.user)
        return Response(candidate_rows(found, request.user))


class ContactNotesOf(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "contacts_write"

    @extend_schema(request=ContactNoteInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        """A note about the contact that names this conversation: the closing note begins with it."""
        visible(request, conversation_id)
        note = write_contact_note(conversation_id, checked(ContactNoteInput, request)["text"], by=request.user)
        return Response(note_rows(ContactNote.objects.filter(pk=note.pk))[0], status=status.HTTP_201_CREATED)


def association_offer(conversation: Conversation, user: User) -> dict[str, Any]:
    proposed = set(
        CampaignBase.objects.filter(campaign=conversation.campaign_id, is_default=True).values_list(
            "base_id", flat=True
        )
    )
    bases = sorted(offered_bases(conversation, user), key=lambda each: (each.pk not in proposed, each.folded_name))
    contact = conversation.contact.standing
    sees_numbers = user.has_perm("accounts.see_numbers")
    point = ContactPoint.objects.get(pk=conversation.contact_point_id)
    return {
        "associate": may_associate(conversation, user).as_row(),
        # Of somebody known by a business-scoped id there is no number to copy.
        "number": shown_number(point.shown, sees_numbers=sees_numbers) if point.is_number else "",
        "may_copy": sees_numbers and point.is_number,
        "fields": [{"name": name, "label": label} for name, label in searchable_fields()],
        "contact": {
            "id": contact.pk,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "name": contact.name,
            "document_type": contact.document_type_id,
            "has_document": bool(contact.document_number),
        },
        "document_types": list(
            DocumentType.objects.filter(archived_at__isnull=True, is_for_people=True).values("id", "name")
        ),
        "bases": [{"id": each.pk, "name": each.name, "is_default": each.pk in proposed} for each in bases],
        "record": details.record_row(conversation, user),
    }


def candidate_rows(people: list[Contact], user: User) -> dict[str, Any]:
    bases = memberships(people, user=user)
    rows = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=[each.pk for each in people]), user)}
    return {
        "results": [rows[each.pk] | {"bases": bases[each.pk]} for each in people if each.pk in rows],
        "is_in_a_base": any(bases.values()),
    }


def changes_of(filled_in: dict[str, Any] | None) -> ContactChanges:
    """What was said; what was left empty changes nothing."""
    said = {name: value for name, value in (filled_in or {}).items() if value not in ("", None)}
    if "document_number" in said and "document_type" in said:
        said["document_type"] = document_type(said["document_type"])
    else:
        # Neither says anything without the other.
        said.pop("document_type", None)
    return cast("ContactChanges", said)
